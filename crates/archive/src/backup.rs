//! Backup and restore.
//!
//! A backup is a copy of stage 1 (the ground truth), the manifest and the tokens, with a list of files and their
//! digests; everything else is derived, and a restored archive rebuilds it. Backup and restore write to `NAME.partial`
//! and rename at the end: a folder with the final name is complete.
//!
//! Files that belong together are *staged* in a folder of the archive while writing is frozen; they are hashed and
//! copied after clients go on. Most bytes are in table files, which the store writes once and never changes: a hard
//! link stages one instantly and keeps it when a compaction drops it. Everything else is copied while writing is
//! frozen, mainly the journal, at most some hundred megabytes: it is preallocated (64 MB) and written in place, so a
//! link to it would keep changing. Compaction is not frozen; if it changed a file meanwhile, staging starts over.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rushes_types::{Commit, Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::manifest::{make_private_dir, write_whole};
use crate::part::Part;
use crate::progress::{Progress, check};
use crate::rebuild::{Rebuild, mark};

const LIST: &str = "backup.json";
const MANIFEST_FILES: [&str; 3] = ["archive.json", "tokens.json", crate::erasures::MARKER];
/// The folder of the archive in which files wait to be copied.
const STAGED: &str = "backup.staged";
/// The folders of the store whose files are written once, under a name that is never used again.
const TABLES: &str = "tables";
/// How often staging starts over because files changed under it (compaction goes on in the background).
const ATTEMPTS: usize = 20;
const BUFFER: usize = 1 << 20;

/// What a backup holds, in its file `backup.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupReport {
    /// The archive's id.
    pub archive: String,
    /// The last commit in it.
    pub commit: u64,
    /// Its files, by path within the backup.
    pub files: Vec<BackupFile>,
}

/// One file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BackupFile {
    /// Path within the backup.
    pub path: String,
    /// Length in bytes.
    pub bytes: u64,
    /// SHA-256 of the content.
    pub sha256: String,
}

/// The files of a backup as they were at one moment, until it is dropped.
#[derive(Debug)]
pub(crate) struct StagedBackup {
    dir: PathBuf,
    commit: Commit,
}

impl Drop for StagedBackup {
    fn drop(&mut self) {
        if let Err(error) = remove_tree(&self.dir) {
            tracing::warn!(%error, "what a backup has staged is left; opening the archive again removes it");
        }
    }
}

/// Removes what a killed backup left in the archive: its links would keep bytes that must be purged.
pub(crate) fn remove_staged(dir: &Path) -> Result<()> {
    remove_tree(&dir.join(STAGED))
}

/// Refuses a folder for a backup that is there already.
pub(crate) fn check_target(to: &Path) -> Result<()> {
    refuse_existing(to, "the backup")
}

/// Stages the files of the archive in `dir`, whose last commit is `commit`. The caller has frozen all writing.
pub(crate) fn stage(dir: &Path, commit: Commit, progress: &dyn Progress) -> Result<StagedBackup> {
    let staged = StagedBackup { dir: dir.join(STAGED), commit };
    for _ in 0..ATTEMPTS {
        check(progress, "the backup")?;
        remove_tree(&staged.dir)?;
        make_private_dir(&staged.dir)?;
        let before = list(dir)?;
        match before.iter().try_for_each(|file| stage_file(dir, &staged.dir, &file.path)) {
            Ok(()) if list(dir)? == before => return Ok(staged),
            // A file went away or changed on the way: compaction. Once more.
            Ok(()) => {}
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            Err(e) => return Err(e),
        }
    }
    Err(Error::new(ErrorKind::Busy, "the store's files kept changing while they were staged")
        .mend("try again later"))
}

/// Stages a file: a link where it never changes and links can be made, else a copy.
fn stage_file(dir: &Path, staged: &Path, path: &str) -> Result<()> {
    let (from, to) = (dir.join(path), staged.join(path));
    if let Some(parent) = to.parent() {
        make_private_dir(parent)?;
    }
    let is_table = Path::new(path).parent().and_then(Path::file_name).is_some_and(|folder| folder == TABLES);
    if is_table && fs::hard_link(&from, &to).is_ok() {
        return Ok(());
    }
    // A table file that is gone is seen here too.
    fs::copy(&from, &to).map(drop).map_err(|e| gone_or_io(&from, e))
}

/// Copies what was staged to `to`, with the list of its files.
pub(crate) fn copy_out(
    staged: &StagedBackup,
    to: &Path,
    archive: &str,
    progress: &dyn Progress,
) -> Result<BackupReport> {
    check_target(to)?;
    let partial = partial_name(to);
    remove_tree(&partial)?;
    make_private_dir(&partial)?;
    let copied = copy_files(&staged.dir, &partial, &list(&staged.dir)?, progress);
    let files = copied.inspect_err(|_| drop(remove_tree(&partial)))?;
    let report = BackupReport { archive: archive.to_owned(), commit: staged.commit.0, files };
    let bytes = serde_json::to_vec_pretty(&report).map_err(|e| Error::bug(e.to_string()))?;
    write_whole(&partial.join(LIST), &bytes)?;
    rename(&partial, to)?;
    Ok(report)
}

/// Makes a new archive in `to` from the backup in `from`; every digest is checked. Derived state is made when
/// the archive is opened.
///
/// # Errors
/// Where `from` holds no whole backup, `to` is there already, or the disk refuses.
pub fn restore(from: &Path, to: &Path, progress: &dyn Progress) -> Result<BackupReport> {
    let list_path = from.join(LIST);
    let bytes = fs::read(&list_path).map_err(|e| {
        Error::invalid(format!("`{}` holds no backup ({e})", from.display()))
            .mend("name a folder made by `rushes backup`")
    })?;
    let report: BackupReport = serde_json::from_slice(&bytes)
        .map_err(|e| Error::new(ErrorKind::Corrupt, format!("`{}` is damaged: {e}", list_path.display())))?;
    refuse_existing(to, "the archive")?;
    let partial = partial_name(to);
    remove_tree(&partial)?;
    make_private_dir(&partial)?;
    let total = report.files.iter().map(|f| f.bytes).sum();
    let mut done = 0;
    for file in &report.files {
        check(progress, "the restore")?;
        let source = within(from, &file.path)?;
        let copied = copy_file(&source, &within(&partial, &file.path)?, &file.path)?;
        if copied != *file {
            return Err(Error::new(
                ErrorKind::Corrupt,
                format!("`{}` is not what was backed up", source.display()),
            )
            .mend("take another backup"));
        }
        done += file.bytes;
        progress.set("bytes restored", done, Some(total));
    }
    mark(&partial, Rebuild::All)?;
    rename(&partial, to)?;
    Ok(report)
}

fn refuse_existing(path: &Path, what: &str) -> Result<()> {
    let empty = match fs::read_dir(path) {
        Ok(mut entries) => entries.next().is_none(),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => true,
        Err(_) => false,
    };
    if empty {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Conflict, format!("`{}` is there already", path.display()))
        .mend(format!("name a folder for {what} that does not exist yet")))
}

fn partial_name(to: &Path) -> PathBuf {
    let mut name = to.file_name().unwrap_or_default().to_owned();
    name.push(".partial");
    to.with_file_name(name)
}

fn remove_tree(dir: &Path) -> Result<()> {
    match fs::remove_dir_all(dir) {
        Ok(()) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(Error::io(&format!("removing `{}`", dir.display()), e)),
    }
}

fn rename(partial: &Path, to: &Path) -> Result<()> {
    let what = |e| Error::io(&format!("naming `{}`", to.display()), e);
    fs::rename(partial, to).map_err(what)?;
    let parent = to.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(parent).and_then(|d| d.sync_all()).map_err(what)
}

/// The path of a listed file; a list that points outside its folder is refused.
fn within(dir: &Path, path: &str) -> Result<PathBuf> {
    let inside = Path::new(path).components().all(|c| matches!(c, std::path::Component::Normal(_)));
    if inside && !path.is_empty() {
        return Ok(dir.join(path));
    }
    Err(Error::new(ErrorKind::Corrupt, format!("the backup lists `{path}`, which lies outside of it")))
}

/// A file of a backup, with what is needed to notice that it was changed or replaced.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct ListedFile {
    path: String,
    bytes: u64,
    inode: u64,
    modified: Option<std::time::SystemTime>,
}

fn list(dir: &Path) -> Result<Vec<ListedFile>> {
    let mut files = Vec::new();
    for name in MANIFEST_FILES {
        if dir.join(name).is_file() {
            files.push(describe(dir, Path::new(name))?);
        }
    }
    list_into(dir, Path::new(Part::Store.as_str()), &mut files)?;
    files.sort();
    Ok(files)
}

fn list_into(dir: &Path, folder: &Path, files: &mut Vec<ListedFile>) -> Result<()> {
    let what = |e| gone_or_io(&dir.join(folder), e);
    for entry in fs::read_dir(dir.join(folder)).map_err(what)? {
        let entry = entry.map_err(what)?;
        let path = folder.join(entry.file_name());
        if entry.file_type().map_err(what)?.is_dir() {
            list_into(dir, &path, files)?;
        } else {
            files.push(describe(dir, &path)?);
        }
    }
    Ok(())
}

fn describe(dir: &Path, path: &Path) -> Result<ListedFile> {
    let meta = fs::metadata(dir.join(path)).map_err(|e| gone_or_io(&dir.join(path), e))?;
    let name =
        path.to_str().ok_or_else(|| Error::bug(format!("a file of ours is named `{}`", path.display())))?;
    Ok(ListedFile {
        path: name.to_owned(),
        bytes: meta.len(),
        inode: meta.ino(),
        modified: meta.modified().ok(),
    })
}

fn gone_or_io(path: &Path, e: std::io::Error) -> Error {
    if e.kind() == std::io::ErrorKind::NotFound {
        return Error::new(ErrorKind::NotFound, format!("`{}` went away", path.display()));
    }
    Error::io(&format!("reading `{}`", path.display()), e)
}

fn copy_files(
    dir: &Path,
    to: &Path,
    files: &[ListedFile],
    progress: &dyn Progress,
) -> Result<Vec<BackupFile>> {
    let total = files.iter().map(|file| file.bytes).sum();
    let mut done = 0;
    let mut copied = Vec::new();
    for ListedFile { path, bytes, .. } in files {
        check(progress, "the backup")?;
        copied.push(copy_file(&dir.join(path), &to.join(path), path)?);
        done += bytes;
        progress.set("bytes backed up", done, Some(total));
    }
    Ok(copied)
}

fn copy_file(from: &Path, to: &Path, name: &str) -> Result<BackupFile> {
    if let Some(parent) = to.parent() {
        make_private_dir(parent)?;
    }
    let mut source = File::open(from).map_err(|e| gone_or_io(from, e))?;
    let what = |e| Error::io(&format!("writing `{}`", to.display()), e);
    let mut target = File::create(to).map_err(what)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; BUFFER];
    let mut bytes = 0;
    loop {
        let n = source.read(&mut buffer).map_err(|e| gone_or_io(from, e))?;
        if n == 0 {
            break;
        }
        hash.update(&buffer[..n]);
        target.write_all(&buffer[..n]).map_err(what)?;
        bytes += n as u64;
    }
    target.sync_all().map_err(what)?;
    Ok(BackupFile { path: name.to_owned(), bytes, sha256: crate::hex::hex(&hash.finalize()) })
}
