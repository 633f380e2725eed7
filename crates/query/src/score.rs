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

use crate::clause_hits::{ClauseHits, value};

/// The constant of reciprocal rank fusion.
const RRF_K: f64 = 60.0;

/// A moment before it is scored.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Draft {
    /// The asset.
    pub asset: AssetNo,
    /// From when to when.
    pub range: TimeRange,
    /// The spans of the steps; empty where there is only one, which is the range.
    pub links: Vec<TimeRange>,
}

impl Draft {
    /// The span of a step.
    pub fn link(&self, step: usize) -> Option<TimeRange> {
        if self.links.is_empty() { Some(self.range) } else { self.links.get(step).copied() }
    }
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

/// The best evidence of every role in every moment, in one list: there may be a hundred thousand moments.
#[derive(Debug)]
pub(crate) struct Values {
    roles: usize,
    best: Vec<Best>,
}

impl Values {
    /// Finds the best evidence; of equals the first.
    pub fn of_all(roles: &[Role], found: &[ClauseHits], drafts: &[Draft]) -> Self {
        let mut best = Vec::with_capacity(drafts.len() * roles.len());
        for draft in drafts {
            best.extend(roles.iter().map(|role| best_evidence(role, found, draft)));
        }
        Self { roles: roles.len(), best }
    }

    /// Those of one moment, by role.
    pub fn of(&self, draft: usize) -> &[Best] {
        self.best.get(draft * self.roles..(draft + 1) * self.roles).unwrap_or_default()
    }

    fn by_moment(&self) -> impl Iterator<Item = &[Best]> {
        self.best.chunks(self.roles.max(1))
    }
}

fn best_evidence(role: &Role, found: &[ClauseHits], draft: &Draft) -> Best {
    let mut best = Best { hit: None, value: 0.0 };
    let (Some(found), Some(link)) = (found.get(role.criterion), draft.link(role.step)) else { return best };
    for (i, hit) in found.meeting(draft.asset, link) {
        let value = value(hit);
        if best.hit.is_none() || value > best.value {
            best = Best { hit: Some(i), value };
        }
    }
    best
}

/// Scores and how they came about.
#[derive(Debug, Default)]
pub(crate) struct Scores {
    /// One for each moment.
    pub totals: Vec<f64>,
    ranks: Vec<usize>,
}

impl Scores {
    /// With `rrf`: the ranks of one moment by role; 0: no evidence.
    pub fn ranks(&self, draft: usize, roles: usize) -> Option<&[usize]> {
        self.ranks.get(draft * roles..(draft + 1) * roles).filter(|ranks| !ranks.is_empty())
    }
}

/// Scores all moments.
pub(crate) fn scores(fusion: Fusion, roles: &[Role], values: &Values) -> Scores {
    let weights: f64 = roles.iter().map(|r| r.weight).sum();
    let mean = |sum: f64| if weights > 0.0 { round_score(sum / weights) } else { 0.0 };
    match fusion {
        Fusion::Weighted => {
            let sum = |best: &[Best]| roles.iter().zip(best).map(|(r, b)| r.weight * b.value).sum::<f64>();
            Scores { totals: values.by_moment().map(|best| mean(sum(best))).collect(), ranks: Vec::new() }
        }
        Fusion::Rrf => {
            let mut ranks = vec![0; values.best.len()];
            for no in 0..roles.len() {
                rank_by_role(no, values, &mut ranks);
            }
            let sum = |ranks: &[usize]| {
                roles.iter().zip(ranks).map(|(r, n)| r.weight * reciprocal(*n)).sum::<f64>()
            };
            let totals = ranks.chunks(roles.len().max(1)).map(|ranks| mean(sum(ranks))).collect();
            Scores { totals, ranks }
        }
    }
}

/// Rank = 1 + moments strictly better, by values rounded as scores are.
fn rank_by_role(no: usize, values: &Values, ranks: &mut [usize]) {
    let with = |(i, best): (usize, &[Best])| {
        let best = best.get(no).filter(|b| b.hit.is_some())?;
        Some((round_score(best.value), i * values.roles + no))
    };
    let mut order: Vec<(f64, usize)> = values.by_moment().enumerate().filter_map(with).collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut rank, mut last) = (0, f64::INFINITY);
    for (position, (value, at)) in order.into_iter().enumerate() {
        if value < last {
            (rank, last) = (position + 1, value);
        }
        if let Some(slot) = ranks.get_mut(at) {
            *slot = rank;
        }
    }
}

/// What a rank is worth; 0 (no evidence) nothing.
pub(crate) fn reciprocal(rank: usize) -> f64 {
    #[allow(clippy::cast_precision_loss)] // ranks are far below 2^52
    if rank == 0 { 0.0 } else { (RRF_K + 1.0) / (RRF_K + rank as f64) }
}
