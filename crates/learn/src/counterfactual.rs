//! What another order would have brought, estimated from what was shown.

use serde::Serialize;

use crate::impression::Impression;
use crate::interval::Interval;
use crate::position::PositionCurve;

/// Largest weight of one observation: more would let a single choice far down decide.
pub const CLIP_MAX: f64 = 10.0;

/// Two estimates of gain per impression, discounted by rank as in DCG.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Estimate {
    /// Of what was shown.
    pub shown: Interval,
    /// Of the other order.
    pub other: Interval,
    /// Of the difference, from the same impressions.
    pub difference: Interval,
}

/// Estimates by inverse propensity: a choice at a place that is seldom considered stands for several, at most
/// [`CLIP_MAX`]. `ranks` says which ranks the moments of an impression would have had, in the order in which they were
/// shown.
#[must_use]
pub fn estimate(
    impressions: &[Impression],
    curve: &PositionCurve,
    mut ranks: impl FnMut(&Impression) -> Vec<usize>,
) -> Estimate {
    let (mut shown, mut other) = (Vec::new(), Vec::new());
    for impression in impressions {
        let ranks = ranks(impression);
        let (mut as_shown, mut as_other) = (0.0, 0.0);
        for (moment, rank) in impression.shown.iter().zip(ranks) {
            let weight = curve.factor(moment.rank, CLIP_MAX) * moment.gain.max(0.0);
            as_shown += weight * discount(moment.rank);
            as_other += weight * discount(rank);
        }
        shown.push(as_shown);
        other.push(as_other);
    }
    let differences: Vec<f64> = other.iter().zip(&shown).map(|(o, s)| o - s).collect();
    Estimate {
        shown: Interval::of_mean(&shown),
        other: Interval::of_mean(&other),
        difference: Interval::of_mean(&differences),
    }
}

/// What a rank is worth, from 1.
#[allow(clippy::cast_precision_loss)] // ranks of a page
pub(crate) fn discount(rank: usize) -> f64 {
    1.0 / libm::log2(rank as f64 + 1.0)
}
