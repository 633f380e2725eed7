//! How long to wait before the next try.

use std::time::Duration;

/// The first wait.
const FIRST: Duration = Duration::from_millis(50);
/// The longest.
const LONGEST: Duration = Duration::from_secs(5);

/// The wait before try `attempt` (counted from 1): doubling, and between a half and the whole of that by `salt`, so that
/// many who were turned away together do not come back together.
pub(crate) fn wait(attempt: u32, salt: u64) -> Duration {
    let whole = FIRST.saturating_mul(1 << attempt.saturating_sub(1).min(16)).min(LONGEST);
    let hash = xxhash_rust::xxh3::xxh3_64_with_seed(&attempt.to_le_bytes(), salt);
    let share = u32::try_from(hash % 512).unwrap_or(0) + 512;
    whole.saturating_mul(share) / 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_differ() {
        for attempt in 1..=40 {
            let whole = FIRST.saturating_mul(1 << (attempt - 1).min(16)).min(LONGEST);
            for salt in 0..50 {
                let wait = wait(attempt, salt);
                assert!(wait >= whole / 2 && wait <= whole, "{attempt} {salt}: {wait:?}");
            }
        }
        assert_ne!(wait(3, 1), wait(3, 2));
    }
}
