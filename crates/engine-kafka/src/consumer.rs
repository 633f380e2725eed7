//! One consumer of one topic: a member of the consumer's group.
//!
//! A thread of its own, the pump, talks to the group and keeps a bounded number of events ready. So a slow worker
//! neither holds up the others during a rebalance nor counts as dead, and `poll` does not wait for the network. A
//! worker whose process dies falls silent and loses its partitions.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rushes_events::{Arrivals, Delivered, Position, Topic};
use rushes_types::{Commit, Error, ErrorKind, Result};

use crate::client::{Cluster, CommittedOffset, make};
use crate::config::KafkaConfig;
use crate::errors::error;
use crate::offsets::Offsets;
use crate::producer::Producer;
use crate::pump::Pump;
use crate::shared::{MemberContext, Seek, Shared, State};

/// One consumer of one topic.
pub struct Subscription {
    shared: Arc<Shared>,
    offsets: Offsets,
    cluster: Arc<Cluster>,
    pump: Option<JoinHandle<()>>,
    /// Held by the thread that waits for its seek.
    seeking: Mutex<()>,
    topic: String,
    join_timeout: Duration,
    request_timeout: Duration,
}

impl Subscription {
    /// Begins to join the group.
    pub fn new(
        config: &KafkaConfig,
        topic: Topic,
        name: &str,
        cluster: &Arc<Cluster>,
        producer: &Arc<Producer>,
        arrivals: &Arc<Arrivals>,
    ) -> Result<Self> {
        let (topic_name, group) = (config.topic(topic), config.group(topic, name));
        let shared = Arc::new(Shared::new(topic, name, group, arrivals));
        let consumer: BaseConsumer<MemberContext> =
            make(&config.consumer(&shared.group), MemberContext(Arc::clone(&shared)))?;
        let what = format!("joining the group `{}`", shared.group);
        consumer.subscribe(&[&topic_name]).map_err(|e| error(&what, &e))?;
        let consumer = Arc::new(consumer);
        let offsets = Offsets::new(config, &shared, &consumer);
        let pump = Pump::new(config, &shared, &consumer, cluster, producer, offsets.clone());
        let pump = std::thread::Builder::new()
            .name(format!("kafka {name}"))
            .spawn(move || pump.run())
            .map_err(|e| Error::io("starting a thread for kafka", e))?;
        Ok(Self {
            shared,
            offsets,
            cluster: Arc::clone(cluster),
            pump: Some(pump),
            seeking: Mutex::default(),
            topic: topic_name,
            join_timeout: config.join_timeout(),
            request_timeout: config.request_timeout(),
        })
    }

    /// Has the client failed for good?
    pub fn failed(&self) -> bool {
        self.shared.state().failed
    }

    /// Records that a partition reaches at least to `end`.
    pub fn reaches(&self, partition: u32, end: i64) {
        self.shared.state().owned.reaches(partition, end);
    }

    /// The group's committed offsets.
    pub fn committed(&self, partitions: &[u32]) -> Result<Vec<Option<CommittedOffset>>> {
        self.offsets.committed(partitions)
    }

    fn joined(&self) -> Result<MutexGuard<'_, State>> {
        let until = Instant::now() + self.join_timeout;
        let mut state = self.shared.state();
        while !state.joined {
            let in_time;
            (state, in_time) = self.shared.wait(state, until);
            let refused = state.trouble.as_ref().is_some_and(|(kind, _)| !kind.is_retryable());
            if !state.joined && (state.failed || refused || !in_time) {
                return Err(self.not_joined(&state));
            }
        }
        Ok(state)
    }

    fn not_joined(&self, state: &State) -> Error {
        let (group, ms) = (&self.shared.group, self.join_timeout.as_millis());
        let message = format!("the group `{group}` gave this process no partitions");
        match &state.trouble {
            Some((kind, why)) => Error::new(*kind, format!("{message}: {why}")),
            None => self.shared.log.explain(
                Error::new(ErrorKind::Unavailable, format!("{message} within {ms} ms"))
                    .mend("one that died is noticed after `session_timeout_ms`"),
            ),
        }
    }

    /// The next events. Waits only for what is known to exist: for the group's answer when the consumer is new, and for
    /// events that this process appended or found when it got the partition.
    pub fn poll(&self, limit: usize) -> Result<Vec<Delivered>> {
        let mut state = self.joined()?;
        let until = Instant::now() + self.request_timeout;
        while state.owned.waiting() < limit.min(crate::pump::READY_MAX) && state.owned.behind() {
            if state.failed || state.down {
                break;
            }
            let in_time;
            (state, in_time) = self.shared.wait(state, until);
            if !in_time {
                tracing::warn!(group = %self.shared.group, "events that should be there do not come");
                state.owned.give_up();
            }
        }
        let taken = state.owned.take(limit);
        if taken.is_empty() && (state.down || state.failed) {
            let message = format!("no broker answers the group `{}`", self.shared.group);
            return Err(self.shared.log.explain(Error::new(ErrorKind::Unavailable, message)));
        }
        self.shared.changed.notify_all();
        Ok(taken)
    }

    /// Commits what these positions acknowledge.
    pub fn acknowledge(&self, positions: &[Position]) -> Result<()> {
        drop(self.joined()?);
        self.offsets.acknowledge(positions)
    }

    /// Forgets what was delivered but not acknowledged.
    pub fn redeliver(&self) -> Result<()> {
        let unacknowledged = self.joined()?.owned.unacknowledged();
        if unacknowledged.is_empty() {
            return Ok(());
        }
        self.seek(Seek::Redeliver(unacknowledged))
    }

    /// Continues after the current end, in all partitions of the topic.
    pub fn skip(&self, partitions: &[u32]) -> Result<()> {
        drop(self.joined()?);
        let bounds = self.cluster.bounds(&self.topic, partitions)?;
        let nexts = partitions.iter().copied().zip(bounds.into_iter().map(|bounds| bounds.end));
        let mark = |(partition, next)| (partition, CommittedOffset { next, watermark: Commit::NONE });
        let marks: Vec<(u32, CommittedOffset)> = nexts.map(mark).collect();
        self.offsets.set(&marks)?;
        self.seek(Seek::Reset(marks))
    }

    /// Asks the pump to seek and waits until it has.
    fn seek(&self, seek: Seek) -> Result<()> {
        let _seeking = self.seeking.lock().unwrap_or_else(PoisonError::into_inner);
        let until = Instant::now() + self.request_timeout.max(self.join_timeout);
        let mut state = self.shared.state();
        while state.seek.is_some() {
            // It was just found that others set the offsets.
            let in_time;
            (state, in_time) = self.shared.wait(state, until);
            if !in_time || state.failed {
                return Err(self.not_sought());
            }
        }
        (state.seek, state.sought) = (Some(seek), None);
        loop {
            if let Some(sought) = state.sought.take() {
                return sought;
            }
            let in_time;
            (state, in_time) = self.shared.wait(state, until);
            if !in_time || state.failed {
                state.seek = None;
                return Err(self.not_sought());
            }
        }
    }

    fn not_sought(&self) -> Error {
        let message =
            format!("the group `{}` could not begin again in time; try it again", self.shared.group);
        self.shared.log.explain(Error::new(ErrorKind::Unavailable, message))
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.shared.state().stop = true;
        self.shared.changed.notify_all();
        if let Some(pump) = self.pump.take() {
            // A pump that panicked has nothing left to stop.
            let _ = pump.join();
        }
    }
}
