//! What a search by a clause would go through, from the tables of segments: look-ups in dictionaries and lengths of
//! lists; no list is read.

use rushes_plan::{Clause, ClauseCounts, Test, Word};
use rushes_text::fold_word;
use rushes_types::Result;

use super::label_rows::LABEL_ROW_BYTES;
use super::postings::PostingLists;
use super::sections::SEPARATOR;
use super::segment::Segment;
use super::segment_view::SegmentView;
use super::visibility_filter::AssetSet;
use crate::budget::{Budget, Meter};

/// Bytes that an entry takes in a list with positions, at least: its number, how many positions, one position.
const WORD_ENTRY_BYTES: u64 = 3;

/// Steps that it takes to look a word up.
const WORD_STEPS: usize = 256;

pub(super) fn counts(
    views: &[SegmentView],
    assets: &AssetSet,
    clause: &Clause,
    budget: &Budget,
) -> Result<ClauseCounts> {
    let mut all = ClauseCounts::default();
    let meter = &mut budget.meter();
    for view in views {
        let segment = &view.segment;
        all.entries += entries_in_scope(view, assets);
        match &clause.test {
            Test::Any => all.listed += listed_of_kind(segment, clause)?,
            Test::Label(labels) => {
                let lists = segment.label_postings()?;
                let range = |label: &String| segment.labels.ranks(&key(label, true));
                for label in labels {
                    all.listed += bytes(lists, range(label)?) / LABEL_ROW_BYTES as u64;
                }
            }
            Test::Words(test) => add_words(&mut all, segment, &test.words, meter)?,
            Test::Phrase(test) => {
                add_words(&mut all, segment, &test.words, meter)?;
                all.lines += listed_of_kind(segment, clause)?;
            }
            Test::Nearest(test) => {
                for (no, table) in segment.spaces.iter().enumerate() {
                    if table.space == test.space && table.dimensions == test.query.len() {
                        all.vectors += vectors_in_scope(view, no, table.rows, assets)?;
                    }
                }
            }
        }
    }
    Ok(all)
}

fn rows_in_scope<'v>(view: &'v SegmentView, assets: &'v AssetSet) -> impl Iterator<Item = u32> + 'v {
    let rows = (0_u32..).zip(&view.segment.assets).map(|(row, _)| row);
    rows.filter(|row| assets.contains(view.asset_no(*row)))
}

fn entries_in_scope(view: &SegmentView, assets: &AssetSet) -> u64 {
    if matches!(assets, AssetSet::All) {
        return u64::from(view.segment.count());
    }
    let entries = |row: u32| view.segment.asset_entries(row).len() as u64;
    rows_in_scope(view, assets).map(entries).sum()
}

fn vectors_in_scope(view: &SegmentView, space: usize, rows: usize, assets: &AssetSet) -> Result<u64> {
    if matches!(assets, AssetSet::All) {
        return Ok(rows as u64);
    }
    let vectors = view.segment.vectors(space)?;
    let rows_of = |row: u32| {
        let entries = view.segment.asset_entries(row);
        vectors.first_of(entries.end).saturating_sub(vectors.first_of(entries.start)) as u64
    };
    Ok(rows_in_scope(view, assets).map(rows_of).sum())
}

/// Entries of the clause's type.
fn listed_of_kind(segment: &Segment, clause: &Clause) -> Result<u64> {
    let Some(kind) = &clause.kind else { return Ok(u64::from(segment.count())) };
    let lists = segment.type_postings()?;
    let no = (0_u32..).zip(&segment.kinds).find(|(_, known)| *known == kind).map(|(no, _)| no);
    Ok(no.and_then(|no| lists.get(no)).map_or(0, |list| list.len() as u64))
}

fn add_words(all: &mut ClauseCounts, segment: &Segment, words: &[Word], meter: &mut Meter<'_>) -> Result<()> {
    let lists = segment.word_postings()?;
    all.dictionary += segment.words.len();
    let mut shortest = None;
    for word in words {
        meter.steps(WORD_STEPS)?;
        let range = segment.words.ranks(&key(&fold_word(&word.text), !word.prefix))?;
        all.expansions += range.end.saturating_sub(range.start);
        let listed = bytes(lists, range) / WORD_ENTRY_BYTES;
        all.listed += listed;
        shortest = Some(shortest.map_or(listed, |known: u64| known.min(listed)));
    }
    all.shortest += shortest.unwrap_or(0);
    Ok(())
}

/// The beginning of the keys of a word or label: with the separator the whole of it.
fn key(text: &str, whole: bool) -> Vec<u8> {
    let mut key = text.as_bytes().to_vec();
    key.extend(whole.then_some(SEPARATOR));
    key
}

/// The bytes of the lists of these ranks, which lie one after the other.
fn bytes(lists: PostingLists<'_>, ranks: std::ops::Range<u64>) -> u64 {
    if ranks.is_empty() {
        return 0;
    }
    let offset = |rank: u64| lists.offset(rank).unwrap_or(0);
    offset(ranks.end).saturating_sub(offset(ranks.start))
}
