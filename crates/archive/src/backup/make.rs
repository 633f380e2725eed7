//! Making a backup: from what is staged to a folder that was read back.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rushes_types::{Error, ErrorKind, Result};

use super::copy::{Partial, copy_file, digest_of, refuse_existing};
use super::files::Extras;
use super::list::{BackupFile, BackupList, CONFIG, LIST};
use super::set::BackupSet;
use super::stage::{Source, StagedBackup, stage};
use crate::clock::now_s;
use crate::manifest::{make_private_dir, write_whole};
use crate::progress::Progress;

const WHAT: &str = "the backup";
/// Files that are shorter are copied rather than linked: a link would save nothing.
const LINK_BYTES_MIN: u64 = 4 << 10;

/// Where a backup goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BackupPlace {
    /// Into this folder, which is not there yet.
    Folder(PathBuf),
    /// Into a new folder of this set.
    Set {
        /// The set's folder.
        dir: PathBuf,
        /// How many backups of this archive stay in it; `None`: all.
        keep: Option<usize>,
    },
}

/// How a backup is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupRequest {
    /// Where it goes.
    pub place: BackupPlace,
    /// Do the access tokens come along?
    pub with_tokens: bool,
    /// Does the configuration in the archive's folder come along?
    pub with_config: bool,
}

impl BackupRequest {
    /// A backup in a folder of its own, of the archive alone.
    #[must_use]
    pub fn folder(to: &Path) -> Self {
        Self { place: BackupPlace::Folder(to.to_owned()), with_tokens: false, with_config: false }
    }

    /// A backup in a set, of the archive alone.
    #[must_use]
    pub fn set(dir: &Path, keep: Option<usize>) -> Self {
        let place = BackupPlace::Set { dir: dir.to_owned(), keep };
        Self { place, with_tokens: false, with_config: false }
    }

    /// Refuses a place that is taken or of no use, and configuration that is not there.
    pub(crate) fn check(&self, archive_dir: &Path) -> Result<()> {
        let place = match &self.place {
            BackupPlace::Folder(to) => {
                refuse_existing(to, WHAT)?;
                to
            }
            BackupPlace::Set { dir, .. } => dir,
        };
        if lies_within(place, archive_dir) {
            return Err(Error::invalid(format!(
                "`{}` lies in the archive's own folder: the backup would be lost with it",
                place.display()
            ))
            .mend("name a folder elsewhere, best on another disk"));
        }
        if self.with_config && !archive_dir.join(CONFIG).is_file() {
            return Err(Error::invalid(format!("there is no `{CONFIG}` in `{}`", archive_dir.display()))
                .mend("back up without the configuration"));
        }
        Ok(())
    }

    const fn extras(&self) -> Extras {
        Extras { tokens: self.with_tokens, config: self.with_config }
    }
}

/// Does a folder, which may not be there yet, lie in another?
fn lies_within(place: &Path, dir: &Path) -> bool {
    let Ok(dir) = dir.canonicalize() else { return false };
    place.ancestors().find_map(|above| above.canonicalize().ok()).is_some_and(|above| above.starts_with(&dir))
}

/// A backup that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupReport {
    /// Its folder.
    pub path: PathBuf,
    /// Its list.
    pub list: BackupList,
    /// Files that were linked from the backup before, since they had not changed.
    pub linked: u64,
    /// Bytes on the disk that were written for it.
    pub written: u64,
    /// How long writers were held up at most.
    pub frozen: Duration,
    /// Older backups of the set that were removed.
    pub removed: Vec<PathBuf>,
}

/// Makes a backup.
pub(crate) fn make(
    source: &Source<'_>,
    request: &BackupRequest,
    progress: &dyn Progress,
) -> Result<BackupReport> {
    request.check(source.dir)?;
    match &request.place {
        BackupPlace::Folder(to) => {
            let staged = stage(source, request.extras(), progress)?;
            write_out(source.archive, &staged, now_s(), to, None, progress)
        }
        BackupPlace::Set { dir, keep } => {
            let set = BackupSet::open(dir)?;
            let before = set.newest(source.archive)?;
            let staged = stage(source, request.extras(), progress)?;
            let made_s = now_s();
            let to = set.next(made_s, staged.content.commit)?;
            let mut report = write_out(source.archive, &staged, made_s, &to, before.as_ref(), progress)?;
            if let Some(keep) = keep {
                // The new one is whole; that an older one is still there is no failure of it.
                match set.retain(source.archive, *keep) {
                    Ok(removed) => report.removed = removed,
                    Err(error) => tracing::warn!(%error, "an older backup could not be removed"),
                }
            }
            Ok(report)
        }
    }
}

/// Writes what is staged to `to`, reads it back, and gives it its name.
fn write_out(
    archive: &str,
    staged: &StagedBackup,
    made_s: u64,
    to: &Path,
    before: Option<&(PathBuf, BackupList)>,
    progress: &dyn Progress,
) -> Result<BackupReport> {
    let partial = Partial::begin(to)?;
    let mut writing =
        Writing { from: staged.dir(), to: partial.dir(), before, progress, linked: 0, written: 0 };
    let total = staged.files.iter().map(|(_, bytes)| bytes).sum();
    let mut done = 0;
    let mut files = Vec::with_capacity(staged.files.len());
    let mut copied = Vec::new();
    for (path, bytes) in &staged.files {
        let (file, is_copy) = writing.bring(path, *bytes)?;
        if is_copy {
            copied.push(file.clone());
        }
        files.push(file);
        done += bytes;
        progress.set("bytes backed up", done, Some(total));
    }
    let (linked, written) = (writing.linked, writing.written);
    read_back(partial.dir(), &copied, progress)?;
    let list = BackupList::new(archive, made_s, staged.content, files);
    let bytes = serde_json::to_vec_pretty(&list).map_err(|e| Error::bug(e.to_string()))?;
    write_whole(&partial.dir().join(LIST), &bytes)?;
    if BackupList::read(partial.dir())? != list {
        return Err(differs(&partial.dir().join(LIST)));
    }
    partial.name(to)?;
    Ok(BackupReport {
        path: to.to_owned(),
        list,
        linked,
        written,
        frozen: staged.frozen,
        removed: Vec::new(),
    })
}

/// Writing under way.
struct Writing<'a> {
    from: &'a Path,
    to: &'a Path,
    before: Option<&'a (PathBuf, BackupList)>,
    progress: &'a dyn Progress,
    linked: u64,
    written: u64,
}

impl Writing<'_> {
    /// Brings a file, by a link where the backup before has the same, else by a copy. Gives back whether it is a copy.
    fn bring(&mut self, path: &str, bytes: u64) -> Result<(BackupFile, bool)> {
        let from = self.from.join(path);
        let to = self.to.join(path);
        if let Some((there, known)) = self.known(path, bytes)
            && digest_of(&from, path, false, WHAT, self.progress)? == known
            && self.link(&there, &to, &known)?
        {
            self.linked += 1;
            return Ok((known, false));
        }
        let file = copy_file(&from, &to, path, WHAT, self.progress)?;
        let meta = fs::metadata(&to).map_err(|e| Error::io(&format!("reading `{}`", to.display()), e))?;
        self.written += meta.blocks() * 512;
        Ok((file, true))
    }

    /// The file of that path and length in the backup before.
    fn known(&self, path: &str, bytes: u64) -> Option<(PathBuf, BackupFile)> {
        let (dir, list) = self.before?;
        let at = list.files.binary_search_by(|file| file.path.as_str().cmp(path)).ok()?;
        let file = list.files.get(at).filter(|file| file.bytes == bytes && bytes >= LINK_BYTES_MIN)?;
        Some((dir.join(path), file.clone()))
    }

    /// Links a file of the backup before that is still what its list says; `false` where it is not, or no link can be
    /// made: it is copied then.
    fn link(&self, there: &Path, to: &Path, known: &BackupFile) -> Result<bool> {
        match digest_of(there, &known.path, true, WHAT, self.progress) {
            Ok(found) if found == *known => {}
            Err(e) if e.kind() == ErrorKind::Cancelled => return Err(e),
            _ => {
                tracing::warn!(file = %there.display(), "a file of the backup before is damaged; it is copied anew");
                return Ok(false);
            }
        }
        if let Some(parent) = to.parent() {
            make_private_dir(parent)?;
        }
        Ok(fs::hard_link(there, to).is_ok())
    }
}

/// Reads from the disk what was written to it.
fn read_back(dir: &Path, files: &[BackupFile], progress: &dyn Progress) -> Result<()> {
    let total = files.iter().map(|file| file.bytes).sum();
    let mut done = 0;
    for file in files {
        let path = dir.join(&file.path);
        if digest_of(&path, &file.path, true, WHAT, progress)? != *file {
            return Err(differs(&path));
        }
        done += file.bytes;
        progress.set("bytes read back", done, Some(total));
    }
    Ok(())
}

fn differs(path: &Path) -> Error {
    Error::new(ErrorKind::Storage, format!("`{}` reads otherwise than it was written", path.display()))
        .mend("the disk is failing: back up to another one")
}
