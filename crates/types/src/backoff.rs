//! How long to wait before the next try: one policy for everything that retries.

use std::time::Duration;

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Exponential backoff with jitter: waits double from the first to the longest, and each is between a half and the whole
/// of its step, so that callers that were refused together do not retry together.
///
/// It only computes: the caller waits in its own way (a thread sleeps, a task is polled later, a worker may be stopped
/// while it waits), and decides how long to go on.
#[derive(Debug, Clone)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    seed: u64,
    tries: u32,
}

impl Backoff {
    /// A policy before its first wait. `seed` should differ between those that may fail at the same time.
    #[must_use]
    pub const fn new(first: Duration, longest: Duration, seed: u64) -> Self {
        Self { first, longest, seed, tries: 0 }
    }

    /// How long to wait after one more failure.
    #[must_use = "it is for the caller to wait"]
    pub fn next_wait(&mut self) -> Duration {
        let step = self.first.saturating_mul(1 << self.tries.min(16)).min(self.longest);
        self.tries = self.tries.saturating_add(1);
        let hash = xxh3_64_with_seed(&self.tries.to_le_bytes(), self.seed);
        let share = u32::try_from(hash % 512).unwrap_or(0) + 512;
        step.saturating_mul(share) / 1024
    }

    /// Failures since the last success.
    #[must_use]
    pub const fn tries(&self) -> u32 {
        self.tries
    }

    /// It succeeded: the next failure is the first one again.
    pub const fn reset(&mut self) {
        self.tries = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_differ() {
        let (first, longest) = (Duration::from_millis(50), Duration::from_secs(5));
        for seed in 0..50 {
            let mut backoff = Backoff::new(first, longest, seed);
            for tries in 0..40 {
                let step = first.saturating_mul(1 << tries.min(16)).min(longest);
                let wait = backoff.next_wait();
                assert!(wait >= step / 2 && wait <= step, "{seed} {tries}: {wait:?}");
            }
            assert_eq!(backoff.tries(), 40);
            backoff.reset();
            assert!(backoff.next_wait() <= first);
        }
        let third = |seed| {
            let mut backoff = Backoff::new(first, longest, seed);
            [(); 3].map(|()| backoff.next_wait())
        };
        assert_ne!(third(1), third(2));
    }

    #[test]
    fn the_longest_waits_overflow_nothing() {
        let mut backoff = Backoff::new(Duration::MAX, Duration::MAX, 0);
        assert!(backoff.next_wait() > Duration::ZERO);
    }
}
