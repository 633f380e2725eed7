//! How long this store waits for others.

use std::time::Duration;

/// How long this store waits for others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimelineOptions {
    /// How long a worker that writes an asset may send no heartbeat before another takes the asset over.
    pub patience: Duration,
    /// How long the lease of a silent relay keeps others from relaying; whole seconds.
    pub lease: Duration,
    /// How long aborted epochs are remembered before their rows are swept. Longer than any late write can take,
    /// including hints that one node stores for another (three hours by default).
    pub keep_aborted: Duration,
}

impl Default for TimelineOptions {
    fn default() -> Self {
        Self {
            patience: Duration::from_secs(3),
            lease: Duration::from_secs(10),
            keep_aborted: Duration::from_secs(24 * 3600),
        }
    }
}
