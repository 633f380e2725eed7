//! How long the parts of an update take, for profiling (`RUSHES_LOG=rushes_engine_cassandra=debug`).

use std::time::{Duration, Instant};

/// How long the parts of an update took.
pub(crate) struct Timings {
    since: Instant,
    /// Each part's name and duration.
    pub laps: Vec<(&'static str, Duration)>,
}

impl Timings {
    /// Begins now.
    pub fn begin() -> Self {
        Self { since: Instant::now(), laps: Vec::new() }
    }

    /// A part is done.
    pub fn lap(&mut self, what: &'static str) {
        self.laps.push((what, self.since.elapsed()));
        self.since = Instant::now();
    }
}
