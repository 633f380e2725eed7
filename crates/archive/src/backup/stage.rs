//! Files of an archive that belong together, gathered while writing is frozen for an instant.
//!
//! They are gathered in a folder of the archive, and hashed and copied from there after clients go on. What takes long
//! is done *ahead*, before writing is frozen:
//!
//! * Table files, most of the bytes, are written once and never changed: a hard link holds one at once, and keeps it when a
//!   compaction drops it. So are journals that are full.
//! * The journal that is written to is preallocated (64 MB) and appended to in place, so a link would keep changing; so is the
//!   chain of changes. What stands in them is copied ahead; under the freeze follows what was appended since.
//!
//! Under the freeze are left: links to tables that came meanwhile, the end of one journal, and some small files.
//! Compaction is not frozen; where it brought another state meanwhile, files are looked through once more.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rushes_kv::end_of_data;
use rushes_store::AnnotationStore;
use rushes_types::{Error, ErrorKind, Result};

use super::copy::remove_tree;
use super::files::{Extras, Kind, ListedFile, is_same_state, list};
use super::list::StoreContent;
use super::plain::{gone_or_io, open_plain};
use crate::manifest::{make_private_dir, remove_whole};
use crate::progress::{Progress, check};
use crate::write_freeze::WriteFreeze;

/// The folder of the archive in which files wait to be copied.
const STAGED: &str = "backup.staged";
/// How often staging starts over because files changed under it (compaction goes on in the background).
const ATTEMPTS: usize = 20;
/// The end of what was copied ahead of a journal is copied once more under the freeze. Journals end in a backup at a
/// multiple of this, where they are made longer than what was written.
const JOURNAL_MARGIN: u64 = 1 << 20;

/// The archive that is backed up.
pub(crate) struct Source<'a> {
    /// Its folder.
    pub dir: &'a Path,
    /// Its id.
    pub archive: &'a str,
    /// Its store, which lies in that folder.
    pub store: &'a dyn AnnotationStore,
    /// What holds its writers up.
    pub freeze: &'a WriteFreeze,
}

/// The files of a backup as they were at one moment, until it is dropped.
#[derive(Debug)]
pub(crate) struct StagedBackup {
    folder: StagedFolder,
    /// Their paths and lengths.
    pub files: Vec<(String, u64)>,
    /// What the store held then.
    pub content: StoreContent,
    /// How long writers were held up at most.
    pub frozen: Duration,
}

impl StagedBackup {
    /// Where they are.
    pub(crate) fn dir(&self) -> &Path {
        &self.folder.0
    }
}

/// The folder that they are in; it goes with this.
#[derive(Debug)]
struct StagedFolder(PathBuf);

impl Drop for StagedFolder {
    fn drop(&mut self) {
        if let Err(error) = remove_tree(&self.0) {
            tracing::warn!(%error, "what a backup has staged is left; opening the archive again removes it");
        }
    }
}

/// Removes what a killed backup left in the archive: its links would keep bytes that must be purged.
pub(crate) fn remove_staged(dir: &Path) -> Result<()> {
    remove_tree(&dir.join(STAGED))
}

/// Stages the files of an archive. Writing is frozen for an instant within.
pub(crate) fn stage(source: &Source<'_>, extras: Extras, progress: &dyn Progress) -> Result<StagedBackup> {
    let folder = StagedFolder(source.dir.join(STAGED));
    remove_tree(&folder.0)?;
    make_private_dir(&folder.0)?;
    let mut staging =
        Staging { from: source.dir, to: &folder.0, linked: HashMap::new(), ahead: HashMap::new() };
    staging.ahead(extras)?;
    let asked = Instant::now();
    let frozen = source.freeze.freeze();
    let content = StoreContent::of(source.store);
    let files = staging.all(extras, progress);
    drop(frozen);
    let frozen = asked.elapsed();
    let length = |file: ListedFile| {
        let path = folder.0.join(&file.path);
        let meta = fs::metadata(&path).map_err(|e| Error::io(&format!("reading `{}`", path.display()), e))?;
        Ok((file.path, meta.len()))
    };
    let files = files?.into_iter().map(length).collect::<Result<_>>()?;
    Ok(StagedBackup { files, content: content?, frozen, folder })
}

/// Staging under way.
struct Staging<'a> {
    from: &'a Path,
    to: &'a Path,
    /// What is staged of files that never change, with the inode that was linked or copied.
    linked: HashMap<String, u64>,
    /// How far files that are appended to were copied ahead, with their inodes.
    ahead: HashMap<String, (u64, u64)>,
}

impl Staging<'_> {
    /// What takes long, while clients go on. Files may come and go meanwhile.
    fn ahead(&mut self, extras: Extras) -> Result<()> {
        let files = match list(self.from, extras) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
            files => files?,
        };
        for file in &files {
            let done = match file.kind {
                Kind::Unchanging => self.hold(file),
                Kind::Journal | Kind::Appended => self.copy_ahead(file),
                Kind::Other => Ok(()),
            };
            match done {
                Err(e) if e.kind() == ErrorKind::NotFound => {}
                done => done?,
            }
        }
        Ok(())
    }

    /// All that belongs together; the caller has frozen writing.
    fn all(&mut self, extras: Extras, progress: &dyn Progress) -> Result<Vec<ListedFile>> {
        for _ in 0..ATTEMPTS {
            check(progress, "the backup")?;
            let attempt = list(self.from, extras).and_then(|before| {
                before.iter().try_for_each(|file| self.take(file))?;
                let after = list(self.from, extras)?;
                Ok(is_same_state(&before, &after).then_some(before))
            });
            match attempt {
                Ok(Some(files)) => return Ok(files),
                // A file went away or changed on the way: compaction. Once more.
                Ok(None) => {}
                Err(e) if e.kind() == ErrorKind::NotFound => {}
                Err(e) => return Err(e),
            }
        }
        Err(Error::new(ErrorKind::Busy, "the store's files kept changing while they were staged")
            .mend("try again later"))
    }

    fn take(&mut self, file: &ListedFile) -> Result<()> {
        match file.kind {
            Kind::Unchanging => self.hold(file),
            Kind::Journal | Kind::Appended => self.copy_rest(file),
            Kind::Other => copy_small(&self.from.join(&file.path), &self.place(&file.path)?),
        }
    }

    /// Where a file is staged; its folder is there then.
    fn place(&self, path: &str) -> Result<PathBuf> {
        let to = self.to.join(path);
        if let Some(parent) = to.parent() {
            make_private_dir(parent)?;
        }
        Ok(to)
    }

    /// Links a file that never changes, or copies it where links cannot be made.
    fn hold(&mut self, file: &ListedFile) -> Result<()> {
        if self.linked.get(&file.path) == Some(&file.inode) {
            return Ok(());
        }
        let (from, to) = (self.from.join(&file.path), self.place(&file.path)?);
        remove_whole(&to)?;
        if fs::hard_link(&from, &to).is_err() {
            copy_small(&from, &to)?;
        }
        self.linked.insert(file.path.clone(), file.inode);
        Ok(())
    }

    /// Copies what stands in a file that is appended to.
    fn copy_ahead(&mut self, file: &ListedFile) -> Result<()> {
        let source = open_plain(&self.from.join(&file.path))?;
        // It is only appended to: where this much was seen of it, all before is final.
        let seen = match file.kind {
            Kind::Journal => seen_of(&source, &file.path)?,
            _ => file.bytes,
        };
        let to = self.place(&file.path)?;
        remove_whole(&to)?;
        copy_range(&source, &to, 0, seen)?;
        self.ahead.insert(file.path.clone(), (file.inode, seen));
        Ok(())
    }

    /// Copies what came to a file since [`Self::copy_ahead`].
    fn copy_rest(&mut self, file: &ListedFile) -> Result<()> {
        let to = self.place(&file.path)?;
        let begin = match self.ahead.get(&file.path) {
            Some((inode, seen)) if *inode == file.inode => seen.saturating_sub(JOURNAL_MARGIN),
            _ => {
                remove_whole(&to)?;
                0
            }
        };
        let source = open_plain(&self.from.join(&file.path))?;
        // Of the zeros that it was made long with, few are kept: a journal may end anywhere behind its last batch.
        let end = match file.kind {
            Kind::Journal => seen_of(&source, &file.path)?.next_multiple_of(JOURNAL_MARGIN).min(file.bytes),
            _ => file.bytes,
        };
        copy_range(&source, &to, begin.min(end), end)
    }
}

fn copy_range(source: &File, to: &Path, begin: u64, end: u64) -> Result<()> {
    let failed = |e| Error::io(&format!("writing `{}`", to.display()), e);
    let mut new = OpenOptions::new();
    let mut target = new.write(true).create(true).truncate(false).mode(0o600).open(to).map_err(failed)?;
    rushes_kv::copy_range(source, &mut target, begin, end).map_err(failed)
}

/// Where the zeros begin that a preallocated file ends with.
fn seen_of(file: &File, path: &str) -> Result<u64> {
    end_of_data(file).map_err(|e| gone_or_io(Path::new(path), e))
}

fn copy_small(from: &Path, to: &Path) -> Result<()> {
    // A table file that is gone is seen here too.
    fs::copy(from, to).map(drop).map_err(|e| gone_or_io(from, e))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::FileExt;

    #[test]
    fn what_was_appended_after_copying_ahead_is_there() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("from"), dir.path().join("to"));
        fs::create_dir_all(from.join("store")).unwrap();
        fs::create_dir_all(&to).unwrap();
        let journal = from.join("store/7.jnl");
        fs::write(from.join("store/6.jnl"), "full").unwrap();
        fs::write(from.join("archive.json"), "{}").unwrap();
        let file = File::create_new(&journal).unwrap();
        file.set_len(16 << 20).unwrap();
        let first: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 255) as u8).collect();
        file.write_all_at(&first, 0).unwrap();
        let mut staging = Staging { from: &from, to: &to, linked: HashMap::new(), ahead: HashMap::new() };
        staging.ahead(Extras::default()).unwrap();
        assert_eq!(staging.ahead.len(), 1);
        assert!(staging.linked.contains_key("store/6.jnl"));
        file.write_all_at(&[1; 500], 3_000_000).unwrap();
        file.write_all_at(&[2; 2_000_000], 3_000_500).unwrap();
        let files = staging.all(Extras::default(), &crate::progress::NoProgress).unwrap();
        assert_eq!(files.len(), 3);
        let (staged, whole) = (fs::read(to.join("store/7.jnl")).unwrap(), fs::read(&journal).unwrap());
        assert_eq!(staged.len(), 5 << 20);
        assert!(staged[..] == whole[..5 << 20]);
        assert_eq!(fs::read(to.join("store/6.jnl")).unwrap(), b"full");
    }
}
