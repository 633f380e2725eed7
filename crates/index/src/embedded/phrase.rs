//! Phrases: words in order, within the plan's slop, inside one text or across lines of dialogue.
//!
//! The word with the shortest postings names the entries that can hold the phrase (the *seeds*); for lines of dialogue
//! the neighbours of seeds are read too, because a phrase may continue from one line to the next. The positions of the
//! other words are read only for these entries.
//!
//! ```text
//! expand   each word of the phrase ─▶ words of the dictionary that meet it, with their quality
//! rarest   the word with the fewest bytes of postings ─▶ seeds, those that the query may see
//! chains   lines of one model on one asset, joined where the pause is short, cut to what a seed can reach
//! read     positions of all words in seeds and chains
//! match    `find_phrases`, the definition that every engine shares, on each text and on each chain as one text
//! ```
//!
//! Invariants. A match contains the phrase's rarest word, so no seed means no match. It takes at most words + slop
//! positions, so lines farther than that from every seed cannot take part ([`runs_near_seeds`]). Lines of one chain may
//! lie in different segments, so entries are addressed by (view, entry). Annotations found in several ways count once,
//! with the best score.
//!
//! Rejected: joining lines when a segment is written, so that joined lines share one position list. Which lines join
//! depends on what a reader sees: a line that died between two others leaves a gap, so each read point would need its
//! own lists.

use std::collections::BTreeSet;

use rushes_plan::PhraseTest;
use rushes_types::limits::DIALOGUE_JOIN_GAP_NS;
use rushes_types::{AnnotationKey, AssetId, ModelRef, Result, TimeRange};

use super::expansion::{WordMatch, expand};
use super::hits::hit_of;
use super::joined::{Line, best_score, find_joined, runs_near_seeds};
use super::postings::{FIELD_LABEL, FIELD_TEXT, for_each_with_positions};
use super::segment_view::SegmentView;
use super::visibility_filter::{ClauseScope, VisibilityFilter};
use crate::budget::{Budget, Held, Meter};
use crate::hit::{hit_order, span};
use crate::seam::{HIT_BYTES, Hit, Hits};

/// Bytes of a list that are read in a step.
const LIST_BYTES_PER_STEP: usize = 8;

/// An occurrence of a word of the phrase.
#[derive(Debug, Clone, Copy)]
struct Occurrence {
    entry: u32,
    field: u32,
    term: usize,
    position: u32,
    quality: f64,
}

/// A line of a chain.
#[derive(Debug, Clone, Copy)]
struct LineRef {
    view: usize,
    entry: u32,
    range: TimeRange,
    key: AnnotationKey,
    length: u32,
}

/// What is looked up of one view.
struct PartSearch<'q> {
    view: &'q SegmentView,
    visible: VisibilityFilter<'q>,
    /// The memory of the occurrences.
    held: Held<'q>,
    /// For each word of the phrase, the matching words of the dictionary.
    matches: Vec<Vec<WordMatch>>,
    /// Admitted entries that contain the rarest word, ascending.
    seeds: Vec<u32>,
    /// Entries whose words are wanted: one bit each.
    wanted: Vec<u64>,
    /// By entry, field, word and position.
    occurrences: Vec<Occurrence>,
}

pub(super) fn hits(views: &[SegmentView], scope: ClauseScope<'_>, test: &PhraseTest) -> Result<Hits> {
    let mut searches = Vec::with_capacity(views.len());
    for view in views {
        let terms = scope.matcher.terms();
        let mut visible = VisibilityFilter::new(scope, view)?;
        let expanded = terms.iter().map(|term| expand(&view.segment, term, &mut visible.meter));
        let matches = expanded.collect::<Result<Vec<_>>>()?;
        searches.push(PartSearch {
            view,
            visible,
            held: scope.budget.hold(0)?,
            matches,
            seeds: Vec::new(),
            wanted: vec![0; (view.segment.count() as usize).div_ceil(64)],
            occurrences: Vec::new(),
        });
    }
    let Some(rarest) = rarest(&searches, test.words.len())? else { return Ok(Hits::default()) };
    for search in &mut searches {
        search.find_seeds(rarest)?;
    }
    let chains = chains(&mut searches, test)?;
    for search in &mut searches {
        search.read_occurrences()?;
    }
    let mut found = Vec::new();
    for search in &searches {
        search.lone_hits(scope.budget, test, &mut found)?;
    }
    let mut meter = scope.budget.meter();
    for chain in &chains {
        let before = found.len();
        chain_hits(&searches, chain, test, &mut meter, &mut found)?;
        scope.budget.keep((found.len() - before) as u64 * HIT_BYTES)?;
    }
    // Of several matches of the same annotations the best counts.
    found.sort_by(|a, b| hit_order(a, b).then(b.score.total_cmp(&a.score)));
    found.dedup_by(|later, kept| hit_order(later, kept).is_eq());
    let examined = searches.iter().map(|search| search.visible.examined).sum();
    Ok(Hits { hits: found, approximate: false, examined })
}

/// The word with the shortest lists; `None` where some word has no match at all.
fn rarest(searches: &[PartSearch<'_>], words: usize) -> Result<Option<usize>> {
    let mut sizes = vec![0_usize; words];
    for search in searches {
        let lists = search.view.segment.word_postings()?;
        for (size, matches) in sizes.iter_mut().zip(&search.matches) {
            *size += matches.iter().filter_map(|word| lists.get(word.number)).map(<[u8]>::len).sum::<usize>();
        }
    }
    if sizes.contains(&0) {
        return Ok(None);
    }
    Ok(sizes.iter().enumerate().min_by_key(|(_, size)| **size).map(|(word, _)| word))
}

impl PartSearch<'_> {
    fn find_seeds(&mut self, rarest: usize) -> Result<()> {
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
        for entry in entries {
            if self.visible.admits_no(entry)?.is_some() {
                self.seeds.push(entry);
                self.want(entry);
            }
        }
        Ok(())
    }

    fn want(&mut self, entry: u32) {
        if let Some(word) = self.wanted.get_mut((entry >> 6) as usize) {
            *word |= 1 << (entry & 63);
        }
    }

    /// Reads the occurrences of the words in the wanted entries.
    fn read_occurrences(&mut self) -> Result<()> {
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

    /// For each word its positions in one text of an entry.
    fn words_of(&self, entry: u32, field: u32, words: usize) -> Vec<Vec<(u32, f64)>> {
        let from = self.occurrences.partition_point(|o| (o.entry, o.field) < (entry, field));
        let mut positions = vec![Vec::new(); words];
        for found in self.occurrences.get(from..).unwrap_or_default() {
            if (found.entry, found.field) != (entry, field) {
                break;
            }
            if let Some(of_term) = positions.get_mut(found.term) {
                of_term.push((found.position, found.quality));
            }
        }
        positions
    }

    /// Phrases within one text of one annotation. Texts of lines of dialogue are matched in their chains instead.
    fn lone_hits(&self, budget: &Budget, test: &PhraseTest, found: &mut Vec<Hit>) -> Result<()> {
        let mut meter = budget.meter();
        for &no in &self.seeds {
            let entry = self
                .visible
                .entries
                .get(no)
                .ok_or_else(|| self.view.segment.broken("an entry is missing"))?;
            let is_dialogue = self.view.segment.source(entry)?.kind.is_dialogue();
            let fields: &[u32] = if is_dialogue { &[FIELD_LABEL] } else { &[FIELD_LABEL, FIELD_TEXT] };
            for field in fields {
                let words = self.words_of(no, *field, test.words.len());
                meter.steps(match_steps(&words, test.slop))?;
                if let Some(score) = best_score(&words, test.slop) {
                    budget.keep(HIT_BYTES)?;
                    found.push(hit_of(self.view, entry, score)?);
                }
            }
        }
        Ok(())
    }

    /// The admitted lines of a model on an asset.
    fn lines(&mut self, search_no: usize, (asset, model): (&AssetId, &ModelRef)) -> Result<Vec<LineRef>> {
        let segment = &self.view.segment;
        let Some(row) = segment.asset_row(asset) else { return Ok(Vec::new()) };
        let group = segment.dialogue.binary_search_by(|g| (g.asset, &g.model).cmp(&(row, model)));
        let Some(group) = group.ok().and_then(|at| segment.dialogue.get(at)) else { return Ok(Vec::new()) };
        let mut lines = Vec::with_capacity(group.lines.len());
        for at in group.lines.clone() {
            let no = segment.line(at)?;
            if let Some(entry) = self.visible.admits_no(no)? {
                let range = entry.range().ok_or_else(|| segment.broken("an entry has no range"))?;
                let length = entry.text_length();
                lines.push(LineRef { view: search_no, entry: no, range, key: entry.key(), length });
            }
        }
        Ok(lines)
    }
}

/// The joined lines around seeds.
fn chains(searches: &mut [PartSearch<'_>], test: &PhraseTest) -> Result<Vec<Vec<LineRef>>> {
    let mut groups: BTreeSet<(AssetId, ModelRef)> = BTreeSet::new();
    for search in searches.iter() {
        let mut last_source = None;
        for &no in &search.seeds {
            let Some(entry) = search.visible.entries.get(no) else { continue };
            if last_source.replace(entry.source()) == Some(entry.source()) {
                continue;
            }
            let source = search.view.segment.source(entry)?;
            if source.kind.is_dialogue() {
                groups.insert((search.view.segment.asset(source)?.clone(), source.model.clone()));
            }
        }
    }
    let reach = (test.words.len() as u64).saturating_add(u64::from(test.slop));
    let mut chains = Vec::new();
    for (asset, model) in &groups {
        let mut lines = Vec::new();
        for (no, search) in searches.iter_mut().enumerate() {
            lines.extend(search.lines(no, (asset, model))?);
        }
        lines.sort_by_key(|line| (line.range, line.key));
        for chain in lines.chunk_by(|a, b| joins(a.range, b.range)) {
            let is_seed = |line: &LineRef| searches[line.view].seeds.binary_search(&line.entry).is_ok();
            let seeds: Vec<usize> =
                chain.iter().enumerate().filter(|(_, line)| is_seed(line)).map(|(at, _)| at).collect();
            let lengths: Vec<u32> = chain.iter().map(|line| line.length).collect();
            for run in runs_near_seeds(&lengths, &seeds, reach) {
                chains.push(chain.get(run).unwrap_or_default().to_vec());
            }
        }
    }
    for line in chains.iter().flatten() {
        searches[line.view].want(line.entry);
    }
    Ok(chains)
}

/// Does a line of dialogue continue the one before it?
fn joins(before: TimeRange, next: TimeRange) -> bool {
    next.start_ns() - before.end_ns() <= DIALOGUE_JOIN_GAP_NS
}

/// Steps that it takes, at most, to look for a phrase among the places of its words.
fn match_steps(words: &[Vec<(u32, f64)>], slop: u32) -> usize {
    let places: usize = words.iter().map(Vec::len).sum();
    // Without slop the places follow from the first; with it each window is looked through for every word.
    let each = if slop == 0 { 1 } else { words.len() };
    words.len().saturating_add(places.saturating_mul(each))
}

fn chain_hits(
    searches: &[PartSearch<'_>],
    chain: &[LineRef],
    test: &PhraseTest,
    meter: &mut Meter<'_>,
    found: &mut Vec<Hit>,
) -> Result<()> {
    let words = test.words.len();
    let line = |line: &LineRef| Line {
        length: line.length,
        words: searches[line.view].words_of(line.entry, FIELD_TEXT, words),
    };
    let lines: Vec<Line> = chain.iter().map(line).collect();
    meter.steps(lines.iter().map(|line| match_steps(&line.words, test.slop)).sum())?;
    for joined in find_joined(&lines, words, test.slop) {
        let members = chain.get(joined.first..=joined.last).unwrap_or_default();
        let Some((first, rest)) = members.split_first() else { continue };
        let mut hits = Vec::with_capacity(members.len());
        for member in members {
            let search = &searches[member.view];
            let entry = search.visible.entries.get(member.entry);
            let entry = entry.ok_or_else(|| search.view.segment.broken("an entry is missing"))?;
            hits.push(hit_of(search.view, entry, joined.score)?);
        }
        let last = rest.last().unwrap_or(first);
        let confidence = hits.iter().map(|hit| hit.confidence).fold(f64::INFINITY, f64::min);
        let mut members = hits.into_iter();
        if let (Some(hit), Some(range)) = (members.next(), span(first.range, last.range)) {
            found.push(Hit {
                range,
                confidence,
                joined: members.map(|member| member.first).collect(),
                ..hit
            });
        }
    }
    Ok(())
}
