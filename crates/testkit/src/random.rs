//! Chance that follows from a seed.

use std::time::{SystemTime, UNIX_EPOCH};

/// SplitMix64: the same numbers for the same seed, on every machine.
#[derive(Debug, Clone)]
pub struct Random(u64);

/// The seed that an environment variable names, or one of the clock: print it.
#[must_use]
pub fn seed_from(variable: &str) -> u64 {
    let clock = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos();
    std::env::var(variable).ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| u64::from(clock()))
}

impl Random {
    /// The numbers of a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The numbers of the `nth` of many cases of a seed, whatever the others took.
    #[must_use]
    pub fn of_case(seed: u64, nth: u64) -> Self {
        let mut random = Self(seed);
        let start = random.next_u64();
        Self(start ^ Self(nth).next_u64())
    }

    /// 64 bits.
    pub const fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`; 0 where that is 0.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next_u64() % u64::try_from(end.max(1)).unwrap()).unwrap()
    }

    /// True once in `n` times.
    pub fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// One of them.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}
