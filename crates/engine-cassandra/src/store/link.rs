//! A record of the chain of changes of an asset, and its bytes: `docs/cassandra.md`.
//!
//! Each link is a checksum of the record and of the link before, so a record says all that came before it. The first one
//! follows a checksum of the keyspace's lineage and the asset: rows of another keyspace have other links.

use rushes_store::engine::corrupt;
use rushes_types::Result;
use xxhash_rust::xxh3::Xxh3;

const VERSION: u8 = 1;
const CHANGE: u8 = 0;
const BASE: u8 = 1;
/// Length of a record.
const BYTES: usize = 2 + 6 * 8 + 3 * 16;

/// A record: one change of one asset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The number of the change, from 1, without gaps.
    pub seq: u64,
    /// Does the chain begin here, or go on with whatever the asset holds?
    pub is_base: bool,
    /// The asset's last commit after it.
    pub commit: u64,
    /// How many commits the asset had before it.
    pub from: u64,
    /// How many it has after it.
    pub commits: u64,
    /// Annotations in committed segments after it.
    pub annotations: u64,
    /// When it was made, in milliseconds since 1970.
    pub at_ms: u64,
    /// A checksum of the commits that it made; 0 for none.
    pub records: u128,
    /// A checksum of the content that it brought; 0 for none, or where it is not known.
    pub content: u128,
    /// A checksum of the link before and of all above.
    pub link: u128,
}

/// What the first record of an asset follows.
pub fn seed(lineage: u128, asset: &str) -> u128 {
    let mut hash = Xxh3::new();
    hash.update(&lineage.to_le_bytes());
    hash.update(asset.as_bytes());
    hash.digest128()
}

impl Link {
    fn head(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION, if self.is_base { BASE } else { CHANGE }];
        for n in [self.seq, self.commit, self.from, self.commits, self.annotations, self.at_ms] {
            bytes.extend(n.to_le_bytes());
        }
        bytes.extend(self.records.to_le_bytes());
        bytes.extend(self.content.to_le_bytes());
        bytes
    }

    /// The link of this record after one whose link is `before`.
    pub fn after(&self, before: u128) -> u128 {
        let mut hash = Xxh3::new();
        hash.update(&before.to_le_bytes());
        hash.update(&self.head());
        hash.digest128()
    }

    /// The record with its link.
    pub fn linked(mut self, before: u128) -> Self {
        self.link = self.after(before);
        self
    }

    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        [self.head().as_slice(), &self.link.to_le_bytes()].concat()
    }

    /// Reads its bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let damaged = || corrupt("a record of a chain of changes cannot be read");
        let bytes: &[u8; BYTES] = bytes.try_into().map_err(|_| damaged())?;
        let [version, kind, rest @ ..] = bytes;
        if *version != VERSION || *kind > BASE {
            return Err(damaged());
        }
        let (numbers, sums) = rest.split_at(6 * 8);
        let (numbers, sums) = (numbers.as_chunks::<8>().0, sums.as_chunks::<16>().0);
        let number = |at: usize| numbers.get(at).map_or(0, |n| u64::from_le_bytes(*n));
        let sum = |at: usize| sums.get(at).map_or(0, |n| u128::from_le_bytes(*n));
        Ok(Self {
            seq: number(0),
            is_base: *kind == BASE,
            commit: number(1),
            from: number(2),
            commits: number(3),
            annotations: number(4),
            at_ms: number(5),
            records: sum(0),
            content: sum(1),
            link: sum(2),
        })
    }
}

/// A checksum of commits as they are kept, in their order; 0 for none.
#[derive(Default)]
pub struct RecordsDigest(Option<Box<Xxh3>>);

impl RecordsDigest {
    /// Adds a commit.
    pub fn add(&mut self, commit: u64, record: &[u8]) {
        let hash = self.0.get_or_insert_with(|| Box::new(Xxh3::new()));
        hash.update(&commit.to_le_bytes());
        hash.update(&(record.len() as u64).to_le_bytes());
        hash.update(record);
    }

    /// The checksum.
    pub fn done(&self) -> u128 {
        self.0.as_ref().map_or(0, |hash| hash.digest128())
    }
}

/// A checksum of the content of several pieces; 0 for none.
pub fn digest_of_pieces(mut pieces: Vec<(u64, u128)>) -> u128 {
    if pieces.is_empty() {
        return 0;
    }
    pieces.sort_unstable();
    let mut hash = Xxh3::new();
    for (piece, sum) in pieces {
        hash.update(&piece.to_le_bytes());
        hash.update(&sum.to_le_bytes());
    }
    hash.digest128()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(seq: u64) -> Link {
        Link {
            seq,
            is_base: seq == 1,
            commit: 2,
            from: 3,
            commits: 4,
            annotations: u64::MAX,
            at_ms: 6,
            records: 7,
            content: u128::MAX,
            link: 0,
        }
    }

    #[test]
    fn records_are_read_back_and_damage_is_told() {
        let linked = link(1).linked(9);
        let bytes = linked.encode();
        assert_eq!(Link::decode(&bytes).unwrap(), linked);
        assert!(Link::decode(&bytes[1..]).is_err());
        assert!(Link::decode(&[&bytes[..], &[0]].concat()).is_err());
        for at in [0, 1] {
            let mut wrong = bytes.clone();
            wrong[at] = 9;
            assert!(Link::decode(&wrong).is_err(), "{at}");
        }
    }

    #[test]
    fn every_bit_of_a_record_and_of_the_one_before_is_in_the_link() {
        let bytes = link(2).linked(9).encode();
        for bit in 16..(BYTES - 16) * 8 {
            let mut wrong = bytes.clone();
            wrong[bit / 8] ^= 1 << (bit % 8);
            let wrong = Link::decode(&wrong).unwrap();
            assert_ne!(wrong.link, wrong.after(9), "bit {bit}");
        }
        assert_ne!(link(2).after(9), link(2).after(8));
        assert_ne!(seed(1, "a"), seed(2, "a"));
        assert_ne!(seed(1, "a"), seed(1, "b"));
    }
}
