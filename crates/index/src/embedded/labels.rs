//! Labels for typing ahead and for names: how many annotations carry each, without walking the annotations.
//!
//! A segment tallies its labels once, by source and validity. A view adds up the tallies of visible validities and
//! corrects them for entries with tombstones, once, when labels are first asked for.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rushes_types::{AnnotationType, Result};

use super::entry::NONE;
use super::expansion::PASSED_STEPS;
use super::keys::word_parts;
use super::label_rows::{LabelRow, rows_of};
use super::sections::START_BYTES;
use super::segment_view::SegmentView;
use super::visibility_filter::{ClauseScope, VisibilityFilter};
use crate::budget::Meter;
use crate::seam::AssetNo;
use crate::suggest::{LabelCounts, begins_word};

/// Counts by label and type, for each spelling.
pub(super) type Counts = BTreeMap<(String, AnnotationType), LabelCounts>;

/// Counts the labels of which a word begins as typed (normalised), among what the filter admits.
pub(super) fn labels_beginning(
    view: &SegmentView,
    scope: ClauseScope<'_>,
    typed: &str,
    counts: &mut Counts,
) -> Result<()> {
    let prefix = &typed.as_bytes()[..typed.len().min(START_BYTES)];
    let mut labels = BTreeSet::new();
    let mut meter = scope.budget.meter();
    view.segment.label_starts.each_beginning(prefix, |key, _| {
        labels.extend(key.last_chunk::<4>().map(|number| u32::from_be_bytes(*number)));
        meter.steps(PASSED_STEPS)
    })?;
    let filter = scope.filter;
    let counted =
        filter.pins.is_empty() && filter.languages.is_empty() && filter.languages_excluded.is_empty();
    let known = view.label_counts()?;
    let mut visible = VisibilityFilter::new(scope, view)?;
    for label in labels {
        meter.steps(LABEL_STEPS)?;
        let (normalised, written) = view.segment.label(label)?;
        if !begins_word(&normalised, typed) {
            continue;
        }
        let sources = if counted {
            let from = known.partition_point(|c| c.label < label);
            let own = known[from..].iter().take_while(|c| c.label == label);
            own.map(|c| (c.source, u64::try_from(c.count).unwrap_or(0))).collect()
        } else {
            walked(view, &mut visible, label)?
        };
        for (source, count) in sources {
            add(view, scope, source, &normalised, &written, count, counts)?;
        }
    }
    Ok(())
}

/// Counts all labels but those of dialogue.
pub(super) fn all_labels(view: &SegmentView, scope: ClauseScope<'_>, counts: &mut Counts) -> Result<()> {
    let mut at: Option<(u32, String, String)> = None;
    let mut meter = scope.budget.meter();
    for known in view.label_counts()? {
        meter.steps(PASSED_STEPS)?;
        let source = view.segment.sources.get(known.source as usize);
        if source.is_none_or(|s| s.kind.is_dialogue()) {
            continue;
        }
        if at.as_ref().is_none_or(|(label, ..)| *label != known.label) {
            let (normalised, written) = view.segment.label(known.label)?;
            at = Some((known.label, normalised, written));
        }
        if let Some((_, normalised, written)) = &at {
            let count = u64::try_from(known.count).unwrap_or(0);
            add(view, scope, known.source, normalised, written, count, counts)?;
        }
    }
    Ok(())
}

/// Adds a count of a source, where the asset is asked for.
fn add(
    view: &SegmentView,
    scope: ClauseScope<'_>,
    source: u32,
    normalised: &str,
    written: &str,
    count: u64,
    counts: &mut Counts,
) -> Result<()> {
    let source = view.segment.sources.get(source as usize);
    let source = source.ok_or_else(|| view.segment.broken("a label is missing"))?;
    let asset = view.asset_no(source.asset);
    if asset == AssetNo(NONE) || !scope.assets.contains(asset) {
        return Ok(());
    }
    counts.entry((normalised.to_owned(), source.kind.clone())).or_default().add(written, count);
    Ok(())
}

/// Counts one label by testing every entry: for filters on more than assets.
fn walked(view: &SegmentView, visible: &mut VisibilityFilter<'_>, label: u32) -> Result<Vec<(u32, u64)>> {
    let broken = || view.segment.broken("a label is missing");
    let mut sources: BTreeMap<u32, u64> = BTreeMap::new();
    for row in rows_of(view.segment.label_postings()?.get(label).ok_or_else(broken)?) {
        let row = LabelRow::read(row);
        if visible.admits_row(&row)? {
            *sources.entry(row.source).or_default() += 1;
        }
    }
    Ok(sources.into_iter().collect())
}

/// Steps that a label takes: it is read and compared.
const LABEL_STEPS: usize = 32;

/// Most words with a common prefix that are read in each segment.
const WORDS_LOOKED_AT_MAX: usize = 4_096;

/// Words of the dictionaries that begin with `folded`, those with the longest lists first.
pub(super) fn words_beginning(
    views: &[SegmentView],
    folded: &str,
    limit: usize,
    meter: &mut Meter<'_>,
) -> Result<Vec<String>> {
    let mut weights: HashMap<String, usize> = HashMap::new();
    for view in views {
        let lists = view.segment.word_postings()?;
        let mut looked_at = 0;
        view.segment.words.each_from(folded.as_bytes(), |key, number| {
            if !key.starts_with(folded.as_bytes()) || looked_at == WORDS_LOOKED_AT_MAX {
                return Ok(false);
            }
            looked_at += 1;
            meter.steps(LABEL_STEPS)?;
            let Some(word) = word_parts(key) else { return Ok(true) };
            let list = u32::try_from(number).ok().and_then(|number| lists.get(number));
            *weights.entry(word.lower.to_owned()).or_default() += list.map_or(0, <[u8]>::len);
            Ok(true)
        })?;
    }
    let mut words: Vec<(String, usize)> = weights.into_iter().collect();
    words.sort_by(|a, b| (b.1, &a.0).cmp(&(a.1, &b.0)));
    Ok(words.into_iter().take(limit).map(|(word, _)| word).collect())
}
