//! One consumer of one topic: a member of the consumer's group.
//!
//! A thread of its own, the pump, speaks to the group and keeps a bounded number of events ready. So a worker that is
//! long at its work neither holds up the others when partitions are shared anew nor is taken for dead, and `poll`
//! does not wait for the network. A worker whose process dies is silent and loses its partitions.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, Rebalance};
use rdkafka::error::KafkaError;
use rushes_events::{Arrivals, Delivered, Position, Topic};
use rushes_types::{Commit, Error, ErrorKind, Result};

use crate::client::{Cluster, Committed, Ears, make};
use crate::config::KafkaConfig;
use crate::error::error;
use crate::offsets::Offsets;
use crate::producer::Producer;
use crate::pump::Pump;
use crate::standing::Standing;

/// What the pump is asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// Deliver again from these offsets.
    Again(Vec<(u32, i64)>),
    /// The group was set to these places; deliver from there.
    Forget(Vec<(u32, Committed)>),
}

/// What the pump and the callers share.
#[derive(Default)]
pub struct State {
    pub standing: Standing,
    /// Has the group given us our share, be it empty?
    pub joined: bool,
    /// Partitions that the group gave us and of which we do not know yet where they stand.
    pub fresh: Option<Vec<u32>>,
    pub wish: Option<Wish>,
    /// What became of the last wish.
    pub granted: Option<Result<()>>,
    /// No broker answers.
    pub down: bool,
    /// Why joining takes so long.
    pub trouble: Option<(ErrorKind, String)>,
    /// The client is of no more use.
    pub failed: bool,
    pub stop: bool,
}

/// One consumer of one topic, as pump and callers see it.
pub struct Shared {
    pub topic: Topic,
    pub name: String,
    pub group: String,
    pub ears: Arc<Ears>,
    pub arrivals: Arc<Arrivals>,
    pub changed: Condvar,
    state: Mutex<State>,
    /// Held while offsets are committed, so that a partition is not given away in between. Taken before the state.
    committing: Mutex<()>,
}

impl Shared {
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn committing(&self) -> MutexGuard<'_, ()> {
        self.committing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a change; `false` where the time is over.
    fn wait<'a>(&self, state: MutexGuard<'a, State>, until: Instant) -> (MutexGuard<'a, State>, bool) {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return (state, false);
        }
        (self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0, true)
    }
}

/// The context of a member of a group.
pub struct Member(pub Arc<Shared>);

impl ClientContext for Member {
    fn log(&self, level: RDKafkaLogLevel, fac: &str, message: &str) {
        self.0.ears.log(level, fac, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.0.ears.error(&error, reason);
    }
}

fn numbers(partitions: &TopicPartitionList) -> Vec<u32> {
    partitions.elements().iter().filter_map(|p| u32::try_from(p.partition()).ok()).collect()
}

impl ConsumerContext for Member {
    fn pre_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        let Rebalance::Revoke(lost) = rebalance else { return };
        let _committing = self.0.committing();
        let mut state = self.0.state();
        let lost = numbers(lost);
        for partition in &lost {
            state.standing.disown(*partition);
        }
        if let Some(fresh) = &mut state.fresh {
            fresh.retain(|partition| !lost.contains(partition));
        }
        if !lost.is_empty() {
            tracing::debug!(group = %self.0.group, ?lost, "partitions went to other processes");
        }
    }

    fn post_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        let Rebalance::Assign(won) = rebalance else { return };
        let won = numbers(won);
        tracing::debug!(group = %self.0.group, ?won, "partitions came to this process");
        self.0.state().fresh.get_or_insert_default().extend(won);
    }
}

/// One consumer of one topic.
pub struct Subscription {
    shared: Arc<Shared>,
    offsets: Offsets,
    cluster: Arc<Cluster>,
    pump: Option<JoinHandle<()>>,
    /// Held by the thread that waits for its wish.
    wishing: Mutex<()>,
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
        let shared = Arc::new(Shared {
            topic,
            name: name.to_owned(),
            ears: Ears::new(&group),
            group,
            arrivals: Arc::clone(arrivals),
            changed: Condvar::new(),
            state: Mutex::default(),
            committing: Mutex::default(),
        });
        let consumer: BaseConsumer<Member> =
            make(&config.consumer(&shared.group), Member(Arc::clone(&shared)))?;
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
            wishing: Mutex::default(),
            topic: topic_name,
            join_timeout: config.join_timeout(),
            request_timeout: config.request_timeout(),
        })
    }

    /// Is the client of no more use?
    pub fn failed(&self) -> bool {
        self.shared.state().failed
    }

    /// The topic is known to reach so far in a partition.
    pub fn reaches(&self, partition: u32, end: i64) {
        self.shared.state().standing.reaches(partition, end);
    }

    /// Where the group stands.
    pub fn committed(&self, partitions: &[u32]) -> Result<Vec<Option<Committed>>> {
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
            None => self.shared.ears.explain(Error::new(
                ErrorKind::Unavailable,
                format!("{message} within {ms} ms; one that died is noticed after `session_timeout_ms`"),
            )),
        }
    }

    /// The next events. Waits only for what is known to be there: for the group's answer when the consumer is new,
    /// and for events that this process appended or found when it got the partition.
    pub fn poll(&self, limit: usize) -> Result<Vec<Delivered>> {
        let mut state = self.joined()?;
        let until = Instant::now() + self.request_timeout;
        while state.standing.waiting() < limit.min(crate::pump::READY_MAX) && state.standing.behind() {
            if state.failed || state.down {
                break;
            }
            let in_time;
            (state, in_time) = self.shared.wait(state, until);
            if !in_time {
                tracing::warn!(group = %self.shared.group, "events that should be there do not come");
                state.standing.give_up();
            }
        }
        let taken = state.standing.take(limit);
        if taken.is_empty() && (state.down || state.failed) {
            let message = format!("no broker answers the group `{}`", self.shared.group);
            return Err(self.shared.ears.explain(Error::new(ErrorKind::Unavailable, message)));
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
        let undone = self.joined()?.standing.undone();
        if undone.is_empty() {
            return Ok(());
        }
        self.grant(Wish::Again(undone))
    }

    /// Begins behind all that is there now, in all partitions of the topic.
    pub fn skip(&self, partitions: &[u32]) -> Result<()> {
        drop(self.joined()?);
        let bounds = self.cluster.bounds(&self.topic, partitions)?;
        let nexts = partitions.iter().copied().zip(bounds.into_iter().map(|bounds| bounds.end));
        let mark = |(partition, next)| (partition, Committed { next, watermark: Commit::NONE });
        let marks: Vec<(u32, Committed)> = nexts.map(mark).collect();
        self.offsets.set(&marks)?;
        self.grant(Wish::Forget(marks))
    }

    /// Asks the pump for something and waits until it is done.
    fn grant(&self, wish: Wish) -> Result<()> {
        let _wishing = self.wishing.lock().unwrap_or_else(PoisonError::into_inner);
        let until = Instant::now() + self.request_timeout.max(self.join_timeout);
        let mut state = self.shared.state();
        while state.wish.is_some() {
            // That others set the offsets was just found.
            let in_time;
            (state, in_time) = self.shared.wait(state, until);
            if !in_time || state.failed {
                return Err(self.not_granted());
            }
        }
        (state.wish, state.granted) = (Some(wish), None);
        loop {
            if let Some(granted) = state.granted.take() {
                return granted;
            }
            let in_time;
            (state, in_time) = self.shared.wait(state, until);
            if !in_time || state.failed {
                state.wish = None;
                return Err(self.not_granted());
            }
        }
    }

    fn not_granted(&self) -> Error {
        let message =
            format!("the group `{}` could not begin again in time; try it again", self.shared.group);
        self.shared.ears.explain(Error::new(ErrorKind::Unavailable, message))
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
