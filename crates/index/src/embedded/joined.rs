//! Phrases in joined lines, from the positions of words.

use rushes_text::{PhraseMatch, find_phrases};

/// A line of a joined text: how many positions it takes, and where each word of the phrase matches.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Line {
    pub length: u32,
    /// For each word of the phrase, the matching positions, ascending, with their qualities.
    pub words: Vec<Vec<(u32, f64)>>,
}

/// A phrase in joined lines: the first and the last it touches, and the score of its best place in them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct JoinedMatch {
    pub first: usize,
    pub last: usize,
    pub score: f64,
}

/// The score of the best place of a phrase in one text.
pub(super) fn best_score(words: &[Vec<(u32, f64)>], slop: u32) -> Option<f64> {
    find_phrases(words, slop).iter().map(PhraseMatch::score).max_by(f64::total_cmp)
}

/// Where the phrase is in joined lines; each pair of first and last line once.
pub(super) fn find_joined(lines: &[Line], words: usize, slop: u32) -> Vec<JoinedMatch> {
    let mut ends: Vec<u32> = Vec::with_capacity(lines.len());
    let mut positions: Vec<Vec<(u32, f64)>> = vec![Vec::new(); words];
    let mut offset = 0_u32;
    for line in lines {
        for (all, of_line) in positions.iter_mut().zip(&line.words) {
            all.extend(of_line.iter().map(|(at, quality)| (offset.saturating_add(*at), *quality)));
        }
        offset = offset.saturating_add(line.length);
        ends.push(offset);
    }
    let line_of = |position: u32| ends.partition_point(|end| *end <= position);
    let mut matches: Vec<JoinedMatch> = Vec::new();
    for found in find_phrases(&positions, slop) {
        let (first, last) = (line_of(found.first), line_of(found.last));
        // Windows come in the order of their first positions.
        match matches.iter_mut().rev().take_while(|m| m.first == first).find(|m| m.last == last) {
            Some(known) => known.score = known.score.max(found.score()),
            None => matches.push(JoinedMatch { first, last, score: found.score() }),
        }
    }
    matches
}

/// The lines near enough to a seed to share a phrase with it, as runs. A match takes at most `reach` positions and
/// contains the phrase's rarest word, so lines farther than that from every line with this word (a seed) need not be
/// read.
pub(super) fn runs_near_seeds(lengths: &[u32], seeds: &[usize], reach: u64) -> Vec<std::ops::Range<usize>> {
    let mut runs: Vec<std::ops::Range<usize>> = Vec::new();
    for &seed in seeds {
        let before = lengths.get(..seed).unwrap_or_default().iter().rev();
        let after = lengths.get(seed + 1..).unwrap_or_default().iter();
        let run = seed - count_within(before, reach)..seed + 1 + count_within(after, reach);
        match runs.last_mut() {
            Some(last) if run.start <= last.end => last.end = last.end.max(run.end),
            _ => runs.push(run),
        }
    }
    runs
}

/// How many lines from here on begin within the reach.
fn count_within<'l>(lengths: impl Iterator<Item = &'l u32>, reach: u64) -> usize {
    let mut passed = 0_u64;
    let near = lengths.take_while(|length| {
        let is_near = passed < reach;
        passed += u64::from(**length);
        is_near
    });
    near.count()
}
