//! Approximate search: a short list of rows worth comparing in full, from one bit per dimension.
//!
//! In each view, the admitted rows whose bits differ least from the query's are candidates, until there are enough.
//! Where a filter leaves too few, all rows of the view are compared: that is cheap then, and the answer still has as
//! many neighbours as asked for.

use std::ops::Range;

use rushes_types::{Metric, Result};

use super::signs::{distances, put_signs};
use super::vector_search::{RowRange, VectorSearch};
use super::visibility_filter::VisibilityFilter;

/// Rows of a view that are compared in full, for each neighbour asked for.
const OVERSAMPLE: usize = 20;
/// Rows of a view that are compared in full, at least.
const SHORT_LIST_MIN: usize = 1_000;
/// For each row wanted, how many rows are tested against the filter.
const CANDIDATES: usize = 8;

/// The rows to compare, and whether any were left out.
pub(super) fn short_list(search: &VectorSearch<'_>, ranges: Vec<RowRange>) -> Result<(Vec<RowRange>, bool)> {
    let rows: usize = ranges.iter().map(|range| range.rows.len()).sum();
    // Required times may exclude most of the nearest rows, and are tested only on rows that are near: then all rows are
    // compared.
    let allowed = !search.test.exact && search.test.metric == Metric::Cosine && search.eligible.is_none();
    let Some(k) = search.test.k.filter(|_| allowed) else { return Ok((ranges, false)) };
    let wanted = k.saturating_mul(OVERSAMPLE).max(SHORT_LIST_MIN);
    if rows < search.approximate_rows_min || rows <= wanted {
        return Ok((ranges, false));
    }
    let (mut short, mut cut) = (Vec::new(), false);
    for of_view in ranges.chunk_by(|a, b| (a.view, a.space) == (b.view, b.space)) {
        match short_list_of(search, of_view, wanted)? {
            Some(mut rows) => {
                short.append(&mut rows);
                cut = true;
            }
            None => short.extend_from_slice(of_view),
        }
    }
    Ok((short, cut))
}

/// For pieces of rows, their first row and how far each row is.
type Far = Vec<(usize, Vec<u16>)>;

/// How far all rows of one view and space are, in no order, read by as many threads as may.
fn all_distances(
    search: &VectorSearch<'_>,
    ranges: &[RowRange],
    of: impl Fn(Range<usize>) -> Result<Vec<u16>> + Sync,
) -> Result<Far> {
    let read = |pieces: &mut dyn Iterator<Item = &&[RowRange]>| {
        let mut meter = search.scope.budget.meter().without_waiting();
        let mut far = Far::new();
        for range in pieces.copied().flatten() {
            meter.look()?;
            far.push((range.rows.start, of(range.rows.clone())?));
        }
        Ok(far)
    };
    Ok(search.run(ranges, &read)?.into_iter().flatten().collect())
}

/// The distance within which as many rows lie as wanted, or just more.
fn farthest_of(far: &Far, wanted: usize) -> u16 {
    let mut counts: Vec<usize> = Vec::new();
    for distance in far.iter().flat_map(|(_, distances)| distances) {
        let distance = usize::from(*distance);
        if counts.len() <= distance {
            counts.resize(distance + 1, 0);
        }
        counts[distance] += 1;
    }
    let mut within = 0;
    let enough = counts.iter().position(|count| {
        within += count;
        within >= wanted
    });
    enough.and_then(|distance| u16::try_from(distance).ok()).unwrap_or(u16::MAX)
}

/// The short list of the ranges of one view and space, ascending; `None`: compare them all.
fn short_list_of(
    search: &VectorSearch<'_>,
    ranges: &[RowRange],
    wanted: usize,
) -> Result<Option<Vec<RowRange>>> {
    let rows: usize = ranges.iter().map(|range| range.rows.len()).sum();
    let Some(&RowRange { view: view_no, space, .. }) = ranges.first().filter(|_| rows > wanted) else {
        return Ok(None);
    };
    let view = &search.views[view_no];
    let vectors = view.segment.vectors(space)?;
    let broken = || view.segment.broken("directions are missing");
    let mean = vectors.mean().ok_or_else(broken)?;
    let query = &search.test.query;
    let norm = query.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>().sqrt();
    let mut signs = Vec::new();
    put_signs(query.iter().copied(), norm, &mean, &mut signs);
    let _held = search.scope.budget.hold((rows * size_of::<u16>()) as u64)?;
    let far =
        all_distances(search, ranges, |rows| Ok(distances(&signs, vectors.signs(rows).ok_or_else(broken)?)))?;
    let mut visible = VisibilityFilter::new(search.scope, view)?;
    let mut short: Vec<usize> = Vec::with_capacity(wanted);
    // Mostly all rows are admitted: then as many as are wanted are enough.
    let mut tested = 0;
    for most in [wanted, wanted.saturating_mul(CANDIDATES)] {
        let mut candidates = nearest_of(&far, most);
        candidates.truncate(wanted.saturating_mul(CANDIDATES));
        for (_, row) in candidates.get(tested..).unwrap_or_default() {
            let stats = vectors.stats(*row).ok_or_else(broken)?;
            if visible.admits_no(stats.entry)?.is_some() {
                short.push(*row);
            }
            if short.len() == wanted {
                short.sort_unstable();
                let range = |row| RowRange { view: view_no, space, rows: row..row + 1 };
                return Ok(Some(short.into_iter().map(range).collect()));
            }
        }
        tested = candidates.len();
    }
    Ok(None)
}

/// As many rows as are wanted that are the nearest, or just more: by distance and row.
fn nearest_of(far: &Far, wanted: usize) -> Vec<(u16, usize)> {
    let farthest = farthest_of(far, wanted);
    let mut candidates = Vec::new();
    for (first, distances) in far {
        let near = distances.iter().zip(*first..).filter(|(distance, _)| **distance <= farthest);
        candidates.extend(near.map(|(distance, row)| (*distance, row)));
    }
    candidates.sort_unstable();
    candidates
}
