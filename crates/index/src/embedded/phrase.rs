//! Phrases. The word with the shortest lists names the entries that can hold the phrase (the *seeds*); of lines of
//! dialogue the neighbours of seeds are looked at too, because a phrase may go on from one line to the next. Only
//! for these entries are the positions of the other words read.

use std::collections::BTreeSet;

use rushes_plan::PhraseTest;
use rushes_types::{AnnotationKey, AssetId, ModelRef, Result, TimeRange};

use super::gate::{Asked, Gate};
use super::hits::hit_of;
use super::joined::{Line, best_score, find_joined, runs_near_seeds};
use super::postings::{STREAM_LABEL, STREAM_TEXT, for_each_with_places};
use super::reader::ReaderPart;
use super::words::{Met, expand};
use crate::hit::{hit_order, span};
use crate::seam::{Hit, Hits};

/// Where a word of the phrase stands.
#[derive(Debug, Clone, Copy)]
struct Occurrence {
    entry: u32,
    stream: u32,
    term: usize,
    position: u32,
    quality: f64,
}

/// A line of a chain.
#[derive(Debug, Clone, Copy)]
struct LineRef {
    part: usize,
    entry: u32,
    range: TimeRange,
    key: AnnotationKey,
    length: u32,
}

/// What is looked up of one part.
struct PartSearch<'q> {
    part: &'q ReaderPart,
    gate: Gate<'q>,
    /// For each word of the phrase, the words of the dictionary that meet it.
    met: Vec<Vec<Met>>,
    /// Admitted entries that have the rarest word, ascending.
    seeds: Vec<u32>,
    /// Entries whose words are wanted: one bit each.
    wanted: Vec<u64>,
    /// By entry, stream, word and position.
    occurrences: Vec<Occurrence>,
}

pub(super) fn hits(parts: &[ReaderPart], asked: Asked<'_>, test: &PhraseTest) -> Result<Hits> {
    let mut searches = Vec::with_capacity(parts.len());
    for part in parts {
        let terms = asked.matcher.terms();
        let met = terms.iter().map(|term| expand(&part.segment, term)).collect::<Result<Vec<_>>>()?;
        searches.push(PartSearch {
            part,
            gate: Gate::new(asked, part)?,
            met,
            seeds: Vec::new(),
            wanted: vec![0; (part.segment.count() as usize).div_ceil(64)],
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
        search.lone_hits(test, &mut found)?;
    }
    for chain in &chains {
        chain_hits(&searches, chain, test, &mut found)?;
    }
    // Of several ways to the same annotations the best counts.
    found.sort_by(|a, b| hit_order(a, b).then(b.score.total_cmp(&a.score)));
    found.dedup_by(|later, kept| hit_order(later, kept).is_eq());
    let examined = searches.iter().map(|search| search.gate.examined).sum();
    Ok(Hits { hits: found, approximate: false, examined })
}

/// The word with the shortest lists; `None` where some word is nowhere.
fn rarest(searches: &[PartSearch<'_>], words: usize) -> Result<Option<usize>> {
    let mut sizes = vec![0_usize; words];
    for search in searches {
        let lists = search.part.segment.token_lists()?;
        for (size, met) in sizes.iter_mut().zip(&search.met) {
            *size += met.iter().filter_map(|word| lists.get(word.token)).map(<[u8]>::len).sum::<usize>();
        }
    }
    if sizes.contains(&0) {
        return Ok(None);
    }
    Ok(sizes.iter().enumerate().min_by_key(|(_, size)| **size).map(|(word, _)| word))
}

impl PartSearch<'_> {
    fn find_seeds(&mut self, rarest: usize) -> Result<()> {
        let lists = self.part.segment.token_lists()?;
        let broken = || self.part.segment.broken("a list of words");
        let mut entries = Vec::new();
        for word in self.met.get(rarest).into_iter().flatten() {
            let list = lists.get(word.token).ok_or_else(broken)?;
            for_each_with_places(list, |entry, _| entries.push(entry)).ok_or_else(broken)?;
        }
        entries.sort_unstable();
        entries.dedup();
        for entry in entries {
            if self.gate.admits_no(entry)?.is_some() {
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

    /// Reads where the words stand in the wanted entries.
    fn read_occurrences(&mut self) -> Result<()> {
        let lists = self.part.segment.token_lists()?;
        let broken = || self.part.segment.broken("a list of words");
        let wanted = &self.wanted;
        let found = &mut self.occurrences;
        for (term, met) in self.met.iter().enumerate() {
            for &Met { token, quality } in met {
                let mut whole = Some(());
                let read = for_each_with_places(lists.get(token).ok_or_else(broken)?, |entry, places| {
                    let is_wanted =
                        wanted.get((entry >> 6) as usize).is_some_and(|w| w >> (entry & 63) & 1 != 0);
                    if is_wanted {
                        let all = places.for_each(|stream, position| {
                            found.push(Occurrence { entry, stream, term, position, quality });
                        });
                        whole = whole.and(all);
                    }
                });
                read.and(whole).ok_or_else(broken)?;
            }
        }
        found.sort_unstable_by_key(|o| (o.entry, o.stream, o.term, o.position));
        Ok(())
    }

    /// For each word its positions in one text of an entry.
    fn words_of(&self, entry: u32, stream: u32, words: usize) -> Vec<Vec<(u32, f64)>> {
        let from = self.occurrences.partition_point(|o| (o.entry, o.stream) < (entry, stream));
        let mut positions = vec![Vec::new(); words];
        for found in self.occurrences.get(from..).unwrap_or_default() {
            if (found.entry, found.stream) != (entry, stream) {
                break;
            }
            if let Some(of_term) = positions.get_mut(found.term) {
                of_term.push((found.position, found.quality));
            }
        }
        positions
    }

    /// Phrases within one text of one annotation. The texts of lines of dialogue are looked at in their chains.
    fn lone_hits(&self, test: &PhraseTest, found: &mut Vec<Hit>) -> Result<()> {
        for &no in &self.seeds {
            let entry =
                self.gate.entries.get(no).ok_or_else(|| self.part.segment.broken("an entry is missing"))?;
            let is_dialogue = self.part.segment.source(entry)?.kind.is_dialogue();
            let streams: &[u32] = if is_dialogue { &[STREAM_LABEL] } else { &[STREAM_LABEL, STREAM_TEXT] };
            for stream in streams {
                let words = self.words_of(no, *stream, test.words.len());
                if let Some(score) = best_score(&words, test.slop) {
                    found.push(hit_of(self.part, entry, score)?);
                }
            }
        }
        Ok(())
    }

    /// The admitted lines of a model on an asset.
    fn lines(&mut self, search_no: usize, (asset, model): (&AssetId, &ModelRef)) -> Result<Vec<LineRef>> {
        let segment = &self.part.segment;
        let Some(row) = segment.asset_row(asset) else { return Ok(Vec::new()) };
        let group = segment.dialogue.binary_search_by(|g| (g.asset, &g.model).cmp(&(row, model)));
        let Some(group) = group.ok().and_then(|at| segment.dialogue.get(at)) else { return Ok(Vec::new()) };
        let mut lines = Vec::with_capacity(group.places.len());
        for place in group.places.clone() {
            let no = segment.line(place)?;
            if let Some(entry) = self.gate.admits_no(no)? {
                let range = entry.range().ok_or_else(|| segment.broken("an entry has no range"))?;
                let length = entry.text_length();
                lines.push(LineRef { part: search_no, entry: no, range, key: entry.key(), length });
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
            let Some(entry) = search.gate.entries.get(no) else { continue };
            if last_source.replace(entry.source()) == Some(entry.source()) {
                continue;
            }
            let source = search.part.segment.source(entry)?;
            if source.kind.is_dialogue() {
                groups.insert((search.part.segment.asset(source)?.clone(), source.model.clone()));
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
            let is_seed = |line: &LineRef| searches[line.part].seeds.binary_search(&line.entry).is_ok();
            let seeds: Vec<usize> =
                chain.iter().enumerate().filter(|(_, line)| is_seed(line)).map(|(at, _)| at).collect();
            let lengths: Vec<u32> = chain.iter().map(|line| line.length).collect();
            for run in runs_near_seeds(&lengths, &seeds, reach) {
                chains.push(chain.get(run).unwrap_or_default().to_vec());
            }
        }
    }
    for line in chains.iter().flatten() {
        searches[line.part].want(line.entry);
    }
    Ok(chains)
}

/// Does a line of dialogue go on from one before it?
fn joins(before: TimeRange, next: TimeRange) -> bool {
    next.start_ns() - before.end_ns() <= PhraseTest::JOIN_GAP_NS
}

fn chain_hits(
    searches: &[PartSearch<'_>],
    chain: &[LineRef],
    test: &PhraseTest,
    found: &mut Vec<Hit>,
) -> Result<()> {
    let words = test.words.len();
    let line = |line: &LineRef| Line {
        length: line.length,
        words: searches[line.part].words_of(line.entry, STREAM_TEXT, words),
    };
    let lines: Vec<Line> = chain.iter().map(line).collect();
    for joined in find_joined(&lines, words, test.slop) {
        let members = chain.get(joined.first..=joined.last).unwrap_or_default();
        let Some((first, rest)) = members.split_first() else { continue };
        let mut hits = Vec::with_capacity(members.len());
        for member in members {
            let search = &searches[member.part];
            let entry = search.gate.entries.get(member.entry);
            let entry = entry.ok_or_else(|| search.part.segment.broken("an entry is missing"))?;
            hits.push(hit_of(search.part, entry, joined.score)?);
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
