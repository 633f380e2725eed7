//! Commits and read points.

use std::fmt;

/// A commit's number. Unique in the archive and growing for each asset; the embedded store counts
/// 1, 2, 3 … over all assets, a distributed one may leave gaps. Real commits fit a positive `i64`, which is what
/// engines take as versions and timestamps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Commit(pub u64);

impl Commit {
    /// Before the first commit.
    pub const NONE: Self = Self(0);
    /// Later than any commit: the death of what is alive.
    pub const NEVER: Self = Self(u64::MAX);
}

impl fmt::Display for Commit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The commits at which an annotation was born and dies: it is current at `P` when
/// `born <= P < died`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Validity {
    /// First commit at which it is current.
    pub born: Commit,
    /// First commit at which it is no longer current; [`Commit::NEVER`] while it is.
    pub died: Commit,
}

impl Validity {
    /// Born at `born` and still current.
    #[must_use]
    pub const fn from(born: Commit) -> Self {
        Self { born, died: Commit::NEVER }
    }

    /// Is it current at `at`?
    #[must_use]
    pub fn contains(self, at: &ReadPoint) -> bool {
        at.sees(self.born) && !at.sees(self.died)
    }
}

/// How far one partition of the event log has come: it holds every commit up to `upto` of the partition's assets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Watermark {
    /// The partition; a log on one machine has only partition 0.
    pub partition: u32,
    /// The last commit.
    pub upto: Commit,
}

/// What a reader sees: every commit up to `upto`, except those in flight.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct ReadPoint {
    /// The last commit seen.
    pub upto: Commit,
    /// Commits up to `upto` that are not complete yet, on an engine that cannot make a commit visible in one step;
    /// sorted. Always empty on the embedded engine.
    pub in_flight: Vec<Commit>,
}

impl ReadPoint {
    /// The read point that sees every commit up to `upto`.
    #[must_use]
    pub const fn at(upto: Commit) -> Self {
        Self { upto, in_flight: Vec::new() }
    }

    /// Does a reader here see the effects of `commit`?
    #[must_use]
    pub fn sees(&self, commit: Commit) -> bool {
        commit <= self.upto && (self.in_flight.is_empty() || self.in_flight.binary_search(&commit).is_err())
    }
}

impl fmt::Display for ReadPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.upto)?;
        for commit in &self.in_flight {
            write!(f, "-{commit}")?;
        }
        Ok(())
    }
}
