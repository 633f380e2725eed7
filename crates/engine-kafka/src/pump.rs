//! The thread that talks to a consumer's group and keeps events ready.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::Offset;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rushes_types::{Backoff, Commit, Error, ErrorKind, Result};

use crate::client::{Bounds, Cluster, CommittedOffset, list};
use crate::config::KafkaConfig;
use crate::dead_letters::{BadMessage, put_bad_message};
use crate::errors::error;
use crate::fetched_message::FetchedMessage;
use crate::offsets::Offsets;
use crate::producer::Producer;
use crate::shared::{MemberContext, Seek, Shared};

/// Most events kept ready; above it nothing more is fetched.
pub const READY_MAX: usize = 8_192;
/// Messages read from the library before they are made visible.
const BATCH: usize = 512;
/// Longest wait in the library for a message; a seek may be delayed by as much.
const IDLE: Duration = Duration::from_millis(50);
/// How long a consumer may leave events unread before the partitions are paused so that the group can be served.
const PATIENCE: Duration = Duration::from_secs(1);
/// The first and the longest wait before a retry.
const WAITS: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));
/// Time between two checks whether the brokers are back.
const ASK_AGAIN: Duration = Duration::from_millis(200);
/// Time between two attempts to seek in a newly assigned partition.
const SEEK_AGAIN: Duration = Duration::from_millis(20);
/// Time between two checks whether other processes set the group's offsets.
const FOLLOW: Duration = Duration::from_secs(5);
/// After this long, an expected message that has not arrived may have been dropped by the brokers.
const MISSING: Duration = Duration::from_millis(300);

/// The thread's state.
pub struct Pump {
    shared: Arc<Shared>,
    consumer: Arc<BaseConsumer<MemberContext>>,
    cluster: Arc<Cluster>,
    producer: Arc<Producer>,
    topic: String,
    dead_topic: String,
    timeout: Duration,
    /// Since when an expected message is missing.
    missing: Option<Instant>,
    /// When it was last checked whether the cluster is back.
    asked: Option<Instant>,
    offsets: Offsets,
    /// When it was last checked whether others set the offsets.
    followed: Instant,
}

impl Pump {
    pub fn new(
        config: &KafkaConfig,
        shared: &Arc<Shared>,
        consumer: &Arc<BaseConsumer<MemberContext>>,
        cluster: &Arc<Cluster>,
        producer: &Arc<Producer>,
        offsets: Offsets,
    ) -> Self {
        Self {
            shared: Arc::clone(shared),
            consumer: Arc::clone(consumer),
            cluster: Arc::clone(cluster),
            producer: Arc::clone(producer),
            topic: config.topic(shared.topic),
            dead_topic: config.dead_topic(),
            timeout: config.request_timeout(),
            missing: None,
            asked: None,
            offsets,
            followed: Instant::now(),
        }
    }

    /// Runs until it is stopped.
    pub fn run(mut self) {
        while !self.stopping() {
            self.adopt();
            self.begin_again();
            if self.full() {
                self.rest();
                continue;
            }
            let batch = self.fetch();
            self.keep(batch);
            self.offsets.commit_skipped();
            self.follow();
            self.look_for_missing();
            self.look_for_brokers();
        }
    }

    /// The waits of this consumer, seeded differently from the topic's other consumers.
    fn backoff(&self) -> Backoff {
        Backoff::new(WAITS.0, WAITS.1, xxhash_rust::xxh3::xxh3_64(self.shared.group.as_bytes()))
    }

    fn stopping(&self) -> bool {
        let state = self.shared.state();
        state.stop || state.failed
    }

    fn full(&self) -> bool {
        self.shared.state().owned.waiting() >= READY_MAX
    }

    /// Waits for room. At first it leaves the library alone, because a pause discards what it has fetched; later it
    /// pauses the partitions and serves the group, so that others can join while this worker is busy.
    fn rest(&mut self) {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            let state = self.shared.state();
            if state.stop || state.seek.is_some() || state.owned.waiting() < READY_MAX / 2 {
                return;
            }
            drop(self.shared.changed.wait_timeout(state, IDLE));
        }
        while self.full() && !self.stopping() && self.shared.state().seek.is_none() {
            // Partitions that a rebalance has added are paused too.
            let owned = self.consumer.assignment();
            if let Err(e) = owned.and_then(|owned| self.consumer.pause(&owned)) {
                tracing::debug!(group = %self.shared.group, "partitions are not paused: {e}");
            }
            let batch = self.fetch();
            self.keep(batch);
            self.adopt();
        }
        if let Err(e) = self.consumer.assignment().and_then(|owned| self.consumer.resume(&owned)) {
            tracing::warn!(group = %self.shared.group, "partitions are not resumed: {e}");
        }
    }

    fn fetch(&mut self) -> Vec<FetchedMessage> {
        let mut batch = Vec::new();
        let mut wait = IDLE;
        while batch.len() < BATCH {
            match self.consumer.poll(wait) {
                // Nothing there; or the assignment changed, which is handled first.
                None => break,
                Some(Ok(message)) => batch.push(FetchedMessage::from(&message)),
                Some(Err(e)) => {
                    self.trouble(&e);
                    break;
                }
            }
            wait = Duration::ZERO;
        }
        batch
    }

    /// Makes a batch visible; messages that are no events go to the dead letters first.
    fn keep(&mut self, batch: Vec<FetchedMessage>) {
        if batch.is_empty() {
            return;
        }
        let mut batch = batch.into_iter().peekable();
        while batch.peek().is_some() {
            let mut state = self.shared.state();
            let mut poison = None;
            for FetchedMessage { partition, offset, event } in batch.by_ref() {
                match event {
                    Ok(event) => state.owned.receive(partition, offset, event),
                    Err(_) if state.owned.is_skipped(partition, offset) => {
                        state.owned.skip(partition, offset);
                    }
                    Err(bad) => {
                        poison = Some((partition, offset, bad));
                        break;
                    }
                }
            }
            drop(state);
            self.tell();
            if let Some((partition, offset, bad)) = poison {
                self.set_aside(partition, offset, &bad);
            }
        }
        self.missing = None;
    }

    fn tell(&self) {
        self.shared.changed.notify_all();
        self.shared.arrivals.arrived(self.shared.topic);
    }

    /// A message that is no event is stored durably among the dead letters before anything after it is delivered.
    fn set_aside(&self, partition: u32, offset: i64, bad: &BadMessage) {
        tracing::warn!(topic = %self.topic, partition, offset, "a message is no event and is set aside: {}", bad.reason);
        let mut backoff = self.backoff();
        loop {
            let buried =
                put_bad_message(&self.producer, &self.dead_topic, &self.shared, (partition, offset), bad);
            match buried {
                Ok(()) => break,
                Err(_) if self.stopping() => return,
                Err(e) => {
                    tracing::warn!("a dead letter is not kept: {e}; it is tried again");
                    std::thread::sleep(backoff.next_wait());
                }
            }
        }
        self.shared.state().owned.skip(partition, offset);
    }

    /// Takes over newly assigned partitions: reads their committed offsets and bounds.
    fn adopt(&mut self) {
        let Some(fresh) = self.shared.state().fresh.take() else { return };
        let mut backoff = self.backoff();
        loop {
            match self.look(&fresh) {
                Ok(found) => {
                    let mut state = self.shared.state();
                    for (partition, committed, bounds) in found {
                        state.owned.adopt(partition, committed, bounds);
                    }
                    (state.joined, state.down, state.trouble) = (true, false, None);
                    drop(state);
                    return self.tell();
                }
                Err(e) => {
                    tracing::warn!(group = %self.shared.group, "taking partitions over: {e}; it is tried again");
                    self.shared.state().trouble = Some((e.kind(), e.message().to_owned()));
                    self.tell();
                    std::thread::sleep(backoff.next_wait());
                    if self.stopping() {
                        return;
                    }
                }
            }
        }
    }

    fn look(&self, fresh: &[u32]) -> Result<Vec<(u32, CommittedOffset, Bounds)>> {
        let offsets = self.offsets.committed(fresh)?;
        let bounds = self.cluster.bounds(&self.topic, fresh)?;
        let mut found = Vec::new();
        let mut begun = Vec::new();
        for ((partition, offset), bounds) in fresh.iter().zip(offsets).zip(bounds) {
            let committed = offset.unwrap_or(CommittedOffset { next: bounds.begin, watermark: Commit::NONE });
            if committed.next < bounds.begin {
                tracing::warn!(
                    group = %self.shared.group,
                    partition,
                    "{} events were dropped by the brokers before this consumer had them; run `rushes rebuild`",
                    bounds.begin - committed.next
                );
            }
            if offset.is_none() {
                begun.push((*partition, committed));
            }
            found.push((*partition, committed, bounds));
        }
        self.offsets.begin(&begun);
        Ok(found)
    }

    /// Seeks if a caller requested it.
    fn begin_again(&self) {
        let Some(asked) = self.shared.state().seek.clone() else { return };
        let sought = match &asked {
            Seek::Redeliver(offsets) => self.seek(offsets),
            Seek::Reset(places) => self.seek(&places.iter().map(|(p, to)| (*p, to.next)).collect::<Vec<_>>()),
        };
        let mut state = self.shared.state();
        match (&sought, asked) {
            (Err(_), _) => {}
            (Ok(()), Seek::Redeliver(offsets)) => {
                offsets.into_iter().for_each(|(partition, offset)| state.owned.resume_at(partition, offset));
            }
            (Ok(()), Seek::Reset(places)) => {
                places.into_iter().for_each(|(partition, place)| state.owned.move_to(partition, place));
            }
        }
        (state.seek, state.sought) = (None, Some(sought));
        drop(state);
        self.tell();
    }

    /// Checks now and then whether other processes set the group's offsets.
    fn follow(&mut self) {
        if self.followed.elapsed() >= FOLLOW && !self.shared.state().down {
            self.offsets.follow();
            self.followed = Instant::now();
        }
    }

    fn seek(&self, offsets: &[(u32, i64)]) -> Result<()> {
        let owned = self.shared.state().owned.numbers();
        let ours = offsets.iter().filter(|(partition, _)| owned.contains(partition));
        let list = list(&self.topic, ours.map(|(partition, offset)| (*partition, Offset::Offset(*offset))))?;
        if list.count() == 0 {
            return Ok(());
        }
        let what = format!("beginning again for the group `{}`", self.shared.group);
        let until = Instant::now() + self.timeout;
        loop {
            let sought = self.consumer.seek_partitions(list.clone(), self.timeout);
            let failed = match &sought {
                Ok(list) => list.elements().iter().find_map(|element| element.error().err()),
                Err(e) => Some(e.clone()),
            };
            match failed {
                None => return Ok(()),
                Some(e) if Instant::now() >= until => return Err(error(&what, &e)),
                // A newly assigned partition does not accept a seek yet.
                Some(_) => std::thread::sleep(SEEK_AGAIN),
            }
        }
    }

    /// Missing messages may have been dropped: then the partition begins later than this process knows.
    fn look_for_missing(&mut self) {
        let missing = self.shared.state().owned.missing();
        if missing.is_empty() {
            self.missing = None;
            return;
        }
        if self.missing.get_or_insert_with(Instant::now).elapsed() < MISSING {
            return;
        }
        self.missing = Some(Instant::now());
        let partitions: Vec<u32> = missing.iter().map(|(partition, _)| *partition).collect();
        if let Ok(bounds) = self.cluster.bounds(&self.topic, &partitions) {
            let mut state = self.shared.state();
            for (partition, bounds) in partitions.into_iter().zip(bounds) {
                state.owned.set_begin(partition, bounds.begin);
            }
        }
        self.shared.changed.notify_all();
    }

    fn trouble(&self, cause: &KafkaError) {
        let group = &self.shared.group;
        let mut state = self.shared.state();
        let code = cause.rdkafka_error_code();
        match code {
            Some(Code::AllBrokersDown) => state.down = true,
            // These recover by themselves, or are reported again.
            Some(
                Code::BrokerTransportFailure | Code::Resolve | Code::OperationTimedOut | Code::PollExceeded,
            ) => {}
            _ => {
                let error = error(&format!("reading for the group `{group}`"), cause);
                tracing::warn!(%group, "{error}");
                state.trouble = Some((error.kind(), error.message().to_owned()));
                state.down |= code == Some(Code::UnknownTopicOrPartition);
            }
        }
        state.failed |= matches!(cause, KafkaError::MessageConsumptionFatal(_));
        drop(state);
        self.tell();
    }

    /// After all brokers were away: are they back?
    fn look_for_brokers(&mut self) {
        if !self.shared.state().down || self.asked.is_some_and(|at| at.elapsed() < ASK_AGAIN) {
            return;
        }
        let back = self.cluster.answers(&self.topic);
        self.asked = Some(Instant::now());
        if back {
            tracing::info!(group = %self.shared.group, "kafka answers again");
            self.shared.state().down = false;
            self.tell();
        }
    }
}

/// A process that stops leaves its group, so that others take over at once.
impl Drop for Pump {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        if !state.stop && std::thread::panicking() {
            state.failed = true;
            state.trouble =
                Some((ErrorKind::Bug, Error::bug("the thread of a consumer broke").message().to_owned()));
        }
        drop(state);
        self.tell();
    }
}
