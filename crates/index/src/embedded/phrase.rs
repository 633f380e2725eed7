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

use rushes_plan::PhraseTest;
use rushes_types::Result;

use super::chains::chains;
use super::expansion::expand;
use super::hits::hit_of;
use super::joined::{Line, best_score, find_joined};
use super::phrase_part::{LineRef, PartSearch};
use super::postings::{FIELD_LABEL, FIELD_TEXT};
use super::segment_view::SegmentView;
use super::visibility_filter::{ClauseScope, VisibilityFilter};
use crate::budget::{Budget, Meter};
use crate::hit::{hit_order, span};
use crate::seam::{HIT_BYTES, Hit, Hits};

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
            walks: scope.shortcuts.walked_lines,
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
    let reach = (test.words.len() as u64).saturating_add(u64::from(test.slop));
    let chains = chains(&mut searches, reach)?;
    for search in &mut searches {
        search.read_occurrences()?;
    }
    let mut found = Vec::new();
    for search in &searches {
        lone_hits(search, scope.budget, test, &mut found)?;
    }
    let mut meter = scope.budget.meter();
    let mut seen = vec![false; test.words.len()];
    for chain in &chains {
        let before = found.len();
        meter.steps(chain.len())?;
        if !holds_all(&searches, chain, &mut seen) {
            continue;
        }
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

/// Phrases within one text of one annotation. Texts of lines of dialogue are matched in their chains instead.
fn lone_hits(
    search: &PartSearch<'_>,
    budget: &Budget,
    test: &PhraseTest,
    found: &mut Vec<Hit>,
) -> Result<()> {
    let mut meter = budget.meter();
    for &no in &search.seeds {
        let entry = search
            .visible
            .entries
            .get(no)
            .ok_or_else(|| search.view.segment.broken("an entry is missing"))?;
        let is_dialogue = search.view.segment.source(entry)?.kind.is_dialogue();
        let fields: &[u32] = if is_dialogue { &[FIELD_LABEL] } else { &[FIELD_LABEL, FIELD_TEXT] };
        for field in fields {
            meter.step()?;
            if search.occurrences_in(no, *field).is_empty() {
                continue;
            }
            let words = search.words_of(no, *field, test.words.len());
            meter.steps(match_steps(&words, test.slop))?;
            if let Some(score) = best_score(&words, test.slop) {
                budget.keep(HIT_BYTES)?;
                found.push(hit_of(search.view, entry, score)?);
            }
        }
    }
    Ok(())
}

/// Steps that it takes, at most, to look for a phrase among the places of its words.
fn match_steps(words: &[Vec<(u32, f64)>], slop: u32) -> usize {
    let places: usize = words.iter().map(Vec::len).sum();
    // Without slop the places follow from the first; with it each window is looked through for every word.
    let each = if slop == 0 { 1 } else { words.len() };
    words.len().saturating_add(places.saturating_mul(each))
}

/// Is every word of the phrase somewhere in the lines? `seen` has a place for each word.
fn holds_all(searches: &[PartSearch<'_>], chain: &[LineRef], seen: &mut [bool]) -> bool {
    seen.fill(false);
    for line in chain {
        for found in searches[line.view].occurrences_in(line.entry, FIELD_TEXT) {
            if let Some(seen) = seen.get_mut(found.term) {
                *seen = true;
            }
        }
    }
    seen.iter().all(|seen| *seen)
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
