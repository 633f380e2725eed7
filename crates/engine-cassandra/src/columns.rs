//! Unsigned numbers as `bigint` columns. All of them fit a positive `i64`.

use rushes_types::{Commit, Error, Result};

/// A number as a column.
pub const fn column(n: u64) -> i64 {
    n.cast_signed()
}

/// A number from a column that may be missing.
pub fn number(column: Option<i64>) -> u64 {
    column.unwrap_or(0).cast_unsigned()
}

/// A commit that comes from outside this crate, as a column.
pub fn commit_column(commit: Commit) -> Result<i64> {
    i64::try_from(commit.0).map_err(|_| Error::bug(format!("commit {commit} is no real commit")))
}
