//! Made-up words: names of people, places and things, and a vocabulary for dialogue. Nothing of any real archive.

use std::collections::HashSet;

use crate::random::{Random, Zipf};
use crate::words_table::{COMMON, STOCK};

const ONSETS: [&str; 32] = [
    "b", "br", "c", "ch", "d", "dr", "f", "fl", "g", "gr", "h", "j", "k", "l", "m", "n", "p", "pl", "r", "s",
    "sh", "sk", "sl", "st", "t", "th", "tr", "v", "w", "y", "z", "",
];
const NUCLEI: [&str; 12] = ["a", "e", "i", "o", "u", "ai", "ea", "ee", "ia", "oa", "oo", "ou"];
const CODAS: [&str; 16] = ["", "", "", "", "n", "r", "s", "l", "t", "m", "nd", "st", "ck", "sh", "rn", "x"];

/// Words of the vocabulary that are made up.
const MADE_UP: usize = 30_000;
/// One line in this many contains a stock phrase.
const STOCK_ONE_IN: u64 = 12;

/// A made-up word of some syllables.
fn word(random: &mut Random, syllables: u64) -> String {
    let mut out = String::new();
    for _ in 0..syllables.max(1) {
        for parts in [&ONSETS[..], &NUCLEI, &CODAS] {
            out.push_str(random.pick(parts).copied().unwrap_or_default());
        }
    }
    out
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// Different words, by `make`.
fn distinct(n: usize, mut make: impl FnMut() -> String) -> Vec<String> {
    let mut seen = HashSet::new();
    let mut out = Vec::with_capacity(n);
    // Far more words are possible than requested; the bound guards against an endless loop should that change.
    for _ in 0..n.saturating_mul(50) {
        if out.len() == n {
            break;
        }
        let word = make();
        if word.len() > 2 && seen.insert(word.clone()) {
            out.push(word);
        }
    }
    out
}

/// Names of one or two capitalised words: people, places, titles.
#[must_use]
pub fn names(random: &mut Random, n: usize) -> Vec<String> {
    distinct(n, || {
        let syllables = 1 + random.below(2);
        let first = capitalised(&word(random, syllables));
        if random.one_in(2) {
            return first;
        }
        format!("{first} {}", capitalised(&word(random, 2)))
    })
}

/// Names of things and places, in small letters.
#[must_use]
pub fn things(random: &mut Random, n: usize) -> Vec<String> {
    distinct(n, || {
        let syllables = 1 + random.below(2);
        let first = word(random, syllables);
        if random.one_in(3) { format!("{first} {}", word(random, 1)) } else { first }
    })
}

/// The words of dialogue, by Zipf's law: common words first, made-up ones after them.
#[derive(Debug)]
pub struct Vocabulary {
    words: Vec<String>,
    law: Zipf,
}

impl Vocabulary {
    /// The vocabulary of a seed.
    #[must_use]
    pub fn new(random: &mut Random) -> Self {
        let mut seen = HashSet::new();
        let mut words: Vec<String> =
            COMMON.split_whitespace().filter(|w| seen.insert(*w)).map(str::to_owned).collect();
        let made_up = distinct(MADE_UP, || {
            let syllables = 2 + random.below(2);
            word(random, syllables)
        });
        words.extend(made_up.into_iter().filter(|w| !seen.contains(w.as_str())));
        let law = Zipf::new(words.len());
        Self { words, law }
    }

    /// A word.
    #[must_use]
    pub fn word(&self, random: &mut Random) -> &str {
        self.words.get(self.law.draw(random)).map_or("", String::as_str)
    }

    /// Writes a line of dialogue: two to twelve words.
    pub fn say(&self, random: &mut Random, out: &mut String) {
        let words = 2 + random.below(11);
        let start = out.len();
        if random.one_in(STOCK_ONE_IN) {
            out.push_str(random.pick(&STOCK).copied().unwrap_or_default());
        }
        for _ in 0..words {
            if out.len() > start {
                out.push(' ');
            }
            out.push_str(self.word(random));
        }
        out.push(if random.one_in(5) { '?' } else { '.' });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_enough_words_and_names_and_no_two_the_same() {
        let mut random = Random::at(1, &[]);
        let vocabulary = Vocabulary::new(&mut random);
        assert!(vocabulary.words.len() > 30_000, "{}", vocabulary.words.len());
        assert_eq!(vocabulary.words.iter().collect::<HashSet<_>>().len(), vocabulary.words.len());
        assert_eq!(names(&mut random, 300).len(), 300);
        assert!(COMMON.split_whitespace().count() >= 450);
    }

    #[test]
    fn words_need_no_escape_in_json() {
        let mut random = Random::at(1, &[]);
        let vocabulary = Vocabulary::new(&mut random);
        let mut text = String::new();
        for _ in 0..1000 {
            vocabulary.say(&mut random, &mut text);
        }
        assert!(text.chars().all(|c| c.is_ascii_lowercase() || " .?'".contains(c)));
    }
}
