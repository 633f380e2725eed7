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
        if f64::from(steps) != worse || steps >> STEP_BITS != 0 {
            return None;
        }
        keys.push(u64::from(steps) << 32 | u64::from(place));
    }
    if keys.len() != scores.len() {
        return None;
    }
    if keys.len().min(shown) >= MANY {
        sort_by_steps(&mut keys);
    } else {
        if shown < keys.len() {
            keys.select_nth_unstable(shown);
        }
        keys.get_mut(..shown.min(scores.len()))?.sort_unstable();
    }
    keys.into_iter().map(|key| usize::try_from(key & u64::from(u32::MAX)).ok()).collect()
}

/// Bits of the steps of a score, and of those that one pass sorts by.
const STEP_BITS: u32 = 21;
const PASS_BITS: u32 = 11;
/// From so many keys on, passes are faster than comparing.
const MANY: usize = 1 << PASS_BITS;

/// Sorts keys whose places ascend: by their steps alone, the lower bits first, without comparing.
fn sort_by_steps(keys: &mut Vec<u64>) {
    let mut sorted = vec![0; keys.len()];
    for shift in (u32::BITS..u32::BITS + STEP_BITS).step_by(PASS_BITS as usize) {
        #[allow(clippy::cast_possible_truncation, reason = "the mask leaves few bits")]
        let digit = |key: u64| (key >> shift) as usize & ((1 << PASS_BITS) - 1);
        let mut nexts = [0_usize; 1 << PASS_BITS];
        keys.iter().for_each(|key| nexts[digit(*key)] += 1);
        let mut first = 0;
        for next in &mut nexts {
            first += std::mem::replace(next, first);
        }
        for key in keys.iter() {
            let next = &mut nexts[digit(*key)];
            sorted[*next] = *key;
            *next += 1;
        }
        std::mem::swap(keys, &mut sorted);
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_moments_come_in_the_order_that_comparing_them_gives() {
        let mut random = 3_u64;
        let mut score = move |distinct: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let steps = (random >> 33) % (distinct + 1) * ((1 << 20) / distinct);
            f64::from(u32::try_from(steps).unwrap()) / SCORE_STEPS
        };
        for (count, distinct) in [(0, 1), (1, 1), (40, 8), (MANY, 1), (MANY + 9, 3), (5_000, 1 << 20)] {
            let scores: Vec<f64> = (0..count).map(|_| score(distinct)).collect();
            let mut expected: Vec<usize> = (0..count).collect();
            expected.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b)));
            assert_eq!(by_score(&scores, usize::MAX).unwrap(), expected, "{count} {distinct}");
            for shown in [0, 1, count / 3, MANY + 1, count] {
                let shown = shown.min(count);
                assert_eq!(
                    by_score(&scores, shown).unwrap()[..shown],
                    expected[..shown],
                    "{count} {distinct}"
                );
            }
        }
        // Not a number of steps, or out of their range.
        assert_eq!(by_score(&[0.3], 1), None);
        assert_eq!(by_score(&[-1.5], 1), None);
    }
}
