//! Approximate search: a short list of rows worth comparing in full, from one bit per dimension.
//!
//! All rows in question, of all segments, are ranked by the first half of their bits; the nearest of them by all their
//! bits, those the more that lie in dimensions in which the query is far from the mean; and the nearest of these that the query admits are the short list. Where a filter leaves too few, all rows are
//! compared: that is cheap then, and the answer still has as many neighbours as asked for.
//!
//! Rejected: a short list for each segment. A search then compares as many times more rows as there are segments, and
//! most of them are far from what the nearest segment has.

use rushes_types::{Metric, Result};

use super::signs::SignQuery;
use super::vector_search::{Pieces, RowRange, VectorSearch};
use super::vectors::Vectors;
use super::visibility_filter::VisibilityFilter;

/// Rows that are compared in full, for each neighbour asked for.
const OVERSAMPLE: usize = 30;
/// Rows that are compared in full, at least.
const SHORT_LIST_MIN: usize = 1_000;
/// For each row wanted, how many rows are ranked by all their bits.
const RANKED: usize = 8;
/// Rows ranked in a step.
const ROWS_PER_STEP: usize = 8;
/// Distances that are looked through at once for one that is near.
const AT_ONCE: usize = 64;

/// The rows to compare, and whether any were left out.
pub(super) fn short_list(search: &VectorSearch<'_>, ranges: Vec<RowRange>) -> Result<(Vec<RowRange>, bool)> {
    let rows: usize = ranges.iter().map(|range| range.rows.len()).sum();
    // Required times may exclude most of the nearest rows: these must be out of the ranges.
    let only_eligible = search.eligible.is_none() || search.leaves_out_times();
    let allowed = !search.test.exact && search.test.metric == Metric::Cosine && only_eligible;
    let Some(k) = search.test.k.filter(|_| allowed) else { return Ok((ranges, false)) };
    let wanted = k.saturating_mul(OVERSAMPLE).max(SHORT_LIST_MIN);
    if rows < search.approximate_rows_min || rows <= wanted {
        return Ok((ranges, false));
    }
    let parts = parts(search, &ranges)?;
    let _held = search.scope.budget.hold((rows * size_of::<u16>()) as u64)?;
    let far = all_distances(search, &parts, &ranges)?;
    let near = ranked(search, &parts, far.nearest(wanted.saturating_mul(RANKED)))?;
    Ok(match admitted(search, &parts, near, wanted)? {
        Some(short) => (short, true),
        None => (ranges, false),
    })
}

/// The vectors of one view and space, and the query relative to their mean.
struct Part<'s> {
    view: usize,
    space: usize,
    vectors: Vectors<'s>,
    query: SignQuery,
}

/// The views and spaces that the ranges lie in, in their order.
fn parts<'s>(search: &VectorSearch<'s>, ranges: &[RowRange]) -> Result<Vec<Part<'s>>> {
    let mut parts: Vec<Part<'s>> = Vec::new();
    for range in ranges {
        if parts.last().is_some_and(|part| part.holds(range)) {
            continue;
        }
        let segment = &search.views[range.view].segment;
        let vectors = segment.vectors(range.space)?;
        let mean = vectors.mean().ok_or_else(|| segment.broken("directions are missing"))?;
        let query = SignQuery::new(&search.test.query, &mean);
        parts.push(Part { view: range.view, space: range.space, vectors, query });
    }
    Ok(parts)
}

impl Part<'_> {
    fn holds(&self, range: &RowRange) -> bool {
        (self.view, self.space) == (range.view, range.space)
    }
}

/// How far rows are by the first half of their bits.
#[derive(Default)]
struct Far<'r> {
    /// Ranges, and how far each of their rows is, one after the other.
    pieces: Vec<(&'r [RowRange], Vec<u16>)>,
    /// How many rows are as far as that.
    counts: Vec<usize>,
}

/// A row that may be among the nearest: how far it is, its part and its number in it.
type Near = (u32, usize, usize);

/// How far all rows are, read by as many threads as may.
fn all_distances<'r>(
    search: &VectorSearch<'_>,
    parts: &[Part<'_>],
    ranges: &'r [RowRange],
) -> Result<Far<'r>> {
    let read = |pieces: Pieces<'_, '_, 'r>| {
        let mut meter = search.scope.budget.meter().without_waiting();
        let mut far = Far::default();
        for piece in pieces.copied() {
            meter.look()?;
            let rows = piece.iter().map(|range| range.rows.len()).sum();
            let mut distances: Vec<u16> = Vec::with_capacity(rows);
            let mut part_no = 0;
            for range in piece {
                meter.steps(1 + range.rows.len() / ROWS_PER_STEP)?;
                while parts.get(part_no).is_some_and(|part| !part.holds(range)) {
                    part_no += 1;
                }
                let part = parts.get(part_no);
                let signs = part.and_then(|part| Some((part, part.vectors.first_signs(range.rows.clone())?)));
                let broken = || search.views[range.view].segment.broken("directions are missing");
                let (part, signs) = signs.ok_or_else(broken)?;
                part.query.put_distances(signs, &mut distances);
            }
            far.count(&distances);
            far.pieces.push((piece, distances));
        }
        Ok(far)
    };
    let mut all = Far::default();
    for far in search.run(ranges, &read)? {
        all.add(far);
    }
    Ok(all)
}

impl Far<'_> {
    fn count(&mut self, distances: &[u16]) {
        for distance in distances {
            let distance = usize::from(*distance);
            if self.counts.len() <= distance {
                self.counts.resize(distance + 1, 0);
            }
            self.counts[distance] += 1;
        }
    }

    fn add(&mut self, mut other: Self) {
        self.pieces.append(&mut other.pieces);
        self.counts.resize(self.counts.len().max(other.counts.len()), 0);
        self.counts.iter_mut().zip(other.counts).for_each(|(count, more)| *count += more);
    }

    /// As many rows as are wanted that are the nearest, or just more, in no order: the view, space and number of each.
    fn nearest(&self, wanted: usize) -> Vec<(usize, usize, usize)> {
        let mut within = 0;
        let enough = self.counts.iter().position(|count| {
            within += count;
            within >= wanted
        });
        let farthest = enough.and_then(|distance| u16::try_from(distance).ok()).unwrap_or(u16::MAX);
        let mut nearest = Vec::with_capacity(within);
        for (ranges, distances) in &self.pieces {
            let mut place = Place { ranges, before: 0 };
            for (from, some) in (0..).step_by(AT_ONCE).zip(distances.chunks(AT_ONCE)) {
                // Nearly always none is near: told of all at once.
                if !some.iter().fold(false, |any, distance| any | (*distance <= farthest)) {
                    continue;
                }
                for (at, _) in (from..).zip(some).filter(|(_, distance)| **distance <= farthest) {
                    nearest.extend(place.of(at).map(|(range, row)| (range.view, range.space, row)));
                }
            }
        }
        nearest
    }
}

/// Finds the row of one place after the other.
struct Place<'r> {
    ranges: &'r [RowRange],
    /// Rows of the ranges before these.
    before: usize,
}

impl<'r> Place<'r> {
    fn of(&mut self, at: usize) -> Option<(&'r RowRange, usize)> {
        loop {
            let (range, rest) = self.ranges.split_first()?;
            match at.checked_sub(self.before).filter(|within| *within < range.rows.len()) {
                Some(within) => return Some((range, range.rows.start + within)),
                None => (self.before, self.ranges) = (self.before + range.rows.len(), rest),
            }
        }
    }
}

/// The rows by all their bits, and by how much each tells.
fn ranked(
    search: &VectorSearch<'_>,
    parts: &[Part<'_>],
    nearest: Vec<(usize, usize, usize)>,
) -> Result<Vec<Near>> {
    let mut meter = search.scope.budget.meter();
    meter.steps(nearest.len())?;
    let mut near = Vec::with_capacity(nearest.len());
    let mut no = 0;
    for (view, space, row) in nearest {
        if parts.get(no).is_none_or(|part| (part.view, part.space) != (view, space)) {
            no = parts.iter().position(|part| (part.view, part.space) == (view, space)).unwrap_or(0);
        }
        let Some(part) = parts.get(no) else { continue };
        let signs = part.vectors.first_signs(row..row + 1).zip(part.vectors.other_signs(row));
        let broken = || search.views[view].segment.broken("directions are missing");
        let (first, other) = signs.ok_or_else(broken)?;
        near.push((part.query.weighted_distance(first, other), no, row));
    }
    Ok(near)
}

/// As many rows as are wanted that the query admits, the nearest, in their order; `None` where there are fewer.
fn admitted(
    search: &VectorSearch<'_>,
    parts: &[Part<'_>],
    mut near: Vec<Near>,
    wanted: usize,
) -> Result<Option<Vec<RowRange>>> {
    let filter = |part: &Part<'_>| VisibilityFilter::new(search.scope, &search.views[part.view]);
    let mut filters = parts.iter().map(filter).collect::<Result<Vec<_>>>()?;
    let mut short: Vec<(usize, usize)> = Vec::with_capacity(wanted);
    let mut entries: Vec<u32> = Vec::with_capacity(AT_ONCE);
    let mut admit = |nearest: &[Near]| -> Result<bool> {
        for of_part in nearest.chunk_by(|a, b| a.1 == b.1).flat_map(|of_part| of_part.chunks(AT_ONCE)) {
            let no = of_part.first().map_or(0, |(_, no, _)| *no);
            let (Some(part), Some(visible)) = (parts.get(no), filters.get_mut(no)) else { continue };
            let broken = || search.views[part.view].segment.broken("a vector is missing");
            entries.clear();
            for (_, _, row) in of_part {
                entries.push(part.vectors.stats(*row).ok_or_else(broken)?.entry);
            }
            visible.entries.touch(&entries);
            for (entry, (_, no, row)) in entries.iter().zip(of_part) {
                if short.len() < wanted && visible.admits_no(*entry)?.is_some() {
                    short.push((*no, *row));
                }
            }
        }
        Ok(short.len() == wanted)
    };
    if wanted < near.len() {
        near.select_nth_unstable(wanted);
    }
    let most = wanted.min(near.len());
    let (nearest, others) = near.split_at_mut(most);
    // Mostly all rows are admitted: then the others need no order.
    nearest.sort_unstable_by_key(|(_, part, row)| (*part, *row));
    if !admit(nearest)? {
        others.sort_unstable();
        if !admit(others)? {
            return Ok(None);
        }
    }
    short.sort_unstable();
    for of_part in short.chunk_by(|a, b| a.0 == b.0) {
        let part = of_part.first().and_then(|(no, _)| parts.get(*no));
        part.into_iter().for_each(|part| part.vectors.touch(of_part.iter().map(|(_, row)| *row)));
    }
    let range = |(no, row): (usize, usize)| {
        parts.get(no).map(|part| RowRange { view: part.view, space: part.space, rows: row..row + 1 })
    };
    Ok(Some(short.into_iter().filter_map(range).collect()))
}
