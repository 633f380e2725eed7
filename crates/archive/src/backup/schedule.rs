//! Backups that are made by themselves: when one is due, and what became of the last.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rushes_types::Error;

use super::make::{BackupPlace, BackupReport, BackupRequest};
use super::set::BackupHead;

/// How long a backup that failed waits before it is tried again, unless backups are more frequent than that.
const RETRY: Duration = Duration::from_secs(600);

/// When backups are made, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupSchedule {
    /// How long after the last one begins the next.
    pub every: Duration,
    /// The set that they are made in.
    pub to: PathBuf,
    /// How many stay in it.
    pub keep: usize,
    /// Do the access tokens come along?
    pub with_tokens: bool,
    /// Does the configuration in the archive's folder come along?
    pub with_config: bool,
    /// Does this process make them? Others only show what became of them.
    pub runs_here: bool,
}

impl BackupSchedule {
    /// The next backup.
    pub(crate) fn request(&self) -> BackupRequest {
        BackupRequest {
            place: BackupPlace::Set { dir: self.to.clone(), keep: Some(self.keep) },
            with_tokens: self.with_tokens,
            with_config: self.with_config,
        }
    }
}

/// A backup of the schedule's set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastBackup {
    /// Its folder.
    pub path: PathBuf,
    /// When it was made, in seconds since 1970.
    pub made_s: u64,
    /// The last commit in it.
    pub commit: u64,
    /// Length of its files, in bytes.
    pub bytes: u64,
}

impl From<BackupHead> for LastBackup {
    fn from(head: BackupHead) -> Self {
        Self { path: head.path, made_s: head.made_s, commit: head.commit, bytes: head.bytes }
    }
}

/// How the schedule's backups fare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupStatus {
    /// The schedule.
    pub schedule: BackupSchedule,
    /// The newest backup in the set.
    pub last: Option<LastBackup>,
    /// How old that is.
    pub age: Option<Duration>,
    /// Is one being made?
    pub running: bool,
    /// Why the last one was not made, until one is.
    pub error: Option<String>,
    /// How many failed since the process started.
    pub failures: u64,
}

#[derive(Debug, Default)]
struct State {
    last: Option<LastBackup>,
    running: bool,
    error: Option<String>,
    failures: u64,
    failed_s: Option<u64>,
}

/// What became of the schedule's backups in this process.
#[derive(Debug, Default)]
pub(crate) struct ScheduledBackups(Mutex<State>);

impl ScheduledBackups {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the set has when the process starts.
    pub(crate) fn found(&self, newest: Option<BackupHead>) {
        self.state().last = newest.map(LastBackup::from);
    }

    /// One begins.
    pub(crate) fn begin(&self) {
        self.state().running = true;
    }

    /// One was interrupted: neither made nor failed.
    pub(crate) fn interrupted(&self) {
        self.state().running = false;
    }

    /// One was made.
    pub(crate) fn made(&self, report: &BackupReport) {
        let mut state = self.state();
        state.running = false;
        state.error = None;
        state.failed_s = None;
        state.last = Some(LastBackup {
            path: report.path.clone(),
            made_s: report.list.made_s,
            commit: report.list.commit,
            bytes: report.list.bytes(),
        });
    }

    /// One failed.
    pub(crate) fn failed(&self, error: &Error, now_s: u64) {
        let mut state = self.state();
        state.running = false;
        state.error = Some(error.to_string());
        state.failures += 1;
        state.failed_s = Some(now_s);
    }

    /// Is one due?
    pub(crate) fn is_due(&self, schedule: &BackupSchedule, now_s: u64) -> bool {
        let state = self.state();
        let made_s = state.last.as_ref().map(|last| last.made_s);
        is_due(schedule.every, made_s, state.failed_s, now_s)
    }

    /// For `status`.
    pub(crate) fn status(&self, schedule: &BackupSchedule, now_s: u64) -> BackupStatus {
        let state = self.state();
        let age = state.last.as_ref().map(|last| Duration::from_secs(now_s.saturating_sub(last.made_s)));
        BackupStatus {
            schedule: schedule.clone(),
            last: state.last.clone(),
            age,
            running: state.running,
            error: state.error.clone(),
            failures: state.failures,
        }
    }
}

/// Is a backup due? A clock that was set back makes one due: a backup too many, never none for a long time.
fn is_due(every: Duration, made_s: Option<u64>, failed_s: Option<u64>, now_s: u64) -> bool {
    let over = |since_s: u64, wait: Duration| {
        now_s.checked_sub(since_s).is_none_or(|passed| passed >= wait.as_secs())
    };
    made_s.is_none_or(|made| over(made, every))
        && failed_s.is_none_or(|failed| over(failed, every.min(RETRY)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_is_due_when_none_is_young_and_a_failure_waits() {
        let hour = Duration::from_secs(3600);
        for (made_s, failed_s, now_s, due) in [
            (None, None, 0, true),
            (Some(1_000), None, 4_599, false),
            (Some(1_000), None, 4_600, true),
            (Some(1_000), Some(4_600), 5_199, false),
            (Some(1_000), Some(4_600), 5_200, true),
            (None, Some(4_600), 4_601, false),
            // The clock was set back.
            (Some(9_000), None, 5_000, true),
        ] {
            assert_eq!(is_due(hour, made_s, failed_s, now_s), due, "{made_s:?} {failed_s:?} {now_s}");
        }
    }
}
