//! The nearest vectors: a pass over one byte a dimension with bounds that hold, then the few that the
//! bounds leave, in full.
//!
//! Everything is told as *goodness*, larger is nearer: the cosine, or the distance squared, negative. For each row the
//! codes give an interval that holds its goodness; a row whose upper end lies below the k-th best lower end so
//! far is none of the k. What is left is computed in f64 over the stored f32 by the shared definition.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

use rushes_plan::NearestTest;
use rushes_plan::similarity::{nearer_first, similarity, similarity_score, within_threshold};
use rushes_types::Result;

use super::approximate::short_list;
use super::bounds::{Bounds, Interval};
use super::entry::Entry;
use super::gate::{Asked, AssetSet, Gate};
use super::hits::hit_of;
use super::reader::ReaderPart;
use super::segment::Vectors;
use crate::hit::hit_order;
use crate::seam::{AssetNo, Eligible, Hit, Hits};

/// Rows of one part and space.
#[derive(Debug, Clone)]
pub(super) struct Stretch {
    pub part: usize,
    pub space: usize,
    pub rows: Range<usize>,
}

/// An admitted row that may be among the nearest.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    part: usize,
    space: usize,
    row: usize,
    entry: u32,
    highest: f64,
}

/// What a thread found.
#[derive(Debug, Default)]
struct Found {
    candidates: Vec<Candidate>,
    lowest: Vec<f64>,
    examined: u64,
}

#[derive(Clone, Copy)]
pub(super) struct Search<'q> {
    pub parts: &'q [ReaderPart],
    pub asked: Asked<'q>,
    pub test: &'q NearestTest,
    pub eligible: Option<&'q Eligible>,
    /// See [`super::EmbeddedOptions::approximate_rows_min`].
    pub approximate_rows_min: usize,
}

pub(super) fn nearest(search: Search<'_>) -> Result<Hits> {
    let Search { parts, test, .. } = search;
    if test.k == Some(0) {
        return Ok(Hits::default());
    }
    let (stretches, approximate) = short_list(&search, search.stretches()?)?;
    let found = search.scan_all(&stretches)?;
    let least = kth_best(found.lowest, test.k);
    let mut exact = Vec::new();
    for candidate in found.candidates.iter().filter(|candidate| candidate.highest >= least) {
        let vector = parts[candidate.part].segment.vector(candidate.space, candidate.row)?;
        let raw = similarity(test.metric, &test.query, &vector);
        if within_threshold(test.metric, raw, test.threshold) {
            exact.push((raw, *candidate));
        }
    }
    exact.sort_by(|a, b| nearer_first(test.metric, a.0, b.0));
    if let Some(k) = test.k {
        search.cut(&mut exact, k)?;
    }
    let mut hits = exact.iter().map(|found| search.hit(found)).collect::<Result<Vec<_>>>()?;
    hits.sort_by(hit_order);
    Ok(Hits { hits, approximate, examined: found.examined })
}

/// The k-th best of the lower ends; below everything where there are fewer.
fn kth_best(mut lowest: Vec<f64>, k: Option<usize>) -> f64 {
    match k {
        Some(k) if lowest.len() >= k && k > 0 => {
            *lowest.select_nth_unstable_by(k - 1, |a, b| b.total_cmp(a)).1
        }
        _ => f64::NEG_INFINITY,
    }
}

/// Rows below which one thread does it all.
const ROWS_PER_THREAD: usize = 100_000;
/// Rows of a piece of work.
const ROWS_PER_STRETCH: usize = 50_000;

impl Search<'_> {
    /// The rows to look at: those of the assets that count.
    fn stretches(&self) -> Result<Vec<Stretch>> {
        let mut stretches = Vec::new();
        for (part_no, part) in self.parts.iter().enumerate() {
            for (space_no, table) in part.segment.spaces.iter().enumerate() {
                if table.space != self.test.space || table.dimensions != self.test.query.len() {
                    continue;
                }
                for rows in self.rows(part, part.segment.vectors(space_no)?) {
                    for from in rows.clone().step_by(ROWS_PER_STRETCH) {
                        let rows = from..rows.end.min(from + ROWS_PER_STRETCH);
                        stretches.push(Stretch { part: part_no, space: space_no, rows });
                    }
                }
            }
        }
        Ok(stretches)
    }

    fn counts(&self, asset: AssetNo) -> bool {
        self.asked.assets.contains(asset) && self.eligible.is_none_or(|times| times.contains_key(&asset))
    }

    fn rows(&self, part: &ReaderPart, vectors: Vectors<'_>) -> Vec<Range<usize>> {
        if matches!(self.asked.assets, AssetSet::All) && self.eligible.is_none() {
            return std::iter::once(0..vectors.count()).collect();
        }
        let mut all: Vec<Range<usize>> = Vec::new();
        for (row, _) in (0_u32..).zip(&part.segment.assets) {
            if !self.counts(part.asset_no(row)) {
                continue;
            }
            // Rows are in the order of entries, and these in that of assets.
            let entries = part.segment.asset_entries(row);
            let rows = vectors.first_of(entries.start)..vectors.first_of(entries.end);
            match all.last_mut() {
                Some(last) if last.end == rows.start => last.end = rows.end,
                _ => all.push(rows),
            }
        }
        all
    }

    fn scan_all(&self, stretches: &[Stretch]) -> Result<Found> {
        let rows: usize = stretches.iter().map(|stretch| stretch.rows.len()).sum();
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let threads = (rows / ROWS_PER_THREAD).clamp(1, cores);
        if threads == 1 {
            return self.scan(stretches.iter());
        }
        let found = std::thread::scope(|scope| {
            let work = |first: usize| move || self.scan(stretches.iter().skip(first).step_by(threads));
            let running: Vec<_> = (0..threads).map(|first| scope.spawn(work(first))).collect();
            let ended = running.into_iter().map(|thread| {
                thread.join().unwrap_or_else(|_| Err(rushes_types::Error::bug("a search thread panicked")))
            });
            ended.collect::<Result<Vec<Found>>>()
        })?;
        let mut all = Found::default();
        for found in found {
            all.candidates.extend(found.candidates);
            all.lowest.extend(found.lowest);
            all.examined += found.examined;
        }
        Ok(all)
    }

    fn scan<'s>(&self, stretches: impl Iterator<Item = &'s Stretch>) -> Result<Found> {
        let bounds = Bounds::new(self.test);
        let mut found = Found::default();
        let mut best: BinaryHeap<Reverse<Goodness>> = BinaryHeap::new();
        let k = self.test.k.unwrap_or(usize::MAX);
        let mut least = bounds.threshold();
        let mut gate: Option<(usize, Gate<'_>)> = None;
        for stretch in stretches {
            let part = &self.parts[stretch.part];
            let vectors = part.segment.vectors(stretch.space)?;
            if gate.as_ref().is_none_or(|(of, _)| *of != stretch.part) {
                found.examined += gate.as_ref().map_or(0, |(_, gate)| gate.examined);
                gate = Some((stretch.part, Gate::new(self.asked, part)?));
            }
            let Some((_, gate)) = &mut gate else { continue };
            let broken = || part.segment.broken("a vector is missing");
            for row in stretch.rows.clone() {
                let stats = vectors.stats(row).ok_or_else(broken)?;
                let Interval { lowest, highest } = bounds.of(&stats, vectors.codes(row).ok_or_else(broken)?);
                if highest < least {
                    continue;
                }
                let Some(entry) = gate.admits_no(stats.entry)? else { continue };
                if !self.meets(part, entry) {
                    continue;
                }
                let Stretch { part, space, .. } = *stretch;
                found.candidates.push(Candidate { part, space, row, entry: stats.entry, highest });
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
        }
        found.examined += gate.as_ref().map_or(0, |(_, gate)| gate.examined);
        if self.test.k.is_some() {
            found.lowest = best.into_iter().map(|goodness| goodness.0.0).collect();
            found.candidates.retain(|candidate| candidate.highest >= least);
        }
        Ok(found)
    }

    fn meets(&self, part: &ReaderPart, entry: Entry<'_>) -> bool {
        let Some(eligible) = self.eligible else { return true };
        let times = eligible.get(&part.asset_of(entry));
        times.zip(entry.range()).is_some_and(|(times, range)| times.meets(range))
    }

    /// Cuts a sorted list at `k`; of equals at the cut those with the lower annotation id stay, then model, run
    /// and asset.
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
                let part = &self.parts[found.1.part];
                let entry = self.entry(&found.1)?;
                let source = part.segment.source(entry)?;
                let id = part.segment.annotation_id(entry)?;
                let name = (id, source.model.clone(), source.run.clone(), part.asset_no(source.asset));
                named.push((name, found));
            }
            named.sort_by(|a, b| a.0.cmp(&b.0));
            // What came after the equals is worse, and beyond the cut.
            exact.truncate(from);
            exact.extend(named.into_iter().map(|(_, found)| found));
        }
        exact.truncate(k);
        Ok(())
    }

    fn entry(&self, candidate: &Candidate) -> Result<Entry<'_>> {
        let segment = &self.parts[candidate.part].segment;
        segment.entries()?.get(candidate.entry).ok_or_else(|| segment.broken("an entry is missing"))
    }

    fn hit(&self, (raw, candidate): &(f64, Candidate)) -> Result<Hit> {
        let part = &self.parts[candidate.part];
        let entry = self.entry(candidate)?;
        let hit = hit_of(part, entry, similarity_score(self.test.metric, *raw))?;
        Ok(Hit { similarity: Some(*raw), ..hit })
    }
}

/// A goodness that sorts.
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
