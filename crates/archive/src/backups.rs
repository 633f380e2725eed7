//! Backups of an open archive, asked for or by its schedule.

use std::time::Duration;

use rushes_types::{Error, ErrorKind, Result};

use crate::access::{Caller, Right};
use crate::archive::Archive;
use crate::backup::make::make;
use crate::backup::set::newest;
use crate::backup::stage::Source;
use crate::backup::{BackupReport, BackupRequest, BackupSchedule, BackupStatus, LastBackup};
use crate::clock::now_s;
use crate::progress::Progress;

impl Archive {
    /// Copies the ground truth to a new folder, while the archive is open. Writes are frozen for an instant at the
    /// beginning. What was written is read back before the folder gets its name.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`] unless the caller may do everything; [`ErrorKind::Conflict`] where the folder is there
    /// already; [`ErrorKind::Busy`] where another process makes a backup in the same set; where the disk refuses.
    pub fn backup(
        &self,
        caller: &Caller,
        request: &BackupRequest,
        progress: &dyn Progress,
    ) -> Result<BackupReport> {
        caller.require_everywhere(Right::Admin)?;
        if self.engines.shared() {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "what is not in the archive's folder is not copied",
            )
            .mend("take snapshots of the engines, or copy the archive into a folder with `rushes migrate`"));
        }
        request.check(self.dir())?;
        let _guard = self.shared.long_work.begin()?;
        let source = Source {
            dir: self.dir(),
            archive: &self.manifest.id,
            store: self.engines.store.as_ref(),
            freeze: &self.shared.write_freeze,
        };
        make(&source, request, progress)
    }

    /// How the backups of the schedule fare; `None` where there is no schedule.
    pub(crate) fn backup_status(&self) -> Option<BackupStatus> {
        let schedule = self.options.backups.as_ref()?;
        Some(match schedule.runs_here {
            true => self.shared.backups.status(schedule, now_s()),
            false => self.status_of_others(schedule),
        })
    }

    /// What another process made, as the set shows it.
    fn status_of_others(&self, schedule: &BackupSchedule) -> BackupStatus {
        let (last, error) = match newest(&schedule.to, &self.manifest.id) {
            Ok(found) => (found.map(LastBackup::from), None),
            Err(error) => (None, Some(error.to_string())),
        };
        let age = last.as_ref().map(|last| Duration::from_secs(now_s().saturating_sub(last.made_s)));
        BackupStatus { schedule: schedule.clone(), last, age, running: false, error, failures: 0 }
    }
}
