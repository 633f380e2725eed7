//! The vectors of one space of a segment, in rows that ascend by entry.

use super::quantise::{RowStats, STATS_BYTES, code_bytes};
use super::signs::sign_bytes;

/// The vectors of one space of a segment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Vectors<'a> {
    pub dimensions: usize,
    pub stats: &'a [u8],
    pub codes: &'a [u8],
    pub rows: &'a [u8],
    pub signs: &'a [u8],
}

impl<'a> Vectors<'a> {
    /// The mean direction of all rows.
    pub fn mean(self) -> Option<Vec<f32>> {
        let bytes = self.signs.get(..self.dimensions.checked_mul(4)?)?;
        Some(bytes.as_chunks::<4>().0.iter().map(|x| f32::from_le_bytes(*x)).collect())
    }

    /// The sign bits of the rows relative to the mean: see [`super::signs`].
    pub fn signs(self, rows: std::ops::Range<usize>) -> Option<&'a [u8]> {
        let (head, width) = (self.dimensions.checked_mul(4)?, sign_bytes(self.dimensions));
        let at = |row: usize| row.checked_mul(width)?.checked_add(head);
        self.signs.get(at(rows.start)?..at(rows.end)?)
    }

    pub fn count(self) -> usize {
        self.stats.len() / STATS_BYTES
    }

    #[inline]
    pub fn stats(self, row: usize) -> Option<RowStats> {
        RowStats::read(self.stats.get(row.checked_mul(STATS_BYTES)?..)?)
    }

    #[inline]
    pub fn codes(self, row: usize) -> Option<&'a [u8]> {
        let width = code_bytes(self.dimensions);
        let from = row.checked_mul(width)?;
        self.codes.get(from..from.checked_add(width)?)
    }

    /// The first row of this entry or a later one.
    pub fn first_of(self, entry: u32) -> usize {
        let (mut from, mut to) = (0, self.count());
        while from < to {
            let middle = usize::midpoint(from, to);
            if self.stats(middle).is_some_and(|stats| stats.entry < entry) {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        from
    }

    pub fn verified(self, row: usize) -> Option<Vec<f32>> {
        let width = self.dimensions.checked_mul(4)?;
        let from = row.checked_mul(width)?;
        let bytes = self.rows.get(from..from.checked_add(width)?)?;
        if crc32fast::hash(bytes) != self.stats(row)?.crc {
            return None;
        }
        Some(bytes.as_chunks::<4>().0.iter().map(|x| f32::from_le_bytes(*x)).collect())
    }
}
