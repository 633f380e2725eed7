//! Hits, for every implementation: their order, and which clauses each call accepts.

use std::cmp::Ordering;

use rushes_plan::{Clause, NearestTest, Test};
use rushes_types::{Error, Result, TimeRange};

use crate::seam::Hit;

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
