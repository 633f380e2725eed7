//! The audit log: who searched, played, exported, erased; never queries or content.
//!
//! One JSON object a line in `audit.jsonl` in the archive's folder, readable by its owner only. The file is
//! opened for each line, so that an operator may move it away at any time. A line that cannot be written is
//! counted and reported in the log of the server, but does not stop the work.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use rushes_archive::rfc3339;
use serde::Serialize;

use crate::limits::AUDIT_IDS_MAX;

/// The audit log's name in the archive's folder.
pub const AUDIT_FILE: &str = "audit.jsonl";

/// What somebody did.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Action {
    /// The verb: `search`, `play`, `export`, `erase`, ….
    pub action: &'static str,
    /// The assets it touched or showed.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub assets: BTreeSet<String>,
    /// The movies it touched or showed.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub movies: BTreeSet<String>,
    /// Another thing it was about: a run, a model, a token's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
}

impl Action {
    /// An action that names nothing.
    #[must_use]
    pub fn of(action: &'static str) -> Self {
        Self { action, ..Self::default() }
    }

    /// Names an asset; beyond the limit none are added.
    #[must_use]
    pub fn asset(mut self, asset: &str) -> Self {
        if self.assets.len() < AUDIT_IDS_MAX {
            self.assets.insert(asset.to_owned());
        }
        self
    }

    /// Names a movie; beyond the limit none are added.
    #[must_use]
    pub fn movie(mut self, movie: &str) -> Self {
        if self.movies.len() < AUDIT_IDS_MAX {
            self.movies.insert(movie.to_owned());
        }
        self
    }

    /// Names what else it was about.
    #[must_use]
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }
}

#[derive(Serialize)]
struct Line<'a> {
    time: String,
    request: &'a str,
    caller: &'a str,
    outcome: &'a str,
    #[serde(flatten)]
    action: &'a Action,
}

/// Writes the audit log.
#[derive(Debug)]
pub struct Audit {
    path: PathBuf,
    // Keeps lines intact where two threads append at once.
    turn: Mutex<()>,
}

impl Audit {
    /// The audit log of an archive's folder.
    #[must_use]
    pub fn new(archive: &Path) -> Self {
        Self { path: archive.join(AUDIT_FILE), turn: Mutex::new(()) }
    }

    /// Writes a line.
    ///
    /// # Errors
    /// Where the disk refuses.
    pub fn write(&self, request: &str, caller: &str, outcome: &str, action: &Action) -> std::io::Result<()> {
        let line = Line { time: rfc3339(SystemTime::now()), request, caller, outcome, action };
        let mut bytes = serde_json::to_vec(&line)?;
        bytes.push(b'\n');
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        OpenOptions::new().append(true).create(true).mode(0o600).open(&self.path)?.write_all(&bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_line_names_who_and_what_and_is_private() {
        let dir = tempfile::tempdir().unwrap();
        let audit = Audit::new(dir.path());
        audit.write("r1", "anna", "ok", &Action::of("play").asset("a").movie("m")).unwrap();
        audit.write("r2", "ben", "forbidden", &Action::of("erase").subject("run `x`")).unwrap();
        // Whatever a name holds, a line is one line and says who it was.
        let forged = "x\n{\"caller\":\"owner\"}\r\u{85}\u{2028}\u{1b}[2J";
        audit.write("r3", forged, forged, &Action::of("erase").subject(forged).asset(forged)).unwrap();
        let path = dir.path().join(AUDIT_FILE);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<serde_json::Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[2]["caller"], forged);
        assert_eq!(lines[0]["caller"], "anna");
        assert_eq!(lines[0]["assets"][0], "a");
        assert_eq!(lines[1]["outcome"], "forbidden");
    }
}
