//! Which partition a row belongs to. No I/O.
//!
//! An asset's time is cut into chunks. A chunk's annotations lie in one partition until it holds as many as a partition
//! should: from then on new rows go to 2, 4, 8 … partitions by the first bits of their keys. Existing rows stay where
//! they are; readers merge all levels that were ever used. So even a second with a hundred thousand annotations is
//! spread over partitions.

use std::collections::{BTreeMap, BTreeSet};

use rushes_types::{AnnotationKey, AssetId};
use xxhash_rust::xxh3::xxh3_64;

/// Seconds of a chunk: about as many as a scene, so that reading an hour takes few requests.
const CHUNK_NS: i64 = 512 * 1_000_000_000;
/// Buckets in one partition.
const CHUNK_BUCKETS: u64 = 512;
/// About how many annotations one partition should hold; at most twice as many.
const PART_ROWS: u64 = 16_384;
/// The deepest level: 4,096 partitions of a chunk.
const LEVEL_MAX: u32 = 12;
/// Partitions over which lists of assets are spread.
const SLICES: u8 = 16;
/// Partitions per slice over which words are spread.
const WORD_BUCKETS: u64 = 32;

/// The slice of an asset.
pub(crate) fn slice_of(asset: &AssetId) -> i8 {
    crate::slices::slice_of(asset.as_str(), SLICES).cast_signed()
}

/// All slices.
pub(crate) fn slices() -> impl Iterator<Item = i8> + Clone {
    0..SLICES.cast_signed()
}

/// The bucket of a word.
pub(crate) fn word_bucket(word: &str) -> i32 {
    (xxh3_64(word.as_bytes()) % WORD_BUCKETS) as i32
}

/// The chunk that a start lies in.
pub(crate) fn chunk_of(start_ns: i64) -> i64 {
    start_ns.max(0) / CHUNK_NS
}

/// The chunk that a bucket lies in.
pub(crate) fn bucket_chunk(no: u64) -> i64 {
    (no / CHUNK_BUCKETS).cast_signed()
}

/// Where the annotations of a chunk lie.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Chunk {
    /// Levels that were ever used, as a bit set.
    pub levels: u32,
    /// About how many annotations were ever added here.
    pub rows: u64,
}

impl Chunk {
    /// The chunk as it must be before `more` annotations are added to it.
    pub fn grown(self, more: u64) -> Self {
        let rows = self.rows.saturating_add(more);
        let wanted = (rows / PART_ROWS).checked_ilog2().map_or(0, |n| n + 1).min(LEVEL_MAX);
        let level = wanted.max(self.levels.checked_ilog2().unwrap_or(0));
        Self { levels: self.levels | 1 << level, rows }
    }

    /// The part that a new row goes to.
    pub fn part(self, key: AnnotationKey) -> i32 {
        part_at(self.levels.checked_ilog2().unwrap_or(0), key)
    }

    /// The parts that may contain a row.
    pub fn parts_of(self, key: AnnotationKey) -> impl Iterator<Item = i32> {
        self.used().map(move |level| part_at(level, key))
    }

    /// All parts.
    pub fn parts(self) -> impl Iterator<Item = i32> {
        self.used().flat_map(|level| (1 << level)..(1 << (level + 1)))
    }

    fn used(self) -> impl Iterator<Item = u32> {
        (0..=LEVEL_MAX).filter(move |level| self.levels & 1 << level != 0)
    }
}

/// A level's parts are numbered from `2^level`, so that no two levels share a number.
fn part_at(level: u32, key: AnnotationKey) -> i32 {
    let first = key.0.checked_shr(u128::BITS - level).unwrap_or(0) as i32;
    (1 << level) + first
}

/// The partitions of an asset.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Directory {
    /// Chunks with annotations.
    pub annotations: BTreeMap<i64, Chunk>,
    /// Chunks with buckets.
    pub buckets: BTreeSet<i64>,
}

impl Directory {
    /// Was no annotation ever written, not even by an aborted update?
    pub fn is_bare(&self) -> bool {
        self.annotations.is_empty()
    }

    /// With these chunks replaced.
    pub fn with(mut self, chunks: &BTreeMap<i64, Chunk>) -> Self {
        self.annotations.extend(chunks);
        self
    }

    /// The chunk; an empty one if it is missing.
    pub fn chunk(&self, no: i64) -> Chunk {
        self.annotations.get(&no).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_is_split_when_more_is_born_than_a_partition_holds() {
        let few = Chunk::default().grown(100);
        assert_eq!((few.levels, few.part(AnnotationKey(u128::MAX))), (1, 1));
        let many = few.grown(PART_ROWS * 5);
        assert_eq!(many.levels, 0b1001);
        assert_eq!(many.parts().collect::<Vec<_>>(), [1, 8, 9, 10, 11, 12, 13, 14, 15]);
        let key = AnnotationKey(u128::MAX / 8 * 3);
        assert_eq!(many.parts_of(key).collect::<Vec<_>>(), [1, many.part(key)]);
        assert_eq!(many.grown(1).levels, many.levels, "a level that is used goes on");
    }

    #[test]
    fn a_first_hot_second_is_spread_at_once() {
        let hot = Chunk::default().grown(100_000);
        assert_eq!(hot.parts().count(), 8);
        let far = Chunk::default().grown(u64::MAX);
        assert_eq!(far.parts().count(), 1 << LEVEL_MAX);
        for key in [0, 1, u128::MAX / 3, u128::MAX] {
            assert!(far.parts().any(|part| part == far.part(AnnotationKey(key))));
        }
    }
}
