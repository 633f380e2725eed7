//! The nearest vectors: a pass over one byte per dimension with proven bounds, then a full comparison of the few rows
//! that the bounds leave.
//!
//! Everything is measured as *goodness*, larger is nearer: the cosine, or the distance squared, negative. For each row
//! the codes give an interval that holds its goodness ([`super::bounds`]). A row whose upper end lies below the k-th
//! best lower end so far cannot be among the k nearest: k rows are provably better. For what is left, usually a few
//! rows more than k, the similarity is computed in f64 over the stored f32 by the shared definition, so the answer is
//! exactly that of comparing all rows.
//!
//! Where only some times count, rows outside them are passed over first: that costs less than the bound, and mostly
//! leaves few. Whether a row is admitted otherwise (visible, right source) is tested after the bound, because the test
//! reads other data and the bound rules out nearly all rows; but before the row counts among the k best, or the k-th
//! best would be overestimated.
//!
//! A scan is cut into pieces of [`super::vector_search::ROWS_PER_PIECE`] rows, which run in the index's
//! [`super::scan_pool`]. Each thread keeps its own k best lower ends: shared ones would prune a little more but cost a
//! lock or an atomic at every row. The merged lower ends prune once more at the end.
//!
//! Rejected: as many threads as cores for each search (see the pool), and a graph (HNSW). A graph is only approximate,
//! must be rebuilt at each merge, and is slow or returns too few rows where a filter leaves few. Where a plan allows
//! approximation, [`super::approximate`] makes a short list from one bit per dimension instead.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rushes_plan::similarity::{nearer_first, similarity, similarity_score, within_threshold};
use rushes_types::{Result, TimeSet};

use super::approximate::short_list;
use super::bounds::{Bounds, Interval};
use super::entry::Entry;
use super::hits::hit_of;
use super::segment_view::{AssetCursor, SegmentView};
use super::vector_search::{RowRange, VectorSearch};
use super::vectors::Vectors;
use super::visibility_filter::VisibilityFilter;
use crate::hit::hit_order;
use crate::seam::{AssetNo, Eligible, HIT_BYTES, Hit, Hits};

/// An admitted row that may be among the nearest.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    view: usize,
    space: usize,
    row: usize,
    entry: u32,
    highest: f64,
}

/// What a thread found.
#[derive(Debug, Default)]
struct ScanResult {
    candidates: Vec<Candidate>,
    lowest: Vec<f64>,
    examined: u64,
}

/// Vectors compared in full between two looks whether the search may go on.
const COMPARED_BETWEEN_LOOKS: usize = 1_024;

pub(super) fn nearest(search: VectorSearch<'_>) -> Result<Hits> {
    let VectorSearch { views, test, .. } = search;
    if test.k == Some(0) {
        return Ok(Hits::default());
    }
    let (ranges, approximate) = short_list(&search, search.ranges()?)?;
    let found = search.scan_all(&ranges)?;
    let least = kth_best(found.lowest, test.k);
    let mut exact = Vec::new();
    for (no, candidate) in found.candidates.iter().filter(|candidate| candidate.highest >= least).enumerate()
    {
        if no % COMPARED_BETWEEN_LOOKS == 0 {
            search.scope.budget.check()?;
        }
        let vector = views[candidate.view].segment.vector(candidate.space, candidate.row)?;
        let raw = similarity(test.metric, &test.query, &vector);
        if within_threshold(test.metric, raw, test.threshold) {
            exact.push((raw, *candidate));
        }
    }
    exact.sort_by(|a, b| nearer_first(test.metric, a.0, b.0));
    if let Some(k) = test.k {
        search.cut(&mut exact, k)?;
    }
    search.scope.budget.keep((exact.len() as u64).saturating_mul(HIT_BYTES))?;
    let mut hits = exact.iter().map(|found| search.hit(found)).collect::<Result<Vec<_>>>()?;
    hits.sort_by(hit_order);
    Ok(Hits { hits, approximate, examined: found.examined })
}

/// The k-th best of the lower ends; negative infinity where there are fewer.
fn kth_best(mut lowest: Vec<f64>, k: Option<usize>) -> f64 {
    match k {
        Some(k) if lowest.len() >= k && k > 0 => {
            *lowest.select_nth_unstable_by(k - 1, |a, b| b.total_cmp(a)).1
        }
        _ => f64::NEG_INFINITY,
    }
}

impl VectorSearch<'_> {
    fn scan_all(&self, ranges: &[RowRange]) -> Result<ScanResult> {
        let scan = |pieces: &mut dyn Iterator<Item = &&[RowRange]>| self.scan(pieces.copied().flatten());
        let scanned = self.run(ranges, &scan)?;
        let mut all = ScanResult::default();
        for scanned in scanned {
            all.candidates.extend(scanned.candidates);
            all.lowest.extend(scanned.lowest);
            all.examined += scanned.examined;
        }
        Ok(all)
    }

    fn scan<'s>(&self, ranges: impl Iterator<Item = &'s RowRange>) -> Result<ScanResult> {
        let bounds = Bounds::new(self.test, self.scope.shortcuts.wide_instructions);
        let times_known = self.leaves_out_times();
        let mut found = ScanResult::default();
        let mut best: BinaryHeap<Reverse<Goodness>> = BinaryHeap::new();
        let k = self.test.k.unwrap_or(usize::MAX);
        let mut least = bounds.threshold();
        let mut visible: Option<(usize, VisibilityFilter<'_>)> = None;
        let mut times = EligibleTimes::new(self);
        let mut last_vectors: Option<((usize, usize), Vectors<'_>)> = None;
        let mut held = self.scope.budget.hold(0)?;
        for range in ranges {
            let before = found.candidates.len();
            let view = &self.views[range.view];
            let vectors = match last_vectors {
                Some((of, vectors)) if of == (range.view, range.space) => vectors,
                _ => view.segment.vectors(range.space)?,
            };
            last_vectors = Some(((range.view, range.space), vectors));
            if visible.as_ref().is_none_or(|(of, _)| *of != range.view) {
                found.examined += visible.as_ref().map_or(0, |(_, visible)| visible.examined);
                times = EligibleTimes::new(self);
                visible = Some((range.view, VisibilityFilter::new(self.scope, view)?.without_waiting()));
            }
            let Some((_, visible)) = &mut visible else { continue };
            visible.meter.steps(range.rows.len() * (1 + vectors.dimensions / 64))?;
            let broken = || view.segment.broken("a vector is missing");
            for row in range.rows.clone() {
                let stats = vectors.stats(row).ok_or_else(broken)?;
                let Interval { lowest, highest } = bounds.of(&stats, vectors.codes(row).ok_or_else(broken)?);
                if highest < least {
                    continue;
                }
                let Some(entry) = visible.admits_no(stats.entry)? else { continue };
                if !times_known && !times.meet(view, stats.entry, entry) {
                    continue;
                }
                let RowRange { view, space, .. } = *range;
                found.candidates.push(Candidate { view, space, row, entry: stats.entry, highest });
                if self.test.k.is_none() {
                    continue;
                }
                best.push(Reverse(Goodness(lowest)));
                if best.len() > k {
                    best.pop();
                }
                if best.len() == k {
                    least = best.peek().map_or(least, |worst| worst.0.0.max(least));
                }
            }
            let more = found.candidates.len() - before;
            if more > 0 {
                held.grow((more * size_of::<Candidate>()) as u64)?;
            }
        }
        found.examined += visible.as_ref().map_or(0, |(_, visible)| visible.examined);
        if self.test.k.is_some() {
            found.lowest = best.into_iter().map(|goodness| goodness.0.0).collect();
            found.candidates.retain(|candidate| candidate.highest >= least);
        }
        Ok(found)
    }

    /// Cuts a sorted list at `k`. Ties at the cut go to the lower annotation id, then model, run and asset.
    fn cut(&self, exact: &mut Vec<(f64, Candidate)>, k: usize) -> Result<()> {
        let Some(last) = k.checked_sub(1).and_then(|at| exact.get(at)).map(|(raw, _)| *raw) else {
            return Ok(());
        };
        let order = |raw: f64| nearer_first(self.test.metric, raw, last);
        let from = exact.partition_point(|(raw, _)| order(*raw).is_lt());
        let to = exact.partition_point(|(raw, _)| order(*raw).is_le());
        if to > k {
            let mut named = Vec::new();
            for found in exact.drain(from..to) {
                let view = &self.views[found.1.view];
                let entry = self.entry(&found.1)?;
                let source = view.segment.source(entry)?;
                let id = view.segment.annotation_id(entry)?;
                let name = (id, source.model.clone(), source.run.clone(), view.asset_no(source.asset));
                named.push((name, found));
            }
            named.sort_by(|a, b| a.0.cmp(&b.0));
            // What follows the ties is worse, and beyond the cut.
            exact.truncate(from);
            exact.extend(named.into_iter().map(|(_, found)| found));
        }
        exact.truncate(k);
        Ok(())
    }

    fn entry(&self, candidate: &Candidate) -> Result<Entry<'_>> {
        let segment = &self.views[candidate.view].segment;
        segment.entries()?.get(candidate.entry).ok_or_else(|| segment.broken("an entry is missing"))
    }

    fn hit(&self, (raw, candidate): &(f64, Candidate)) -> Result<Hit> {
        let view = &self.views[candidate.view];
        let entry = self.entry(candidate)?;
        let hit = hit_of(view, entry, similarity_score(self.test.metric, *raw))?;
        Ok(Hit { similarity: Some(*raw), ..hit })
    }
}

/// The times in which vectors of a view count, for rows that ascend.
struct EligibleTimes<'e> {
    all: Option<&'e Eligible>,
    cursor: AssetCursor,
    asset: Option<AssetNo>,
    of_asset: Option<&'e TimeSet>,
}

impl<'e> EligibleTimes<'e> {
    fn new(search: &VectorSearch<'e>) -> Self {
        Self { all: search.eligible, cursor: AssetCursor::default(), asset: None, of_asset: None }
    }

    #[inline]
    fn meet(&mut self, view: &SegmentView, no: u32, entry: Entry<'_>) -> bool {
        let Some(all) = self.all else { return true };
        let asset = self.cursor.of(view, no);
        if self.asset.replace(asset) != Some(asset) {
            self.of_asset = all.get(&asset);
        }
        self.of_asset.zip(entry.range()).is_some_and(|(times, range)| times.meets(range))
    }
}

/// A goodness with a total order.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Goodness(f64);

impl Eq for Goodness {}

impl PartialOrd for Goodness {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Goodness {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}
