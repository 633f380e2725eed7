//! The state that a consumer's pump shares with its callers, and the library's callbacks about the group.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use rdkafka::TopicPartitionList;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, ConsumerContext, Rebalance};
use rdkafka::error::KafkaError;
use rushes_events::{Arrivals, Topic};
use rushes_types::{ErrorKind, Result};

use crate::client::{ClientLog, CommittedOffset};
use crate::owned_partitions::OwnedPartitions;

/// A request to the pump to seek.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seek {
    /// Deliver again from these offsets.
    Redeliver(Vec<(u32, i64)>),
    /// The group's offsets were set to these; deliver from there.
    Reset(Vec<(u32, CommittedOffset)>),
}

/// What the pump and the callers share.
#[derive(Default)]
pub struct State {
    pub owned: OwnedPartitions,
    /// Has the group assigned our partitions, possibly none?
    pub joined: bool,
    /// Newly assigned partitions whose committed offsets are not known yet.
    pub fresh: Option<Vec<u32>>,
    pub seek: Option<Seek>,
    /// The outcome of the last seek.
    pub sought: Option<Result<()>>,
    /// No broker answers.
    pub down: bool,
    /// Why joining takes so long.
    pub trouble: Option<(ErrorKind, String)>,
    /// The client has failed for good.
    pub failed: bool,
    pub stop: bool,
}

/// One consumer of one topic, shared by pump and callers.
pub struct Shared {
    pub topic: Topic,
    pub name: String,
    pub group: String,
    pub log: Arc<ClientLog>,
    pub arrivals: Arc<Arrivals>,
    pub changed: Condvar,
    state: Mutex<State>,
    /// Held while offsets are committed, so that a partition is not given away in between. Taken before the state.
    committing: Mutex<()>,
}

impl Shared {
    /// The state of a consumer that has not joined its group.
    pub fn new(topic: Topic, name: &str, group: String, arrivals: &Arc<Arrivals>) -> Self {
        Self {
            topic,
            name: name.to_owned(),
            log: ClientLog::new(&group),
            group,
            arrivals: Arc::clone(arrivals),
            changed: Condvar::new(),
            state: Mutex::default(),
            committing: Mutex::default(),
        }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn committing(&self) -> MutexGuard<'_, ()> {
        self.committing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a change; `false` on timeout.
    pub fn wait<'a>(&self, state: MutexGuard<'a, State>, until: Instant) -> (MutexGuard<'a, State>, bool) {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return (state, false);
        }
        (self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0, true)
    }
}

/// The context of a member of a group.
pub struct MemberContext(pub Arc<Shared>);

impl ClientContext for MemberContext {
    fn log(&self, level: RDKafkaLogLevel, fac: &str, message: &str) {
        self.0.log.log(level, fac, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.0.log.error(&error, reason);
    }
}

fn numbers(partitions: &TopicPartitionList) -> Vec<u32> {
    partitions.elements().iter().filter_map(|p| u32::try_from(p.partition()).ok()).collect()
}

impl ConsumerContext for MemberContext {
    fn pre_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        let Rebalance::Revoke(lost) = rebalance else { return };
        let _committing = self.0.committing();
        let mut state = self.0.state();
        let lost = numbers(lost);
        for partition in &lost {
            state.owned.disown(*partition);
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
