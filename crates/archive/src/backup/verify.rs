//! Is a backup what its list says?

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use rushes_types::{Error, ErrorKind, Result};

use super::copy::digest_of;
use super::list::{BackupList, LIST};
use super::set;
use crate::progress::Progress;

/// Problems that a check names; the others are only counted.
const PROBLEMS_MAX: usize = 100;
/// Files and folders of a backup that are looked at: more than a list can name are not ours.
const ENTRIES_MAX: usize = 1 << 20;
/// Folders below a backup's that are looked into.
const DEPTH_MAX: usize = 12;
const WHAT: &str = "the check of the backup";

/// What was found of a backup.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BackupCheck {
    /// Its folder.
    pub path: PathBuf,
    /// The archive's id, where the list could be read.
    pub archive: Option<String>,
    /// When it was made, in seconds since 1970, where the list says so.
    pub made_s: Option<u64>,
    /// The last commit in it, where the list could be read.
    pub commit: Option<u64>,
    /// Files in the list.
    pub files: u64,
    /// Their length, in bytes.
    pub bytes: u64,
    /// The first problems; none where it is whole.
    pub problems: Vec<String>,
    /// How many problems there are.
    pub problem_count: u64,
    /// What is not proved, though nothing is wrong.
    pub warnings: Vec<String>,
}

impl BackupCheck {
    fn problem(&mut self, text: String) {
        self.problem_count += 1;
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(text);
        }
    }
}

/// What lists of the first version do not prove.
pub(super) const FIRST_VERSION: &str = "an earlier version made this backup, whose list has no checksum and no counts: \
     only its files and its last commit are checked";

/// Reads a backup, or all backups of a set, and compares with their lists: the lists' checksums, every file's length and
/// SHA-256, and that nothing else is there.
///
/// # Errors
/// [`ErrorKind::NotFound`] where there is no backup; [`ErrorKind::Cancelled`] where it was asked to stop. Damage is no
/// error but in the result.
pub fn verify_backups(dir: &Path, progress: &dyn Progress) -> Result<Vec<BackupCheck>> {
    if fs::symlink_metadata(dir.join(LIST)).is_ok() {
        return Ok(vec![verify_backup(dir, progress)?]);
    }
    let folders = set::folders(dir)?;
    if folders.is_empty() {
        let message = format!("`{}` holds no backup: it has no `{LIST}` and no backups in it", dir.display());
        return Err(Error::new(ErrorKind::NotFound, message).mend("name a folder made by `rushes backup`"));
    }
    folders.iter().map(|folder| verify_backup(folder, progress)).collect()
}

fn verify_backup(dir: &Path, progress: &dyn Progress) -> Result<BackupCheck> {
    let mut check = BackupCheck { path: dir.to_owned(), ..BackupCheck::default() };
    let list = match BackupList::read(dir) {
        Ok(list) => list,
        Err(error) => {
            check.problem(error.message().to_owned());
            return Ok(check);
        }
    };
    check.archive = Some(list.archive.clone());
    check.made_s = (!list.is_of_first_version()).then_some(list.made_s);
    check.commit = Some(list.commit);
    (check.files, check.bytes) = (list.files.len() as u64, list.bytes());
    if list.is_of_first_version() {
        check.warnings.push(FIRST_VERSION.to_owned());
    }
    match strangers(dir, &list) {
        Ok(problems) => problems.into_iter().for_each(|problem| check.problem(problem)),
        Err(error) => check.problem(error.message().to_owned()),
    }
    let mut done = 0;
    for file in &list.files {
        match digest_of(&dir.join(&file.path), &file.path, true, WHAT, progress) {
            Ok(found) if found == *file => {}
            // Their length, or that they are not there, was said above.
            Ok(found) if found.bytes != file.bytes => {}
            Ok(_) => check.problem(format!("`{}` is not what was backed up", file.path)),
            Err(e) if e.kind() == ErrorKind::Cancelled => return Err(e),
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::Corrupt) => {}
            Err(e) => check.problem(e.message().to_owned()),
        }
        done += file.bytes;
        progress.set("bytes verified", done, Some(check.bytes));
    }
    Ok(check)
}

/// What is in a backup's folder and not in its list, or otherwise than the list says, but for the content of files.
pub(super) fn strangers(dir: &Path, list: &BackupList) -> Result<Vec<String>> {
    let mut entries = Vec::new();
    survey(dir, Path::new(""), DEPTH_MAX, &mut entries)?;
    Ok(compare(list, &entries))
}

/// What something in a backup's folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Nature {
    File(u64),
    Folder,
    Link,
    Device,
}

#[derive(Debug)]
struct Entry {
    /// Path within the backup; `None` where it is no text.
    path: Option<String>,
    /// The same for people.
    shown: String,
    nature: Nature,
}

/// All that is in a folder. Links are not followed.
fn survey(dir: &Path, within: &Path, depth: usize, entries: &mut Vec<Entry>) -> Result<()> {
    let folder = dir.join(within);
    let failed = |e| Error::io(&format!("reading `{}`", folder.display()), e);
    for entry in fs::read_dir(&folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = within.join(entry.file_name());
        let meta = entry.metadata().map_err(failed)?;
        let kind = meta.file_type();
        let nature = match (kind.is_file(), kind.is_dir(), kind.is_symlink()) {
            (true, ..) => Nature::File(meta.len()),
            (_, true, _) => Nature::Folder,
            (_, _, true) => Nature::Link,
            _ => Nature::Device,
        };
        if entries.len() >= ENTRIES_MAX {
            let message = format!("`{}` holds more than {ENTRIES_MAX} files", dir.display());
            return Err(Error::new(ErrorKind::TooLarge, message).mend("take out what is not of the backup"));
        }
        let text = path.to_str().map(str::to_owned);
        let shown = path.to_string_lossy().escape_debug().to_string();
        // What lies deeper than anything of ours is under a folder that no list names.
        let look = nature == Nature::Folder && depth > 0;
        entries.push(Entry { path: text, shown, nature });
        if look {
            survey(dir, &path, depth - 1, entries)?;
        }
    }
    Ok(())
}

/// What differs between a list and what is in the folder.
fn compare(list: &BackupList, entries: &[Entry]) -> Vec<String> {
    let listed: BTreeMap<&str, u64> = list.files.iter().map(|f| (f.path.as_str(), f.bytes)).collect();
    let folders: BTreeSet<&str> =
        listed.keys().flat_map(|path| path.match_indices('/').filter_map(|(at, _)| path.get(..at))).collect();
    let mut problems = Vec::new();
    let mut seen = BTreeSet::new();
    for entry in entries {
        let shown = &entry.shown;
        let Some(path) = entry.path.as_deref() else {
            problems.push(format!("`{shown}` has a name that is no text, and is not in the list"));
            continue;
        };
        match (entry.nature, listed.get(path)) {
            (Nature::File(_), None) if path == LIST => {}
            (Nature::Folder, _) if folders.contains(path) => {}
            (Nature::File(found), Some(bytes)) => {
                seen.insert(path);
                if found != *bytes {
                    problems.push(format!("`{shown}` has {found} bytes instead of {bytes}"));
                }
            }
            (Nature::Link, _) => {
                problems.push(format!("`{shown}` is a link; a backup holds plain files only"));
            }
            (Nature::Device, _) => {
                problems
                    .push(format!("`{shown}` is a device, pipe or socket; a backup holds plain files only"));
            }
            (Nature::Folder, _) => problems.push(format!("the folder `{shown}` is not in the list")),
            (Nature::File(_), None) => problems.push(format!("`{shown}` is not in the list")),
        }
    }
    let gone = listed.keys().filter(|path| !seen.contains(*path));
    problems.extend(gone.map(|path| format!("`{path}` is not there")));
    problems
}
