//! From presence to spans: growth in union mode, bridging of gaps, splitting of long moments at shots.

use rushes_index::{AssetNo, Meter};
use rushes_plan::{Mode, Query, Step};
use rushes_types::{Result, TimeRange, TimeSet};

use crate::clause_hits::{ClauseHits, Sweep};
use crate::presence::Presence;

/// The spans of a step in an asset, by start and end.
///
/// # Errors
/// Those of the budget.
pub(crate) fn spans(
    query: &Query,
    step: &Step,
    found: &[ClauseHits],
    asset: AssetNo,
    presence: &Presence,
    shots: Option<&ClauseHits>,
    meter: &mut Meter<'_>,
) -> Result<Vec<TimeRange>> {
    let pieces = presence.present.pieces();
    let is_union = query.plan.mode == Mode::Union;
    if !is_union && query.plan.max_span.is_none() {
        return Ok(bridged(pieces, query.plan.merge_gap.0, &presence.none));
    }
    let mut spans = pieces.clone();
    if is_union {
        let of_step = step.all.iter().chain(&step.any).filter_map(|no| found.get(*no));
        let mut matched: Vec<_> = of_step.map(|found| (found, Sweep::over(found.place(asset)))).collect();
        for span in &mut spans {
            *span = grown(&mut matched, *span, meter)?;
        }
        // Grown spans that overlap or touch are one set; `none` cuts it after the gaps are bridged.
        spans = TimeSet::of(spans).pieces();
    }
    spans = bridged(spans, query.plan.merge_gap.0, &presence.none);
    if is_union && !presence.none.is_empty() {
        spans = TimeSet::of(spans).without(&presence.none).pieces();
        spans.retain(|span| is_present_in(&pieces, *span));
    }
    if let (Some(max), Some(shots)) = (query.plan.max_span, shots) {
        let mut cut: Vec<TimeRange> = Vec::with_capacity(spans.len());
        for span in spans {
            split(span, max.0, shots.of(asset), meter, &mut cut)?;
        }
        spans = cut;
        spans.retain(|span| is_present_in(&pieces, *span));
    }
    Ok(spans)
}

/// Is the query present anywhere in the span? An instant at the border of a piece belongs to that piece.
fn is_present_in(pieces: &[TimeRange], span: TimeRange) -> bool {
    let first = pieces.partition_point(|piece| piece.end_ns() < span.start_ns());
    let near = pieces.iter().skip(first).take_while(|piece| piece.start_ns() <= span.end_ns());
    near.into_iter().any(|piece| piece.meets(span))
}

/// A stretch grown to the full span of the annotations that matched in it: those of the clauses, each with its sweep
/// over the asset's.
fn grown(
    matched: &mut [(&ClauseHits, Sweep)],
    stretch: TimeRange,
    meter: &mut Meter<'_>,
) -> Result<TimeRange> {
    let (mut start, mut end) = (stretch.start_ns(), stretch.end_ns());
    for (found, sweep) in matched {
        for (_, range) in found.swept(sweep, stretch) {
            meter.step()?;
            start = start.min(range.start_ns());
            end = end.max(range.end_ns());
        }
    }
    Ok(TimeRange::new(start, end).unwrap_or(stretch))
}

/// Joins spans at most `gap_ns` apart unless an excluded time lies between.
fn bridged(spans: Vec<TimeRange>, gap_ns: i64, none: &TimeSet) -> Vec<TimeRange> {
    if gap_ns == 0 {
        return spans;
    }
    let mut joined: Vec<TimeRange> = Vec::with_capacity(spans.len());
    for span in spans {
        if let Some(last) = joined.last_mut()
            && let Ok(gap) = TimeRange::new(last.end_ns(), span.start_ns())
            && gap.duration_ns() <= gap_ns
            && !none.meets(gap)
            && let Ok(both) = TimeRange::new(last.start_ns(), last.end_ns().max(span.end_ns()))
        {
            *last = both;
        } else {
            joined.push(span);
        }
    }
    joined
}

/// Splits what is longer than `max_ns` at starts of shots, each piece as long as it may be; where no shot starts in time,
/// at the next that does.
fn split(
    span: TimeRange,
    max_ns: i64,
    shots: &[TimeRange],
    meter: &mut Meter<'_>,
    pieces: &mut Vec<TimeRange>,
) -> Result<()> {
    if span.duration_ns() <= max_ns {
        pieces.push(span);
        return Ok(());
    }
    meter.steps(shots.len())?;
    let inside = |at: &i64| span.start_ns() < *at && *at < span.end_ns();
    let cuts: Vec<i64> = shots.iter().map(|shot| shot.start_ns()).filter(inside).collect();
    let mut start = span.start_ns();
    while span.end_ns() - start > max_ns {
        let in_time = cuts.partition_point(|cut| *cut <= start.saturating_add(max_ns));
        let last = cuts.get(..in_time).and_then(<[i64]>::last).copied().filter(|cut| *cut > start);
        let Some(cut) = last.or_else(|| cuts.get(in_time).copied()) else { break };
        pieces.extend(TimeRange::new(start, cut));
        start = cut;
    }
    pieces.extend(TimeRange::new(start, span.end_ns()));
    Ok(())
}
