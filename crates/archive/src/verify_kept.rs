//! What the last whole check of an archive found, kept in its folder, and how the one that runs now is getting on.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rushes_types::{Error, Result};
use serde::{Deserialize, Serialize};

use crate::manifest::{read_whole, write_whole};
use crate::verify_report::VerifyReport;

/// Its file in the archive's folder.
const FILE: &str = "verify.json";
/// Problems that are kept with the result.
const KEPT_MAX: usize = 20;
/// How long a check that failed waits before it is tried again, unless checks are more frequent than that.
const RETRY: Duration = Duration::from_secs(3600);

/// What the last whole check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastVerify {
    /// When it ended, in seconds since 1970.
    pub ended_s: u64,
    /// How long it took, in seconds.
    pub took_s: u64,
    /// The store's last commit when it began.
    pub commit: u64,
    /// Assets looked at.
    pub assets: u64,
    /// Annotations compared.
    pub annotations: u64,
    /// How many problems there were.
    pub problem_count: u64,
    /// The first ones.
    pub problems: Vec<String>,
    /// Was something left out because it was not fused and indexed yet?
    pub catching_up: bool,
}

/// How the checks of an archive fare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyStatus {
    /// How often a whole check is made by itself; `None`: only by hand.
    pub every: Option<Duration>,
    /// The last whole one, by itself or by hand.
    pub last: Option<LastVerify>,
    /// How old its result is.
    pub age: Option<Duration>,
    /// What one that runs is doing, how much of it is done, and how much there is.
    pub running: Option<(String, u64, Option<u64>)>,
    /// Why the last one could not be made, until one is.
    pub error: Option<String>,
}

#[derive(Debug, Default)]
struct State {
    last: Option<LastVerify>,
    running: Option<(String, u64, Option<u64>)>,
    error: Option<String>,
    failed_s: Option<u64>,
}

/// The checks of an archive, as this process knows them.
#[derive(Debug, Default)]
pub(crate) struct Verifications(Mutex<State>);

impl Verifications {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// With what the archive's folder keeps. A file that cannot be read is no result.
    pub(crate) fn open(dir: &Path) -> Self {
        let read = |bytes: Vec<u8>| {
            serde_json::from_slice(&bytes)
                .inspect_err(|error| tracing::warn!(%error, "`{FILE}` cannot be read; the archive counts as not verified"))
                .ok()
        };
        let last = read_whole(&dir.join(FILE)).ok().flatten().and_then(read);
        Self(Mutex::new(State { last, ..State::default() }))
    }

    /// The last whole check.
    pub(crate) fn last(&self) -> Option<LastVerify> {
        self.state().last.clone()
    }

    /// How far one is that runs.
    pub(crate) fn goes_on(&self, what: &str, done: u64, total: Option<u64>) {
        self.state().running = Some((what.to_owned(), done, total));
    }

    /// One ended without a result: it was interrupted, or failed.
    pub(crate) fn ended(&self, failed: Option<&Error>, now_s: u64) {
        let mut state = self.state();
        state.running = None;
        if let Some(error) = failed {
            state.error = Some(error.to_string());
            state.failed_s = Some(now_s);
        }
    }

    /// Keeps the result of a whole check.
    pub(crate) fn keep(
        &self,
        dir: &Path,
        commit: u64,
        began_s: u64,
        now_s: u64,
        report: &VerifyReport,
    ) -> Result<()> {
        let last = LastVerify {
            ended_s: now_s,
            took_s: now_s.saturating_sub(began_s),
            commit,
            assets: report.assets,
            annotations: report.annotations,
            problem_count: report.problem_count,
            problems: report.problems.iter().take(KEPT_MAX).cloned().collect(),
            catching_up: report.catching_up,
        };
        let bytes = serde_json::to_vec_pretty(&last).map_err(|e| Error::bug(e.to_string()))?;
        *self.state() = State { last: Some(last), ..State::default() };
        write_whole(&dir.join(FILE), &bytes)
    }

    /// Is one due?
    pub(crate) fn is_due(&self, every: Duration, now_s: u64) -> bool {
        let state = self.state();
        is_due(every, state.last.as_ref().map(|last| last.ended_s), state.failed_s, now_s)
    }

    /// For `status`.
    pub(crate) fn status(&self, every: Option<Duration>, now_s: u64) -> VerifyStatus {
        let state = self.state();
        let age = state.last.as_ref().map(|last| Duration::from_secs(now_s.saturating_sub(last.ended_s)));
        VerifyStatus {
            every,
            last: state.last.clone(),
            age,
            running: state.running.clone(),
            error: state.error.clone(),
        }
    }
}

/// Is a check due? A clock that was set back makes one due.
fn is_due(every: Duration, ended_s: Option<u64>, failed_s: Option<u64>, now_s: u64) -> bool {
    let over = |since_s: u64, wait: Duration| {
        now_s.checked_sub(since_s).is_none_or(|passed| passed >= wait.as_secs())
    };
    ended_s.is_none_or(|ended| over(ended, every)) && failed_s.is_none_or(|at| over(at, every.min(RETRY)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_is_due_when_none_is_young_and_a_failure_waits() {
        let day = Duration::from_secs(86_400);
        for (ended_s, failed_s, now_s, due) in [
            (None, None, 0, true),
            (Some(1_000), None, 87_399, false),
            (Some(1_000), None, 87_400, true),
            (Some(1_000), Some(87_400), 90_999, false),
            (Some(1_000), Some(87_400), 91_000, true),
            // The clock was set back.
            (Some(9_000), None, 5_000, true),
        ] {
            assert_eq!(is_due(day, ended_s, failed_s, now_s), due, "{ended_s:?} {failed_s:?} {now_s}");
        }
    }

    #[test]
    fn a_result_is_there_again_after_a_restart_and_a_damaged_one_is_none() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Verifications::open(dir.path()).last(), None);
        let report = VerifyReport {
            assets: 3,
            problem_count: 30,
            problems: (0..30).map(|n| n.to_string()).collect(),
            ..VerifyReport::default()
        };
        let verifications = Verifications::open(dir.path());
        verifications.goes_on("reading", 1, None);
        verifications.keep(dir.path(), 7, 100, 160, &report).unwrap();
        let status = Verifications::open(dir.path()).status(None, 200);
        let last = status.last.unwrap();
        assert_eq!(
            (last.commit, last.took_s, last.problem_count, last.problems.len()),
            (7, 60, 30, KEPT_MAX)
        );
        assert_eq!((status.age, status.running), (Some(Duration::from_secs(40)), None));
        std::fs::write(dir.path().join(FILE), b"{").unwrap();
        assert_eq!(Verifications::open(dir.path()).last(), None);
    }
}
