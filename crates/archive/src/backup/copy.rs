//! Files and folders, one by one: copied, hashed, linked, removed.

use std::fs::{self, File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rushes_kv::{if_there, write_with_holes};
use rushes_types::{Error, ErrorKind, Result};
use sha2::{Digest, Sha256};

use super::list::BackupFile;
use super::plain::{gone_or_io, open_plain};
use crate::manifest::make_private_dir;
use crate::progress::{Progress, check};

const BUFFER: usize = 1 << 20;
/// What ends the name of a folder that is not whole yet.
pub(super) const PARTIAL: &str = ".partial";

/// Reads a file to its end, in pieces; stops when asked to.
fn each_piece(
    file: &mut File,
    path: &Path,
    what: &str,
    progress: &dyn Progress,
    each: &mut dyn FnMut(&[u8]) -> Result<()>,
) -> Result<u64> {
    let mut buffer = vec![0; BUFFER];
    let mut bytes = 0;
    loop {
        check(progress, what)?;
        let n = file.read(&mut buffer).map_err(|e| gone_or_io(path, e))?;
        let Some(piece) = buffer.get(..n).filter(|piece| !piece.is_empty()) else { return Ok(bytes) };
        bytes += n as u64;
        each(piece)?;
    }
}

/// Length and SHA-256 of a file, under `name`. `from_disk`: what the system keeps of it in memory is let go first, so
/// that the disk is asked.
pub(super) fn digest_of(
    path: &Path,
    name: &str,
    from_disk: bool,
    what: &str,
    progress: &dyn Progress,
) -> Result<BackupFile> {
    let mut file = open_plain(path)?;
    if from_disk {
        forget_pages(&file);
    }
    let mut hash = Sha256::new();
    let bytes = each_piece(&mut file, path, what, progress, &mut |piece| {
        hash.update(piece);
        Ok(())
    })?;
    Ok(BackupFile { path: name.to_owned(), bytes, sha256: crate::hex::hex(&hash.finalize()) })
}

#[cfg(target_os = "linux")]
fn forget_pages(file: &File) {
    // A hint: where the system does not take it, the file is read from memory.
    let _ = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed);
}

#[cfg(not(target_os = "linux"))]
fn forget_pages(_: &File) {}

/// Copies a file, durably, to one that is not there yet. Gives back its length and SHA-256, under `name`.
pub(super) fn copy_file(
    from: &Path,
    to: &Path,
    name: &str,
    what: &str,
    progress: &dyn Progress,
) -> Result<BackupFile> {
    if let Some(parent) = to.parent() {
        make_private_dir(parent)?;
    }
    let mut source = open_plain(from)?;
    let failed = |e| Error::io(&format!("writing `{}`", to.display()), e);
    let mut target = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to).map_err(failed)?;
    let mut hash = Sha256::new();
    let bytes = each_piece(&mut source, from, what, progress, &mut |piece| {
        hash.update(piece);
        write_with_holes(&mut target, piece).map_err(failed)
    })?;
    target.set_len(bytes).and_then(|()| target.sync_all()).map_err(failed)?;
    Ok(BackupFile { path: name.to_owned(), bytes, sha256: crate::hex::hex(&hash.finalize()) })
}

/// Makes the names in a folder and in all below it durable.
pub(super) fn sync_folders(dir: &Path) -> Result<()> {
    let failed = |e| Error::io(&format!("writing `{}`", dir.display()), e);
    for entry in fs::read_dir(dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.file_type().map_err(failed)?.is_dir() {
            sync_folders(&entry.path())?;
        }
    }
    File::open(dir).and_then(|d| d.sync_all()).map_err(failed)
}

/// Removes a folder with all that it holds, where it is there.
pub(super) fn remove_tree(dir: &Path) -> Result<()> {
    let removed = if_there(fs::remove_dir_all(dir)).map(drop);
    removed.map_err(|e| Error::io(&format!("removing `{}`", dir.display()), e))
}

/// Refuses a folder that is there already and holds something.
pub(super) fn refuse_existing(path: &Path, what: &str) -> Result<()> {
    let empty = match if_there(fs::read_dir(path)) {
        Ok(entries) => entries.is_none_or(|mut entries| entries.next().is_none()),
        Err(_) => false,
    };
    if empty {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Conflict, format!("`{}` is there already", path.display()))
        .mend(format!("name a folder for {what} that does not exist yet")))
}

/// A folder that is being written, under a name of its own until it is whole. Dropped before, it is removed.
#[derive(Debug)]
pub(super) struct Partial {
    dir: PathBuf,
    named: bool,
}

impl Partial {
    /// Begins the folder that will be called `to`. What an interrupted work left under that name is removed.
    pub(super) fn begin(to: &Path) -> Result<Self> {
        let mut name = to.file_name().unwrap_or_default().to_owned();
        name.push(PARTIAL);
        let dir = to.with_file_name(name);
        refuse_foreign(&dir)?;
        remove_tree(&dir)?;
        make_private_dir(&dir)?;
        Ok(Self { dir, named: false })
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Gives it its name. Everything in it is durable before, the name after.
    pub(super) fn name(mut self, to: &Path) -> Result<()> {
        sync_folders(&self.dir)?;
        let failed = |e| Error::io(&format!("naming `{}`", to.display()), e);
        fs::rename(&self.dir, to).map_err(failed)?;
        self.named = true;
        let parent = to.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(parent).and_then(|d| d.sync_all()).map_err(failed)
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.named
            && let Err(error) = remove_tree(&self.dir)
        {
            tracing::warn!(%error, "an unfinished folder is left; the next try removes it");
        }
    }
}

/// Refuses to remove a folder that holds what no backup and no archive holds.
fn refuse_foreign(dir: &Path) -> Result<()> {
    const OURS: [&str; 17] = [
        "store",
        "archive.json",
        "erased.json",
        "tokens.json",
        "rushes.toml",
        "backup.json",
        "backup.tmp",
        "rebuild.json",
        "rebuild.tmp",
        "store.chain",
        "store.chain.earlier",
        "store.chain.new",
        "store.held",
        "store.held-part",
        "store.held-boot",
        "store.torn",
        "store.replaced",
    ];
    let entries = if_there(fs::read_dir(dir));
    let entries = entries.map_err(|e| Error::io(&format!("reading `{}`", dir.display()), e))?;
    let Some(entries) = entries else { return Ok(()) };
    for entry in entries {
        let name = entry.map_err(|e| Error::io(&format!("reading `{}`", dir.display()), e))?.file_name();
        if !OURS.iter().any(|ours| name == *ours) {
            let message =
                format!("`{}` is in the way, and `{}` in it is not ours", dir.display(), name.display());
            return Err(Error::new(ErrorKind::Conflict, message).mend("move it away, or name another folder"));
        }
    }
    Ok(())
}
