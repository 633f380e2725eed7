//! The files of a folder as they were before it was opened.
//!
//! The store below shortens journals at the first byte that it cannot read, and deletes table files that its list does not
//! name. Where a folder is damaged, that is what is left to save. So before it is opened its files are held in a folder
//! beside it: table files, which never change, by hard links; the others by copies, of which the journals are the largest
//! (files of 64 MB, mostly holes). A held folder that is found on opening is of an opening that was never judged, or of one
//! for reading only, and goes back in place.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rushes_types::{Error, ErrorKind, Result};

use crate::journal::TornTail;
use crate::paths::{beside, parent_of, sync_parent};
use crate::sparse::copy_range;
use crate::there::if_there;

/// Folders of the store below whose files are written once.
const WRITTEN_ONCE: [&str; 2] = ["tables", "blobs"];
/// The file that the store below locks; it has no content.
const LOCK: &str = "lock";
/// How the name of the file ends that keeps what was cut off a journal: a write that nobody was told of.
const TORN: &str = ".torn";

/// What the kernel calls this boot. Files that are held are not synced, so after a power cut they count for nothing.
const BOOT: &str = "/proc/sys/kernel/random/boot_id";
/// In place of a boot: held files that were synced, and outlast it.
const OUTLASTS: &str = "synced";

fn lock(folder: &Path, file: &File) -> Result<()> {
    match rustix::fs::flock(file, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(()),
        Err(rustix::io::Errno::WOULDBLOCK) => {
            Err(Error::new(ErrorKind::Busy, format!("another process has `{}` open", folder.display()))
                .mend("stop that process or go through it"))
        }
        Err(e) => Err(failed(folder, e.into())),
    }
}

/// Locks the folder that a folder lies in, until it is dropped: only one opening at a time may exchange files.
pub(crate) fn alone(folder: &Path) -> Result<File> {
    let parent = File::open(parent_of(folder)).map_err(|e| failed(folder, e))?;
    lock(folder, &parent)?;
    Ok(parent)
}

/// Refuses a folder that is open: its journals are being written. One that is open holds the lock of the library.
pub(crate) fn refuse_open(folder: &Path) -> Result<()> {
    match File::open(folder.join(LOCK)) {
        Ok(file) => lock(folder, &file),
        Err(_) => Ok(()),
    }
}

fn boot() -> String {
    fs::read_to_string(BOOT).unwrap_or_default().trim().to_owned()
}

/// The files of a folder as they were.
#[derive(Debug)]
pub(crate) struct HeldFiles {
    folder: PathBuf,
    held: PathBuf,
}

fn failed(path: &Path, e: std::io::Error) -> Error {
    Error::io(&format!("cannot hold the files of `{}`", path.display()), e)
}

/// Removes what was kept of a write that nobody was told of: bytes of what was erased may be in it.
pub(crate) fn remove_torn(folder: &Path) -> Result<()> {
    if_there(fs::remove_file(beside(folder, TORN))).map(drop).map_err(|e| failed(folder, e))
}

/// Removes a folder that may be there.
pub(crate) fn remove(folder: &Path) -> Result<()> {
    if_there(fs::remove_dir_all(folder)).map(drop).map_err(|e| failed(folder, e))
}

impl HeldFiles {
    /// Holds the files of a folder; `None` where there is no folder.
    pub(crate) fn of(folder: &Path) -> Result<Option<Self>> {
        let files = Self { folder: folder.to_owned(), held: beside(folder, ".held") };
        let (part, replaced) = (beside(folder, ".held-part"), beside(folder, ".replaced"));
        if files.held.is_dir() {
            if files.counts() {
                files.put_back()?;
            } else {
                remove(&files.held)?;
            }
        }
        remove(&part)?;
        remove(&replaced)?;
        if !folder.is_dir() {
            return Ok(None);
        }
        let held = hold(folder, &part, false).and_then(|()| {
            fs::write(files.boot_file(), boot()).map_err(|e| failed(folder, e))?;
            fs::rename(&part, &files.held).map_err(|e| failed(folder, e))
        });
        if let Err(error) = held {
            // What was held so far takes room, and keeps bytes that must be purged.
            let _ = remove(&part);
            return Err(error);
        }
        Ok(Some(files))
    }

    fn boot_file(&self) -> PathBuf {
        beside(&self.folder, ".held-boot")
    }

    /// Are the held files those that were held? Not after the system went down before they were on disk.
    fn counts(&self) -> bool {
        let of = fs::read_to_string(self.boot_file()).unwrap_or_default();
        !of.is_empty() && (of == boot() || of == OUTLASTS)
    }

    /// Makes what is held outlast a power cut.
    pub(crate) fn outlast(&self) -> Result<()> {
        let failed = |e| failed(&self.folder, e);
        sync(&self.held).map_err(failed)?;
        fs::write(self.boot_file(), OUTLASTS).map_err(failed)?;
        File::open(self.boot_file()).and_then(|file| file.sync_all()).map_err(failed)?;
        sync_parent(&self.folder).map_err(failed)
    }

    /// The folder is whole: what was held is not needed.
    pub(crate) fn release(self) -> Result<()> {
        let part = beside(&self.folder, ".held-part");
        fs::rename(&self.held, &part).map_err(|e| failed(&self.folder, e))?;
        let _ = fs::remove_file(self.boot_file());
        remove(&part)
    }

    /// Makes the folder what it was. Nothing may have it open.
    pub(crate) fn put_back(&self) -> Result<()> {
        let replaced = beside(&self.folder, ".replaced");
        remove(&replaced)?;
        // First: once the folder is out of place, what is held is all that the next opening may go by.
        self.outlast()?;
        if_there(fs::rename(&self.folder, &replaced)).map_err(|e| failed(&self.folder, e))?;
        fs::rename(&self.held, &self.folder).map_err(|e| failed(&self.folder, e))?;
        sync_parent(&self.folder).map_err(|e| failed(&self.folder, e))?;
        let _ = fs::remove_file(self.boot_file());
        remove(&replaced)
    }

    /// Keeps what was cut off a journal in a file beside the folder, the last such one only; returns where.
    pub(crate) fn keep_torn(&self, tail: &TornTail) -> Result<PathBuf> {
        let kept = beside(&self.folder, TORN);
        let name = tail.journal.file_name().unwrap_or_default();
        let keep = || {
            let journal = File::open(self.held.join(name))?;
            let mut bytes = vec![0; usize::try_from(tail.end - tail.begin).unwrap_or(0)];
            journal.read_exact_at(&mut bytes, tail.begin)?;
            let mut new = OpenOptions::new();
            new.write(true).create(true).truncate(true).mode(0o600).open(&kept)?.write_all(&bytes)
        };
        keep().map_err(|e| failed(&self.folder, e))?;
        Ok(kept)
    }

    /// Keeps what was held under another name, for good; returns where. Something of that name may be there already, of a time that
    /// was cut off a moment ago: it is kept too.
    pub(crate) fn keep(self, name: &str) -> Result<PathBuf> {
        let numbered = |n: u32| beside(&self.folder, &format!("{name}-{n}"));
        let names = std::iter::once(beside(&self.folder, name)).chain((2..).map(numbered));
        let kept = names.into_iter().find(|kept| !kept.exists()).unwrap_or_default();
        sync(&self.held).map_err(|e| failed(&self.folder, e))?;
        fs::rename(&self.held, &kept).map_err(|e| failed(&self.folder, e))?;
        sync_parent(&self.folder).map_err(|e| failed(&self.folder, e))?;
        let _ = fs::remove_file(self.boot_file());
        Ok(kept)
    }
}

/// Syncs every file and folder below a folder, and itself.
fn sync(folder: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { sync(&path)? } else { File::open(path)?.sync_all()? }
    }
    File::open(folder)?.sync_all()
}

fn hold(from: &Path, to: &Path, written_once: bool) -> Result<()> {
    let failed = |e| failed(from, e);
    fs::create_dir(to).map_err(failed)?;
    let mode = fs::metadata(from).map_err(failed)?.permissions();
    fs::set_permissions(to, mode).map_err(failed)?;
    for entry in fs::read_dir(from).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let (name, path) = (entry.file_name(), entry.path());
        let target = to.join(&name);
        if entry.file_type().map_err(failed)?.is_dir() {
            hold(&path, &target, WRITTEN_ONCE.iter().any(|folder| name == *folder))?;
        } else if name == LOCK {
            File::create(&target).map_err(failed)?;
        } else if !written_once || fs::hard_link(&path, &target).is_err() {
            copy_file(&path, &target).map_err(failed)?;
        }
    }
    Ok(())
}

/// Copies a file with its holes.
fn copy_file(from: &Path, to: &Path) -> std::io::Result<()> {
    let source = File::open(from)?;
    let meta = source.metadata()?;
    let mut target = File::create(to)?;
    target.set_permissions(meta.permissions())?;
    copy_range(&source, &mut target, 0, meta.len())
}
