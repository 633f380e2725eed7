//! Approximate search: the short list of rows that are worth comparing, by one bit a dimension.
//!
//! Of each part, the rows that differ least from the query are taken, those that the query may not look at left out,
//! until there are enough. Where a filter leaves too few, all rows of the part are compared: that is cheap then, and
//! the answer does not thin out.

use std::ops::Range;

use rushes_types::{Metric, Result};

use super::gate::Gate;
use super::nearest::{Search, Stretch};
use super::signs::{distances, put_signs};

/// Rows of a part that are compared in full, for each neighbour asked for.
const OVERSAMPLE: usize = 20;
/// Rows of a part that are compared in full, at least.
const SHORT_LIST_MIN: usize = 1_000;
/// Of how many rows, for each one wanted, it is asked whether the query may look at them.
const ASKED: usize = 8;

/// The rows to compare, and whether any were left out.
pub(super) fn short_list(search: &Search<'_>, stretches: Vec<Stretch>) -> Result<(Vec<Stretch>, bool)> {
    let rows: usize = stretches.iter().map(|stretch| stretch.rows.len()).sum();
    // Times that an annotation must meet leave few of the nearest, and are tested only for rows that are near: all are
    // compared then.
    let allowed = !search.test.exact && search.test.metric == Metric::Cosine && search.eligible.is_none();
    let Some(k) = search.test.k.filter(|_| allowed) else { return Ok((stretches, false)) };
    let wanted = k.saturating_mul(OVERSAMPLE).max(SHORT_LIST_MIN);
    if rows < search.approximate_rows_min || rows <= wanted {
        return Ok((stretches, false));
    }
    let (mut short, mut cut) = (Vec::new(), false);
    for of_part in stretches.chunk_by(|a, b| (a.part, a.space) == (b.part, b.space)) {
        match short_list_of(search, of_part, wanted)? {
            Some(mut rows) => {
                short.append(&mut rows);
                cut = true;
            }
            None => short.extend_from_slice(of_part),
        }
    }
    Ok((short, cut))
}

/// The short list of the stretches of one part and space, ascending; `None`: compare them all.
fn short_list_of(search: &Search<'_>, stretches: &[Stretch], wanted: usize) -> Result<Option<Vec<Stretch>>> {
    let rows: usize = stretches.iter().map(|stretch| stretch.rows.len()).sum();
    let Some(&Stretch { part: part_no, space, .. }) = stretches.first().filter(|_| rows > wanted) else {
        return Ok(None);
    };
    let part = &search.parts[part_no];
    let vectors = part.segment.vectors(space)?;
    let broken = || part.segment.broken("directions are missing");
    let mean = vectors.mean().ok_or_else(broken)?;
    let query = &search.test.query;
    let norm = query.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>().sqrt();
    let mut signs = Vec::new();
    put_signs(query.iter().copied(), norm, &mean, &mut signs);
    let mut near: Vec<(u16, usize)> = Vec::with_capacity(rows);
    for stretch in stretches {
        let Range { start, end } = stretch.rows;
        let far = distances(&signs, vectors.signs(start..end).ok_or_else(broken)?);
        near.extend(far.into_iter().zip(start..end));
    }
    let asked = wanted.saturating_mul(ASKED).min(near.len());
    if asked < near.len() {
        near.select_nth_unstable(asked);
    }
    let asked = near.get_mut(..asked).unwrap_or_default();
    asked.sort_unstable();
    let mut gate = Gate::new(search.asked, part)?;
    let mut short = Vec::with_capacity(wanted);
    for (_, row) in asked.iter() {
        let stats = vectors.stats(*row).ok_or_else(broken)?;
        if gate.admits_no(stats.entry)?.is_some() {
            short.push(Stretch { part: part_no, space, rows: *row..*row + 1 });
            if short.len() == wanted {
                short.sort_unstable_by_key(|stretch| stretch.rows.start);
                return Ok(Some(short));
            }
        }
    }
    Ok(None)
}
