//! How much a place attracts by itself: a curve of two parameters, from coins.

use serde::{Deserialize, Serialize};

use crate::impression::{Impression, Shown};

/// Points of each axis of a round of the search.
const POINTS: u32 = 20;
/// Rounds of the search, each around the best of the one before.
const ROUNDS: u32 = 4;
/// Steepest curve.
const STEEPNESS_MAX: f64 = 3.0;
/// The prior weighs as much as this many coins in favour of a flat curve.
const PRIOR_COINS: f64 = 10.0;

/// The chance that a moment at rank `r` is considered, as a part of that at rank 1: `floor + (1 - floor) · r^-steepness`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PositionCurve {
    /// How fast it falls; 0: all places are alike.
    pub steepness: f64,
    /// What it falls to, 0 … 1.
    pub floor: f64,
}

impl Default for PositionCurve {
    fn default() -> Self {
        Self { steepness: 0.0, floor: 1.0 }
    }
}

impl PositionCurve {
    /// Its value at a rank, from 1.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // ranks of a page
    pub fn at(&self, rank: usize) -> f64 {
        self.floor + (1.0 - self.floor) * libm::pow(rank.max(1) as f64, -self.steepness)
    }

    /// What corrects for it: the inverse, at most `most`.
    #[must_use]
    pub fn factor(&self, rank: usize, most: f64) -> f64 {
        (1.0 / self.at(rank)).min(most)
    }

    /// The curve that explains coins best. Where a coin decided which of two moments stands above, and one of them was
    /// chosen, what is worth more is as often below as above: what is left is the place.
    #[must_use]
    pub fn estimated(impressions: &[Impression]) -> Self {
        let counts = coins(impressions);
        if counts.is_empty() {
            return Self::default();
        }
        let (mut best, mut centre, mut width) = (f64::NEG_INFINITY, (0.0, 0.5), (STEEPNESS_MAX, 0.5));
        for _ in 0..ROUNDS {
            let around = centre;
            for i in 0..=POINTS {
                for j in 0..=POINTS {
                    let part = |n: u32| f64::from(n) * 2.0 / f64::from(POINTS) - 1.0;
                    let steepness = (around.0 + width.0 * part(i)).clamp(0.0, STEEPNESS_MAX);
                    let floor = (around.1 + width.1 * part(j)).clamp(0.0, 1.0);
                    let likelihood = Self { steepness, floor }.likelihood(&counts);
                    if likelihood > best {
                        (best, centre) = (likelihood, (steepness, floor));
                    }
                }
            }
            width = (width.0 / 4.0, width.1 / 4.0);
        }
        Self { steepness: centre.0, floor: centre.1 }
    }

    fn likelihood(&self, counts: &[(usize, f64, f64)]) -> f64 {
        let of_coins: f64 = counts
            .iter()
            .map(|(upper, above, below)| {
                let share = self.at(*upper) / (self.at(*upper) + self.at(upper + 1));
                above * libm::log(share) + below * libm::log(1.0 - share)
            })
            .sum();
        of_coins + PRIOR_COINS * libm::log(self.at(10).max(f64::MIN_POSITIVE)) / 10.0
    }
}

/// For each rank that is the upper one of two: how often the upper and how often the lower one alone was chosen.
fn coins(impressions: &[Impression]) -> Vec<(usize, f64, f64)> {
    let mut counts: std::collections::BTreeMap<usize, (f64, f64)> = std::collections::BTreeMap::new();
    for impression in impressions {
        for pair in impression.shown.windows(2) {
            let [upper, lower] = pair else { continue };
            let neighbours = upper.rank % 2 == 1 && lower.rank == upper.rank + 1;
            let chosen = |s: &Shown| s.gain > 0.0;
            if !(neighbours && upper.by_coin && lower.by_coin) || chosen(upper) == chosen(lower) {
                continue;
            }
            let count = counts.entry(upper.rank).or_default();
            if chosen(upper) { count.0 += 1.0 } else { count.1 += 1.0 }
        }
    }
    counts.into_iter().map(|(rank, (above, below))| (rank, above, below)).collect()
}
