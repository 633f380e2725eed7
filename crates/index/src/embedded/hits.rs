//! Matches by type, label and words.

use std::collections::BTreeSet;

use rushes_plan::Test;
use rushes_types::{Error, Result};

use super::entry::{Entry, NONE};
use super::keys::label_parts;
use super::label_rows::{LabelRow, LabelRowBytes, rows_of};
use super::postings::EntryNumbers;
use super::sections::SEPARATOR;
use super::segment_view::{AssetCursor, SegmentView};
use super::visibility_filter::{ClauseScope, VisibilityFilter};
use super::words::with_words;
use crate::matches::{EntryPlace, MATCH_BYTES, MATCH_SCORE_BYTES, Matches, Run, merged};
use crate::seam::{AssetNo, Hit};

/// Entries of a list that are read, brought near and tested together.
const BATCH: usize = 64;

/// The matches of a clause that matches single annotations.
pub(super) fn matches(views: &[SegmentView], scope: ClauseScope<'_>, test: &Test) -> Result<Matches> {
    let mut examined = 0;
    let mut runs: Vec<Run> = Vec::with_capacity(views.len());
    let scored = if matches!(test, Test::Words(_)) { MATCH_SCORE_BYTES } else { 0 };
    for view in views {
        let mut visible = VisibilityFilter::new(scope, view)?.keeping(MATCH_BYTES + scored);
        let mut run = Run::default();
        match test {
            Test::Any => any(view, &mut visible, scope, &mut run)?,
            Test::Label(labels) => with_labels(view, &mut visible, scope, labels, &mut run)?,
            Test::Words(test) => with_words(view, &mut visible, scope, test, &mut run)?,
            Test::Phrase(_) | Test::Nearest(_) => {
                return Err(Error::bug("a clause was looked up by the wrong kind of list"));
            }
        }
        examined += visible.examined;
        runs.push(run);
    }
    let order = |place: EntryPlace| {
        let view = views.get(place.segment as usize);
        let entries = view.and_then(|view| view.segment.entries().ok());
        entries.and_then(|entries| entries.get(place.entry)).map(Entry::order)
    };
    let mut found = merged(runs, |a, b| order(a).cmp(&order(b)))?;
    found.examined = examined;
    Ok(found)
}

/// A match in full.
pub(super) fn hit_at(views: &[SegmentView], place: EntryPlace, score: f64) -> Result<Hit> {
    let lost = || Error::bug("a match was asked for that its reader does not know");
    let view = views.get(place.segment as usize).ok_or_else(lost)?;
    let entry = view.segment.entries()?.get(place.entry).ok_or_else(lost)?;
    hit_of(view, entry, score)
}

/// How many entries are admitted, without a hit for each.
pub(super) fn count(views: &[SegmentView], scope: ClauseScope<'_>) -> Result<u64> {
    let mut count = 0;
    for view in views {
        let mut visible = VisibilityFilter::new(scope, view)?;
        for (row, _) in (0_u32..).zip(&view.segment.assets) {
            if scope.assets.contains(view.asset_no(row)) {
                for no in view.segment.asset_entries(row) {
                    count += u64::from(visible.admits_no(no)?.is_some());
                }
            }
        }
    }
    Ok(count)
}

/// A hit of one entry.
#[inline]
pub(super) fn hit_of(view: &SegmentView, entry: Entry<'_>, score: f64) -> Result<Hit> {
    Ok(Hit {
        asset: view.asset_of(entry),
        range: entry.range().ok_or_else(|| view.segment.broken("an entry has no range"))?,
        score,
        confidence: entry.confidence(),
        similarity: None,
        first: entry.fused_key(),
        joined: Vec::new(),
    })
}

/// Pushes entries, ascending and after those that were pushed before.
fn push_some(
    view: &SegmentView,
    visible: &mut VisibilityFilter<'_>,
    entries: &[u32],
    cursor: &mut AssetCursor,
    out: &mut Run,
) -> Result<()> {
    visible.entries.touch(entries);
    for &no in entries {
        if let Some(entry) = visible.admits_no(no)? {
            let range = entry.range().ok_or_else(|| view.segment.broken("an entry has no range"))?;
            out.push(cursor.of(view, no), range, entry.confidence(), no);
        }
    }
    Ok(())
}

/// Pushes entries, ascending.
fn push_all(
    view: &SegmentView,
    visible: &mut VisibilityFilter<'_>,
    mut entries: impl Iterator<Item = u32>,
    cursor: &mut AssetCursor,
    out: &mut Run,
) -> Result<()> {
    let mut batch: Vec<u32> = Vec::with_capacity(BATCH);
    loop {
        batch.clear();
        batch.extend(entries.by_ref().take(BATCH));
        if batch.is_empty() {
            return Ok(());
        }
        push_some(view, visible, &batch, cursor, out)?;
    }
}

/// Pushes the entries of a list.
fn push_list(
    view: &SegmentView,
    visible: &mut VisibilityFilter<'_>,
    list: Option<&[u8]>,
    out: &mut Run,
) -> Result<()> {
    let broken = || view.segment.broken("a list of entries");
    let mut numbers = EntryNumbers::new(list.ok_or_else(broken)?);
    let mut cursor = AssetCursor::default();
    let mut batch = [0; BATCH];
    loop {
        let count = numbers.read(&mut batch).ok_or_else(broken)?;
        let some = batch.get(..count).unwrap_or_default();
        if some.is_empty() {
            return Ok(());
        }
        push_some(view, visible, some, &mut cursor, out)?;
    }
}

fn any(
    view: &SegmentView,
    visible: &mut VisibilityFilter<'_>,
    scope: ClauseScope<'_>,
    out: &mut Run,
) -> Result<()> {
    let mut cursor = AssetCursor::default();
    // With few assets their entries are read, else the list of the type.
    let few = scope.assets.count().is_some_and(|count| count as usize * 4 <= view.segment.assets.len());
    if few {
        for (row, _) in (0_u32..).zip(&view.segment.assets) {
            if scope.assets.contains(view.asset_no(row)) {
                push_all(view, visible, view.segment.asset_entries(row), &mut cursor, out)?;
            }
        }
        return Ok(());
    }
    let Some(kind) = &scope.matcher.clause().kind else {
        return push_all(view, visible, 0..view.segment.count(), &mut cursor, out);
    };
    let lists = view.segment.type_postings()?;
    match (0_u32..).zip(&view.segment.kinds).find(|(_, known)| *known == kind) {
        Some((no, _)) => push_list(view, visible, lists.get(no), out),
        None => Ok(()),
    }
}

fn with_labels(
    view: &SegmentView,
    visible: &mut VisibilityFilter<'_>,
    scope: ClauseScope<'_>,
    labels: &BTreeSet<String>,
    out: &mut Run,
) -> Result<()> {
    let lists = view.segment.label_postings()?;
    let mut numbers = Vec::new();
    for label in labels {
        let mut key = label.as_bytes().to_vec();
        key.push(SEPARATOR);
        view.segment.labels.each_beginning(&key, |key, number| {
            // Each spelling is one key; a label may contain the separator, so the parts are compared.
            if label_parts(key).is_some_and(|(normalised, _)| normalised == label) {
                numbers.extend(u32::try_from(number));
            }
            Ok(())
        })?;
    }
    let mut rows: Vec<&LabelRowBytes> = Vec::new();
    let mut held = scope.budget.hold(0)?;
    for number in &numbers {
        let list = rows_of(lists.get(*number).ok_or_else(|| view.segment.broken("a list of entries"))?);
        if numbers.len() == 1 && scope.shortcuts.label_rows {
            return push_rows(view, visible, list.iter(), out);
        }
        held.grow(size_of_val(list) as u64)?;
        rows.extend(list);
    }
    // An entry has one label, so no entry is in two lists.
    rows.sort_unstable_by_key(|row| LabelRow::read(row).entry);
    if scope.shortcuts.label_rows {
        return push_rows(view, visible, rows.into_iter(), out);
    }
    let entries = rows.into_iter().map(|row| LabelRow::read(row).entry);
    push_all(view, visible, entries, &mut AssetCursor::default(), out)
}

/// Matches for which room is made before it is known how many of a list's entries match.
const RESERVED_MAX: usize = 1 << 16;

/// Pushes the entries of rows, ascending.
fn push_rows<'r>(
    view: &SegmentView,
    visible: &mut VisibilityFilter<'_>,
    rows: impl ExactSizeIterator<Item = &'r LabelRowBytes>,
    out: &mut Run,
) -> Result<()> {
    out.reserve(rows.len().min(RESERVED_MAX));
    // Rows of one asset come one after the other.
    let (mut source, mut asset) = (NONE, AssetNo(NONE));
    for row in rows {
        let row = LabelRow::read(row);
        if !visible.admits_row(&row)? {
            continue;
        }
        if row.source != source {
            (source, asset) = (row.source, view.asset_of_source(row.source));
        }
        let range = row.range().ok_or_else(|| view.segment.broken("an entry has no range"))?;
        out.push(asset, range, row.confidence, row.entry);
    }
    Ok(())
}
