//! Backup and restore.
//!
//! A backup is a folder with a copy of stage 1 (the ground truth), the manifest, where asked for tokens and configuration,
//! and a list of all that: how long each file is, its SHA-256, one checksum over the list, and what the store held.
//! Everything else is derived, and a restored archive rebuilds it. A *backup set* is a folder of backups in which what
//! did not change is kept once, by hard links.
//!
//! | file | what |
//! |---|---|
//! | `list` | the list, its checksum, what may stand in it |
//! | `stage` | files that belong together, gathered while writing is frozen for an instant |
//! | `make` | from what is staged to a backup that was read back |
//! | `set` | names, order, retention of the backups of a set |
//! | `verify` | is a backup what its list says? |
//! | `restore` | an archive from a backup |
//! | `rewind`, `cut_off` | an archive as it was at a commit between two backups |
//! | `schedule` | backups that are made by themselves |
//! | `files` | which files of an archive, and how each changes |
//! | `copy`, `plain` | files and folders, one by one |
//!
//! Backup and restore write to `NAME.partial` and rename at the end: a folder with the final name is complete.

mod copy;
mod cut_off;
mod files;
pub(crate) mod list;
pub(crate) mod make;
mod plain;
mod restore;
mod rewind;
pub(crate) mod schedule;
pub(crate) mod set;
pub(crate) mod stage;
mod verify;

pub use list::{BackupFile, BackupList, LIST_VERSION, StoreContent};
pub use make::{BackupPlace, BackupReport, BackupRequest};
pub use restore::{RestoreReport, RestoreRequest, restore};
pub use schedule::{BackupSchedule, BackupStatus, LastBackup};
pub use verify::{BackupCheck, verify_backups};
