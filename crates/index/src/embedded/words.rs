//! Matches by words, in one segment.
//!
//! Where every word must be there, the one with the shortest lists names the *candidates*, and what is read of the others
//! is only whether, and how well, each candidate has them. Where few candidates are left and long lists would be read for
//! them (a beginning of two letters stands for thousands of words), the candidates themselves are read instead, and the
//! shared matcher decides.
//!
//! Many lists are joined without sorting: one bit an entry for each quality a word can have, of which there are few.

use std::ops::Range;

use rushes_plan::WordsTest;
use rushes_text::TermMatcher;
use rushes_types::Result;

use super::expansion::{WordMatch, expand};
use super::postings::{PostingLists, for_each_with_positions};
use super::segment_view::{AssetCursor, SegmentView};
use super::visibility_filter::{AssetSet, ClauseScope, VisibilityFilter};
use crate::budget::{Held, Meter};
use crate::matches::Run;

/// Bytes of a list of words that are read in a step.
const LIST_BYTES_PER_STEP: usize = 8;
/// Bytes of lists that are read in the time in which one annotation is read and matched.
const LIST_BYTES_PER_ANNOTATION: usize = 8_192;
/// Steps that it takes to read an annotation and match it.
const ANNOTATION_STEPS: usize = 256;
/// Lists are joined by bits where they have more bytes together than the segment has entries, divided by this.
const ENTRIES_PER_BYTE: usize = 16;

/// Entries that are tested together.
const BATCH: usize = 64;

/// An entry that has a query word, and how well.
type Found = (u32, f64);

/// One query word in one segment.
struct Term {
    /// Its place in the clause.
    no: usize,
    words: Vec<WordMatch>,
    /// Bytes of the lists of these words.
    bytes: usize,
}

pub(super) fn with_words(
    view: &SegmentView,
    visible: &mut VisibilityFilter<'_>,
    scope: ClauseScope<'_>,
    test: &WordsTest,
    out: &mut Run,
) -> Result<()> {
    let mut terms = Vec::new();
    for (no, term) in scope.matcher.terms().into_iter().enumerate() {
        terms.push(term_of(view, no, term, &mut visible.meter)?);
    }
    let within = entries_in_scope(view, scope.assets);
    let by_bits = scope.shortcuts.lists_by_bits;
    let mut search = WordsSearch { view, within, by_bits, held: scope.budget.hold(0)? };
    if test.every && terms.len() > 1 && scope.shortcuts.rarest_word_first {
        return search.every(visible, scope, terms, out);
    }
    search.some(visible, scope, &terms, out)
}

fn term_of(view: &SegmentView, no: usize, term: &TermMatcher, meter: &mut Meter<'_>) -> Result<Term> {
    let words = expand(&view.segment, term, meter)?;
    let lists = view.segment.word_postings()?;
    let bytes = words.iter().filter_map(|word| lists.get(word.number)).map(<[u8]>::len).sum();
    Ok(Term { no, words, bytes })
}

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

/// Passes the ascending entries of a list that lie within ranges.
struct Within<'r>(Option<&'r [Range<u32>]>);

impl Within<'_> {
    #[inline]
    fn holds(&mut self, entry: u32) -> bool {
        let Some(ranges) = &mut self.0 else { return true };
        // The list ascends, and so do the ranges.
        while let Some((_, rest)) = ranges.split_first().filter(|(first, _)| first.end <= entry) {
            *ranges = rest;
        }
        ranges.first().is_some_and(|first| first.start <= entry)
    }
}

struct WordsSearch<'q> {
    view: &'q SegmentView,
    within: Option<Vec<Range<u32>>>,
    by_bits: bool,
    held: Held<'q>,
}

impl WordsSearch<'_> {
    fn lists(&self) -> Result<PostingLists<'_>> {
        self.view.segment.word_postings()
    }

    /// Calls `each` with every entry in scope that has the word. What is out of scope is not held: whether a search may
    /// hold what it finds must not depend on what its caller may not see.
    fn for_each(&self, word: &WordMatch, meter: &mut Meter<'_>, mut each: impl FnMut(u32)) -> Result<()> {
        let broken = || self.view.segment.broken("a list of words");
        let list = self.lists()?.get(word.number).ok_or_else(broken)?;
        let mut within = Within(self.within.as_deref());
        for_each_with_positions(list, |entry, _| {
            if within.holds(entry) {
                each(entry);
            }
        })
        .ok_or_else(broken)?;
        meter.steps(1 + list.len() / LIST_BYTES_PER_STEP)
    }

    /// The best quality of a query word in each entry in scope that has it, ascending by entry.
    fn best(&mut self, term: &Term, meter: &mut Meter<'_>) -> Result<Vec<Found>> {
        if self.by_bits
            && term.words.len() > 1
            && term.bytes > self.view.segment.count() as usize / ENTRIES_PER_BYTE
        {
            return self.best_by_bits(term, meter);
        }
        let mut best: Vec<Found> = Vec::new();
        for word in &term.words {
            let before = best.len();
            self.for_each(word, meter, |entry| best.push((entry, word.quality)))?;
            self.hold(&best[before..], meter)?;
        }
        if term.words.len() > 1 {
            best.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)));
            best.dedup_by_key(|(entry, _)| *entry);
        }
        Ok(best)
    }

    fn hold(&mut self, found: &[Found], meter: &mut Meter<'_>) -> Result<()> {
        self.held.grow(size_of_val(found) as u64)?;
        meter.steps(found.len())
    }

    fn best_by_bits(&mut self, term: &Term, meter: &mut Meter<'_>) -> Result<Vec<Found>> {
        let mut qualities: Vec<f64> = term.words.iter().map(|word| word.quality).collect();
        qualities.sort_unstable_by(|a, b| b.total_cmp(a));
        qualities.dedup();
        let words = (self.view.segment.count() as usize).div_ceil(64);
        self.held.grow((qualities.len() * words * size_of::<u64>()) as u64)?;
        let mut bits: Vec<Vec<u64>> = vec![vec![0; words]; qualities.len()];
        for word in &term.words {
            let level = qualities.iter().position(|quality| *quality == word.quality);
            let Some(bits) = level.and_then(|level| bits.get_mut(level)) else { continue };
            self.for_each(word, meter, |entry| {
                if let Some(word) = bits.get_mut((entry >> 6) as usize) {
                    *word |= 1 << (entry & 63);
                }
            })?;
        }
        let mut best: Vec<Found> = Vec::new();
        let mut levels: Vec<u64> = Vec::with_capacity(bits.len());
        for (no, first) in (0..words).zip((0_u32..).step_by(64)) {
            let mut taken = 0;
            levels.clear();
            for of_level in &bits {
                let new = of_level.get(no).copied().unwrap_or(0) & !taken;
                taken |= new;
                levels.push(new);
            }
            if taken == 0 {
                continue;
            }
            let before = best.len();
            while taken != 0 {
                let bit = taken.trailing_zeros();
                taken &= taken - 1;
                let level = levels.iter().position(|level| level >> bit & 1 != 0);
                best.extend(level.and_then(|level| qualities.get(level)).map(|q| (first + bit, *q)));
            }
            self.hold(&best[before..], meter)?;
        }
        Ok(best)
    }

    /// Every word must be there.
    fn every(
        &mut self,
        visible: &mut VisibilityFilter<'_>,
        scope: ClauseScope<'_>,
        mut terms: Vec<Term>,
        out: &mut Run,
    ) -> Result<()> {
        terms.sort_by_key(|term| term.bytes);
        let Some((rarest, others)) = terms.split_first() else { return Ok(()) };
        let found = self.best(rarest, &mut visible.meter)?;
        let mut candidates = Candidates::new(found, rarest.no, terms.len(), self.view.segment.count());
        self.held.grow(candidates.bytes())?;
        for (at, term) in others.iter().enumerate() {
            if candidates.entries.is_empty() {
                return Ok(());
            }
            let left: usize = others.iter().skip(at).map(|term| term.bytes).sum();
            let read = candidates.entries.len().saturating_mul(LIST_BYTES_PER_ANNOTATION);
            if scope.shortcuts.candidates_read && read < left {
                return self.read_each(visible, scope, &candidates.entries, out);
            }
            for word in &term.words {
                self.for_each(word, &mut visible.meter, |entry| {
                    candidates.meet(entry, term.no, word.quality);
                })?;
            }
            candidates.keep_those_with(term.no);
        }
        let mut pending = Pending::new(self.view);
        for (at, &no) in candidates.entries.iter().enumerate() {
            if let Some(score) = scope.matcher.words_score(candidates.of(at)) {
                pending.push(no, score, visible, out)?;
            }
        }
        pending.flush(visible, out)
    }

    /// Reads each candidate and matches it.
    fn read_each(
        &self,
        visible: &mut VisibilityFilter<'_>,
        scope: ClauseScope<'_>,
        candidates: &[u32],
        out: &mut Run,
    ) -> Result<()> {
        let mut pending = Pending::new(self.view);
        for &no in candidates {
            visible.meter.steps(ANNOTATION_STEPS)?;
            let entry =
                visible.entries.get(no).ok_or_else(|| self.view.segment.broken("an entry is missing"))?;
            if let Some(score) = scope.matcher.decide(&self.view.segment.annotation(entry)?) {
                pending.push(no, score, visible, out)?;
            }
        }
        pending.flush(visible, out)
    }

    /// A single word, or one of several is enough.
    fn some(
        &mut self,
        visible: &mut VisibilityFilter<'_>,
        scope: ClauseScope<'_>,
        terms: &[Term],
        out: &mut Run,
    ) -> Result<()> {
        let mut lists = Vec::with_capacity(terms.len());
        for term in terms {
            lists.push(self.best(term, &mut visible.meter)?);
        }
        // Looking at the head of a list is less than a step.
        let steps = 1 + lists.len() / 8;
        let mut at = vec![0_usize; lists.len()];
        let mut best = vec![None; lists.len()];
        let mut pending = Pending::new(self.view);
        // The lowest next entry of all lists, until all are exhausted.
        loop {
            let heads = || lists.iter().zip(&at).filter_map(|(list, at)| list.get(*at));
            let Some(no) = heads().map(|(no, _)| *no).min() else { return pending.flush(visible, out) };
            visible.meter.steps(steps)?;
            for ((list, at), best) in lists.iter().zip(&mut at).zip(&mut best) {
                *best = list.get(*at).filter(|(of, _)| *of == no).map(|(_, quality)| *quality);
                *at += usize::from(best.is_some());
            }
            if let Some(score) = scope.matcher.words_score(&best) {
                pending.push(no, score, visible, out)?;
            }
        }
    }
}

/// Entries that match, ascending, until they are tested: some at a time, so that they are brought near together.
struct Pending<'v> {
    view: &'v SegmentView,
    cursor: AssetCursor,
    entries: Vec<u32>,
    scores: Vec<f64>,
}

impl<'v> Pending<'v> {
    fn new(view: &'v SegmentView) -> Self {
        let (entries, scores) = (Vec::with_capacity(BATCH), Vec::with_capacity(BATCH));
        Self { view, cursor: AssetCursor::default(), entries, scores }
    }

    fn push(&mut self, no: u32, score: f64, visible: &mut VisibilityFilter<'_>, out: &mut Run) -> Result<()> {
        self.entries.push(no);
        self.scores.push(score);
        if self.entries.len() < BATCH { Ok(()) } else { self.flush(visible, out) }
    }

    /// Adds those that are admitted.
    fn flush(&mut self, visible: &mut VisibilityFilter<'_>, out: &mut Run) -> Result<()> {
        visible.entries.touch(&self.entries);
        for (&no, &score) in self.entries.iter().zip(&self.scores) {
            if let Some(entry) = visible.admits_no(no)? {
                let range = entry.range().ok_or_else(|| self.view.segment.broken("an entry has no range"))?;
                out.push_scored(self.cursor.of(self.view, no), range, entry.confidence(), no, score);
            }
        }
        self.entries.clear();
        self.scores.clear();
        Ok(())
    }
}

/// Entries that may have every word, ascending, with the best quality of each word so far.
struct Candidates {
    entries: Vec<u32>,
    /// One bit an entry of the segment: most entries of a list are no candidates, and one look tells.
    bits: Vec<u64>,
    words: usize,
    /// For each candidate its words, in the order of the clause.
    best: Vec<Option<f64>>,
}

impl Candidates {
    fn new(found: Vec<Found>, word: usize, words: usize, count: u32) -> Self {
        let mut bits = vec![0_u64; (count as usize).div_ceil(64)];
        let mut best = vec![None; found.len().saturating_mul(words)];
        for (at, (entry, quality)) in found.iter().enumerate() {
            if let Some(word) = bits.get_mut((entry >> 6) as usize) {
                *word |= 1 << (entry & 63);
            }
            if let Some(slot) = best.get_mut(at * words + word) {
                *slot = Some(*quality);
            }
        }
        Self { entries: found.into_iter().map(|(entry, _)| entry).collect(), bits, words, best }
    }

    fn bytes(&self) -> u64 {
        (size_of_val(self.bits.as_slice()) + size_of_val(self.best.as_slice())) as u64
    }

    /// An entry has a word.
    #[inline]
    fn meet(&mut self, entry: u32, word: usize, quality: f64) {
        if self.bits.get((entry >> 6) as usize).is_none_or(|bits| bits >> (entry & 63) & 1 == 0) {
            return;
        }
        let at = self.entries.binary_search(&entry).ok();
        if let Some(slot) = at.and_then(|at| self.best.get_mut(at * self.words + word)) {
            *slot = Some(slot.map_or(quality, |known| known.max(quality)));
        }
    }

    /// Drops the candidates that lack a word.
    fn keep_those_with(&mut self, word: usize) {
        let mut kept = 0;
        for at in 0..self.entries.len() {
            let from = at * self.words;
            if self.best.get(from + word).is_some_and(Option::is_some) {
                self.entries.swap(kept, at);
                self.best.copy_within(from..from + self.words, kept * self.words);
                kept += 1;
            } else if let Some(entry) = self.entries.get(at)
                && let Some(word) = self.bits.get_mut((entry >> 6) as usize)
            {
                *word &= !(1 << (entry & 63));
            }
        }
        self.entries.truncate(kept);
        self.best.truncate(kept * self.words);
    }

    fn of(&self, at: usize) -> &[Option<f64>] {
        self.best.get(at * self.words..(at + 1) * self.words).unwrap_or_default()
    }
}
