//! What is looked up of one segment for a phrase: entries with its rarest word, lines of dialogue, places of words.

use rushes_types::{AnnotationKey, AssetId, ModelRef, Result, TimeRange};

use super::expansion::WordMatch;
use super::postings::for_each_with_positions;
use super::segment_view::SegmentView;
use super::visibility_filter::VisibilityFilter;
use crate::budget::Held;

/// Bytes of a list that are read in a step.
const LIST_BYTES_PER_STEP: usize = 8;

/// Entries that are brought near together.
const ENTRIES_AT_ONCE: usize = 64;

/// An occurrence of a word of the phrase.
#[derive(Debug, Clone, Copy)]
pub(super) struct Occurrence {
    pub entry: u32,
    pub field: u32,
    pub term: usize,
    pub position: u32,
    pub quality: f64,
}

/// A line of a chain.
#[derive(Debug, Clone, Copy)]
pub(super) struct LineRef {
    pub view: usize,
    pub entry: u32,
    pub range: TimeRange,
    pub key: AnnotationKey,
    pub length: u32,
}

/// What is looked up of one view.
pub(super) struct PartSearch<'q> {
    pub view: &'q SegmentView,
    pub visible: VisibilityFilter<'q>,
    /// See [`super::Shortcuts::walked_lines`].
    pub walks: bool,
    /// The memory of the occurrences.
    pub held: Held<'q>,
    /// For each word of the phrase, the matching words of the dictionary.
    pub matches: Vec<Vec<WordMatch>>,
    /// Admitted entries that contain the rarest word, ascending.
    pub seeds: Vec<u32>,
    /// Entries whose words are wanted: one bit each.
    pub wanted: Vec<u64>,
    /// By entry, field, word and position.
    pub occurrences: Vec<Occurrence>,
}

impl PartSearch<'_> {
    pub fn find_seeds(&mut self, rarest: usize) -> Result<()> {
        let lists = self.view.segment.word_postings()?;
        let broken = || self.view.segment.broken("a list of words");
        let mut entries = Vec::new();
        for word in self.matches.get(rarest).into_iter().flatten() {
            let list = lists.get(word.number).ok_or_else(broken)?;
            for_each_with_positions(list, |entry, _| entries.push(entry)).ok_or_else(broken)?;
            self.visible.meter.steps(list.len() / LIST_BYTES_PER_STEP)?;
        }
        entries.sort_unstable();
        entries.dedup();
        for some in entries.chunks(ENTRIES_AT_ONCE) {
            self.visible.entries.touch(some);
            for &entry in some {
                if self.visible.admits_no(entry)?.is_some() {
                    self.seeds.push(entry);
                    self.want(entry);
                }
            }
        }
        Ok(())
    }

    pub fn want(&mut self, entry: u32) {
        if let Some(word) = self.wanted.get_mut((entry >> 6) as usize) {
            *word |= 1 << (entry & 63);
        }
    }

    /// Reads the occurrences of the words in the wanted entries.
    pub fn read_occurrences(&mut self) -> Result<()> {
        let lists = self.view.segment.word_postings()?;
        let broken = || self.view.segment.broken("a list of words");
        let wanted = &self.wanted;
        let found = &mut self.occurrences;
        for (term, matches) in self.matches.iter().enumerate() {
            for &WordMatch { number, quality } in matches {
                let mut whole = Some(());
                let (list, before) = (lists.get(number).ok_or_else(broken)?, found.len());
                let read = for_each_with_positions(list, |entry, positions| {
                    let is_wanted =
                        wanted.get((entry >> 6) as usize).is_some_and(|w| w >> (entry & 63) & 1 != 0);
                    if is_wanted {
                        let all = positions.for_each(|field, position| {
                            found.push(Occurrence { entry, field, term, position, quality });
                        });
                        whole = whole.and(all);
                    }
                });
                read.and(whole).ok_or_else(broken)?;
                self.held.grow(((found.len() - before) * size_of::<Occurrence>()) as u64)?;
                self.visible.meter.steps(list.len() / LIST_BYTES_PER_STEP)?;
            }
        }
        found.sort_unstable_by_key(|o| (o.entry, o.field, o.term, o.position));
        Ok(())
    }

    /// The occurrences in one text of an entry.
    pub fn occurrences_in(&self, entry: u32, field: u32) -> &[Occurrence] {
        let from = self.occurrences.partition_point(|o| (o.entry, o.field) < (entry, field));
        let rest = self.occurrences.get(from..).unwrap_or_default();
        let count = rest.iter().take_while(|o| (o.entry, o.field) == (entry, field)).count();
        rest.get(..count).unwrap_or_default()
    }

    /// For each word its positions in one text of an entry.
    pub fn words_of(&self, entry: u32, field: u32, words: usize) -> Vec<Vec<(u32, f64)>> {
        let mut positions = vec![Vec::new(); words];
        for found in self.occurrences_in(entry, field) {
            if let Some(of_term) = positions.get_mut(found.term) {
                of_term.push((found.position, found.quality));
            }
        }
        positions
    }

    /// The lines of a model on an asset, by entry.
    pub fn group(&self, (asset, model): (&AssetId, &ModelRef)) -> Result<&[[u8; 4]]> {
        let segment = &self.view.segment;
        let row = segment.asset_row(asset);
        let group = row.and_then(|row| {
            let found = segment.dialogue.binary_search_by(|g| (g.asset, &g.model).cmp(&(row, model)));
            found.ok().and_then(|at| segment.dialogue.get(at))
        });
        let Some(group) = group else { return Ok(&[]) };
        segment
            .lines()?
            .get(group.lines.clone())
            .ok_or_else(|| segment.broken("a line of dialogue is missing"))
    }

    /// The line of an entry, where it is admitted.
    pub fn line(&mut self, search_no: usize, no: u32) -> Result<Option<LineRef>> {
        let Some(entry) = self.visible.admits_no(no)? else { return Ok(None) };
        let range = entry.range().ok_or_else(|| self.view.segment.broken("an entry has no range"))?;
        Ok(Some(LineRef { view: search_no, entry: no, range, key: entry.key(), length: entry.text_length() }))
    }

    /// The admitted lines of a model on an asset.
    pub fn lines(&mut self, search_no: usize, group: (&AssetId, &ModelRef)) -> Result<Vec<LineRef>> {
        let numbers: Vec<u32> = self.group(group)?.iter().map(|no| u32::from_le_bytes(*no)).collect();
        let mut lines = Vec::with_capacity(numbers.len());
        for no in numbers {
            lines.extend(self.line(search_no, no)?);
        }
        Ok(lines)
    }
}
