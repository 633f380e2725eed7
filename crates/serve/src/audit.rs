//! The audit log: who logged in or was refused, searched, played, exported, changed, erased; never queries or content.
//!
//! One JSON object a line in `audit.jsonl` in the archive's folder, readable by its owner only. The lines are a chain: see
//! `audit_chain`. The file is opened for each line, so that an operator may move it away at any time; one that is
//! long is put aside. A line that cannot be written is counted and reported in the log of the server, but does not stop
//! the work.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use rushes_archive::rfc3339;
use serde::Serialize;

use crate::audit_chain::{AUDIT_FILE, Head, LogReader, aside, ends_within_a_line, sealed};
use crate::limits::AUDIT_IDS_MAX;

/// The caller of a line where nobody is known.
pub const NOBODY: &str = "-";

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
    no: u64,
    time: String,
    request: &'a str,
    caller: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<IpAddr>,
    outcome: &'a str,
    #[serde(flatten)]
    action: &'a Action,
    before: &'a str,
}

/// Who did it, where from, and which request it was.
#[derive(Debug, Clone, Copy)]
pub struct Actor<'a> {
    /// The request's id.
    pub request: &'a str,
    /// The name of a token, or of who logged in; `-` where nobody is known.
    pub caller: &'a str,
    /// The address of the connection, where there is one.
    pub from: Option<IpAddr>,
}

/// Writes the audit log.
#[derive(Debug)]
pub struct Audit {
    dir: PathBuf,
    /// A file that is longer is put aside, and a new one begun.
    file_bytes_max: u64,
    // Keeps lines intact, and in their order, where two threads append at once.
    end: Mutex<Option<End>>,
}

/// Where the log ends.
#[derive(Debug)]
struct End {
    head: Head,
    /// Does the file end within a line? The next one then begins on a line of its own.
    torn: bool,
}

impl Audit {
    /// The audit log of an archive's folder.
    #[must_use]
    pub fn new(archive: &Path, file_bytes_max: u64) -> Self {
        Self { dir: archive.to_owned(), file_bytes_max, end: Mutex::default() }
    }

    fn end(&self) -> MutexGuard<'_, Option<End>> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a line.
    ///
    /// # Errors
    /// Where the disk refuses.
    pub fn write(&self, by: Actor<'_>, outcome: &str, action: &Action) -> io::Result<()> {
        let mut known = self.end();
        let mut end = match known.take() {
            Some(end) => end,
            None => {
                End { head: Head::read(&self.dir)?, torn: ends_within_a_line(&self.dir.join(AUDIT_FILE))? }
            }
        };
        let Actor { request, caller, from } = by;
        let (no, time) = (end.head.no + 1, rfc3339(SystemTime::now()));
        let line = Line { no, time, request, caller, from, outcome, action, before: &end.head.sum };
        let (bytes, sum) = sealed(serde_json::to_vec(&line)?);
        let written = self.append(&end, bytes);
        match &written {
            Ok(()) => end = End { head: Head { no, sum }, torn: false },
            // Some of it may have been written.
            Err(_) => end.torn = true,
        }
        let noted = written.and_then(|()| end.head.note(&self.dir));
        *known = Some(end);
        noted
    }

    fn append(&self, end: &End, mut bytes: Vec<u8>) -> io::Result<()> {
        let path = self.dir.join(AUDIT_FILE);
        let length = std::fs::metadata(&path).map_or(0, |meta| meta.len());
        if length >= self.file_bytes_max && !end.torn {
            std::fs::rename(&path, self.dir.join(aside(end.head.no)))?;
        } else if end.torn {
            bytes.insert(0, b'\n');
        }
        OpenOptions::new().append(true).create(true).mode(0o600).open(&path)?.write_all(&bytes)
    }

    /// Something that reads the log as it is now.
    ///
    /// # Errors
    /// Where the disk refuses.
    pub fn reader(&self) -> io::Result<LogReader> {
        // While nothing is appended, so that no half of a line is read.
        let _end = self.end();
        LogReader::open(&self.dir)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn by<'a>(request: &'a str, caller: &'a str) -> Actor<'a> {
        Actor { request, caller, from: "10.0.0.7".parse().ok() }
    }

    #[test]
    fn a_line_names_who_and_what_and_is_private() {
        let dir = tempfile::tempdir().unwrap();
        let audit = Audit::new(dir.path(), u64::MAX);
        audit.write(by("r1", "anna"), "ok", &Action::of("play").asset("a").movie("m")).unwrap();
        audit.write(by("r2", "ben"), "forbidden", &Action::of("erase").subject("run `x`")).unwrap();
        // Whatever a name holds, a line is one line and says who it was.
        let forged = "x\n{\"caller\":\"owner\"}\r\u{85}\u{2028}\u{1b}[2J\",\"sum\":\"0\"}";
        audit.write(by("r3", forged), forged, &Action::of("erase").subject(forged).asset(forged)).unwrap();
        let path = dir.path().join(AUDIT_FILE);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<serde_json::Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[2]["caller"], forged);
        assert_eq!((&lines[0]["caller"], &lines[0]["from"]), (&"anna".into(), &"10.0.0.7".into()));
        assert_eq!(lines[0]["assets"][0], "a");
        assert_eq!(lines[1]["outcome"], "forbidden");
        let found = audit.reader().unwrap().verify().unwrap();
        assert_eq!((found.lines, found.problems.len()), (3, 0), "{found:?}");
    }

    #[test]
    fn a_line_that_was_cut_short_is_followed_by_a_whole_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(AUDIT_FILE);
        Audit::new(dir.path(), u64::MAX).write(by("r", "a"), "ok", &Action::of("play")).unwrap();
        let cut = |path: &Path| {
            let mut file = OpenOptions::new().append(true).open(path).unwrap();
            file.write_all(b"{\"no\":2,\"ti").unwrap();
        };
        cut(&path);
        let audit = Audit::new(dir.path(), 1);
        audit.write(by("r", "b"), "ok", &Action::of("play")).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().count(), 3, "{text}");
        let found = audit.reader().unwrap().verify().unwrap();
        assert_eq!((found.lines, found.last, found.problem_count), (2, 2, 1), "{found:?}");
    }
}
