//! Spans grown to whole frames, shots or lines of dialogue.

use rushes_index::AssetNo;
use rushes_plan::time::AssetTimecode;
use rushes_types::{TimeRange, TimeSet};

use crate::clause_hits::ClauseHits;

/// What spans of an asset grow to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Grid<'a> {
    /// Whole frames, where the rate is known.
    Frames(Option<AssetTimecode>),
    /// Whole annotations: shots or cues.
    Annotations(&'a ClauseHits),
}

/// The span grown to the grid. An edge that would reach into an excluded time does not move.
pub(crate) fn snapped(
    span: TimeRange,
    grid: &Grid<'_>,
    asset: AssetNo,
    none_before: &TimeSet,
    none_after: &TimeSet,
) -> TimeRange {
    let found = match grid {
        Grid::Frames(None) => return span,
        Grid::Frames(Some(timecode)) => {
            let (start, end) = timecode.snap(span.start_ns(), span.end_ns());
            return TimeRange::new(start, end).unwrap_or(span);
        }
        Grid::Annotations(found) => found,
    };
    let around = |at: i64| found.touching(asset, at, at).map(|(_, range)| range);
    let (start, end) = (span.start_ns(), span.end_ns());
    // Of several shots the one that begins last counts, so that the span grows as little as possible.
    let begins = around(start).filter(|shot| shot.start_ns() <= start && start < shot.end_ns());
    let grown_start = begins.map(TimeRange::start_ns).max().unwrap_or(start);
    let ends = around(end).filter(|shot| match span.is_point() {
        true => shot.start_ns() <= end && end < shot.end_ns(),
        false => shot.start_ns() < end && end <= shot.end_ns(),
    });
    let grown_end = ends.map(TimeRange::end_ns).min().unwrap_or(end);
    let free =
        |from: i64, to: i64, none: &TimeSet| TimeRange::new(from, to).is_ok_and(|grown| !none.meets(grown));
    let start =
        if grown_start < start && free(grown_start, start, none_before) { grown_start } else { start };
    let end = if grown_end > end && free(end, grown_end, none_after) { grown_end } else { end };
    TimeRange::new(start, end).unwrap_or(span)
}
