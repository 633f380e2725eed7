//! Random numbers that are the same on every machine and in every version, so that the seed defines a benchmark's
//! archive.
//!
//! SplitMix64 (Steele, Lea, Flood 2014) in ten lines rather than a crate: a crate may change its streams from one
//! version to the next. Nothing here calls `ln`, `cos` or `pow`, whose last bits differ between machines.

/// A stream of random numbers.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The stream of a seed and a path in it (an asset, a model). Streams of different paths are independent.
    #[must_use]
    pub fn at(seed: u64, place: &[u64]) -> Self {
        let mut random = Self(seed);
        for part in place {
            random.0 = random.next_u64() ^ part.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
        Self(random.next_u64())
    }

    /// 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`; 0 where `end` is 0. Biased by less than 2^-32 for the ranges used here.
    pub fn below(&mut self, end: u64) -> u64 {
        let wide = u128::from(self.next_u64()) * u128::from(end);
        u64::try_from(wide >> 64).unwrap_or(0)
    }

    /// A number from `low` to below `high`.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        low + i64::try_from(self.below(high.abs_diff(low))).unwrap_or(0)
    }

    /// True once in `n` times.
    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// One of a list.
    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        list.get(usize::try_from(self.below(list.len() as u64)).unwrap_or(0))
    }

    /// A number of about normal distribution, mean 0, variance 1: the sum of four uniform ones (Irwin, Hall).
    #[allow(clippy::cast_precision_loss)] // 18 bits fit an f32 exactly
    pub fn normal(&mut self) -> f32 {
        let bits = self.next_u64();
        let sum = (bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48);
        // Each of the four has mean 32767.5 and variance (2^32 - 1) / 12; the factor is 1 / sqrt(their sum's).
        (sum as f32 - 131_070.0) * 2.642_912e-5
    }
}

/// Draws ranks by Zipf's law: rank `r` (from 0) is drawn in proportion to `1 / (r + 3)`.
#[derive(Debug, Clone)]
pub struct Zipf {
    cumulative: Vec<u64>,
}

impl Zipf {
    /// A law over `n` ranks, at least one.
    #[must_use]
    pub fn new(n: usize) -> Self {
        let mut sum = 0;
        let cumulative = (0..n.max(1) as u64)
            .map(|rank| {
                sum += 1_000_000_000_000 / (rank + 3);
                sum
            })
            .collect();
        Self { cumulative }
    }

    /// A rank.
    pub fn draw(&self, random: &mut Random) -> usize {
        let end = self.cumulative.last().copied().unwrap_or(1);
        let at = random.below(end);
        self.cumulative.partition_point(|c| *c <= at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_what_it_always_was() {
        let mut random = Random::at(1, &[2, 3]);
        let drawn: Vec<u64> = (0..3).map(|_| random.below(1000)).collect();
        assert_eq!(
            drawn,
            [428, 885, 555],
            "a changed stream makes figures of different versions incomparable"
        );
    }

    #[test]
    fn low_ranks_are_drawn_more_often() {
        let zipf = Zipf::new(100);
        let mut random = Random::at(7, &[]);
        let mut counts = [0u32; 100];
        for _ in 0..100_000 {
            counts[zipf.draw(&mut random)] += 1;
        }
        assert!(counts[0] > 5 * counts[20] && counts[20] > counts[99] && counts[99] > 100, "{counts:?}");
    }

    #[test]
    fn normal_numbers_have_mean_0_and_variance_1() {
        let mut random = Random::at(7, &[]);
        let drawn: Vec<f64> = (0..100_000).map(|_| f64::from(random.normal())).collect();
        let mean = drawn.iter().sum::<f64>() / 1e5;
        let variance = drawn.iter().map(|x| x * x).sum::<f64>() / 1e5;
        assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.02, "{mean} {variance}");
    }
}
