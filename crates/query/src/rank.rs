//! The order of moments, and folding near-identical ones.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use rushes_index::{AssetNo, Budget};
use rushes_plan::{Fold, RankBy};
use rushes_types::{Result, TimeRange};

use crate::score::Draft;

/// The order of the moments, best first; ties by asset, start, end. Only as many as are shown must be in order: the
/// others follow in any.
pub(crate) fn order(
    rank_by: &RankBy,
    drafts: &[Draft],
    scores: &[f64],
    attributes: &[Option<f64>],
    shown: usize,
) -> Vec<usize> {
    if *rank_by == RankBy::Start {
        return (0..drafts.len()).collect();
    }
    if *rank_by == RankBy::Score
        && let Some(order) = by_score(scores, shown)
    {
        return order;
    }
    let score = |i: usize| scores.get(i).copied().unwrap_or_default();
    let attribute = |i: usize| attributes.get(i).copied().flatten();
    let place = |i: usize| drafts.get(i).map(|d| (d.asset, d.range));
    let duration = |i: usize| drafts.get(i).map_or(0, |d| d.range.duration_ns());
    let by = |a: usize, b: usize| match rank_by {
        RankBy::Score => score(b).total_cmp(&score(a)),
        RankBy::Start => Ordering::Equal,
        RankBy::Latest => place(b).cmp(&place(a)),
        RankBy::Duration => duration(b).cmp(&duration(a)),
        RankBy::Shortest => duration(a).cmp(&duration(b)),
        RankBy::Attribute { ascending, .. } => match (attribute(a), attribute(b)) {
            (Some(a), Some(b)) if *ascending => a.total_cmp(&b),
            (Some(a), Some(b)) => b.total_cmp(&a),
            (a, b) => b.is_some().cmp(&a.is_some()),
        },
    };
    let mut order: Vec<usize> = (0..drafts.len()).collect();
    order.sort_by(|a, b| by(*a, *b).then_with(|| place(*a).cmp(&place(*b))));
    order
}

/// Steps of a score.
const SCORE_STEPS: f64 = 1_048_576.0;

/// The order by score, the first of equal ones first: moments come by asset, start and end. A score and a place are one
/// number, since scores are rounded; `None` where they are not, or do not fit.
fn by_score(scores: &[f64], shown: usize) -> Option<Vec<usize>> {
    let mut keys: Vec<u64> = Vec::with_capacity(scores.len());
    for (place, score) in (0_u32..).zip(scores) {
        let worse = (1.0 - score) * SCORE_STEPS;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "tested in the next line")]
        let steps = worse as u32;
        if f64::from(steps) != worse {
            return None;
        }
        keys.push(u64::from(steps) << 32 | u64::from(place));
    }
    if keys.len() != scores.len() {
        return None;
    }
    if shown < keys.len() {
        keys.select_nth_unstable(shown);
    }
    keys.get_mut(..shown.min(scores.len()))?.sort_unstable();
    keys.into_iter().map(|key| usize::try_from(key & u64::from(u32::MAX)).ok()).collect()
}

/// A moment that represents itself and those folded into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Folded {
    /// Which moment.
    pub draft: usize,
    /// How many moments it represents.
    pub count: usize,
}

/// Folds each moment into the first better one of its asset that it is near-identical with.
///
/// # Errors
/// Those of the budget.
pub(crate) fn folded(
    fold: Option<Fold>,
    order: Vec<usize>,
    drafts: &[Draft],
    budget: &Budget,
) -> Result<Vec<Folded>> {
    let Some(fold) = fold else {
        return Ok(order.into_iter().map(|draft| Folded { draft, count: 1 }).collect());
    };
    let mut meter = budget.meter();
    let mut kept: Vec<Folded> = Vec::new();
    let mut by_start: HashMap<AssetNo, BTreeMap<i64, Vec<usize>>> = HashMap::new();
    for i in order {
        let Some(draft) = drafts.get(i) else { continue };
        let starts = by_start.entry(draft.asset).or_default();
        let (low, high) = reach(draft.range, fold.overlap);
        let mut into: Option<usize> = None;
        for place in starts.range(low..=high).flat_map(|(_, places)| places.iter().copied()) {
            meter.step()?;
            let other = kept.get(place).and_then(|k| drafts.get(k.draft));
            if other.is_some_and(|other| overlap(draft.range, other.range) >= fold.overlap) {
                into = Some(into.map_or(place, |best| best.min(place)));
            }
        }
        match into.and_then(|place| kept.get_mut(place)) {
            Some(better) => better.count += 1,
            None => {
                starts.entry(draft.range.start_ns()).or_default().push(kept.len());
                kept.push(Folded { draft: i, count: 1 });
            }
        }
    }
    Ok(kept)
}

/// The range of starts in which a span can overlap this one enough: at most this one's length divided by the overlap
/// away.
fn reach(range: TimeRange, overlap: f64) -> (i64, i64) {
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
    // a bound, generous; `as` saturates
    let far = (range.duration_ns() as f64 / overlap).ceil() as i64;
    (range.start_ns().saturating_sub(far), range.start_ns().saturating_add(far))
}

/// What two spans share, as a part of what they cover together; of equal instants 1.
fn overlap(a: TimeRange, b: TimeRange) -> f64 {
    if a == b {
        return 1.0;
    }
    let shared = a.end_ns().min(b.end_ns()) - a.start_ns().max(b.start_ns());
    let together = a.end_ns().max(b.end_ns()) - a.start_ns().min(b.start_ns());
    #[allow(clippy::cast_precision_loss)] // a share needs no more than 52 bits
    let share = shared.max(0) as f64 / together.max(1) as f64;
    share
}
