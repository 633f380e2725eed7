//! Makes the backups of the schedule, on a thread of low priority beside the maintenance worker. What fails is a warning,
//! shown by `status` and tried again; nothing stops for it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rushes_store::AnnotationStore;
use rushes_types::{ErrorKind, Result};

use crate::backup::make::make;
use crate::backup::schedule::BackupSchedule;
use crate::backup::set::newest;
use crate::backup::stage::Source;
use crate::clock::now_s;
use crate::priority;
use crate::progress::Progress;
use crate::workers::shared::{Shared, Stage};

/// How often it is looked whether a backup is due.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What is backed up by the schedule.
#[derive(Clone)]
pub(crate) struct BackupJob {
    /// The archive's folder.
    pub dir: PathBuf,
    /// Its id.
    pub archive: String,
    /// Its store.
    pub store: Arc<dyn AnnotationStore>,
    /// When, and where to.
    pub schedule: BackupSchedule,
}

/// Stops a backup when the workers are to stop.
struct UntilStopped<'a>(&'a Shared);

impl Progress for UntilStopped<'_> {
    fn set(&self, _what: &str, _done: u64, _total: Option<u64>) {}
    fn cancelled(&self) -> bool {
        self.0.stopping()
    }
}

/// Until the workers are to stop.
pub(super) fn run(job: &BackupJob, shared: &Shared) {
    priority::lower_priority();
    match newest(&job.schedule.to, &job.archive) {
        Ok(found) => shared.backups.found(found),
        Err(error) => tracing::warn!(%error, "the backups that are there could not be read"),
    }
    while !shared.stopping() {
        if !shared.paused(Stage::Maintain) && shared.backups.is_due(&job.schedule, now_s()) {
            pass(job, shared);
        }
        shared.sleep(LOOK_EVERY);
    }
}

/// Makes a backup, unless other long work runs.
fn pass(job: &BackupJob, shared: &Shared) {
    let Some(_guard) = shared.long_work.try_begin() else { return };
    shared.backups.begin();
    let source = Source {
        dir: &job.dir,
        archive: &job.archive,
        store: job.store.as_ref(),
        freeze: &shared.write_freeze,
    };
    let made: Result<_> = make(&source, &job.schedule.request(), &UntilStopped(shared));
    match made {
        Ok(report) => {
            tracing::info!(
                path = %report.path.display(),
                commit = report.list.commit,
                written = report.written,
                frozen_ms = u64::try_from(report.frozen.as_millis()).unwrap_or(u64::MAX),
                "a backup was made"
            );
            shared.backups.made(&report);
        }
        Err(error) if error.kind() == ErrorKind::Cancelled => shared.backups.interrupted(),
        Err(error) => {
            tracing::warn!(%error, "a backup failed; it will be tried again");
            shared.backups.failed(&error, now_s());
        }
    }
}
