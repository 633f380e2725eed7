//! The vectors of one space of a segment, in rows that ascend by entry.

use super::quantise::{RowStats, STATS_BYTES, half_bytes};
use super::signs::SignWidths;

/// Bytes that come from memory together.
const CACHE_LINE: usize = 64;

/// The vectors of one space of a segment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Vectors<'a> {
    pub dimensions: usize,
    pub stats: &'a [u8],
    /// The high halves of the codes of all rows, then the low ones.
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

    /// The first sign bits of the rows relative to the mean: see [`super::signs`].
    pub fn first_signs(self, rows: std::ops::Range<usize>) -> Option<&'a [u8]> {
        let (head, width) = (self.dimensions.checked_mul(4)?, SignWidths::of(self.dimensions).first);
        let at = |row: usize| row.checked_mul(width)?.checked_add(head);
        self.signs.get(at(rows.start)?..at(rows.end)?)
    }

    /// The other sign bits of a row.
    pub fn other_signs(self, row: usize) -> Option<&'a [u8]> {
        let widths = SignWidths::of(self.dimensions);
        let head = self.dimensions.checked_mul(4)?.checked_add(self.count().checked_mul(widths.first)?)?;
        let from = row.checked_mul(widths.other)?.checked_add(head)?;
        self.signs.get(from..from.checked_add(widths.other)?)
    }

    pub fn count(self) -> usize {
        self.stats.len() / STATS_BYTES
    }

    #[inline]
    pub fn stats(self, row: usize) -> Option<RowStats> {
        RowStats::read(self.stats.get(row.checked_mul(STATS_BYTES)?..)?)
    }

    /// The high halves of the codes of rows.
    #[inline]
    pub fn high(self, rows: std::ops::Range<usize>) -> Option<&'a [u8]> {
        let width = half_bytes(self.dimensions);
        self.codes.get(rows.start.checked_mul(width)?..rows.end.checked_mul(width)?)
    }

    /// The low halves of a row's codes.
    #[inline]
    pub fn low(self, row: usize) -> Option<&'a [u8]> {
        let row = self.count().checked_add(row)?;
        self.high(row..row.checked_add(1)?)
    }

    /// Brings the codes of rows near before they are read: the reads do not wait for each other.
    pub fn touch(self, rows: impl Iterator<Item = usize>) {
        let mut touched = 0;
        for row in rows {
            let halves = [self.high(row..row.saturating_add(1)), self.low(row)];
            for line in halves.into_iter().flatten().flat_map(|half| half.chunks(CACHE_LINE)) {
                touched ^= line.first().copied().unwrap_or(0);
            }
        }
        std::hint::black_box(touched);
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
