//! The score of a moment.
//!
//! The value of a clause is that of its best evidence in the moment: score times confidence. `weighted` is the weighted
//! mean over all clauses of `all` and `any`, a clause without evidence counting 0, so that a moment in which more of
//! them meet is worth more. `rrf` is the weighted mean of 61 / (60 + rank): textbook reciprocal ranks, scaled so that a
//! moment that is first in every clause is worth 1 and 2^-20 tells thousands of ranks apart.

use rushes_index::{AssetNo, Budget, Meter};
use rushes_plan::similarity::round_score;
use rushes_plan::{Fusion, Query};
use rushes_types::{Result, TimeRange};

use crate::clause_hits::{ClauseHits, Sweep};

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

/// A clause that counts in the score, and the step in which its evidence is looked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ScoredClause {
    /// The clause's number.
    pub criterion: usize,
    /// The step it belongs to.
    pub step: usize,
    /// Its weight.
    pub weight: f64,
}

/// The clauses that moments are scored by, in the order of their numbers.
pub(crate) fn scored_clauses(query: &Query) -> Vec<ScoredClause> {
    let of_step = |(step, groups): (usize, &rushes_plan::Step)| {
        let numbers = groups.all.iter().chain(&groups.any).copied();
        let scored = |criterion: usize| ScoredClause {
            criterion,
            step,
            weight: query.criteria.get(criterion).map_or(0.0, |c| c.weight),
        };
        numbers.map(scored).collect::<Vec<_>>()
    };
    query.steps.iter().enumerate().flat_map(of_step).collect()
}

/// The best evidence of a clause in a moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BestEvidence {
    /// Index of the hit; `None` without evidence.
    pub hit: Option<usize>,
    /// What it is worth.
    pub value: f64,
}

/// The best evidence of every scored clause in every moment, in one flat list: there may be a hundred thousand moments.
#[derive(Debug)]
pub(crate) struct ClauseValues {
    clauses: usize,
    best: Vec<BestEvidence>,
}

impl ClauseValues {
    /// Finds the best evidence; the first of equally good pieces.
    ///
    /// # Errors
    /// Those of the budget.
    pub fn of_all(
        scored_clauses: &[ScoredClause],
        found: &[ClauseHits],
        drafts: &[Draft],
        budget: &Budget,
    ) -> Result<Self> {
        let values = drafts.len().saturating_mul(scored_clauses.len());
        budget.keep(values.saturating_mul(size_of::<BestEvidence>()) as u64)?;
        let mut meter = budget.meter();
        let mut best = Vec::with_capacity(values);
        // The hits of the moment's asset, for each scored clause: moments come by asset and start.
        let mut places: Vec<(usize, Sweep)> = vec![(0, Sweep::default()); scored_clauses.len()];
        let mut asset = None;
        for draft in drafts {
            let is_next = asset.replace(draft.asset) != Some(draft.asset);
            for (scored, (from, sweep)) in scored_clauses.iter().zip(&mut places) {
                let Some(found) = found.get(scored.criterion) else {
                    best.push(BestEvidence { hit: None, value: 0.0 });
                    continue;
                };
                if is_next {
                    *sweep = Sweep::over(found.place_from(from, draft.asset));
                }
                best.push(best_evidence(found, sweep, draft.link(scored.step), &mut meter)?);
            }
        }
        Ok(Self { clauses: scored_clauses.len(), best })
    }

    /// Those of one moment, by scored clause.
    pub fn of(&self, draft: usize) -> &[BestEvidence] {
        self.best.get(draft * self.clauses..(draft + 1) * self.clauses).unwrap_or_default()
    }

    /// Those of every moment, one after the other.
    pub fn by_moment(&self) -> impl Iterator<Item = &[BestEvidence]> {
        self.best.chunks(self.clauses.max(1))
    }
}

fn best_evidence(
    found: &ClauseHits,
    sweep: &mut Sweep,
    link: Option<TimeRange>,
    meter: &mut Meter<'_>,
) -> Result<BestEvidence> {
    meter.step()?;
    let mut best = BestEvidence { hit: None, value: 0.0 };
    let Some(link) = link else { return Ok(best) };
    for (i, _) in found.swept(sweep, link) {
        meter.step()?;
        let value = found.value(i);
        if best.hit.is_none() || value > best.value {
            best = BestEvidence { hit: Some(i), value };
        }
    }
    Ok(best)
}

/// Scores and how they came about.
#[derive(Debug, Default)]
pub(crate) struct Scores {
    /// One for each moment.
    pub totals: Vec<f64>,
    ranks: Vec<usize>,
}

impl Scores {
    /// With `rrf`: the ranks of one moment by scored clause; 0: no evidence.
    pub fn ranks(&self, draft: usize, clauses: usize) -> Option<&[usize]> {
        self.ranks.get(draft * clauses..(draft + 1) * clauses).filter(|ranks| !ranks.is_empty())
    }
}

/// Scores all moments.
///
/// # Errors
/// Those of the budget.
pub(crate) fn scores(
    fusion: Fusion,
    scored_clauses: &[ScoredClause],
    values: &ClauseValues,
    budget: &Budget,
) -> Result<Scores> {
    let weights: f64 = scored_clauses.iter().map(|r| r.weight).sum();
    let mean = |sum: f64| if weights > 0.0 { round_score(sum / weights) } else { 0.0 };
    match fusion {
        Fusion::Weighted => {
            let sum = |best: &[BestEvidence]| {
                scored_clauses.iter().zip(best).map(|(r, b)| r.weight * b.value).sum::<f64>()
            };
            let totals = values.by_moment().map(|best| mean(sum(best))).collect();
            Ok(Scores { totals, ranks: Vec::new() })
        }
        Fusion::Rrf => {
            budget.keep(values.best.len().saturating_mul(size_of::<usize>()) as u64)?;
            let mut ranks = vec![0; values.best.len()];
            for no in 0..scored_clauses.len() {
                budget.check()?;
                rank_by_clause(no, values, &mut ranks);
            }
            let sum = |ranks: &[usize]| {
                scored_clauses.iter().zip(ranks).map(|(r, n)| r.weight * reciprocal(*n)).sum::<f64>()
            };
            let totals = ranks.chunks(scored_clauses.len().max(1)).map(|ranks| mean(sum(ranks))).collect();
            Ok(Scores { totals, ranks })
        }
    }
}

/// Rank = 1 + moments strictly better, by values rounded as scores are.
fn rank_by_clause(no: usize, values: &ClauseValues, ranks: &mut [usize]) {
    let with = |(i, best): (usize, &[BestEvidence])| {
        let best = best.get(no).filter(|b| b.hit.is_some())?;
        Some((round_score(best.value), i * values.clauses + no))
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
