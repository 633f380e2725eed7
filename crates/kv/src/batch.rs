//! A batch of writes to the tables of a folder.

use fjall::{OwnedWriteBatch, Slice};
use xxhash_rust::xxh3::Xxh3;

use crate::folder::Folder;

/// Writes that become visible together, or not at all.
pub struct Batch<'a> {
    folder: &'a Folder,
    pub(crate) inner: OwnedWriteBatch,
    /// Of all that was put in, where the folder's changes are guarded.
    content: Option<Xxh3>,
    touched: u64,
    note: Vec<u8>,
}

impl<'a> Batch<'a> {
    pub(crate) fn new(folder: &'a Folder) -> Self {
        let content = folder.chain.is_some().then(Xxh3::new);
        Self { folder, inner: folder.db.batch(), content, touched: 0, note: Vec::new() }
    }

    /// Puts a row into a table, given by its place in the layout.
    pub fn insert(&mut self, table: usize, key: impl Into<Slice>, value: impl Into<Slice>) {
        let (key, value) = (key.into(), value.into());
        self.saw(table, &key, Some(&value));
        self.inner.insert(self.folder.table(table), key, value);
    }

    /// Removes a row from a table, given by its place in the layout.
    pub fn remove(&mut self, table: usize, key: impl Into<Slice>) {
        let key = key.into();
        self.saw(table, &key, None);
        self.inner.remove(self.folder.table(table), key);
    }

    /// What the change is, for whoever must say what is missing; at most [`crate::NOTE_BYTES_MAX`] bytes are kept.
    pub fn note(&mut self, note: Vec<u8>) {
        self.note = note;
    }

    fn saw(&mut self, table: usize, key: &[u8], value: Option<&[u8]>) {
        self.touched |= 1 << (table & 63);
        let Some(content) = &mut self.content else { return };
        content.update(&[u8::from(value.is_some()), u8::try_from(table).unwrap_or(u8::MAX)]);
        for part in std::iter::once(key).chain(value) {
            content.update(&(part.len() as u64).to_le_bytes());
            content.update(part);
        }
    }

    /// The checksum of what was put in, which tables it touches (one bit each), and the note.
    pub(crate) fn finished(&mut self) -> (u128, u64, Vec<u8>) {
        let content = self.content.as_ref().map_or(0, Xxh3::digest128);
        (content, self.touched, std::mem::take(&mut self.note))
    }
}
