//! What `status` says of the checks of an archive.

use std::time::{Duration, UNIX_EPOCH};

use rushes_archive::{LastVerify, VerifyStatus, rfc3339};
use serde::Serialize;
use utoipa::ToSchema;

use crate::long_work::ProgressDocument;

/// What the last whole check found.
#[derive(Debug, Serialize, ToSchema)]
struct LastVerifyDocument {
    /// When it ended.
    ended: String,
    /// How long ago that was, in seconds.
    age_s: u64,
    /// How long it took, in seconds.
    took_s: u64,
    /// The last commit when it began.
    commit: u64,
    /// Assets looked at.
    assets: u64,
    /// Annotations compared.
    annotations: u64,
    /// How many problems there were; 0 when all was well.
    problem_count: u64,
    /// The first ones; empty for a caller who may not do everything: they name assets.
    problems: Vec<String>,
    /// Was something left out because it was not fused and indexed yet?
    catching_up: bool,
}

/// The checks of an archive.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct VerifyStatusDocument {
    /// How often the archive is verified by itself, in seconds; null: only by hand.
    every_s: Option<u64>,
    /// What the last whole check found, by itself or by hand; null where there was none.
    last: Option<LastVerifyDocument>,
    /// How far one is that runs; null where none does.
    running: Option<ProgressDocument>,
    /// Why the last one could not be made, until one is.
    error: Option<String>,
}

impl VerifyStatusDocument {
    /// `all`: may problems be shown in full?
    pub(super) fn new(status: VerifyStatus, all: bool) -> Self {
        let age_s = status.age.unwrap_or_default().as_secs();
        let last = |last: LastVerify| LastVerifyDocument {
            ended: rfc3339(UNIX_EPOCH + Duration::from_secs(last.ended_s)),
            age_s,
            took_s: last.took_s,
            commit: last.commit,
            assets: last.assets,
            annotations: last.annotations,
            problem_count: last.problem_count,
            problems: if all { last.problems } else { Vec::new() },
            catching_up: last.catching_up,
        };
        let told = |error: String| if all { error } else { "the archive could not be verified".to_owned() };
        Self {
            every_s: status.every.map(|every| every.as_secs()),
            last: status.last.map(last),
            running: status.running.map(|(what, done, total)| ProgressDocument { what, done, total }),
            error: status.error.map(told),
        }
    }
}
