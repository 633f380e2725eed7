//! Lists of ascending entry numbers, as differences; for words with the positions in the entry.

use super::bytes::{Bytes, index, put_varint, u64_at};
use super::file::SectionWriter;
use rushes_types::Result;

/// Which text of an entry a position lies in.
pub(crate) const STREAM_LABEL: u32 = 0;
/// See [`STREAM_LABEL`].
pub(crate) const STREAM_TEXT: u32 = 1;

/// A list in the making.
#[derive(Debug, Clone, Default)]
pub(crate) struct ListBuilder {
    bytes: Vec<u8>,
    last: u32,
}

impl ListBuilder {
    /// Adds an entry; numbers ascend.
    pub fn push(&mut self, entry: u32) {
        put_varint(&mut self.bytes, u64::from(entry.wrapping_sub(self.last)));
        self.last = entry;
    }

    /// Adds an entry with its places: `position * 2 + stream`, ascending.
    pub fn push_places(&mut self, entry: u32, places: &[u32]) {
        self.push(entry);
        put_varint(&mut self.bytes, places.len() as u64);
        let mut last = 0;
        for place in places {
            put_varint(&mut self.bytes, u64::from(place.wrapping_sub(last)));
            last = *place;
        }
    }
}

/// Writes lists as two sections: where each begins, and all of them.
pub(crate) fn write_lists<'l>(
    out: &mut SectionWriter,
    (offsets_id, lists_id): (u32, u32),
    lists: impl Iterator<Item = &'l ListBuilder>,
) -> Result<()> {
    let mut offsets = 0_u64.to_le_bytes().to_vec();
    out.begin(lists_id)?;
    for list in lists {
        out.put(&list.bytes)?;
        offsets.extend(out.length().to_le_bytes());
    }
    out.end()?;
    out.section(offsets_id, &offsets)
}

/// The lists of a segment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lists<'a> {
    pub offsets: &'a [u8],
    pub lists: &'a [u8],
}

impl<'a> Lists<'a> {
    pub fn get(self, no: u32) -> Option<&'a [u8]> {
        let no = index(u64::from(no))?;
        let from = index(u64_at(self.offsets, no)?)?;
        let to = index(u64_at(self.offsets, no.checked_add(1)?)?)?;
        self.lists.get(from..to)
    }
}

/// Calls `each` with every entry; `None` where the bytes are broken.
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

/// Calls `each` with every entry of a list with places, and its places (still packed).
#[inline]
pub(crate) fn for_each_with_places<'a>(list: &'a [u8], mut each: impl FnMut(u32, Places<'a>)) -> Option<()> {
    let mut bytes = Bytes(list);
    let mut entry = 0_u32;
    while !bytes.0.is_empty() {
        entry = entry.checked_add(bytes.varint_u32()?)?;
        let count = bytes.varint_u32()?;
        let places = Places { bytes, count };
        for _ in 0..count {
            bytes.varint()?;
        }
        each(entry, places);
    }
    Some(())
}

/// The places of one entry.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Places<'a> {
    bytes: Bytes<'a>,
    count: u32,
}

impl Places<'_> {
    /// Calls `each` with every stream and position.
    pub fn for_each(mut self, mut each: impl FnMut(u32, u32)) -> Option<()> {
        let mut place = 0_u32;
        for _ in 0..self.count {
            place = place.checked_add(self.bytes.varint_u32()?)?;
            each(place & 1, place >> 1);
        }
        Some(())
    }
}
