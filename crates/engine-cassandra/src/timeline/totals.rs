//! Sums over all assets, and how long they are cached.

use std::time::Instant;

/// Annotations in all, and changes of words in all.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Totals {
    pub annotations: u64,
    pub changes: u64,
    /// When they are read again.
    pub until: Instant,
}
