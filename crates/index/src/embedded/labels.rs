//! Labels for someone typing, and names: how often each is carried, without walking what carries it.
//!
//! A segment counts its labels once, by source and life. A reader adds up the rows that it sees, and corrects for the
//! lives that were overridden since: both once, when labels are first asked for.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use fst::{IntoStreamer, Streamer};
use rushes_types::{AnnotationType, Result};

use super::entry::{Entry, NONE};
use super::gate::{Asked, Gate};
use super::keys::{label_parts, token_parts};
use super::postings::for_each_entry;
use super::reader::ReaderPart;
use super::sections::START_BYTES;
use super::segment::Segment;
use super::words::collect;
use crate::seam::AssetNo;
use crate::suggest::{LabelCounts, begins_word};

/// How many entries of a source and a life carry a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LabelRow {
    label: u32,
    source: u32,
    life: u32,
    count: u32,
}

/// How many entries of a source that are current carry a label; ascending by label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LabelCount {
    label: u32,
    source: u32,
    count: i64,
}

/// Counts by label and type, with the ways of writing.
pub(super) type Counts = BTreeMap<(String, AnnotationType), LabelCounts>;

/// Counts the labels of a segment.
pub(super) fn label_rows(segment: &Segment) -> Result<Vec<LabelRow>> {
    let mut counts: HashMap<(u32, u32, u32), u32> = HashMap::new();
    for entry in segment.entries()?.slice(0..segment.count()) {
        let entry = Entry(entry);
        if entry.label() != NONE {
            *counts.entry((entry.label(), entry.source(), entry.life())).or_default() += 1;
        }
    }
    let row = |((label, source, life), count)| LabelRow { label, source, life, count };
    let mut rows: Vec<LabelRow> = counts.into_iter().map(row).collect();
    rows.sort_unstable();
    Ok(rows)
}

/// Counts the current labels of a segment as a reader sees it.
pub(super) fn label_counts(part: &ReaderPart) -> Result<Vec<LabelCount>> {
    let mut counts: BTreeMap<(u32, u32), i64> = BTreeMap::new();
    for row in part.segment.label_rows()? {
        if part.is_current(row.life) {
            *counts.entry((row.label, row.source)).or_default() += i64::from(row.count);
        }
    }
    let entries = part.segment.entries()?;
    for (no, is_current) in part.overridden() {
        let Some(entry) = entries.get(no).filter(|entry| entry.label() != NONE) else { continue };
        let change = i64::from(is_current) - i64::from(part.is_current(entry.life()));
        if change != 0 {
            *counts.entry((entry.label(), entry.source())).or_default() += change;
        }
    }
    let count = |((label, source), count)| LabelCount { label, source, count };
    Ok(counts.into_iter().map(count).filter(|c| c.count > 0).collect())
}

/// Counts the labels of which a word begins as typed (normalised), among what the gate admits.
pub(super) fn labels_beginning(
    part: &ReaderPart,
    asked: Asked<'_>,
    typed: &str,
    counts: &mut Counts,
) -> Result<()> {
    let prefix = &typed.as_bytes()[..typed.len().min(START_BYTES)];
    let mut labels = BTreeSet::new();
    collect(&part.segment.label_starts, prefix, |key, _| {
        labels.extend(key.last_chunk::<4>().map(|number| u32::from_be_bytes(*number)));
    });
    let filter = asked.filter;
    let counted =
        filter.pins.is_empty() && filter.languages.is_empty() && filter.languages_excluded.is_empty();
    let known = part.label_counts()?;
    let mut gate = Gate::new(asked, part)?;
    for label in labels {
        let (normalised, written) = part.segment.label(label)?;
        if !begins_word(&normalised, typed) {
            continue;
        }
        let sources = if counted {
            let from = known.partition_point(|c| c.label < label);
            let own = known[from..].iter().take_while(|c| c.label == label);
            own.map(|c| (c.source, u64::try_from(c.count).unwrap_or(0))).collect()
        } else {
            walked(part, &mut gate, label)?
        };
        for (source, count) in sources {
            add(part, asked, source, &normalised, &written, count, counts)?;
        }
    }
    Ok(())
}

/// Counts all labels but those of dialogue.
pub(super) fn all_labels(part: &ReaderPart, asked: Asked<'_>, counts: &mut Counts) -> Result<()> {
    let mut at: Option<(u32, String, String)> = None;
    for known in part.label_counts()? {
        let source = part.segment.sources.get(known.source as usize);
        if source.is_none_or(|s| s.kind.is_dialogue()) {
            continue;
        }
        if at.as_ref().is_none_or(|(label, ..)| *label != known.label) {
            let (normalised, written) = part.segment.label(known.label)?;
            at = Some((known.label, normalised, written));
        }
        if let Some((_, normalised, written)) = &at {
            let count = u64::try_from(known.count).unwrap_or(0);
            add(part, asked, known.source, normalised, written, count, counts)?;
        }
    }
    Ok(())
}

/// Adds a count of a source, where the asset is asked for.
fn add(
    part: &ReaderPart,
    asked: Asked<'_>,
    source: u32,
    normalised: &str,
    written: &str,
    count: u64,
    counts: &mut Counts,
) -> Result<()> {
    let source = part.segment.sources.get(source as usize);
    let source = source.ok_or_else(|| part.segment.broken("a label is missing"))?;
    let asset = part.asset_no(source.asset);
    if asset == AssetNo(NONE) || !asked.assets.contains(asset) {
        return Ok(());
    }
    counts.entry((normalised.to_owned(), source.kind.clone())).or_default().add(written, count);
    Ok(())
}

/// Counts one label by asking of every entry whether it is seen: for filters that say more than assets.
fn walked(part: &ReaderPart, gate: &mut Gate<'_>, label: u32) -> Result<Vec<(u32, u64)>> {
    let broken = || part.segment.broken("a label is missing");
    let mut sources: BTreeMap<u32, u64> = BTreeMap::new();
    let mut failed = None;
    for_each_entry(part.segment.label_lists()?.get(label).ok_or_else(broken)?, |no| {
        match gate.admits_no(no) {
            Ok(None) => {}
            Ok(Some(entry)) => *sources.entry(entry.source()).or_default() += 1,
            Err(error) => failed = Some(error),
        }
    })
    .ok_or_else(broken)?;
    match failed {
        Some(error) => Err(error),
        None => Ok(sources.into_iter().collect()),
    }
}

/// Words that begin alike which are looked at in each segment.
const WORDS_LOOKED_AT_MAX: usize = 4_096;

/// Words of the dictionaries that begin with `folded`, those with the longest lists first.
pub(super) fn words_beginning(parts: &[ReaderPart], folded: &str, limit: usize) -> Result<Vec<String>> {
    let mut weights: HashMap<String, usize> = HashMap::new();
    for part in parts {
        let lists = part.segment.token_lists()?;
        let mut words = part.segment.tokens.range().ge(folded).into_stream();
        let mut looked_at = 0;
        while let Some((key, number)) = words.next() {
            if !key.starts_with(folded.as_bytes()) || looked_at == WORDS_LOOKED_AT_MAX {
                break;
            }
            looked_at += 1;
            let Some(word) = token_parts(key) else { continue };
            let list = u32::try_from(number).ok().and_then(|number| lists.get(number));
            *weights.entry(word.lower.to_owned()).or_default() += list.map_or(0, <[u8]>::len);
        }
    }
    let mut words: Vec<(String, usize)> = weights.into_iter().collect();
    words.sort_by(|a, b| (b.1, &a.0).cmp(&(a.1, &b.0)));
    Ok(words.into_iter().take(limit).map(|(word, _)| word).collect())
}

impl Segment {
    /// A label by its number: normalised, and as written.
    fn label(&self, number: u32) -> Result<(String, String)> {
        let mut key = Vec::new();
        let known = self.labels.as_fst().get_key_into(u64::from(number), &mut key);
        let parts = label_parts(&key).filter(|_| known);
        let (normalised, written) = parts.ok_or_else(|| self.broken("a label is missing"))?;
        Ok((normalised.to_owned(), written.to_owned()))
    }
}
