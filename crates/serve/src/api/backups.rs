//! `/v1/backup`: making a backup, and checking one; what `status` says of those that are made by themselves.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use axum::response::Response;
use rushes_archive::{
    BackupCheck, BackupPlace, BackupReport, BackupRequest, BackupStatus, rfc3339, verify_backups,
};
use rushes_types::Error;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::{App, Ctx};
use crate::audit::Action;
use crate::body::Json;
use crate::limits::PATH_BYTES_MAX;
use crate::long_work::{ProgressLine, start};
use crate::problem::{Problem, Reply};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(backup)).routes(routes!(verify))
}

/// A backup.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BackupDocument {
    /// The folder to make, on the server's machine, as an absolute path. It must not be there yet, unless it is a set.
    #[schema(value_type = String, min_length = 1, pattern = "^/")]
    to: PathBuf,
    /// Is `to` a backup set? A new backup is then made in it, in which files that the backup before has too are kept once.
    #[serde(default)]
    set: bool,
    /// How many backups of this archive stay in the set; older ones are removed. Without it, all stay.
    #[serde(default)]
    #[schema(minimum = 1)]
    keep: Option<usize>,
    /// Do the access tokens come along?
    #[serde(default)]
    with_tokens: bool,
    /// Does the configuration in the archive's folder come along?
    #[serde(default)]
    with_config: bool,
}

impl BackupDocument {
    fn request(self) -> Reply<BackupRequest> {
        absolute(&self.to, "/to")?;
        let place = match (self.set, self.keep) {
            (true, Some(0)) => {
                let error = Error::invalid("no backup would stay in the set").mend("keep at least 1");
                return Err(error.at("/keep").into());
            }
            (true, keep) => BackupPlace::Set { dir: self.to, keep },
            (false, None) => BackupPlace::Folder(self.to),
            (false, Some(_)) => {
                let error = Error::invalid("only of a set older backups are removed")
                    .mend("say `\"set\": true`, or leave `keep` away");
                return Err(error.at("/keep").into());
            }
        };
        Ok(BackupRequest { place, with_tokens: self.with_tokens, with_config: self.with_config })
    }
}

fn absolute(path: &Path, pointer: &str) -> Reply<()> {
    let bytes = path.as_os_str().as_encoded_bytes();
    if path.is_absolute() && !bytes.contains(&0) && bytes.len() <= PATH_BYTES_MAX {
        return Ok(());
    }
    let error = Error::invalid("the folder of a backup is not an absolute path")
        .mend(format!("begin it with `/`; it has at most {PATH_BYTES_MAX} bytes"));
    Err(error.at(pointer).into())
}

/// A backup that is done.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BackedUpDocument {
    /// The archive's id.
    archive: String,
    /// The backup's folder.
    path: String,
    /// The last commit in it.
    commit: u64,
    /// Assets in it.
    assets: Option<u64>,
    /// Annotations in it, superseded ones too.
    annotations: Option<u64>,
    /// Its files.
    files: u64,
    /// Their length in all, in bytes.
    bytes: u64,
    /// Files that the backup before has too, and that are kept once.
    linked: u64,
    /// Bytes that were written to the disk.
    written_bytes: u64,
    /// How long writers had to wait, in milliseconds.
    frozen_ms: u64,
    /// Folders of older backups that were removed.
    removed: Vec<String>,
}

impl From<BackupReport> for BackedUpDocument {
    fn from(report: BackupReport) -> Self {
        Self {
            path: report.path.display().to_string(),
            commit: report.list.commit,
            assets: report.list.assets,
            annotations: report.list.annotations,
            files: report.list.files.len() as u64,
            bytes: report.list.bytes(),
            archive: report.list.archive,
            linked: report.linked,
            written_bytes: report.written,
            frozen_ms: u64::try_from(report.frozen.as_millis()).unwrap_or(u64::MAX),
            removed: report.removed.iter().map(|path| path.display().to_string()).collect(),
        }
    }
}

/// What is checked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct VerifyBackupDocument {
    /// A backup, or a set of them, on the server's machine, as an absolute path.
    #[schema(value_type = String, min_length = 1, pattern = "^/")]
    backup: PathBuf,
}

/// What was found of a backup.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CheckedBackupDocument {
    /// Its folder.
    path: String,
    /// The archive's id; null where the list cannot be read.
    archive: Option<String>,
    /// When it was made; null where its list does not say so.
    made: Option<String>,
    /// The last commit in it; null where the list cannot be read.
    commit: Option<u64>,
    /// Files in its list.
    files: u64,
    /// Their length in all, in bytes.
    bytes: u64,
    /// How many problems there are; 0 where it is whole.
    problem_count: u64,
    /// The first problems.
    problems: Vec<String>,
    /// What is not proved, though nothing is wrong.
    warnings: Vec<String>,
}

/// What was found of backups.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CheckedBackupsDocument {
    /// How many problems there are in all; 0 where every backup is whole.
    problem_count: u64,
    /// The backups, by name.
    backups: Vec<CheckedBackupDocument>,
}

impl From<Vec<BackupCheck>> for CheckedBackupsDocument {
    fn from(checks: Vec<BackupCheck>) -> Self {
        let problem_count = checks.iter().map(|check| check.problem_count).sum();
        let backups = checks.into_iter().map(|check| CheckedBackupDocument {
            path: check.path.display().to_string(),
            archive: check.archive,
            made: check.made_s.map(time),
            commit: check.commit,
            files: check.files,
            bytes: check.bytes,
            problem_count: check.problem_count,
            problems: check.problems,
            warnings: check.warnings,
        });
        Self { problem_count, backups: backups.collect() }
    }
}

/// What was found of backups, as the route says it: for those who checked them without a server.
///
/// # Errors
/// Only through a bug.
pub fn checked_backups(checks: Vec<BackupCheck>) -> serde_json::Result<serde_json::Value> {
    serde_json::to_value(CheckedBackupsDocument::from(checks))
}

fn time(seconds: u64) -> String {
    rfc3339(UNIX_EPOCH + Duration::from_secs(seconds))
}

/// How the backups that are made by themselves fare.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BackupStatusDocument {
    /// The set that they are made in; null for those who may not do everything.
    to: Option<String>,
    /// How long after the last one begins the next, in seconds.
    every_s: u64,
    /// How many stay.
    keep: u64,
    /// The newest one; null where there is none.
    last: Option<LastBackupDocument>,
    /// Is one being made?
    running: bool,
    /// Why the last one was not made, until one is.
    error: Option<String>,
    /// How many failed since the process started.
    failures: u64,
}

/// The newest backup.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LastBackupDocument {
    /// When it was made.
    made: String,
    /// How old it is, in seconds.
    age_s: u64,
    /// The last commit in it.
    commit: u64,
    /// Length of its files, in bytes.
    bytes: u64,
}

impl BackupStatusDocument {
    /// `all`: may paths and errors be shown in full?
    pub(super) fn new(status: BackupStatus, all: bool) -> Self {
        let told = |error: String| if all { error } else { "the last backup failed".to_owned() };
        let age_s = status.age.unwrap_or_default().as_secs();
        Self {
            to: all.then(|| status.schedule.to.display().to_string()),
            every_s: status.schedule.every.as_secs(),
            keep: status.schedule.keep as u64,
            last: status.last.map(|last| LastBackupDocument {
                made: time(last.made_s),
                age_s,
                commit: last.commit,
                bytes: last.bytes,
            }),
            running: status.running,
            error: status.error.map(told),
            failures: status.failures,
        }
    }
}

/// Copies what was committed to a new folder on the server's machine, and reads back what was written.
///
/// Answers JSON lines: `{"progress":…}` again and again, last `{"result":…}` or `{"problem":…}`. A client that goes away
/// stops it, and nothing is left of it.
#[utoipa::path(
    post, path = "/v1/backup", tag = "operating", request_body = BackupDocument,
    responses(
        (status = 200, content_type = "application/x-ndjson", body = ProgressLine<BackedUpDocument>),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn backup(ctx: Ctx, Json(document): Json<BackupDocument>) -> Reply<Response> {
    let action = Action::of("backup").subject(document.to.display().to_string());
    let request = document.request()?;
    start(ctx, action, move |archive, caller, progress| {
        archive.backup(caller, &request, progress).map(BackedUpDocument::from)
    })
}

/// Reads a backup, or all backups of a set, on the server's machine and compares them with their lists.
///
/// Answers JSON lines: `{"progress":…}` again and again, last `{"result":…}` or `{"problem":…}`. Damage is no problem but a
/// result, with what is damaged.
#[utoipa::path(
    post, path = "/v1/backup/verify", tag = "operating", request_body = VerifyBackupDocument,
    responses(
        (status = 200, content_type = "application/x-ndjson", body = ProgressLine<CheckedBackupsDocument>),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn verify(ctx: Ctx, Json(document): Json<VerifyBackupDocument>) -> Reply<Response> {
    absolute(&document.backup, "/backup")?;
    let action = Action::of("verify-backup").subject(document.backup.display().to_string());
    start(ctx, action, move |_, _, progress| {
        verify_backups(&document.backup, progress).map(CheckedBackupsDocument::from)
    })
}
