//! Where in a text are the words of a phrase close enough to their order?
//!
//! Lucene's sloppy phrase: each word `i` of the query takes a distinct position `p_i`; shifted by its rank that is
//! `p_i - i`, and the *spread*, the largest shifted place less the smallest, is at most the slop. Consecutive words have
//! spread 0, one word between them 1, two neighbours swapped 2. A repeated word needs as many places.
//!
//! Reported are the minimal windows: of two windows one in the other, the inner. A window cannot be longer than words
//! plus slop, so the search slides over the text and looks only that far. Where words compete for places (repeats,
//! fuzzy words) a bipartite matching decides, which is exact and polynomial; Lucene's greedy repair is neither.

mod assign;

use assign::{Choice, Slots};

/// Work allowed to one call, in positions examined: tens of milliseconds. Only a hostile text reaches it (hundreds of
/// repeats of one word under a slop of dozens); what was found so far is then the answer, the same on every engine.
pub const MAX_PHRASE_STEPS: u64 = 20_000_000;

/// A larger slop counts as this one: beyond it the words have nothing to do with each other.
pub const MAX_SLOP: u32 = 200;

/// A stretch of a text that holds the phrase.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PhraseMatch {
    /// The first position used.
    pub first: u32,
    /// The last position used.
    pub last: u32,
    /// The least spread of any way to place the words in this window.
    pub spread: u32,
    /// The mean quality of the words, in the best way of that spread.
    pub quality: f64,
}

impl PhraseMatch {
    /// The worth of the phrase: its mean quality, less for disorder.
    #[must_use]
    pub fn score(&self) -> f64 {
        self.quality / (1.0 + f64::from(self.spread))
    }
}

/// The minimal windows that hold the phrase, in order.
///
/// `words[i]` lists the positions of the text that meet word `i` of the query, ascending, each once, with how well.
/// No words, or a word without positions, is no match.
#[must_use]
pub fn find_phrases(words: &[Vec<(u32, f64)>], slop: u32) -> Vec<PhraseMatch> {
    if words.is_empty() || words.iter().any(Vec::is_empty) {
        return Vec::new();
    }
    if slop == 0 { in_order(words) } else { Search::new(words, slop).run() }
}

/// Without slop every place follows from the first.
fn in_order(words: &[Vec<(u32, f64)>]) -> Vec<PhraseMatch> {
    let Some((rarest, places)) = words.iter().enumerate().min_by_key(|(_, places)| places.len()) else {
        return Vec::new();
    };
    let mut matches = Vec::new();
    for (place, _) in places {
        let Some(first) = u32::try_from(rarest).ok().and_then(|rank| place.checked_sub(rank)) else {
            continue;
        };
        let mut sum = 0.0;
        let is_whole = (first..).zip(words).all(|(expected, places)| {
            let found = places.binary_search_by_key(&expected, |(position, _)| *position);
            sum += found.map_or(0.0, |idx| places[idx].1);
            found.is_ok()
        });
        let Some(last) = u32::try_from(words.len() - 1).ok().and_then(|ranks| first.checked_add(ranks))
        else {
            continue;
        };
        if is_whole {
            matches.push(PhraseMatch { first, last, spread: 0, quality: mean(sum, words.len()) });
        }
    }
    matches
}

#[expect(clippy::cast_precision_loss, reason = "a phrase has far fewer than 2^52 words")]
fn mean(sum: f64, count: usize) -> f64 {
    sum / count as f64
}

struct Search<'w> {
    words: &'w [Vec<(u32, f64)>],
    slop: i64,
    /// Every position that meets any word, ascending.
    union: Vec<i64>,
    /// Whether two words can want the same place; where not, each takes its best by itself.
    compete: bool,
    steps: u64,
}

impl<'w> Search<'w> {
    fn new(words: &'w [Vec<(u32, f64)>], slop: u32) -> Search<'w> {
        let mut union: Vec<i64> = words.iter().flatten().map(|(position, _)| i64::from(*position)).collect();
        let places = union.len();
        union.sort_unstable();
        union.dedup();
        Search { words, slop: i64::from(slop.min(MAX_SLOP)), compete: union.len() < places, union, steps: 0 }
    }

    fn run(mut self) -> Vec<PhraseMatch> {
        let mut matches = Vec::new();
        let windows = self.minimal_windows();
        // The second half of the work has its own allowance, else a hostile text would leave no answer at all.
        self.steps = 0;
        for (first, last) in windows {
            matches.extend(self.best_in(first, last));
        }
        matches
    }

    fn ranks(&self) -> i64 {
        i64::try_from(self.words.len()).unwrap_or(i64::MAX / 4)
    }

    fn is_spent(&self) -> bool {
        self.steps >= MAX_PHRASE_STEPS
    }

    /// For each first place the nearest last one that holds the phrase; an outer window gives way to an inner.
    fn minimal_windows(&mut self) -> Vec<(i64, i64)> {
        let mut windows: Vec<(i64, i64)> = Vec::new();
        // The nearest last place never goes back as the first goes on, so the search for it resumes where it was.
        let mut last_idx = 0;
        for first_idx in 0..self.union.len() {
            let first = self.union[first_idx];
            let reach = first + self.ranks() - 1 + self.slop;
            last_idx = last_idx.max(first_idx);
            if !self.all_words_within(first, reach) {
                continue;
            }
            // All up to where the search resumes may hold nothing new; beyond reach nothing can start at `first`.
            while let Some(last) = self.union.get(last_idx).copied().filter(|last| *last <= reach) {
                if self.is_spent() {
                    return windows;
                }
                if self.all_words_within(first, last) && self.holds(first, last) {
                    while windows.last().is_some_and(|(_, outer_last)| *outer_last >= last) {
                        windows.pop();
                    }
                    windows.push((first, last));
                    break;
                }
                last_idx += 1;
            }
        }
        windows
    }

    fn all_words_within(&mut self, first: i64, last: i64) -> bool {
        self.steps += self.words.len() as u64;
        self.words.iter().all(|places| {
            let at = places.partition_point(|(position, _)| i64::from(*position) < first);
            places.get(at).is_some_and(|(position, _)| i64::from(*position) <= last)
        })
    }

    /// Whether the phrase fits between two places at all.
    fn holds(&mut self, first: i64, last: i64) -> bool {
        let slop = self.slop.min(last - first + self.ranks());
        self.shifts(first, last, slop).any(|shift| self.choice(first, last, shift, slop, false).is_some())
    }

    /// The least spread in a minimal window, and the best quality with it.
    fn best_in(&mut self, first: i64, last: i64) -> Option<PhraseMatch> {
        // Past this every place of the window is allowed to every word.
        let slop = self.slop.min(last - first + self.ranks());
        for spread in 0..=slop {
            let mut best: Option<f64> = None;
            for shift in self.shifts(first, last, spread) {
                if self.is_spent() {
                    return None;
                }
                if let Some(sum) = self.choice(first, last, shift, spread, true) {
                    best = Some(best.map_or(sum, |best: f64| best.max(sum)));
                }
            }
            if let Some(sum) = best {
                return Some(PhraseMatch {
                    first: u32::try_from(first).ok()?,
                    last: u32::try_from(last).ok()?,
                    spread: u32::try_from(spread).ok()?,
                    quality: mean(sum, self.words.len()),
                });
            }
        }
        None
    }

    /// What the least shifted place can be, given that the first word and the last one have theirs in the window.
    fn shifts(&self, first: i64, last: i64, spread: i64) -> std::ops::RangeInclusive<i64> {
        let last_rank = self.ranks() - 1;
        first - spread.min(last_rank)..=last - last_rank
    }

    /// The sum of qualities of the best way to give each word a place of its own with shifted places in
    /// `shift..=shift+spread`; any way if only the existence counts.
    fn choice(&mut self, first: i64, last: i64, shift: i64, spread: i64, want_best: bool) -> Option<f64> {
        let mut slots = Slots::new(first, last);
        for (rank, places) in (0_i64..).zip(self.words) {
            let from = first.max(shift.saturating_add(rank));
            let to = last.min(shift.saturating_add(rank).saturating_add(spread));
            let start = places.partition_point(|(position, _)| i64::from(*position) < from);
            let len = places[start..].partition_point(|(position, _)| i64::from(*position) <= to);
            self.steps += 1 + len as u64;
            if len == 0 {
                return None;
            }
            slots.push(&places[start..start + len]);
        }
        if !self.compete {
            return Some(slots.best_each());
        }
        let Choice { sum, steps } = if want_best { slots.best() } else { slots.any() };
        self.steps += steps;
        sum
    }
}

#[cfg(test)]
mod tests;
