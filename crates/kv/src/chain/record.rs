//! One record of a chain, and its bytes: `docs/formats.md`, section "The chain of changes".

use xxhash_rust::xxh3::Xxh3;

/// Longest note of a record, in bytes.
pub const NOTE_BYTES_MAX: usize = 4 << 10;
/// Bytes of a body without its note.
const FIXED: usize = 1 + 3 * 8 + 2 * 16;
/// Bytes around a body: its length, its checksum, and its length again, by which a chain is read from its end.
pub(super) const AROUND: usize = 12;
/// The longest record.
pub(super) const RECORD_BYTES_MAX: usize = AROUND + FIXED + NOTE_BYTES_MAX;

const CHANGE: u8 = 0;
const BASE: u8 = 1;

/// What a record stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordKind {
    /// A change that was acknowledged.
    Change,
    /// The chain begins here, or goes on from what the tables held: its link is theirs.
    Base,
}

/// A record of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainRecord {
    /// What it stands for.
    pub kind: RecordKind,
    /// The number of the change, from 1, without gaps.
    pub sequence: u64,
    /// When it was written, in milliseconds since 1970.
    pub at_ms: u64,
    /// The highest mark that was reached with it.
    pub mark: u64,
    /// XXH3-128 of what was written: tables, keys and values in order.
    pub content: u128,
    /// XXH3-128 of the link before and of all of this record that stands before the link, and its note.
    pub link: u128,
    /// What the owner of the tables wrote with the change.
    pub note: Vec<u8>,
}

impl ChainRecord {
    /// The link of this record after one whose link is `before`.
    pub(super) fn link_after(&self, before: u128) -> u128 {
        let mut hash = Xxh3::new();
        hash.update(&before.to_le_bytes());
        hash.update(&self.head());
        hash.update(&self.note);
        hash.digest128()
    }

    fn head(&self) -> Vec<u8> {
        let kind = match self.kind {
            RecordKind::Change => CHANGE,
            RecordKind::Base => BASE,
        };
        let mut head = vec![kind];
        for number in [self.sequence, self.at_ms, self.mark] {
            head.extend(number.to_le_bytes());
        }
        head.extend(self.content.to_le_bytes());
        head
    }

    /// The record's bytes, ready to be appended.
    pub(super) fn encode(&self) -> Vec<u8> {
        let body = [self.head().as_slice(), &self.link.to_le_bytes(), &self.note].concat();
        // A body is bounded by the note, so the length always fits.
        let length = u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes();
        let sum = crc32fast::hash(&body).to_le_bytes();
        [length.as_slice(), &sum, &body, &length].concat()
    }

    /// The record at the start of `bytes`, and how many bytes it takes; `None` where none is whole.
    pub(super) fn decode(bytes: &[u8]) -> Option<(Self, usize)> {
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let (sum, rest) = rest.split_first_chunk::<4>()?;
        let (body, rest) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
        if rest.first_chunk::<4>()? != length || crc32fast::hash(body) != u32::from_le_bytes(*sum) {
            return None;
        }
        let (kind, body) = body.split_first()?;
        let kind = match *kind {
            CHANGE => RecordKind::Change,
            BASE => RecordKind::Base,
            _ => return None,
        };
        let (sequence, body) = body.split_first_chunk::<8>()?;
        let (at_ms, body) = body.split_first_chunk::<8>()?;
        let (mark, body) = body.split_first_chunk::<8>()?;
        let (content, body) = body.split_first_chunk::<16>()?;
        let (link, note) = body.split_first_chunk::<16>()?;
        let record = Self {
            kind,
            sequence: u64::from_le_bytes(*sequence),
            at_ms: u64::from_le_bytes(*at_ms),
            mark: u64::from_le_bytes(*mark),
            content: u128::from_le_bytes(*content),
            link: u128::from_le_bytes(*link),
            note: note.to_vec(),
        };
        let length = AROUND + FIXED + note.len();
        Some((record, length))
    }

    /// The record that ends where `bytes` end; `None` where none is whole there.
    pub(super) fn decode_last(bytes: &[u8]) -> Option<Self> {
        let length = usize::try_from(u32::from_le_bytes(*bytes.last_chunk::<4>()?)).ok()?;
        let start = bytes.len().checked_sub(length.checked_add(AROUND)?)?;
        let (record, taken) = Self::decode(bytes.get(start..)?)?;
        (taken == bytes.len() - start).then_some(record)
    }
}
