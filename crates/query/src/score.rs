//! What a moment is worth.
//!
//! Each clause is worth its best evidence in the moment: score times confidence. `weighted` is the weighted mean over all
//! clauses of `all` and `any`, a clause without evidence counting 0, so that a moment in which more of them meet is
//! worth more. `rrf` is the weighted mean of 61 / (60 + rank): textbook reciprocal ranks, scaled so that a moment that is
//! first in every clause is worth 1 and 2^-20 tells thousands of ranks apart.

use rushes_index::AssetNo;
use rushes_plan::similarity::round_score;
use rushes_plan::{Fusion, Query};
use rushes_types::TimeRange;

use crate::found::{Found, value};

/// The constant of reciprocal rank fusion.
const RRF_K: f64 = 60.0;

/// A moment before it is scored.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Draft {
    /// The asset.
    pub asset: AssetNo,
    /// From when to when.
    pub range: TimeRange,
    /// The spans of the steps; one unless the plan has `then`.
    pub links: Vec<TimeRange>,
}

/// Where a clause that moments are made of is looked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Role {
    /// The clause's number.
    pub criterion: usize,
    /// The step it belongs to.
    pub step: usize,
    /// Its weight.
    pub weight: f64,
}

/// The clauses that moments are scored by, in the order of their numbers.
pub(crate) fn roles(query: &Query) -> Vec<Role> {
    let of_step = |(step, groups): (usize, &rushes_plan::Step)| {
        let numbers = groups.all.iter().chain(&groups.any).copied();
        let role = |criterion: usize| Role {
            criterion,
            step,
            weight: query.criteria.get(criterion).map_or(0.0, |c| c.weight),
        };
        numbers.map(role).collect::<Vec<_>>()
    };
    query.steps.iter().enumerate().flat_map(of_step).collect()
}

/// The best evidence of a clause in a moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Best {
    /// Which hit; `None`: none.
    pub hit: Option<usize>,
    /// What it is worth.
    pub value: f64,
}

/// The best evidence of each role in the moment; of equals the first.
pub(crate) fn evidence(roles: &[Role], found: &[Found], draft: &Draft) -> Vec<Best> {
    let best = |role: &Role| {
        let mut best = Best { hit: None, value: 0.0 };
        let (Some(found), Some(link)) = (found.get(role.criterion), draft.links.get(role.step)) else {
            return best;
        };
        for (i, hit) in found.meeting(draft.asset, *link) {
            let value = value(hit);
            if best.hit.is_none() || value > best.value {
                best = Best { hit: Some(i), value };
            }
        }
        best
    };
    roles.iter().map(best).collect()
}

/// A score and how it came about.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scores {
    /// One for each moment.
    pub totals: Vec<f64>,
    /// For each moment and role the rank (0: no evidence); only with `rrf`.
    pub ranks: Vec<Vec<usize>>,
}

/// Scores all moments; `values` by moment and role.
pub(crate) fn scores(fusion: Fusion, roles: &[Role], values: &[Vec<Best>]) -> Scores {
    let weights: f64 = roles.iter().map(|r| r.weight).sum();
    let mean = |terms: &mut dyn Iterator<Item = f64>| {
        let sum: f64 = terms.sum();
        if weights > 0.0 { round_score(sum / weights) } else { 0.0 }
    };
    match fusion {
        Fusion::Weighted => {
            let total = |best: &Vec<Best>| mean(&mut roles.iter().zip(best).map(|(r, b)| r.weight * b.value));
            Scores { totals: values.iter().map(total).collect(), ranks: Vec::new() }
        }
        Fusion::Rrf => {
            let mut ranks = vec![vec![0; roles.len()]; values.len()];
            for no in 0..roles.len() {
                rank_by_role(no, values, &mut ranks);
            }
            let total = |ranks: &Vec<usize>| {
                mean(&mut roles.iter().zip(ranks).map(|(r, n)| r.weight * reciprocal(*n)))
            };
            Scores { totals: ranks.iter().map(total).collect(), ranks }
        }
    }
}

/// Rank = 1 + moments strictly better, by values rounded as scores are.
fn rank_by_role(no: usize, values: &[Vec<Best>], ranks: &mut [Vec<usize>]) {
    let with = |(i, best): (usize, &Vec<Best>)| {
        best.get(no).filter(|b| b.hit.is_some()).map(|b| (round_score(b.value), i))
    };
    let mut order: Vec<(f64, usize)> = values.iter().enumerate().filter_map(with).collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut rank, mut last) = (0, f64::INFINITY);
    for (position, (value, i)) in order.into_iter().enumerate() {
        if value < last {
            (rank, last) = (position + 1, value);
        }
        if let Some(slot) = ranks.get_mut(i).and_then(|r| r.get_mut(no)) {
            *slot = rank;
        }
    }
}

/// What a rank is worth; 0 (no evidence) nothing.
pub(crate) fn reciprocal(rank: usize) -> f64 {
    #[allow(clippy::cast_precision_loss)] // ranks are far below 2^52
    if rank == 0 { 0.0 } else { (RRF_K + 1.0) / (RRF_K + rank as f64) }
}
