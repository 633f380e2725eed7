//! Postings: ascending entry numbers as differences in LEB128; of words with the positions in the entry.
//!
//! A position is `position · 2 + field`, so that label and text share one list and stay in the order of positions. A
//! list is read from front to back; there is no random access, because a reader needs nearly all of a list: hits are
//! exact, and a filter by source is a table look-up, cheaper than a skip.
//!
//! Rejected: lists in blocks of 128 with bit packing and skips (Lucene's and tantivy's way). Testing the entries of a
//! list and putting the hits in order costs more than decoding it, until a list has many millions of entries; a segment
//! has at most four. Roaring bitmaps: larger for the short lists that most words have, and without positions.

use super::bytes::{Bytes, index, put_varint, u64_at};
use super::file::SectionWriter;
use rushes_types::Result;

/// The text of an entry that a position lies in.
pub(crate) const FIELD_LABEL: u32 = 0;
/// See [`FIELD_LABEL`].
pub(crate) const FIELD_TEXT: u32 = 1;

/// A list being built.
#[derive(Debug, Clone, Default)]
pub(crate) struct PostingsBuilder {
    bytes: Vec<u8>,
    last: u32,
}

impl PostingsBuilder {
    /// Adds an entry; numbers ascend.
    pub fn push(&mut self, entry: u32) {
        put_varint(&mut self.bytes, u64::from(entry.wrapping_sub(self.last)));
        self.last = entry;
    }

    /// Adds an entry with its positions: `position * 2 + field`, ascending.
    pub fn push_with_positions(&mut self, entry: u32, positions: &[u32]) {
        self.push(entry);
        put_varint(&mut self.bytes, positions.len() as u64);
        let mut last = 0;
        for position in positions {
            put_varint(&mut self.bytes, u64::from(position.wrapping_sub(last)));
            last = *position;
        }
    }
}

impl AsRef<[u8]> for PostingsBuilder {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Writes lists as two sections: where each begins, and all of them.
pub(crate) fn write_postings(
    out: &mut SectionWriter,
    (offsets_id, lists_id): (u32, u32),
    lists: impl Iterator<Item = impl AsRef<[u8]>>,
) -> Result<()> {
    let mut offsets = 0_u64.to_le_bytes().to_vec();
    out.begin(lists_id)?;
    for list in lists {
        out.put(list.as_ref())?;
        offsets.extend(out.length().to_le_bytes());
    }
    out.end()?;
    out.section(offsets_id, &offsets)
}

/// The lists of a segment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PostingLists<'a> {
    pub offsets: &'a [u8],
    pub lists: &'a [u8],
}

impl<'a> PostingLists<'a> {
    /// Where the list of this number begins.
    pub fn offset(self, no: u64) -> Option<u64> {
        u64_at(self.offsets, index(no)?)
    }

    pub fn get(self, no: u32) -> Option<&'a [u8]> {
        let no = index(u64::from(no))?;
        let from = index(u64_at(self.offsets, no)?)?;
        let to = index(u64_at(self.offsets, no.checked_add(1)?)?)?;
        self.lists.get(from..to)
    }
}

/// Calls `each` with every entry; `None` where the bytes are damaged.
#[inline]
pub(crate) fn for_each_entry(list: &[u8], mut each: impl FnMut(u32)) -> Option<()> {
    let mut bytes = Bytes(list);
    let mut entry = 0_u32;
    while !bytes.0.is_empty() {
        entry = entry.checked_add(bytes.varint_u32()?)?;
        each(entry);
    }
    Some(())
}

/// The entries of a list without positions, some at a time.
#[derive(Debug)]
pub(crate) struct EntryNumbers<'a> {
    bytes: Bytes<'a>,
    last: u32,
}

impl<'a> EntryNumbers<'a> {
    pub fn new(list: &'a [u8]) -> Self {
        Self { bytes: Bytes(list), last: 0 }
    }

    /// Reads the next entries, and how many; 0 at the end, `None` where the bytes are damaged.
    pub fn read(&mut self, out: &mut [u32]) -> Option<usize> {
        let mut count = 0;
        for slot in out {
            if self.bytes.0.is_empty() {
                break;
            }
            self.last = self.last.checked_add(self.bytes.varint_u32()?)?;
            *slot = self.last;
            count += 1;
        }
        Some(count)
    }
}

/// Calls `each` with every entry of a list with positions, and its positions (still encoded).
#[inline]
pub(crate) fn for_each_with_positions<'a>(
    list: &'a [u8],
    mut each: impl FnMut(u32, Positions<'a>),
) -> Option<()> {
    let mut bytes = Bytes(list);
    let mut entry = 0_u32;
    while !bytes.0.is_empty() {
        entry = entry.checked_add(bytes.varint_u32()?)?;
        let count = bytes.varint_u32()?;
        let positions = Positions { bytes, count };
        for _ in 0..count {
            bytes.varint()?;
        }
        each(entry, positions);
    }
    Some(())
}

/// The positions of one entry.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Positions<'a> {
    bytes: Bytes<'a>,
    count: u32,
}

impl Positions<'_> {
    /// Calls `each` with every field and position.
    pub fn for_each(mut self, mut each: impl FnMut(u32, u32)) -> Option<()> {
        let mut position = 0_u32;
        for _ in 0..self.count {
            position = position.checked_add(self.bytes.varint_u32()?)?;
            each(position & 1, position >> 1);
        }
        Some(())
    }
}
