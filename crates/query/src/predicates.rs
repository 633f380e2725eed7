//! Tests that moments must pass.

use rushes_index::{AssetNo, Meter};
use rushes_plan::MomentTest;
use rushes_plan::time::seconds_of_ns;
use rushes_types::{AssetId, Result, TimeRange};

use crate::clause_hits::ClauseHits;

/// Does the span pass every test? The asset is named by its number and, where it is known, by its id.
///
/// # Errors
/// Those of the budget.
pub(crate) fn passes(
    tests: &[MomentTest],
    found: &[ClauseHits],
    (asset, id): (AssetNo, Option<&AssetId>),
    span: TimeRange,
    meter: &mut Meter<'_>,
) -> Result<bool> {
    for test in tests {
        meter.step()?;
        if let MomentTest::Coverage(no, _) = test {
            meter.steps(found.get(*no).map_or(0, |found| found.of(asset).len()))?;
        }
        if !holds(test, found, (asset, id), span) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn holds(
    test: &MomentTest,
    found: &[ClauseHits],
    (asset, id): (AssetNo, Option<&AssetId>),
    span: TimeRange,
) -> bool {
    match test {
        MomentTest::OtherThan(other, range) => id != Some(other) || !range.meets(span),
        MomentTest::Duration(bounds) => bounds.contains(seconds_of_ns(span.duration_ns())),
        MomentTest::Coverage(no, bounds) => {
            found.get(*no).is_some_and(|found| bounds.contains(covered(found, asset, span)))
        }
        MomentTest::Near { criterion, within_ns, negate } => {
            let low = span.start_ns().saturating_sub(*within_ns);
            let high = span.end_ns().saturating_add(*within_ns);
            let near = found.get(*criterion).is_some_and(|f| f.touching(asset, low, high).next().is_some());
            near != *negate
        }
    }
}

/// The share of the span that the clause covers; of an instant all or nothing.
fn covered(found: &ClauseHits, asset: AssetNo, span: TimeRange) -> f64 {
    let set = found.set(asset);
    if span.is_point() {
        return if set.meets(span) { 1.0 } else { 0.0 };
    }
    #[allow(clippy::cast_precision_loss)] // a share needs no more than 52 bits
    let share = set.covered_ns(span) as f64 / span.duration_ns() as f64;
    share
}
