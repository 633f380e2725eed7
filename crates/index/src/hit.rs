//! Hits, for every implementation: their order, and which clauses each call accepts.

use std::cmp::Ordering;

use rushes_plan::{Clause, NearestTest, Test};
use rushes_types::{Error, FusedKey, Result, TimeRange};

/// An asset's number within one reader. Ascends with the asset's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AssetNo(pub u32);

/// A match of one clause.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The asset.
    pub asset: AssetNo,
    /// From the start of the first matched annotation to the end of the last (they differ only for a
    /// phrase over several joined dialogue annotations).
    pub range: TimeRange,
    /// How well the words or the vector match, 0 … 1, before weight and confidence.
    pub score: f64,
    /// The lowest confidence of the matched annotations.
    pub confidence: f64,
    /// For vector clauses the raw similarity: cosine, or L2 distance.
    pub similarity: Option<f64>,
    /// The first matched annotation.
    pub first: FusedKey,
    /// The further annotations of a joined phrase, in time order.
    pub joined: Vec<FusedKey>,
}

/// Memory of a hit while a search runs, in bytes.
pub const HIT_BYTES: u64 = size_of::<Hit>() as u64;

/// The matches of one clause, and how they were found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Hits {
    /// Ascending by asset, start, end, key.
    pub hits: Vec<Hit>,
    /// Was approximate search used (vector clauses only)?
    pub approximate: bool,
    /// Annotations looked at: for `explain` and metrics.
    pub examined: u64,
}

/// From the start of the first to the end of the last.
pub(crate) fn span(first: TimeRange, last: TimeRange) -> Option<TimeRange> {
    TimeRange::new(first.start_ns(), last.end_ns()).ok()
}

/// The order of hits.
#[must_use]
pub fn hit_order(a: &Hit, b: &Hit) -> Ordering {
    (a.asset, a.range, a.first, &a.joined).cmp(&(b.asset, b.range, b.first, &b.joined))
}

/// The test of a vector clause.
///
/// # Errors
/// A bug of the caller where the clause is another one.
pub(crate) fn nearest_test(clause: &Clause) -> Result<&NearestTest> {
    match &clause.test {
        Test::Nearest(test) => Ok(test),
        _ => Err(Error::bug("a clause without a vector was asked for what is nearest")),
    }
}

/// # Errors
/// A bug of the caller where the clause is a vector clause.
pub(crate) fn refuse_nearest(clause: &Clause) -> Result<()> {
    match &clause.test {
        Test::Nearest(_) => Err(Error::bug("a vector clause was asked for its hits by words")),
        _ => Ok(()),
    }
}
