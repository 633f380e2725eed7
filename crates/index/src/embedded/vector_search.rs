//! A vector search: the request, and the rows that can match.

use std::ops::Range;

use rushes_plan::NearestTest;
use rushes_types::Result;

use super::scan_pool::ScanPool;
use super::segment_view::SegmentView;
use super::vectors::Vectors;
use super::visibility_filter::{AssetSet, ClauseScope};
use crate::seam::{AssetNo, Eligible};

/// Most rows of a piece of work: milliseconds.
pub(super) const ROWS_PER_PIECE: usize = 50_000;

/// Rows whose times are read in a step.
const ROWS_PER_STEP: usize = 4;
/// With fewer rows than this, one thread does all the work.
const ROWS_PER_THREAD: usize = 100_000;

/// The pieces that one thread works on.
pub(super) type Pieces<'i, 'p> = &'i mut dyn Iterator<Item = &'p &'p [RowRange]>;

/// Rows of one view and space.
#[derive(Debug, Clone)]
pub(super) struct RowRange {
    pub view: usize,
    pub space: usize,
    pub rows: Range<usize>,
}

#[derive(Clone, Copy)]
pub(super) struct VectorSearch<'q> {
    pub views: &'q [SegmentView],
    pub scope: ClauseScope<'q>,
    pub test: &'q NearestTest,
    pub eligible: Option<&'q Eligible>,
    /// See [`super::EmbeddedOptions::approximate_rows_min`].
    pub approximate_rows_min: usize,
    pub pool: &'q ScanPool,
}

impl VectorSearch<'_> {
    /// Are rows outside the eligible times left out before they are scanned?
    pub fn leaves_out_times(&self) -> bool {
        self.eligible.is_some() && self.scope.shortcuts.times_before_vectors
    }

    /// The rows to scan: those of the assets in scope, where the times are known also in the times that count.
    pub fn ranges(&self) -> Result<Vec<RowRange>> {
        let mut ranges = Vec::new();
        for (view_no, view) in self.views.iter().enumerate() {
            for (space_no, table) in view.segment.spaces.iter().enumerate() {
                if table.space != self.test.space || table.dimensions != self.test.query.len() {
                    continue;
                }
                let all = match self.eligible.filter(|_| self.leaves_out_times()) {
                    Some(eligible) => self.rows_in(view, space_no, eligible)?,
                    None => self.rows(view, view.segment.vectors(space_no)?),
                };
                for rows in all {
                    for from in rows.clone().step_by(ROWS_PER_PIECE) {
                        let rows = from..rows.end.min(from + ROWS_PER_PIECE);
                        ranges.push(RowRange { view: view_no, space: space_no, rows });
                    }
                }
            }
        }
        Ok(ranges)
    }

    /// Goes through ranges on as many threads as the pool permits; what each of them found.
    pub fn run<R: Send>(
        &self,
        ranges: &[RowRange],
        work: &(dyn Fn(Pieces<'_, '_>) -> Result<R> + Sync),
    ) -> Result<Vec<R>> {
        let rows: usize = ranges.iter().map(|range| range.rows.len()).sum();
        let budget = self.scope.budget;
        // A long search runs at a low priority: it must not hold all permits, which others may wait for.
        let most = self.pool.threads().saturating_sub(usize::from(budget.is_long())).max(1);
        let threads = (rows / ROWS_PER_THREAD).clamp(1, most);
        let is_over = || budget.is_over();
        let done = self.pool.run(&pieces(ranges), threads, Some(&is_over), work);
        // The pool knows that the search is over, the budget why.
        budget.check()?;
        done
    }

    fn counts(&self, asset: AssetNo) -> bool {
        self.scope.assets.contains(asset) && self.eligible.is_none_or(|times| times.contains_key(&asset))
    }

    /// The rows of the assets in scope in the times that count.
    fn rows_in(&self, view: &SegmentView, space: usize, eligible: &Eligible) -> Result<Vec<Range<usize>>> {
        let times = view.segment.vector_times(space)?;
        let mut meter = self.scope.budget.meter();
        let mut all = Vec::new();
        for (row, _) in (0_u32..).zip(&view.segment.assets) {
            let asset = view.asset_no(row);
            if !self.scope.assets.contains(asset) {
                continue;
            }
            if let Some(eligible) = eligible.get(&asset) {
                meter.steps(1 + times.rows_of(row).len() / ROWS_PER_STEP)?;
                all.extend(times.meeting(row, eligible));
            }
        }
        Ok(all)
    }

    fn rows(&self, view: &SegmentView, vectors: Vectors<'_>) -> Vec<Range<usize>> {
        if matches!(self.scope.assets, AssetSet::All) && self.eligible.is_none() {
            return std::iter::once(0..vectors.count()).collect();
        }
        let mut all: Vec<Range<usize>> = Vec::new();
        for (row, _) in (0_u32..).zip(&view.segment.assets) {
            if !self.counts(view.asset_no(row)) {
                continue;
            }
            // Rows are in the order of entries, and these in that of assets.
            let entries = view.segment.asset_entries(row);
            let rows = vectors.first_of(entries.start)..vectors.first_of(entries.end);
            match all.last_mut() {
                Some(last) if last.end == rows.start => last.end = rows.end,
                _ => all.push(rows),
            }
        }
        all
    }
}

/// Ranges as pieces of work of about [`ROWS_PER_PIECE`] rows: many assets with few rows each are one piece.
fn pieces(ranges: &[RowRange]) -> Vec<&[RowRange]> {
    let mut pieces = Vec::new();
    let (mut from, mut rows) = (0, 0);
    for (at, range) in ranges.iter().enumerate() {
        if rows > 0 && rows + range.rows.len() > ROWS_PER_PIECE {
            pieces.extend(ranges.get(from..at));
            (from, rows) = (at, 0);
        }
        rows += range.rows.len();
    }
    pieces.extend(ranges.get(from..).filter(|last| !last.is_empty()));
    pieces
}
