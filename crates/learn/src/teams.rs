//! Learning for one team, and for several that learn from one another.

use std::collections::BTreeMap;

use crate::features::FEATURE_COUNT;
use crate::fit::{Prior, fit};
use crate::impression::Impression;
use crate::model::RankingModel;
use crate::pairs::{Pair, pairs};
use crate::position::PositionCurve;
use crate::trial::trial;

/// In the prior over all teams, none weighs more than this many pairs: the loudest does not speak for the others.
const TEAM_WEIGHT_MAX: f64 = 200.0;
/// Of a team's prior, around what all teams have shown: teams differ by about 0.7 in a coefficient.
const TEAM_PRECISION: f64 = 2.0;

/// Learns from impressions, in whatever order they come.
#[must_use]
pub fn learn(mut impressions: Vec<Impression>, prior: &Prior) -> RankingModel {
    impressions.sort_by(|a, b| a.key.cmp(&b.key));
    let curve = PositionCurve::estimated(&impressions);
    let of_each: Vec<Vec<Pair>> = impressions.iter().map(|i| pairs(i, &curve)).collect();
    let all: Vec<Pair> = of_each.iter().flatten().copied().collect();
    let count = all.len();
    let fitted = fit(all, prior);
    RankingModel {
        trial: trial(&of_each, prior, &fitted.weights),
        impressions: impressions.len(),
        pairs: count,
        ..RankingModel::of(&fitted, curve)
    }
}

/// Learns for every team, each with what all have shown as its prior; and that prior as a model of its own, for those who
/// belong to none. It is used by a team only where others have shown it.
#[must_use]
pub fn learn_teams(
    teams: BTreeMap<String, Vec<Impression>>,
) -> (RankingModel, BTreeMap<String, RankingModel>) {
    let everyone: Vec<Impression> = teams.values().flatten().cloned().collect();
    let mut pooled = learn(everyone, &Prior::hand_set());
    if teams.len() > 1 {
        let balanced: Vec<Pair> = teams.values().flat_map(|team| balanced(team, &pooled.position)).collect();
        let fitted = RankingModel::of(&fit(balanced, &Prior::hand_set()), pooled.position);
        (pooled.coefficients, pooled.deviations) = (fitted.coefficients, fitted.deviations);
    }
    let mean = pooled.weights().unwrap_or([0.0; FEATURE_COUNT]);
    let prior = if teams.len() > 1 { Prior { mean, precision: TEAM_PRECISION } } else { Prior::hand_set() };
    let models = teams.into_iter().map(|(team, impressions)| (team, learn(impressions, &prior))).collect();
    (pooled, models)
}

/// The pairs of a team, weighing no more together than [`TEAM_WEIGHT_MAX`].
fn balanced(team: &[Impression], curve: &PositionCurve) -> Vec<Pair> {
    let mut all: Vec<Pair> = team.iter().flat_map(|i| pairs(i, curve)).collect();
    all.sort_by(Pair::order);
    let weight: f64 = all.iter().map(|p| p.weight).sum();
    let factor = (TEAM_WEIGHT_MAX / weight.max(TEAM_WEIGHT_MAX)).min(1.0);
    all.iter_mut().for_each(|pair| pair.weight *= factor);
    all
}
