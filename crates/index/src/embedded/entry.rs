//! One annotation of a segment in 64 bytes, one cache line: the fields that every query tests.

use rushes_types::{AnnotationKey, FusedKey, TimeRange};

/// Bytes of an entry.
pub(crate) const ENTRY_BYTES: usize = 64;
/// The number for "none".
pub(crate) const NONE: u32 = u32::MAX;

/// An entry to be written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EntryFields {
    pub range: TimeRange,
    pub key: AnnotationKey,
    /// 1 where the model gave none.
    pub confidence: f64,
    /// Where its payload lies.
    pub payload: u64,
    /// Its asset, type, model, run and language: a row of the segment's sources.
    pub source: u32,
    /// Its validity: a row of the segment's validities, unless a tombstone names the entry.
    pub validity: u32,
    /// Its label: a row of the segment's labels, or [`NONE`].
    pub label: u32,
    /// Positions of its text.
    pub text_length: u32,
}

impl EntryFields {
    pub fn to_bytes(self) -> [u8; ENTRY_BYTES] {
        let mut out = [0; ENTRY_BYTES];
        let mut at = 0;
        let mut put = |bytes: &[u8]| {
            out[at..at + bytes.len()].copy_from_slice(bytes);
            at += bytes.len();
        };
        put(&self.range.start_ns().to_le_bytes());
        put(&self.range.end_ns().to_le_bytes());
        put(&self.key.0.to_le_bytes());
        put(&self.confidence.to_le_bytes());
        put(&self.payload.to_le_bytes());
        put(&self.source.to_le_bytes());
        put(&self.validity.to_le_bytes());
        put(&self.label.to_le_bytes());
        put(&self.text_length.to_le_bytes());
        out
    }
}

/// An entry as it lies in the file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry<'a>(pub &'a [u8; ENTRY_BYTES]);

impl Entry<'_> {
    #[inline]
    fn bytes_at<const N: usize>(self, at: usize) -> [u8; N] {
        let mut out = [0; N];
        out.copy_from_slice(&self.0[at..at + N]);
        out
    }

    #[inline]
    pub fn start_ns(self) -> i64 {
        i64::from_le_bytes(self.bytes_at(0))
    }

    #[inline]
    pub fn end_ns(self) -> i64 {
        i64::from_le_bytes(self.bytes_at(8))
    }

    #[inline]
    pub fn key(self) -> AnnotationKey {
        AnnotationKey(u128::from_le_bytes(self.bytes_at(16)))
    }

    #[inline]
    pub fn confidence(self) -> f64 {
        f64::from_le_bytes(self.bytes_at(32))
    }

    #[inline]
    pub fn payload(self) -> u64 {
        u64::from_le_bytes(self.bytes_at(40))
    }

    #[inline]
    pub fn source(self) -> u32 {
        u32::from_le_bytes(self.bytes_at(48))
    }

    #[inline]
    pub fn validity(self) -> u32 {
        u32::from_le_bytes(self.bytes_at(52))
    }

    #[inline]
    pub fn label(self) -> u32 {
        u32::from_le_bytes(self.bytes_at(56))
    }

    #[inline]
    pub fn text_length(self) -> u32 {
        u32::from_le_bytes(self.bytes_at(60))
    }

    /// `None` where the bytes are no range.
    #[inline]
    pub fn range(self) -> Option<TimeRange> {
        TimeRange::new(self.start_ns(), self.end_ns()).ok()
    }

    #[inline]
    pub fn fused_key(self) -> FusedKey {
        FusedKey { start_ns: self.start_ns(), key: self.key() }
    }

    /// The order of entries within their asset.
    #[inline]
    pub fn order(self) -> (i64, i64, AnnotationKey) {
        (self.start_ns(), self.end_ns(), self.key())
    }
}

/// The entries of a segment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entries<'a>(pub &'a [[u8; ENTRY_BYTES]]);

impl<'a> Entries<'a> {
    #[inline]
    pub fn get(self, entry: u32) -> Option<Entry<'a>> {
        self.0.get(entry as usize).map(Entry)
    }

    /// Brings entries near before they are read: the reads do not wait for each other.
    #[inline]
    pub fn touch(self, entries: &[u32]) {
        let mut touched = 0;
        for entry in entries {
            touched ^= self.0.get(*entry as usize).map_or(0, |bytes| bytes[0]);
        }
        std::hint::black_box(touched);
    }

    pub fn slice(self, range: std::ops::Range<u32>) -> &'a [[u8; ENTRY_BYTES]] {
        self.0.get(range.start as usize..range.end as usize).unwrap_or_default()
    }

    pub fn iter(self) -> impl Iterator<Item = Entry<'a>> {
        self.0.iter().map(Entry)
    }
}
