//! A file of sections: written once, then mapped.
//!
//! ```text
//! magic (8) | section, aligned to 64 … | table: (id u32, offset u64, length u64, crc u32) × n
//!           | length of the table u32 | crc of the table u32 | magic (8)
//! ```
//!
//! A section's checksum is verified the first time it is used, so that opening a large index reads little, and again whenever the
//! whole archive is verified. Sections whose records carry their own checksums (payloads, vectors) are not verified as a whole.
//! Rejected: to verify at each use, which would make a search read what it does not need.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use memmap2::Mmap;
use rushes_types::{Error, Result};

use super::bytes::{Bytes, corrupt, index};

const MAGIC: &[u8; 8] = b"RUSHSEG1";
const ALIGN: u64 = 64;
const TAIL: usize = 16;
const ROW: usize = 24;

/// Writes sections one after the other.
#[derive(Debug)]
pub(crate) struct SectionWriter {
    path: PathBuf,
    out: BufWriter<File>,
    at: u64,
    open: Option<(u32, u64, crc32fast::Hasher)>,
    table: Vec<u8>,
}

impl SectionWriter {
    pub fn create(path: &Path) -> Result<Self> {
        let file = File::create(path).map_err(|e| Error::io(&format!("creating `{}`", path.display()), e))?;
        let out = BufWriter::with_capacity(1 << 20, file);
        let mut writer = Self { path: path.to_owned(), out, at: 0, open: None, table: Vec::new() };
        writer.raw(MAGIC)?;
        Ok(writer)
    }

    fn raw(&mut self, bytes: &[u8]) -> Result<()> {
        self.at += bytes.len() as u64;
        self.out.write_all(bytes).map_err(|e| Error::io(&format!("writing `{}`", self.path.display()), e))
    }

    /// Begins a section; [`SectionWriter::end`] closes it.
    pub fn begin(&mut self, id: u32) -> Result<()> {
        self.end()?;
        while !self.at.is_multiple_of(ALIGN) {
            self.raw(&[0])?;
        }
        self.open = Some((id, self.at, crc32fast::Hasher::new()));
        Ok(())
    }

    /// Bytes of the open section.
    pub fn put(&mut self, bytes: &[u8]) -> Result<()> {
        if let Some((_, _, crc)) = &mut self.open {
            crc.update(bytes);
        }
        self.raw(bytes)
    }

    /// Bytes of the open section so far.
    pub fn length(&self) -> u64 {
        self.open.as_ref().map_or(0, |(_, from, _)| self.at - from)
    }

    /// Closes the open section.
    pub fn end(&mut self) -> Result<()> {
        if let Some((id, from, crc)) = self.open.take() {
            self.table.extend(id.to_le_bytes());
            self.table.extend(from.to_le_bytes());
            self.table.extend((self.at - from).to_le_bytes());
            self.table.extend(crc.finalize().to_le_bytes());
        }
        Ok(())
    }

    /// A whole section.
    pub fn section(&mut self, id: u32, bytes: &[u8]) -> Result<()> {
        self.begin(id)?;
        self.put(bytes)?;
        self.end()
    }

    /// Writes the table and makes the file durable (its name is durable when the folder is synced).
    pub fn finish(mut self) -> Result<()> {
        self.end()?;
        let table = std::mem::take(&mut self.table);
        self.raw(&table)?;
        let length = u32::try_from(table.len()).map_err(|_| Error::bug("too many sections"))?;
        self.raw(&length.to_le_bytes())?;
        self.raw(&crc32fast::hash(&table).to_le_bytes())?;
        self.raw(MAGIC)?;
        let doing = format!("writing `{}`", self.path.display());
        self.out.flush().map_err(|e| Error::io(&doing, e))?;
        self.out.get_ref().sync_all().map_err(|e| Error::io(&doing, e))
    }
}

#[derive(Debug)]
struct Section {
    id: u32,
    range: Range<usize>,
    crc: u32,
    verified: AtomicBool,
}

/// A mapped file of sections. Once [`SectionFile::delete_on_drop`] was called, the file is deleted with its last
/// holder.
#[derive(Debug)]
pub(crate) struct SectionFile {
    path: PathBuf,
    name: String,
    map: Arc<Mmap>,
    sections: Vec<Section>,
    delete_on_drop: AtomicBool,
}

/// A part of a mapped file, for dictionaries that own their bytes.
#[derive(Debug, Clone)]
pub(crate) struct MappedBytes(Arc<Mmap>, Range<usize>);

impl AsRef<[u8]> for MappedBytes {
    fn as_ref(&self) -> &[u8] {
        self.0.get(self.1.clone()).unwrap_or_default()
    }
}

#[cfg(test)]
impl MappedBytes {
    /// Bytes that lie in no file.
    pub fn of(bytes: &[u8]) -> Self {
        let mut map = memmap2::MmapMut::map_anon(bytes.len().max(1)).unwrap();
        map[..bytes.len()].copy_from_slice(bytes);
        Self(Arc::new(map.make_read_only().unwrap()), 0..bytes.len())
    }
}

impl SectionFile {
    pub fn open(path: &Path) -> Result<Self> {
        let doing = || format!("opening `{}`", path.display());
        let file = File::open(path).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => corrupt(&path.display().to_string(), "it is missing"),
            _ => Error::io(&doing(), e),
        })?;
        #[allow(
            unsafe_code,
            reason = "segments are never changed after they are written; only we unlink them"
        )]
        let map = unsafe { Mmap::map(&file) }.map_err(|e| Error::io(&doing(), e))?;
        let name = path.display().to_string();
        let sections = read_table(&map).ok_or_else(|| corrupt(&name, "its table of sections is broken"))?;
        Ok(Self {
            path: path.to_owned(),
            name,
            map: Arc::new(map),
            sections,
            delete_on_drop: AtomicBool::new(false),
        })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn size(&self) -> u64 {
        self.map.len() as u64
    }

    /// How long the file is on disk now; `None` where it is gone.
    pub fn size_on_disk(&self) -> Option<u64> {
        std::fs::metadata(&self.path).ok().map(|meta| meta.len())
    }

    /// Removes the file: its name now, where the system allows that for a mapped file, its bytes when the last holder
    /// drops it.
    pub fn delete_on_drop(&self) {
        if std::fs::remove_file(&self.path).is_err() {
            self.delete_on_drop.store(true, Ordering::Release);
        }
    }

    fn find(&self, id: u32) -> Result<&Section> {
        self.sections
            .iter()
            .find(|section| section.id == id)
            .ok_or_else(|| corrupt(&self.name, format!("section {id} is missing")))
    }

    /// A section, verified.
    pub fn section(&self, id: u32) -> Result<&[u8]> {
        let section = self.find(id)?;
        let bytes = self.map.get(section.range.clone()).unwrap_or_default();
        if !section.verified.load(Ordering::Acquire) {
            if crc32fast::hash(bytes) != section.crc {
                return Err(corrupt(&self.name, format!("section {id} has another checksum")));
            }
            section.verified.store(true, Ordering::Release);
        }
        Ok(bytes)
    }

    /// A section whose records carry their own checksums.
    pub fn section_unverified(&self, id: u32) -> Result<&[u8]> {
        Ok(self.map.get(self.find(id)?.range.clone()).unwrap_or_default())
    }

    /// A verified section that keeps the file mapped.
    pub fn section_owned(&self, id: u32) -> Result<MappedBytes> {
        self.section(id)?;
        Ok(MappedBytes(self.map.clone(), self.find(id)?.range.clone()))
    }

    /// Verifies all of it, also what was verified before.
    pub fn verify(&self) -> Result<()> {
        self.sections.iter().try_for_each(|section| {
            section.verified.store(false, Ordering::Release);
            self.section(section.id).map(|_| ())
        })
    }
}

impl Drop for SectionFile {
    fn drop(&mut self) {
        if self.delete_on_drop.load(Ordering::Acquire) {
            // What cannot be removed now is removed at the next opening of the index.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn read_table(map: &[u8]) -> Option<Vec<Section>> {
    let tail_at = map.len().checked_sub(TAIL)?;
    let mut tail = Bytes(map.get(tail_at..)?);
    let (length, crc) = (tail.u32()?, tail.u32()?);
    if tail.take(8)? != MAGIC || map.get(..8)? != MAGIC {
        return None;
    }
    let table_at = tail_at.checked_sub(index(u64::from(length))?)?;
    let table = map.get(table_at..tail_at)?;
    if crc32fast::hash(table) != crc {
        return None;
    }
    let mut sections = Vec::new();
    for row in table.chunks_exact(ROW) {
        let mut row = Bytes(row);
        let (id, from, length, crc) = (row.u32()?, index(row.u64()?)?, index(row.u64()?)?, row.u32()?);
        let range = from..from.checked_add(length)?;
        map.get(range.clone())?;
        sections.push(Section { id, range, crc, verified: AtomicBool::new(false) });
    }
    Some(sections)
}

/// Makes the file names in a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> Result<()> {
    let doing = || format!("syncing `{}`", folder.display());
    File::open(folder).and_then(|f| f.sync_all()).map_err(|e| Error::io(&doing(), e))
}
