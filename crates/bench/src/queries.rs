//! The measured queries, as plans in JSON, as a client would send them.

use serde_json::{Value, json};

use crate::random::Random;
use crate::timeline::Timeline;
use crate::world::{World, Writer};

/// Moments of a page.
const PAGE: usize = 20;
/// Neighbours that a vector clause asks for.
const NEIGHBOURS: usize = 100;

/// A class of queries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// A character at a place.
    LabelAndLabel,
    /// A character while words are said.
    LabelAndWords,
    /// A phrase with a slop of one.
    Phrase,
    /// A word and a prefix of another.
    Prefix,
    /// A word with a typo.
    Fuzzy,
    /// What a shot looks like: the nearest vectors, approximate search allowed.
    Vector,
    /// The same, exact.
    VectorExact,
    /// What a shot looks like, with a character in it.
    VectorAndLabel,
    /// A character, and then words.
    Then,
    /// Every instance of a character or a place.
    Union,
    /// A character with a thing, the best three of each episode.
    Grouped,
    /// What a shot looks like, with a character in it, while a word is said.
    LabelLookAndWords,
    /// A character alone: all moments are counted, by series and season too, as facets are.
    Facets,
}

impl Class {
    /// All classes, in the order of the report.
    pub const ALL: [Self; 13] = [
        Self::LabelAndLabel,
        Self::LabelAndWords,
        Self::Phrase,
        Self::Prefix,
        Self::Fuzzy,
        Self::Vector,
        Self::VectorExact,
        Self::VectorAndLabel,
        Self::Then,
        Self::Union,
        Self::Grouped,
        Self::LabelLookAndWords,
        Self::Facets,
    ];

    /// The name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LabelAndLabel => "label and label",
            Self::LabelAndWords => "label and words",
            Self::Phrase => "phrase, slop 1",
            Self::Prefix => "words, last a prefix",
            Self::Fuzzy => "fuzzy word",
            Self::Vector => "vector, k 100",
            Self::VectorExact => "vector, k 100, exact",
            Self::VectorAndLabel => "vector and label",
            Self::Then => "then, within 10 s",
            Self::Union => "union of two labels",
            Self::Grouped => "top 3 per episode",
            Self::LabelLookAndWords => "label, vector and words",
            Self::Facets => "one label, totals, facets",
        }
    }

    /// Is the answer the same on every run? Approximate search may find others.
    #[must_use]
    pub const fn is_exact(self) -> bool {
        !matches!(self, Self::Vector | Self::VectorAndLabel | Self::LabelLookAndWords)
    }
}

/// The `no`-th query of a class. It asks only for what the world contains: an empty answer would be misleadingly fast.
#[must_use]
pub fn plan(world: &World, class: Class, no: u64) -> Value {
    let mut random = Random::at(world.spec.seed, &[6, class as u64, no]);
    let random = &mut random;
    match class {
        Class::LabelAndLabel => {
            json!({"all": [character(world, random), place(world, random)], "limit": PAGE})
        }
        Class::LabelAndWords => {
            let words = said(world, random, 2).join(" ");
            json!({"all": [character(world, random), dialogue(&words)], "limit": PAGE})
        }
        Class::Phrase => {
            let phrase = said(world, random, 3).join(" ");
            json!({"all": [{"type": Writer::Speech.kind(), "phrase": phrase, "slop": 1}], "limit": PAGE})
        }
        Class::Prefix => {
            let words = said(world, random, 2);
            let last = words.last().map_or("th", String::as_str);
            // Words are ASCII: every length is a boundary.
            let typed = last.get(..last.len().div_ceil(2).max(2)).unwrap_or(last);
            let typed = format!("{} {typed}", words.first().map_or("", String::as_str));
            json!({"all": [{"type": Writer::Speech.kind(), "text": typed.trim(), "prefix": true}], "limit": PAGE})
        }
        Class::Fuzzy => {
            let word = mistyped(&long_word(world, random), random);
            json!({"all": [{"type": Writer::Speech.kind(), "text": word, "fuzziness": "auto"}], "limit": PAGE})
        }
        Class::Vector => json!({"all": [look(world, random, false)], "limit": PAGE}),
        Class::VectorExact => json!({"all": [look(world, random, true)], "limit": PAGE}),
        Class::VectorAndLabel => {
            json!({"all": [look(world, random, false), character(world, random)], "limit": PAGE})
        }
        Class::Then => {
            let word = said(world, random, 1).join(" ");
            json!({"all": [character(world, random)], "then": [{"all": [dialogue(&word)], "within": 10}], "limit": PAGE})
        }
        Class::Union => {
            json!({"any": [character(world, random), place(world, random)], "mode": "union", "limit": PAGE})
        }
        Class::Grouped => {
            let all = [character(world, random), thing(world, random)];
            json!({"all": all, "group_by": ["episode"], "top": 3, "limit": PAGE})
        }
        Class::LabelLookAndWords => {
            let words = said(world, random, 1).join(" ");
            let all = [character(world, random), look(world, random, false), dialogue(&words)];
            json!({"all": all, "limit": PAGE})
        }
        Class::Facets => {
            let all = [character(world, random)];
            json!({"all": all, "group_by": ["series", "season"], "top": 1, "limit": PAGE})
        }
    }
}

/// What someone has typed, key after key, up to a whole name or a word that is said.
#[must_use]
pub fn typed(world: &World, no: u64) -> Vec<String> {
    let mut random = Random::at(world.spec.seed, &[7, no]);
    let random = &mut random;
    let names = [&world.characters, &world.places, &world.things];
    let whole = match usize::try_from(random.below(4)).ok().and_then(|kind| names.get(kind)) {
        Some(names) => random.pick(names).cloned().unwrap_or_default(),
        None => world.vocabulary.word(random).to_owned(),
    };
    let ends = whole.char_indices().map(|(at, c)| at + c.len_utf8());
    ends.filter_map(|end| whole.get(..end)).map(str::to_owned).collect()
}

fn character(world: &World, random: &mut Random) -> Value {
    let rank = world.character_law.draw(random);
    json!({"type": Writer::Faces.kind(), "label": world.characters.get(rank)})
}

fn place(world: &World, random: &mut Random) -> Value {
    let rank = world.place_law.draw(random);
    json!({"type": Writer::Scenes.kind(), "label": world.places.get(rank)})
}

fn thing(world: &World, random: &mut Random) -> Value {
    let rank = world.thing_law.draw(random);
    json!({"type": Writer::Objects.kind(), "label": world.things.get(rank)})
}

fn dialogue(words: &str) -> Value {
    json!({"type": Writer::Speech.kind(), "text": words})
}

/// A vector clause near some cluster.
fn look(world: &World, random: &mut Random, exact: bool) -> Value {
    let cluster = world.clusters.draw(random);
    let mut values = vec![0.0; world.clusters.dimensions()];
    world.clusters.member(cluster, random, &mut values);
    json!({
        "type": Writer::Clip.kind(),
        "model": Writer::Clip.model(),
        "vector": {"values": values, "space": Writer::Clip.model(), "k": NEIGHBOURS, "exact": exact},
    })
}

/// Consecutive words of a line that is said somewhere.
fn said(world: &World, random: &mut Random, words: usize) -> Vec<String> {
    let Some(episode) = random.pick(&world.episodes) else { return Vec::new() };
    let mut lines: Vec<Vec<String>> = Vec::new();
    Timeline::of(world, episode).says(world, episode, Writer::Speech, &mut |said| {
        let line: Vec<String> = said
            .text
            .unwrap_or_default()
            .split_whitespace()
            .map(|w| w.trim_matches(['.', '?']).to_owned())
            .collect();
        if line.len() >= words {
            lines.push(line);
        }
    });
    let Some(line) = random.pick(&lines) else { return Vec::new() };
    let first = random.below((line.len() - words + 1) as u64);
    line.iter().skip(usize::try_from(first).unwrap_or(0)).take(words).cloned().collect()
}

/// A word of at least six letters that is said somewhere.
fn long_word(world: &World, random: &mut Random) -> String {
    let mut word = String::new();
    for _ in 0..200 {
        world.vocabulary.word(random).clone_into(&mut word);
        if word.len() >= 6 {
            break;
        }
    }
    word
}

/// The word with one letter left out, doubled, or another one in its place.
fn mistyped(word: &str, random: &mut Random) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    if letters.len() < 3 {
        return word.to_owned();
    }
    let at = usize::try_from(1 + random.below(letters.len() as u64 - 1)).unwrap_or(1);
    match random.below(3) {
        0 => drop(letters.remove(at)),
        1 => letters.insert(at, letters[at]),
        _ => letters[at] = if letters[at] == 'e' { 'a' } else { 'e' },
    }
    letters.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Spec;

    #[test]
    fn questions_are_always_the_same_and_no_two_alike() {
        let world = World::new(Spec { seed: 9, hours: 2, dimensions: 8 });
        for class in Class::ALL {
            assert_eq!(plan(&world, class, 4), plan(&world, class, 4), "{class:?}");
            let texts: std::collections::BTreeSet<String> =
                (0..20).map(|no| plan(&world, class, no).to_string()).collect();
            assert!(texts.len() > 10, "{class:?} {texts:?}");
            assert!(texts.iter().all(|t| !t.contains("null") && !t.contains("\"\"")), "{class:?} {texts:?}");
        }
    }
}
