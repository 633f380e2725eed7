//! Chance that follows from a seed: hashes of a counter, so that no state is kept and each draw can be made again.

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Does the coin of a seed show heads in a round?
pub(crate) fn coin(seed: u64, round: u64) -> bool {
    xxh3_64_with_seed(&round.to_le_bytes(), seed) & 1 == 1
}

/// Numbers of a seed, one after the other.
#[derive(Debug, Clone)]
pub(crate) struct Draws {
    seed: u64,
    drawn: u64,
}

impl Draws {
    pub(crate) const fn new(seed: u64) -> Self {
        Self { seed, drawn: 0 }
    }

    /// 64 bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.drawn += 1;
        xxh3_64_with_seed(&self.drawn.to_le_bytes(), self.seed)
    }

    /// A number in 0 … 1, without 1.
    #[allow(clippy::cast_precision_loss)] // 53 bits fit
    pub(crate) fn share(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number of about normal distribution, mean 0, deviation 1: twelve uniform ones (Irwin, Hall).
    pub(crate) fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.share()).sum::<f64>() - 6.0
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let wide = u128::from(self.bits()) * u128::try_from(end).unwrap_or(0);
        usize::try_from(wide >> 64).unwrap_or(0)
    }
}
