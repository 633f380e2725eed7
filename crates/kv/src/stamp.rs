//! What tables say of the last change that they hold, and where.

use crate::chain::Stamp;

/// The row of a table, and of the folder's own table, that says which change touched it last. Seven bytes: no table has
/// another key of that length that begins with a zero byte.
pub const STAMP_KEY: &[u8] = b"\0change";
/// Bytes of a stamp before the numbers of its tables.
const HEAD_BYTES: usize = 16 + 8 + 16;
/// The longest stamp: of 64 tables.
pub(crate) const STAMP_BYTES_MAX: usize = HEAD_BYTES + 64 * 8;

/// Begins the keys of the rows, in the folder's own table, that have the links of late changes.
const LINK_KEY: &[u8] = b"\0link";
/// How many links are kept: more changes than can be written while none of them is acknowledged.
const LINKS_KEPT: u64 = 4096;

/// The row in which the link of a change is kept, until it is that of a later one.
pub(crate) fn link_key(sequence: u64) -> Vec<u8> {
    [LINK_KEY, &(sequence % LINKS_KEPT).to_be_bytes()].concat()
}

impl Stamp {
    /// The row that keeps the link of this change.
    pub(crate) fn link_row(&self) -> (Vec<u8>, Vec<u8>) {
        let value = [self.sequence.to_le_bytes().as_slice(), &self.link.to_le_bytes()].concat();
        (link_key(self.sequence), value)
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = [self.identity.to_le_bytes().as_slice(), &self.sequence.to_le_bytes()].concat();
        bytes.extend(self.link.to_le_bytes());
        self.tables.iter().for_each(|table| bytes.extend(table.to_le_bytes()));
        bytes
    }

    pub(crate) fn decode(bytes: &[u8], tables: usize) -> Option<Self> {
        let (identity, rest) = bytes.split_first_chunk::<16>()?;
        let (sequence, rest) = rest.split_first_chunk::<8>()?;
        let (link, rest) = rest.split_first_chunk::<16>()?;
        let numbers: Vec<u64> =
            rest.chunks_exact(8).map(|n| n.try_into().map_or(0, u64::from_le_bytes)).collect();
        (rest.len() == numbers.len() * 8 && numbers.len() == tables).then(|| Self {
            identity: u128::from_le_bytes(*identity),
            sequence: u64::from_le_bytes(*sequence),
            link: u128::from_le_bytes(*link),
            tables: numbers,
        })
    }
}

/// The number of the change that a stamp is of; `None` for what a table says itself, which is shorter.
pub(crate) fn sequence_of(stamp: &[u8]) -> Option<u64> {
    let number = stamp.get(16..24).filter(|_| stamp.len() >= HEAD_BYTES)?;
    number.try_into().ok().map(u64::from_le_bytes)
}
