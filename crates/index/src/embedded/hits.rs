//! Matches by type, label and words.

use std::collections::BTreeSet;
use std::ops::Range;

use rushes_plan::Test;
use rushes_types::{Error, Result};

use super::entry::Entry;
use super::expansion::expand;
use super::keys::label_parts;
use super::postings::{for_each_entry, for_each_with_positions};
use super::sections::SEPARATOR;
use super::segment_view::SegmentView;
use super::visibility_filter::{AssetSet, ClauseScope, VisibilityFilter};
use crate::budget::{Held, Meter};
use crate::hit::hit_order;
use crate::seam::{Hit, Hits};

/// The matches of a clause that matches single annotations.
pub(super) fn hits(views: &[SegmentView], scope: ClauseScope<'_>, test: &Test) -> Result<Hits> {
    let mut found = Hits::default();
    let mut runs: Vec<Vec<Hit>> = Vec::with_capacity(views.len());
    for view in views {
        let mut visible = VisibilityFilter::new(scope, view)?.holding_hits();
        let mut run = Vec::new();
        let out = &mut run;
        match test {
            Test::Any => any(view, &mut visible, scope, out)?,
            Test::Label(labels) => with_labels(view, &mut visible, labels, out)?,
            Test::Words(_) => with_words(view, &mut visible, scope, out)?,
            Test::Phrase(_) | Test::Nearest(_) => {
                return Err(Error::bug("a clause was looked up by the wrong kind of list"));
            }
        }
        found.examined += visible.examined;
        runs.push(run);
    }
    // The hits of a segment are in order, except where several lists were read, and segments mostly hold disjoint
    // assets. So the hits are nearly always sorted already, which the sort detects in one pass.
    runs.retain(|run| !run.is_empty());
    runs.sort_by(|a, b| a.first().zip(b.first()).map_or(std::cmp::Ordering::Equal, |(a, b)| hit_order(a, b)));
    let mut runs = runs.into_iter();
    found.hits = runs.next().unwrap_or_default();
    runs.for_each(|run| found.hits.extend(run));
    found.hits.sort_by(hit_order);
    Ok(found)
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

/// Pushes hits for entries, ascending.
fn push_all(
    view: &SegmentView,
    visible: &mut VisibilityFilter<'_>,
    entries: impl Iterator<Item = u32>,
    out: &mut Vec<Hit>,
) -> Result<()> {
    for no in entries {
        if let Some(entry) = visible.admits_no(no)? {
            out.push(hit_of(view, entry, 1.0)?);
        }
    }
    Ok(())
}

/// Pushes hits for the entries of a list.
fn push_list(
    view: &SegmentView,
    visible: &mut VisibilityFilter<'_>,
    list: Option<&[u8]>,
    out: &mut Vec<Hit>,
) -> Result<()> {
    let broken = || view.segment.broken("a list of entries");
    let mut failed = None;
    let read = for_each_entry(list.ok_or_else(broken)?, |no| {
        if failed.is_some() {
            return;
        }
        let admitted =
            visible.admits_no(no).and_then(|entry| entry.map(|e| hit_of(view, e, 1.0)).transpose());
        match admitted {
            Ok(hit) => out.extend(hit),
            Err(error) => failed = Some(error),
        }
    });
    match failed {
        Some(error) => Err(error),
        None => read.ok_or_else(broken),
    }
}

fn any(
    view: &SegmentView,
    visible: &mut VisibilityFilter<'_>,
    scope: ClauseScope<'_>,
    out: &mut Vec<Hit>,
) -> Result<()> {
    // With few assets their entries are read, else the list of the type.
    let few = scope.assets.count().is_some_and(|count| count as usize * 4 <= view.segment.assets.len());
    if few {
        for (row, _) in (0_u32..).zip(&view.segment.assets) {
            if scope.assets.contains(view.asset_no(row)) {
                push_all(view, visible, view.segment.asset_entries(row), out)?;
            }
        }
        return Ok(());
    }
    let Some(kind) = &scope.matcher.clause().kind else {
        return push_all(view, visible, 0..view.segment.count(), out);
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
    labels: &BTreeSet<String>,
    out: &mut Vec<Hit>,
) -> Result<()> {
    let lists = view.segment.label_postings()?;
    for label in labels {
        let mut key = label.as_bytes().to_vec();
        key.push(SEPARATOR);
        let mut numbers = Vec::new();
        view.segment.labels.each_beginning(&key, |key, number| {
            // Each spelling is one key; a label may contain the separator, so the parts are compared.
            if label_parts(key).is_some_and(|(normalised, _)| normalised == label) {
                numbers.extend(u32::try_from(number));
            }
            Ok(())
        })?;
        for number in numbers {
            push_list(view, visible, lists.get(number), out)?;
        }
    }
    Ok(())
}

/// An entry that has a query word, and how well.
type Found = (u32, f64);

/// Bytes of a list of words that are read in a step.
const LIST_BYTES_PER_STEP: usize = 8;

/// The entries of the assets in scope, in ascending order; `None`: all.
fn entries_in_scope(view: &SegmentView, assets: &AssetSet) -> Option<Vec<Range<u32>>> {
    if matches!(assets, AssetSet::All) {
        return None;
    }
    let mut ranges: Vec<Range<u32>> = Vec::new();
    for (row, _) in (0_u32..).zip(&view.segment.assets) {
        if !assets.contains(view.asset_no(row)) {
            continue;
        }
        let entries = view.segment.asset_entries(row);
        match ranges.last_mut() {
            Some(last) if last.end == entries.start => last.end = entries.end,
            _ => ranges.push(entries),
        }
    }
    Some(ranges)
}

/// The best quality of one query word in each entry in scope that has it, ascending by entry. What is out of scope is not
/// held: whether a search may hold what it finds must not depend on what its caller may not see.
fn best_of_term(
    view: &SegmentView,
    term: &rushes_text::TermMatcher,
    within: Option<&[Range<u32>]>,
    meter: &mut Meter<'_>,
    held: &mut Held<'_>,
) -> Result<Vec<Found>> {
    let lists = view.segment.word_postings()?;
    let broken = || view.segment.broken("a list of words");
    let mut best: Vec<Found> = Vec::new();
    let matches = expand(&view.segment, term, meter)?;
    for word in &matches {
        let list = lists.get(word.number).ok_or_else(broken)?;
        let before = best.len();
        let mut left = within;
        for_each_with_positions(list, |no, _| {
            if let Some(ranges) = &mut left {
                // The list ascends, and so do the ranges.
                while let Some((_, rest)) = ranges.split_first().filter(|(first, _)| first.end <= no) {
                    *ranges = rest;
                }
                if ranges.first().is_none_or(|first| no < first.start) {
                    return;
                }
            }
            best.push((no, word.quality));
        })
        .ok_or_else(broken)?;
        let more = best.len() - before;
        held.grow((more * size_of::<Found>()) as u64)?;
        meter.steps(more + list.len() / LIST_BYTES_PER_STEP)?;
    }
    if matches.len() > 1 {
        best.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)));
        best.dedup_by_key(|(no, _)| *no);
    }
    Ok(best)
}

fn with_words(
    view: &SegmentView,
    visible: &mut VisibilityFilter<'_>,
    scope: ClauseScope<'_>,
    out: &mut Vec<Hit>,
) -> Result<()> {
    let terms = scope.matcher.terms();
    let mut held = scope.budget.hold(0)?;
    let meter = &mut visible.meter;
    let within = entries_in_scope(view, scope.assets);
    let lists = terms.iter().map(|term| best_of_term(view, term, within.as_deref(), meter, &mut held));
    let lists = lists.collect::<Result<Vec<_>>>()?;
    // Looking at the head of a list is less than a step.
    let steps = 1 + lists.len() / 8;
    let mut at = vec![0_usize; lists.len()];
    let mut best = vec![None; lists.len()];
    // The lowest next entry of all lists, until all are exhausted.
    loop {
        let heads = || lists.iter().zip(&at).filter_map(|(list, at)| list.get(*at));
        let Some(no) = heads().map(|(no, _)| *no).min() else { return Ok(()) };
        visible.meter.steps(steps)?;
        for ((list, at), best) in lists.iter().zip(&mut at).zip(&mut best) {
            *best = list.get(*at).filter(|(of, _)| *of == no).map(|(_, quality)| *quality);
            *at += usize::from(best.is_some());
        }
        if let Some(score) = scope.matcher.words_score(&best)
            && let Some(entry) = visible.admits_no(no)?
        {
            out.push(hit_of(view, entry, score)?);
        }
    }
}
