//! The entries of a label, in order, each with what every search tests of it.
//!
//! A frequent label is carried by hundreds of thousands of entries, strewn over the segment: to read each of them is to
//! wait for memory each time. So a label's list repeats of an entry when it is, how sure it is and where it comes from,
//! and a search by label reads one list from front to back.
//!
//! Rejected: columns instead of rows (all of a row is needed of nearly every entry); numbers as differences (a quarter of
//! the bytes, and three times as long to read).

use rushes_types::TimeRange;

use super::entry::Entry;

/// Bytes of a row.
pub(crate) const LABEL_ROW_BYTES: usize = 32;

/// The bytes of one row.
pub(crate) type LabelRowBytes = [u8; LABEL_ROW_BYTES];

/// What the list of a label says of an entry.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LabelRow {
    /// Start and end, in nanoseconds.
    times: (i64, i64),
    /// 1 where the model gave none.
    pub confidence: f64,
    /// The number of the entry.
    pub entry: u32,
    /// Its asset, type, model, run and language: a row of the segment's sources.
    pub source: u32,
}

impl LabelRow {
    /// The row of an entry.
    pub fn of(no: u32, entry: Entry<'_>) -> Self {
        Self {
            times: (entry.start_ns(), entry.end_ns()),
            confidence: entry.confidence(),
            entry: no,
            source: entry.source(),
        }
    }

    pub fn to_bytes(self) -> LabelRowBytes {
        let mut out = [0; LABEL_ROW_BYTES];
        out[..8].copy_from_slice(&self.times.0.to_le_bytes());
        out[8..16].copy_from_slice(&self.times.1.to_le_bytes());
        out[16..24].copy_from_slice(&self.confidence.to_le_bytes());
        out[24..28].copy_from_slice(&self.entry.to_le_bytes());
        out[28..].copy_from_slice(&self.source.to_le_bytes());
        out
    }

    #[inline]
    pub fn read(bytes: &LabelRowBytes) -> Self {
        let word = |at: usize| {
            let mut word = [0; 8];
            word.copy_from_slice(&bytes[at..at + 8]);
            word
        };
        let [a, b, c, d, e, f, g, h] = word(24);
        Self {
            times: (i64::from_le_bytes(word(0)), i64::from_le_bytes(word(8))),
            confidence: f64::from_le_bytes(word(16)),
            entry: u32::from_le_bytes([a, b, c, d]),
            source: u32::from_le_bytes([e, f, g, h]),
        }
    }

    /// `None` where the bytes are no range.
    #[inline]
    pub fn range(self) -> Option<TimeRange> {
        TimeRange::new(self.times.0, self.times.1).ok()
    }
}

/// The rows of a list, ascending by entry; what is left of damaged bytes is no row.
pub(crate) fn rows_of(list: &[u8]) -> &[LabelRowBytes] {
    list.as_chunks().0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_read_as_it_was_written() {
        let row = LabelRow { times: (-3, i64::MAX), confidence: 0.25, entry: 7, source: u32::MAX };
        assert_eq!(LabelRow::read(&row.to_bytes()), row);
        assert_eq!(row.range(), None);
        assert_eq!(rows_of(&[0; 3 * LABEL_ROW_BYTES + 5]).len(), 3);
    }
}
