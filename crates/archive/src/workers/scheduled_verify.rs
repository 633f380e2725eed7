//! The whole check of an archive, again and again, on a thread of low priority. What it finds is kept and shown by `status`.

use std::time::Duration;

use rushes_types::{ErrorKind, Result};

use crate::clock::now_s;
use crate::priority;
use crate::progress::Progress;
use crate::verify_report::VerifyReport;
use crate::workers::shared::{Shared, Stage};

/// How often it is looked whether a check is due.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What is checked, and how often.
pub(crate) struct VerifyJob {
    /// How long after the last check begins the next.
    pub every: Duration,
    /// Makes the whole check, and keeps what it found.
    pub check: Box<CheckFn>,
}

type CheckFn = dyn Fn(&dyn Progress) -> Result<VerifyReport> + Send;

/// Stops a check when the workers are to stop, and lets requests go first.
struct InBackground<'a>(&'a Shared);

impl Progress for InBackground<'_> {
    fn set(&self, _what: &str, _done: u64, _total: Option<u64>) {}
    fn cancelled(&self) -> bool {
        self.0.yields_or_stops()
    }
}

/// Until the workers are to stop.
pub(super) fn run(job: &VerifyJob, shared: &Shared) {
    priority::lower_priority();
    while !shared.stopping() {
        if !shared.paused(Stage::Maintain) && shared.verifications.is_due(job.every, now_s()) {
            match (job.check)(&InBackground(shared)) {
                Ok(report) if report.problem_count == 0 => {
                    tracing::info!(annotations = report.annotations, "the archive was verified: all is well");
                }
                Ok(report) => tracing::error!(
                    problems = report.problem_count,
                    "the archive was verified, and something is wrong; `rushes status` says what"
                ),
                Err(error) if error.kind() == ErrorKind::Cancelled => {}
                Err(error) => {
                    tracing::warn!(%error, "the archive could not be verified; it will be tried again");
                }
            }
        }
        shared.sleep(LOOK_EVERY);
    }
}
