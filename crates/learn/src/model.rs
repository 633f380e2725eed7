//! A ranking model: coefficients of named features, and what they do to a score.

use std::collections::BTreeMap;

use rushes_types::{Error, Result};
use serde::{Deserialize, Serialize};

use crate::features::{FEATURE_COUNT, Feature, Features};
use crate::fit::Fit;
use crate::position::PositionCurve;
use crate::trial::Trial;

/// What a score of 1 more is worth in a comparison: a moment whose score is .1 higher is preferred three times to one.
pub const SCORE_SCALE: f64 = 10.0;
/// A moment moves by less than this part of a score, whatever was learned.
pub const SHIFT_MAX: f64 = 0.25;
/// Largest coefficient that is read.
const WEIGHT_MAX: f64 = 1_000.0;
/// Scores are multiples of this part.
const PART: f64 = (1_u64 << 20) as f64;

/// What was learned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RankingModel {
    /// The coefficients by name, without those that are 0.
    pub coefficients: BTreeMap<String, f64>,
    /// Their standard deviations by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub deviations: BTreeMap<String, f64>,
    /// How much a place attracts by itself.
    #[serde(default)]
    pub position: PositionCurve,
    /// How it did on choices that it was not fitted to.
    #[serde(default)]
    pub trial: Trial,
    /// How many impressions it was fitted to.
    #[serde(default)]
    pub impressions: usize,
    /// How many pairs they gave.
    #[serde(default)]
    pub pairs: usize,
}

/// What one feature adds to a score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Contribution {
    /// Its name.
    pub feature: &'static str,
    /// In words.
    pub says: &'static str,
    /// Its value in this moment.
    pub value: f64,
    /// Its coefficient.
    pub coefficient: f64,
    /// What it adds to the score.
    pub adds: f64,
}

impl RankingModel {
    /// The hand-set order: nothing was learned.
    #[must_use]
    pub fn hand_set() -> Self {
        Self::of(
            &Fit { weights: [0.0; FEATURE_COUNT], deviations: [0.0; FEATURE_COUNT] },
            PositionCurve::default(),
        )
    }

    /// A model of a fit.
    #[must_use]
    pub fn of(fit: &Fit, position: PositionCurve) -> Self {
        let named = |values: &[f64; FEATURE_COUNT]| {
            let named = Feature::ALL.iter().map(|f| (f.name().to_owned(), values[*f as usize]));
            named.filter(|(_, value)| *value != 0.0).collect()
        };
        Self {
            coefficients: named(&fit.weights),
            deviations: named(&fit.deviations),
            position,
            trial: Trial::default(),
            impressions: 0,
            pairs: 0,
        }
    }

    /// Is it used? Only where it did better than the hand-set order on choices that it was not fitted to.
    #[must_use]
    pub fn is_used(&self) -> bool {
        self.trial.is_won() && !self.coefficients.is_empty()
    }

    /// The coefficients by number, ready for many moments.
    ///
    /// # Errors
    /// Where a name is unknown or a coefficient is no number that a fit makes.
    pub fn weights(&self) -> Result<[f64; FEATURE_COUNT]> {
        let mut weights = [0.0; FEATURE_COUNT];
        for (name, weight) in &self.coefficients {
            let feature = Feature::ALL.into_iter().find(|f| f.name() == name);
            match feature.filter(|_| weight.abs() <= WEIGHT_MAX) {
                Some(feature) => weights[feature as usize] = *weight,
                None => {
                    return Err(Error::invalid(format!(
                        "the ranking model has a coefficient `{name}` of `{weight}`"
                    ))
                    .mend("it is of another version: fit again")
                    .at(format!("/coefficients/{name}")));
                }
            }
        }
        Ok(weights)
    }
}

/// What moments are compared with: the mean features of an answer. A shift says what a moment has more or less of than the
/// others beside it; what all have alike moves none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Centre {
    sums: [f64; FEATURE_COUNT],
    count: f64,
}

impl Default for Centre {
    fn default() -> Self {
        Self { sums: [0.0; FEATURE_COUNT], count: 0.0 }
    }
}

impl Centre {
    /// Adds a moment. Equal moments in equal order give equal bits.
    pub fn add(&mut self, features: &Features) {
        self.sums.iter_mut().zip(features.values()).for_each(|(sum, x)| *sum += x);
        self.count += 1.0;
    }

    /// Of these moments.
    #[must_use]
    pub fn of<'a>(moments: impl IntoIterator<Item = &'a Features>) -> Self {
        let mut centre = Self::default();
        moments.into_iter().for_each(|features| centre.add(features));
        centre
    }

    fn mean(&self, feature: usize) -> f64 {
        self.sums[feature] / self.count.max(1.0)
    }

    /// The weighted sum of the mean features, as that of a moment's own: see [`raw_shift`].
    #[must_use]
    pub fn raw(&self, weights: &[f64; FEATURE_COUNT]) -> f64 {
        weights.iter().enumerate().map(|(i, w)| w * self.mean(i)).sum()
    }
}

/// The weighted sum of a moment's features. [`shift_of`] makes a shift of it once the centre is known: so many moments need
/// not be kept with all their features.
#[must_use]
pub fn raw_shift(weights: &[f64; FEATURE_COUNT], features: &Features) -> f64 {
    weights.iter().zip(features.values()).map(|(w, x)| w * x).sum()
}

/// By how much a score moves: the difference of two sums, bent so that it stays below [`SHIFT_MAX`] and keeps its order.
#[must_use]
pub fn shift_of(raw: f64, centre: f64) -> f64 {
    round(bent((raw - centre) / SCORE_SCALE))
}

/// Rational, so that it has the same bits everywhere.
fn bent(sum: f64) -> f64 {
    sum / (1.0 + sum.abs() / SHIFT_MAX)
}

fn round(x: f64) -> f64 {
    (x * PART).round() / PART + 0.0
}

/// What each feature adds, the largest first; together the shift, but for rounding.
#[must_use]
pub fn contributions(
    weights: &[f64; FEATURE_COUNT],
    features: &Features,
    centre: &Centre,
) -> Vec<Contribution> {
    let sum = (raw_shift(weights, features) - centre.raw(weights)) / SCORE_SCALE;
    let scale = if sum == 0.0 { 1.0 } else { bent(sum) / sum } / SCORE_SCALE;
    let contribution = |feature: Feature| {
        let (coefficient, value) = (weights[feature as usize], features.get(feature));
        let adds = round(coefficient * (value - centre.mean(feature as usize)) * scale);
        (adds != 0.0).then_some(Contribution {
            feature: feature.name(),
            says: said(feature, coefficient, adds),
            value,
            coefficient,
            adds,
        })
    };
    let mut all: Vec<Contribution> = Feature::ALL.into_iter().filter_map(contribution).collect();
    all.sort_by(|a, b| b.adds.abs().total_cmp(&a.adds.abs()).then(a.feature.cmp(b.feature)));
    all
}

/// In words: has the moment more or less of it than those beside it, and is that what is kept?
fn said(feature: Feature, coefficient: f64, adds: f64) -> &'static str {
    let (more, less) = feature.words();
    match (coefficient > 0.0, adds > 0.0) {
        (true, true) => more.0,
        (false, false) => more.1,
        (false, true) => less.0,
        (true, false) => less.1,
    }
}
