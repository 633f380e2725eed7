//! The contents of `rushes status`.

use rushes_events::Lag;
use rushes_index::IndexCounts;
use rushes_store::StoreCounts;
use rushes_types::Commit;

use crate::backup::BackupStatus;
use crate::verify_kept::VerifyStatus;
use crate::workers::Health;

/// The state of an archive.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    /// The archive's id.
    pub archive: String,
    /// The last durable commit.
    pub last_commit: Commit,
    /// The commit up to which everything can be searched.
    pub read_point: Commit,
    /// Is something committed that cannot be searched yet?
    pub catching_up: bool,
    /// How far each consumer of the event log is.
    pub lag: Vec<Lag>,
    /// Stage 1.
    pub store: StoreCounts,
    /// Bytes of stage 2 on disk.
    pub fused_bytes: u64,
    /// Stage 3.
    pub index: IndexCounts,
    /// The workers, by stage.
    pub workers: Vec<(&'static str, Health)>,
    /// The scheduled backups, where there is a schedule.
    pub backups: Option<BackupStatus>,
    /// What checks of the archive found.
    pub verify: VerifyStatus,
}
