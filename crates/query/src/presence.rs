//! When a group of clauses is present in an asset, and where a vector clause may look.

use std::sync::Arc;

use rushes_index::{AssetNo, Budget, Eligible, Meter};
use rushes_plan::{Mode, Query, Step};
use rushes_types::{AssetDocument, Result, TimeSet};

use crate::clause_hits::{ClauseHits, common};
use crate::scope::{Times, TimesFinder};

/// When a step is present in an asset.
#[derive(Debug)]
pub(crate) struct Presence {
    /// What `none` and excluded windows remove.
    pub none: TimeSet,
    /// What is left.
    pub present: TimeSet,
}

/// When the step is present in the asset.
///
/// # Errors
/// Those of the budget.
pub(crate) fn presence(
    step: &Step,
    found: &[ClauseHits],
    asset: AssetNo,
    times: &Times,
    meter: &mut Meter<'_>,
) -> Result<Presence> {
    let mut of = |group: &[usize]| -> Result<Vec<TimeSet>> {
        let set = |found: &ClauseHits| {
            let ranges = found.of(asset);
            meter.steps(1 + ranges.len())?;
            Ok(TimeSet::of(ranges.iter().copied()))
        };
        group.iter().filter_map(|no| found.get(*no)).map(set).collect()
    };
    let mut sets = of(&step.all)?;
    if !step.any.is_empty() {
        sets.push(union(&of(&step.any)?));
    }
    let mut none = of(&step.none)?;
    if !times.exclude.is_empty() {
        none.push(times.exclude.clone());
    }
    let none = union(&none);
    let present = match (sets.as_mut_slice(), times.include.as_slice()) {
        ([only], []) => std::mem::take(only),
        _ => TimeSet::intersection(&sets.iter().chain(&times.include).collect::<Vec<_>>()),
    };
    Ok(Presence { present: if none.is_empty() { present } else { present.without(&none) }, none })
}

fn union(sets: &[TimeSet]) -> TimeSet {
    TimeSet::union(&sets.iter().collect::<Vec<_>>())
}

/// The assets in which the step can be present.
pub(crate) fn assets_of(step: &Step, found: &[ClauseHits]) -> Vec<AssetNo> {
    let numbers =
        |no: &usize| -> Vec<AssetNo> { found.get(*no).map(|f| f.assets().collect()).unwrap_or_default() };
    let mut lists: Vec<Vec<AssetNo>> = step.all.iter().map(numbers).collect();
    if !step.any.is_empty() {
        let mut any: Vec<AssetNo> = step.any.iter().flat_map(numbers).collect();
        any.sort_unstable();
        any.dedup();
        lists.push(any);
    }
    common(&lists)
}

/// Where the step's vector clauses may look; `None`: everywhere.
///
/// In intersection mode: where all its other `all` clauses meet. In both modes: where none of its other `none` clauses
/// is present, inside the windows and inside what the required models analysed. Other vector clauses are never used.
///
/// # Errors
/// Those of the budget.
pub(crate) fn eligible(
    query: &Query,
    step: &Step,
    found: &[ClauseHits],
    documents: &[Arc<AssetDocument>],
    scoped: impl Fn(&AssetDocument) -> bool,
    times_of: &mut TimesFinder<'_>,
    budget: &Budget,
) -> Result<Option<Eligible>> {
    let others = |group: &[usize]| -> Vec<usize> {
        group.iter().copied().filter(|no| !query.criteria.get(*no).is_some_and(|c| c.is_vector())).collect()
    };
    let all = if query.plan.mode == Mode::Intersection { others(&step.all) } else { Vec::new() };
    let none = others(&step.none);
    if all.is_empty() && none.is_empty() && times_of.is_unlimited() {
        return Ok(None);
    }
    let rest = Step { all, any: Vec::new(), none, within_ns: None };
    let candidates: Vec<AssetNo> = if rest.all.is_empty() {
        let numbered = (0_u32..).map(AssetNo).zip(documents);
        numbered.filter(|(_, document)| scoped(document)).map(|(no, _)| no).collect()
    } else {
        assets_of(&rest, found)
    };
    let (mut eligible, mut meter) = (Eligible::new(), budget.meter());
    for asset in candidates {
        let document = usize::try_from(asset.0).ok().and_then(|i| documents.get(i));
        let Some(mut times) = document.and_then(|document| times_of.of(document)) else { continue };
        if rest.all.is_empty() {
            times.include.push(TimeSet::everything());
        }
        let set = presence(&rest, found, asset, &times, &mut meter)?.present;
        if !set.is_empty() {
            eligible.insert(asset, set);
        }
    }
    Ok(Some(eligible))
}
