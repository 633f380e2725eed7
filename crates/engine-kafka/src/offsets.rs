//! A consumer group's committed offsets, with the highest acknowledged watermark as their metadata.
//!
//! The group's offsets are authoritative, and other processes may set them: a rebuild rewinds a consumer, or moves it
//! past all events, while other members of the group run. So before an acknowledgement, and now and then, this process
//! checks whether the offsets are still the ones that it committed; if not, it follows them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rushes_events::Position;
use rushes_types::Result;

use crate::answers::{Answer, Becomes};
use crate::client::{CommittedOffset, commit_list, committed};
use crate::config::KafkaConfig;
use crate::errors::error;
use crate::shared::{MemberContext, Seek, Shared};

/// Time between two attempts to commit during a rebalance.
const REGROUPING: Duration = Duration::from_millis(20);

/// The offsets of the group of one consumer.
#[derive(Clone)]
pub struct Offsets {
    shared: Arc<Shared>,
    consumer: Arc<BaseConsumer<MemberContext>>,
    topic: String,
    timeout: Duration,
    patience: Duration,
}

impl Offsets {
    pub fn new(
        config: &KafkaConfig,
        shared: &Arc<Shared>,
        consumer: &Arc<BaseConsumer<MemberContext>>,
    ) -> Self {
        Self {
            shared: Arc::clone(shared),
            consumer: Arc::clone(consumer),
            topic: config.topic(shared.topic),
            timeout: config.request_timeout(),
            patience: config.request_timeout().max(config.join_timeout()),
        }
    }

    /// The group's committed offsets.
    pub fn committed(&self, partitions: &[u32]) -> Result<Vec<Option<CommittedOffset>>> {
        committed(&self.consumer, &self.topic, partitions, self.timeout)
            .map_err(|e| self.shared.log.explain(e))
    }

    /// Commits what these positions acknowledge, in partitions that are still owned. Events of a partition that another
    /// process owns by now are delivered there again, so they are left out.
    pub fn acknowledge(&self, positions: &[Position]) -> Result<()> {
        let until = Instant::now() + self.patience;
        loop {
            let committing = self.shared.committing();
            let set = self.set_by_others()?;
            let mut marks = self.shared.state().owned.marks(positions);
            marks.retain(|(partition, _)| !set.contains(partition));
            if marks.is_empty() {
                return Ok(());
            }
            match self.commit(&marks) {
                Ok(()) => {
                    self.shared.state().owned.settle(&marks);
                    return Ok(());
                }
                Err(e) => {
                    drop(committing);
                    self.again(&e, until)?;
                }
            }
        }
    }

    /// Sets the group's offsets, whatever they were before.
    pub fn set(&self, marks: &[(u32, CommittedOffset)]) -> Result<()> {
        let until = Instant::now() + self.patience;
        loop {
            let committing = self.shared.committing();
            let Err(e) = self.commit(marks) else { return Ok(()) };
            drop(committing);
            self.again(&e, until)?;
        }
    }

    fn commit(&self, marks: &[(u32, CommittedOffset)]) -> Result<(), KafkaError> {
        let Ok(list) = commit_list(&self.topic, marks) else {
            return Err(KafkaError::ConsumerCommit(Code::InvalidArgument));
        };
        self.consumer.commit(&list, CommitMode::Sync)
    }

    /// Pauses if a commit may be retried; otherwise returns the error.
    fn again(&self, cause: &KafkaError, until: Instant) -> Result<()> {
        if regrouping(cause) && Instant::now() < until {
            std::thread::sleep(REGROUPING);
            return Ok(());
        }
        let what = format!("acknowledging events for the group `{}`", self.shared.group);
        Err(self.shared.log.explain(error(&what, cause)))
    }

    /// Commits the first offsets of a new consumer, so that trimming keeps what it has yet to see. Its partitions are
    /// not adopted yet.
    pub fn begin(&self, marks: &[(u32, CommittedOffset)]) {
        if let (false, Err(e)) = (marks.is_empty(), self.commit(marks)) {
            tracing::debug!(group = %self.shared.group, "the beginning is not committed: {e}");
        }
    }

    /// Commits past messages that were set aside and so will never be acknowledged.
    pub fn commit_skipped(&self) {
        let _committing = self.shared.committing();
        let marks = self.shared.state().owned.skipped_marks();
        if marks.is_empty() {
            return;
        }
        match self.commit(&marks) {
            Ok(()) => self.shared.state().owned.settle(&marks),
            Err(e) => tracing::debug!(group = %self.shared.group, "{e}; it is tried again"),
        }
    }

    /// Checks whether other processes set the offsets of our partitions.
    pub fn follow(&self) {
        let _committing = self.shared.committing();
        if let Err(e) = self.set_by_others() {
            tracing::debug!(group = %self.shared.group, "{e}; it is looked again");
        }
    }

    /// The partitions whose offsets others set; asks the pump to follow them.
    fn set_by_others(&self) -> Result<Vec<u32>> {
        let owned = self.shared.state().owned.numbers();
        let found = self.committed(&owned)?;
        let mut state = self.shared.state();
        let set: Vec<(u32, CommittedOffset)> = owned
            .into_iter()
            .zip(found)
            .filter_map(|(partition, found)| Some((partition, found?)))
            .filter(|(partition, found)| state.owned.is_set_by_others(*partition, *found))
            .collect();
        let partitions: Vec<u32> = set.iter().map(|(partition, _)| *partition).collect();
        partitions.iter().for_each(|partition| state.owned.hold(*partition));
        if !set.is_empty() && state.seek.is_none() {
            tracing::info!(group = %self.shared.group, ?set, "the consumer was set to another place");
            state.seek = Some(Seek::Reset(set));
        }
        Ok(partitions)
    }
}

/// Did a commit fail because the group is divided anew, or moves?
fn regrouping(error: &KafkaError) -> bool {
    let row = error.rdkafka_error_code().and_then(Answer::known);
    row.is_some_and(|row| row.becomes == Becomes::Regroups)
}
