//! Pairs of moments of which one was preferred.

use crate::features::{FEATURE_COUNT, Features};
use crate::impression::{Impression, Shown};
use crate::position::PositionCurve;

/// Largest factor that corrects for a place that attracts little.
const PLACE_FACTOR_MAX: f64 = 4.0;
/// A preferred moment weighs as much as this many comparisons at most: those of one choice are not independent.
const COMPARISONS_MAX: f64 = 4.0;
/// A gain of this much more counts as one clear preference.
const CLEAR_GAIN: f64 = 2.0;
/// The factor for a pair whose order a fair coin decided: the inverse of the chance that it stood so.
const COIN_FACTOR: f64 = 2.0;

/// A moment was preferred to another: the differences between the two.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// Of their hand-set scores.
    pub score: f64,
    /// Of their features.
    pub features: [f64; FEATURE_COUNT],
    /// How much it counts; above 0.
    pub weight: f64,
}

impl Pair {
    /// The order in which pairs are summed, whatever order they came in.
    pub(crate) fn order(a: &Self, b: &Self) -> std::cmp::Ordering {
        let features = a.features.iter().zip(&b.features).map(|(x, y)| x.total_cmp(y));
        let features = features.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then);
        a.score.total_cmp(&b.score).then(features).then_with(|| a.weight.total_cmp(&b.weight))
    }
}

/// The pairs of an impression that could have come out either way.
#[must_use]
pub fn pairs(impression: &Impression, curve: &PositionCurve) -> Vec<Pair> {
    let says = impression.says_what_was_seen();
    let Some(last) = impression.last_judged() else { return Vec::new() };
    let mut found = Vec::new();
    for better in impression.shown.iter().filter(|s| s.rank <= last || s.in_view) {
        let factor = |worse: &Shown| comparison(better, worse, says, last);
        let opponents: Vec<(&Shown, f64)> =
            impression.shown.iter().filter_map(|worse| Some((worse, factor(worse)?))).collect();
        #[allow(clippy::cast_precision_loss)] // a page of results
        let share = (COMPARISONS_MAX / opponents.len() as f64).min(1.0);
        // What was rejected was looked at; what was chosen was perhaps chosen for its place.
        let place = if better.gain > 0.0 { curve.factor(better.rank, PLACE_FACTOR_MAX) } else { 1.0 };
        found.extend(opponents.into_iter().map(|(worse, factor)| Pair {
            score: better.score - worse.score,
            features: differences(&better.features, &worse.features),
            weight: factor * share * place * (better.gain - worse.gain) / CLEAR_GAIN,
        }));
    }
    found
}

/// What a comparison counts; `None` where it says nothing.
fn comparison(better: &Shown, worse: &Shown, says_what_was_seen: bool, last: usize) -> Option<f64> {
    if better.gain <= worse.gain {
        return None;
    }
    if says_what_was_seen {
        let seen = |s: &Shown| s.in_view || s.gain != 0.0;
        return (seen(better) && seen(worse)).then_some(1.0);
    }
    // Both were judged: no guess about what was seen is needed.
    if better.gain != 0.0 && worse.gain != 0.0 {
        return Some(1.0);
    }
    let by_one_coin = better.by_coin && worse.by_coin && (better.rank - 1) / 2 == (worse.rank - 1) / 2;
    (by_one_coin && worse.rank <= last && better.rank <= last).then_some(COIN_FACTOR)
}

fn differences(a: &Features, b: &Features) -> [f64; FEATURE_COUNT] {
    let mut differences = *a.values();
    differences.iter_mut().zip(b.values()).for_each(|(a, b)| *a -= b);
    differences
}
