//! What a group has acknowledged: its offsets, with the highest watermark as their metadata.
//!
//! The group's offsets are the truth, and other processes may set them: a rebuild rewinds a consumer or takes
//! everything off its hands while other members of the group run. So before an acknowledgement, and now and then, it is
//! looked whether the offsets are still the ones that this process left; if not, it follows.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rushes_events::Position;
use rushes_types::Result;

use crate::client::{CommittedOffset, commit_list, committed, is_moving};
use crate::config::KafkaConfig;
use crate::errors::error;
use crate::shared::{MemberContext, Seek, Shared};

/// Between two tries to commit during a rebalance.
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

    /// Where the group stands.
    pub fn committed(&self, partitions: &[u32]) -> Result<Vec<Option<CommittedOffset>>> {
        committed(&self.consumer, &self.topic, partitions, self.timeout)
            .map_err(|e| self.shared.log.explain(e))
    }

    /// Commits what these positions acknowledge, in the partitions that are still ours. What was lost to another
    /// process is delivered there again, so it is left out here.
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

    /// Sets where the group stands, wherever it stood before.
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

    /// Pauses where a commit may be tried again; the error where it may not.
    fn again(&self, cause: &KafkaError, until: Instant) -> Result<()> {
        if regrouping(cause) && Instant::now() < until {
            std::thread::sleep(REGROUPING);
            return Ok(());
        }
        let what = format!("acknowledging events for the group `{}`", self.shared.group);
        Err(self.shared.log.explain(error(&what, cause)))
    }

    /// A consumer that begins is there from now on: nothing is dropped that it has yet to see. Its partitions are not
    /// adopted yet.
    pub fn begin(&self, marks: &[(u32, CommittedOffset)]) {
        if let (false, Err(e)) = (marks.is_empty(), self.commit(marks)) {
            tracing::debug!(group = %self.shared.group, "the beginning is not committed: {e}");
        }
    }

    /// Goes on behind messages that were never delivered, and so never acknowledged.
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

    /// Looks whether other processes set the offsets of our partitions.
    pub fn follow(&self) {
        let _committing = self.shared.committing();
        if let Err(e) = self.set_by_others() {
            tracing::debug!(group = %self.shared.group, "{e}; it is looked again");
        }
    }

    /// The partitions whose offsets others set; the pump is asked to follow them.
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

/// Did a commit fail because of a rebalance?
fn regrouping(error: &KafkaError) -> bool {
    let rebalancing = matches!(
        error.rdkafka_error_code(),
        Some(
            Code::RebalanceInProgress
                | Code::IllegalGeneration
                | Code::UnknownMemberId
                | Code::AssignmentLost
        )
    );
    rebalancing || is_moving(error)
}
