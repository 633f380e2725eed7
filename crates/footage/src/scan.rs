//! Scans a folder: media files, their companion files, and what was left out and why.
//!
//! Links are never followed: one that leads out of the folder would take in files outside it, one that stays inside
//! would take a file in twice. What is skipped is named, so that a missing episode has an explanation.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rushes_types::{Error, ErrorKind, Result};

use crate::limits::{COMPANION_BYTES_MAX, ENTRIES_MAX, FOLDER_DEPTH_MAX};
use crate::tool::ShouldStop;

/// Endings of media files, in lower case.
const MEDIA: &[&str] = &[
    "mov", "qt", "mp4", "m4v", "mkv", "webm", "mxf", "avi", "mpg", "mpeg", "ts", "mts", "m2ts", "vob", "ogv",
    "ogm", "wmv", "asf", "flv", "f4v", "dv", "3gp", "3g2", "gxf", "wav", "mp3", "m4a", "aac", "flac", "ogg",
    "oga", "opus", "aif", "aiff", "caf", "wma",
];
/// Endings of subtitles, in lower case.
const SUBTITLES: &[&str] = &["srt", "vtt", "ttml", "dfxp", "itt", "ass", "ssa", "sbv", "scc", "stl"];
/// Endings of what a model may have written beside a file, in lower case.
const OTHERS: &[&str] = &["json", "rttm", "csv", "tsv", "xml", "npy", "txt"];

/// Endings of annotation lines, which need nothing beside them.
const LINES: &[&str] = &[".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz", ".arrow", ".arrows"];

/// What a file is, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Picture or sound.
    Media,
    /// Subtitles.
    Subtitles,
    /// Annotation lines.
    Lines,
    /// Perhaps what a model wrote; only looked at beside a media file of the same name.
    Other,
}

/// A file that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundFile {
    /// Where it is: the folder's resolved path and the names below it.
    pub path: PathBuf,
    /// The names below the folder, separated by `/`.
    pub below: String,
    /// What it is.
    pub kind: Kind,
    /// Its length in bytes.
    pub bytes: u64,
    /// When it was changed, in nanoseconds since 1970.
    pub changed_ns: i64,
}

/// Something that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Where, with unprintable characters replaced.
    pub what: String,
    /// Why, and what to do about it.
    pub why: String,
    /// Is it left out as a matter of course (a hidden file), so that it need not be named one by one?
    pub is_usual: bool,
}

/// What a folder holds, each list sorted by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scan {
    /// The folder with all links resolved.
    pub root: PathBuf,
    /// The files.
    pub files: Vec<FoundFile>,
    /// What was left out.
    pub skipped: Vec<Skipped>,
}

/// The kind of a file, by its name.
#[must_use]
pub fn kind_of(path: &Path) -> Option<Kind> {
    let name = path.file_name()?.to_str().unwrap_or_default();
    if LINES.iter().any(|ending| name.ends_with(ending)) {
        return Some(Kind::Lines);
    }
    let ending = path.extension()?.to_str()?.to_ascii_lowercase();
    let within = |list: &[&str]| list.contains(&ending.as_str());
    match () {
        () if within(MEDIA) => Some(Kind::Media),
        () if within(SUBTITLES) => Some(Kind::Subtitles),
        () if within(OTHERS) => Some(Kind::Other),
        () => None,
    }
}

/// A path as it may be shown on one line.
#[must_use]
pub fn shown(path: &Path) -> String {
    path.to_string_lossy().chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// Does a folder hold a media file? Ends at the first one.
#[must_use]
pub fn holds_media(folder: &Path) -> bool {
    let mut walk = Walk::new(folder.to_owned());
    while let Some(step) = walk.next() {
        if matches!(step, Entry::File(path, _) if kind_of(&path) == Some(Kind::Media)) {
            return true;
        }
    }
    false
}

/// Looks through a folder, or at one media file with what lies beside it.
///
/// # Errors
/// [`ErrorKind::NotFound`] where it is not there or cannot be read, [`ErrorKind::TooLarge`] where it holds more than
/// [`ENTRIES_MAX`] entries, [`ErrorKind::Cancelled`].
pub fn scan(path: &Path, stop: ShouldStop<'_>) -> Result<Scan> {
    let unreadable = |e| {
        Error::new(ErrorKind::NotFound, format!("`{}` cannot be read: {e}", shown(path)))
            .mend("check its name")
    };
    let resolved = std::fs::canonicalize(path).map_err(unreadable)?;
    let (root, only) = if resolved.is_dir() {
        (resolved, None)
    } else {
        let root = resolved.parent().unwrap_or(Path::new("/")).to_owned();
        (root, resolved.file_stem().map(|s| s.to_string_lossy().into_owned()))
    };
    let mut found = Scan { root: root.clone(), ..Scan::default() };
    let mut walk = Walk::new(root);
    if only.is_some() {
        walk.depth_max = 0;
    }
    while let Some(step) = walk.next() {
        if stop() {
            return Err(Error::new(ErrorKind::Cancelled, "it was asked to stop"));
        }
        match step {
            Entry::File(path, meta) => {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                if only.as_ref().is_none_or(|stem| name.starts_with(stem.as_str())) {
                    found.take(&path, &meta);
                }
            }
            Entry::Skip(skipped) if only.is_none() => found.skipped.push(skipped),
            Entry::Skip(_) => {}
            Entry::TooMany => {
                let message = format!(
                    "`{}` holds more than {ENTRIES_MAX} entries; name its folders one by one",
                    shown(path)
                );
                return Err(Error::new(ErrorKind::TooLarge, message));
            }
        }
    }
    found.files.sort_by(|a, b| a.below.cmp(&b.below));
    found.skipped.sort_by(|a, b| a.what.cmp(&b.what));
    Ok(found)
}

impl Scan {
    fn take(&mut self, path: &Path, meta: &Metadata) {
        let Some(kind) = kind_of(path) else { return };
        let below = path.strip_prefix(&self.root).unwrap_or(path);
        let mut skip = |why: String| {
            self.skipped.push(Skipped { what: shown(below), why, is_usual: kind == Kind::Other });
        };
        let Some(text) = below.to_str() else {
            return skip("its name is no UTF-8; rename it".to_owned());
        };
        if meta.len() == 0 {
            return skip("it is empty".to_owned());
        }
        if matches!(kind, Kind::Subtitles | Kind::Other) && meta.len() > COMPANION_BYTES_MAX {
            let why =
                format!("it has {} bytes; at most {COMPANION_BYTES_MAX} are read of such a file", meta.len());
            return skip(why);
        }
        if let Err(e) = std::fs::File::open(path) {
            return skip(format!("it cannot be read: {e}; check its permissions"));
        }
        self.files.push(FoundFile {
            path: path.to_owned(),
            below: text.to_owned(),
            kind,
            bytes: meta.len(),
            changed_ns: meta.mtime().saturating_mul(1_000_000_000).saturating_add(meta.mtime_nsec()),
        });
    }
}

enum Entry {
    File(PathBuf, Metadata),
    Skip(Skipped),
    TooMany,
}

/// Goes through folders, one entry at a time.
struct Walk {
    root: PathBuf,
    folders: Vec<(PathBuf, usize)>,
    open: Option<(std::fs::ReadDir, usize)>,
    entries: usize,
    depth_max: usize,
}

impl Walk {
    fn new(root: PathBuf) -> Self {
        let folders = vec![(root.clone(), 0)];
        Self { root, folders, open: None, entries: 0, depth_max: FOLDER_DEPTH_MAX }
    }

    fn skip(&self, path: &Path, why: impl Into<String>, is_usual: bool) -> Entry {
        let below = path.strip_prefix(&self.root).unwrap_or(path);
        Entry::Skip(Skipped { what: shown(below), why: why.into(), is_usual })
    }

    fn next(&mut self) -> Option<Entry> {
        loop {
            if self.open.is_none() {
                let (folder, depth) = self.folders.pop()?;
                match std::fs::read_dir(&folder) {
                    Ok(entries) => self.open = Some((entries, depth)),
                    Err(e) => {
                        return Some(self.skip(&folder, format!("the folder cannot be read: {e}"), false));
                    }
                }
            }
            let Some((entries, depth)) = &mut self.open else { continue };
            let depth = *depth;
            let path = match entries.next() {
                None => {
                    self.open = None;
                    continue;
                }
                Some(Ok(entry)) => entry.path(),
                // The rest of this folder cannot be read.
                Some(Err(_)) => continue,
            };
            self.entries += 1;
            if self.entries > ENTRIES_MAX {
                return Some(Entry::TooMany);
            }
            if let Some(step) = self.look(path, depth) {
                return Some(step);
            }
        }
    }

    fn look(&mut self, path: PathBuf, depth: usize) -> Option<Entry> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // `@eaDir` and the like are what storage devices keep beside files.
        if name.starts_with('.') || name.starts_with('@') || name == "__MACOSX" {
            return Some(self.skip(&path, "it is hidden", true));
        }
        let meta = match std::fs::symlink_metadata(&path) {
            Ok(meta) => meta,
            Err(e) => return Some(self.skip(&path, format!("it cannot be read: {e}"), false)),
        };
        if meta.is_symlink() {
            let of_interest = kind_of(&path).is_some_and(|k| k != Kind::Other) || path.is_dir();
            let inside = std::fs::canonicalize(&path).is_ok_and(|target| target.starts_with(&self.root));
            let why = if inside {
                "it is a link to something in the folder itself"
            } else {
                "it is a link that leads out of the folder; name the folder it leads to"
            };
            return Some(self.skip(&path, why, !of_interest));
        }
        if meta.is_dir() {
            if depth >= self.depth_max {
                return (self.depth_max > 0).then(|| {
                    self.skip(&path, format!("it lies more than {FOLDER_DEPTH_MAX} folders deep"), false)
                });
            }
            self.folders.push((path, depth + 1));
            return None;
        }
        if !meta.is_file() {
            return Some(self.skip(&path, "it is no file", true));
        }
        Some(Entry::File(path, meta))
    }
}
