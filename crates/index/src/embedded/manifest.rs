//! The manifest: one small file that lists what the folder holds, replaced atomically at each publish.
//!
//! Files that it does not name are left over from a crash, and removed when the index is opened.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use rushes_types::{Commit, Error, ErrorKind, Result};

use super::bytes::{Bytes, corrupt, put_bytes, put_varint};
use super::file::sync_folder;
use crate::read_points::{Published, ReadPoints};

const MAGIC: &[u8; 8] = b"RUSHIDX1";
/// Raised with every change of a format in this folder.
const FORMAT: u32 = 3;
const MANIFEST: &str = "manifest";

/// One segment as the manifest names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ManifestSegment {
    pub segment: u64,
    /// The file of its tombstones; 0: none.
    pub tombstones_file: u64,
}

/// What the folder holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Manifest {
    pub next_file: u64,
    pub segments: Vec<ManifestSegment>,
    pub read_points: ReadPoints,
}

pub(crate) fn segment_path(folder: &Path, id: u64) -> PathBuf {
    folder.join(format!("segment-{id:012}"))
}

pub(crate) fn tombstones_path(folder: &Path, id: u64) -> PathBuf {
    folder.join(format!("lives-{id:012}"))
}

impl Manifest {
    fn to_bytes(&self, analyser: &str) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.extend(FORMAT.to_le_bytes());
        put_bytes(&mut out, analyser.as_bytes());
        put_varint(&mut out, self.next_file);
        put_varint(&mut out, self.segments.len() as u64);
        for row in &self.segments {
            put_varint(&mut out, row.segment);
            put_varint(&mut out, row.tombstones_file);
        }
        put_varint(&mut out, self.read_points.publishes().len() as u64);
        for published in self.read_points.publishes() {
            put_varint(&mut out, published.upto.0);
            put_varint(&mut out, published.seconds);
            put_varint(&mut out, published.generation);
        }
        let crc = crc32fast::hash(&out);
        out.extend(crc.to_le_bytes());
        out
    }

    /// Replaces the manifest, atomically and durably; the files it names must be durable already.
    pub fn write(&self, folder: &Path, analyser: &str) -> Result<()> {
        sync_folder(folder)?;
        let temporary = folder.join("manifest.tmp");
        write_durably(&temporary, &self.to_bytes(analyser))?;
        let doing = format!("replacing `{}`", folder.join(MANIFEST).display());
        std::fs::rename(&temporary, folder.join(MANIFEST)).map_err(|e| Error::io(&doing, e))?;
        sync_folder(folder)
    }

    /// Reads the manifest; `None` where there is none yet.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] where it was made by another format or analyser, [`ErrorKind::Corrupt`] where it
    /// is broken.
    pub fn read(folder: &Path, analyser: &str) -> Result<Option<Self>> {
        let path = folder.join(MANIFEST);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(Error::io(&format!("reading `{}`", path.display()), e)),
        };
        let name = path.display().to_string();
        let broken = || corrupt(&name, "its checksum differs");
        let (body, crc) = bytes.split_last_chunk::<4>().ok_or_else(broken)?;
        if crc32fast::hash(body) != u32::from_le_bytes(*crc) {
            return Err(broken());
        }
        let mut bytes = Bytes(body);
        let known = bytes.take(8) == Some(MAGIC) && bytes.u32() == Some(FORMAT);
        let made_by = if known { bytes.text() } else { None };
        if made_by != Some(analyser) {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!(
                    "the index in `{}` was made with `{}`, this program makes `{analyser}`",
                    folder.display(),
                    made_by.unwrap_or("another format")
                ),
            )
            .mend("run `rushes rebuild` to rebuild it"));
        }
        Self::read_rest(&mut bytes).map(Some).ok_or_else(|| corrupt(&name, "it ends early"))
    }

    fn read_rest(bytes: &mut Bytes<'_>) -> Option<Self> {
        let next_file = bytes.varint()?;
        let mut segments = Vec::new();
        for _ in 0..bytes.length()? {
            segments.push(ManifestSegment { segment: bytes.varint()?, tombstones_file: bytes.varint()? });
        }
        let mut kept = Vec::new();
        for _ in 0..bytes.length()? {
            let upto = Commit(bytes.varint()?);
            kept.push(Published { upto, seconds: bytes.varint()?, generation: bytes.varint()? });
        }
        Some(Self { next_file, segments, read_points: ReadPoints::from_publishes(kept) })
    }

    /// Removes the index's files that the manifest does not name.
    pub fn remove_unnamed(&self, folder: &Path) -> Result<()> {
        let doing = || format!("listing `{}`", folder.display());
        for file in std::fs::read_dir(folder).map_err(|e| Error::io(&doing(), e))? {
            let file = file.map_err(|e| Error::io(&doing(), e))?;
            let name = file.file_name();
            let Some(name) = name.to_str() else { continue };
            let number = |prefix| name.strip_prefix(prefix).and_then(|rest: &str| rest.parse::<u64>().ok());
            let is_unnamed = if let Some(id) = number("segment-") {
                !self.segments.iter().any(|row| row.segment == id)
            } else if let Some(id) = number("lives-") {
                !self.segments.iter().any(|row| row.tombstones_file == id)
            } else {
                Path::new(name).extension().is_some_and(|extension| extension == "tmp")
            };
            if is_unnamed {
                let doing = format!("removing `{}`", file.path().display());
                std::fs::remove_file(file.path()).map_err(|e| Error::io(&doing, e))?;
            }
        }
        Ok(())
    }
}

/// Removes all files of an index from a folder, whatever version made them.
pub(crate) fn remove(folder: &Path) -> Result<()> {
    let manifest = folder.join(MANIFEST);
    match std::fs::remove_file(&manifest) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::io(&format!("removing `{}`", manifest.display()), e))
        }
        // The rest is unnamed now, and goes when the index is opened.
        _ => Ok(()),
    }
}

/// Writes a whole file; its bytes are durable on return, its name once the folder is synced.
pub(crate) fn write_durably(path: &Path, bytes: &[u8]) -> Result<()> {
    let write = || {
        let mut file = File::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(|e| Error::io(&format!("writing `{}`", path.display()), e))
}
