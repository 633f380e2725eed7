//! Does a model do better than the hand-set order, on choices that it was not fitted to?

use serde::{Deserialize, Serialize};

use crate::features::FEATURE_COUNT;
use crate::fit::{Prior, fit_from, logit};
use crate::interval::{Interval, Z_95};
use crate::pairs::Pair;

/// Parts that the impressions are cut into; each is judged by a fit to the others.
const FOLDS: usize = 5;
/// Least impressions with pairs before anything is used.
pub(crate) const IMPRESSIONS_MIN: usize = 20;
/// Standard deviations that the gain must lie above 0: a model is tried with every fit, and chance must not win one of
/// hundreds.
const Z_WON: f64 = 3.3;

/// How a model did: the share of pairs that it orders rightly, less that of the hand-set order, a mean over impressions.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Trial {
    /// Impressions with pairs.
    pub impressions: usize,
    /// The gain, with its 95 % interval.
    pub gain: Interval,
}

impl Trial {
    /// Is the gain more than chance would explain? The interval is of 95 %, this asks for 99.9 %.
    #[must_use]
    pub fn is_won(&self) -> bool {
        let error = (self.gain.mean - self.gain.low) / Z_95;
        self.impressions >= IMPRESSIONS_MIN && self.gain.mean > Z_WON * error
    }
}

/// Cuts impressions, each with its pairs and in the order of their keys, into parts, and judges each by a fit to the
/// others, begun near the fit to all.
pub(crate) fn trial(impressions: &[Vec<Pair>], prior: &Prior, near: &[f64; FEATURE_COUNT]) -> Trial {
    let with_pairs: Vec<&Vec<Pair>> = impressions.iter().filter(|pairs| !pairs.is_empty()).collect();
    if with_pairs.len() < IMPRESSIONS_MIN {
        return Trial { impressions: with_pairs.len(), gain: Interval::default() };
    }
    let mut gains = Vec::with_capacity(with_pairs.len());
    for fold in 0..FOLDS {
        let held_out = |i: usize| i % FOLDS == fold;
        let others = with_pairs.iter().enumerate().filter(|(i, _)| !held_out(*i));
        let weights =
            fit_from(others.flat_map(|(_, pairs)| pairs.iter().copied()).collect(), prior, *near).weights;
        let own = with_pairs.iter().enumerate().filter(|(i, _)| held_out(*i));
        gains.extend(own.map(|(_, pairs)| rightly(pairs, &weights) - rightly(pairs, &[0.0; FEATURE_COUNT])));
    }
    Trial { impressions: with_pairs.len(), gain: Interval::of_mean(&gains) }
}

/// The share of the pairs, by weight, that coefficients order rightly; ties count half.
fn rightly(pairs: &[Pair], weights: &[f64; FEATURE_COUNT]) -> f64 {
    let of_pair = |pair: &Pair| match logit(pair, weights) {
        x if x > 0.0 => pair.weight,
        x if x < 0.0 => 0.0,
        _ => pair.weight / 2.0,
    };
    let all: f64 = pairs.iter().map(|p| p.weight).sum();
    pairs.iter().map(of_pair).sum::<f64>() / all
}
