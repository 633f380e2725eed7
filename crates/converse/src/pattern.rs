//! Patterns of what people say: literal words, choices, and places for anything.

use std::collections::BTreeMap;

use rushes_types::{Error, Result};

use crate::sentence::Sentence;
use crate::words::Words;

/// Longest sentence that patterns are tried on, in words: what is longer describes something.
pub(crate) const PATTERN_WORDS_MAX: usize = 48;
/// Most steps of one match: a sentence of the same word again and again must not take long.
const STEPS_MAX: usize = 20_000;

/// What stands at a place for anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slot {
    /// Words that come in.
    New,
    /// Words that were there.
    Old,
    /// The place of a moment.
    Place,
    /// A number.
    Count,
    /// A part of a plan.
    Facet,
    /// Somebody who was spoken of.
    Them,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Element {
    /// One of these rows of words; an empty one matches nothing.
    Choice(Vec<Vec<String>>),
    Slot(Slot),
    Comma,
}

/// A pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    elements: Vec<Element>,
}

/// What a pattern found in a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Found {
    /// How many words the pattern itself names: the more, the surer.
    pub literal: usize,
    /// The words of each slot, as places of the sentence.
    pub slots: Vec<(Slot, usize, usize)>,
}

impl Found {
    /// The words of a slot.
    pub fn slot(&self, slot: Slot) -> Option<(usize, usize)> {
        self.slots.iter().find(|(found, ..)| *found == slot).map(|(_, from, to)| (*from, *to))
    }
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// Where a bracket is not closed or a name is not known.
    pub fn read(text: &str, sets: &BTreeMap<String, Vec<Vec<String>>>) -> Result<Self> {
        let bad = |why: &str| Error::invalid(format!("the pattern `{text}` {why}"));
        let mut elements = Vec::new();
        let mut rest = text.trim();
        while let Some(first) = rest.chars().next() {
            let (element, length) = match first {
                '(' => {
                    let end = rest.find(')').ok_or_else(|| bad("has an open bracket"))?;
                    (choice(&rest[1..end], sets).ok_or_else(|| bad("names an unknown set"))?, end + 1)
                }
                '<' => {
                    let end = rest.find('>').ok_or_else(|| bad("has an open bracket"))?;
                    let set = sets.get(&rest[1..end]).ok_or_else(|| bad("names an unknown set"))?;
                    (Element::Choice(set.clone()), end + 1)
                }
                '{' => {
                    let end = rest.find('}').ok_or_else(|| bad("has an open bracket"))?;
                    let slot = slot(&rest[1..end]).ok_or_else(|| bad("names an unknown place"))?;
                    (Element::Slot(slot), end + 1)
                }
                ',' => (Element::Comma, 1),
                _ => {
                    let end = rest.find([' ', '(', '<', '{', ',']).unwrap_or(rest.len());
                    (Element::Choice(vec![words_of(&rest[..end])]), end)
                }
            };
            elements.push(element);
            rest = rest[length..].trim_start();
        }
        Ok(Self { elements })
    }

    /// Matches all words of a sentence between two places.
    pub fn find(&self, sentence: &Sentence<'_>, from: usize, to: usize, words: &Words) -> Option<Found> {
        let mut matching = Matching { sentence, words, to, steps: 0, found: Found::default() };
        matching.rest(&self.elements, from).then_some(matching.found)
    }
}

fn slot(name: &str) -> Option<Slot> {
    Some(match name {
        "new" => Slot::New,
        "old" => Slot::Old,
        "n" => Slot::Place,
        "count" => Slot::Count,
        "facet" => Slot::Facet,
        "them" => Slot::Them,
        _ => return None,
    })
}

/// The folded words of a phrase.
pub(crate) fn words_of(phrase: &str) -> Vec<String> {
    rushes_text::tokenise(phrase).into_iter().map(|token| token.folded).collect()
}

/// A choice; `<name>` in it stands for all of a set.
fn choice(inside: &str, sets: &BTreeMap<String, Vec<Vec<String>>>) -> Option<Element> {
    let mut rows = Vec::new();
    for part in inside.split('|').map(str::trim) {
        match part.strip_prefix('<').and_then(|part| part.strip_suffix('>')) {
            Some(name) => rows.extend(sets.get(name)?.iter().cloned()),
            // A choice of a choice with more words behind: only whole parts are sets.
            None if part.contains('<') || part.contains('{') => return None,
            None => rows.push(words_of(part)),
        }
    }
    Some(Element::Choice(rows))
}

struct Matching<'m> {
    sentence: &'m Sentence<'m>,
    words: &'m Words,
    to: usize,
    steps: usize,
    found: Found,
}

impl Matching<'_> {
    /// Do the elements match all that is left?
    fn rest(&mut self, elements: &[Element], at: usize) -> bool {
        self.steps += 1;
        if self.steps > STEPS_MAX {
            return false;
        }
        let Some((first, rest)) = elements.split_first() else { return at == self.to };
        match first {
            Element::Comma => self.sentence.comma_before(at) && self.rest(rest, at),
            Element::Choice(rows) => rows.iter().any(|row| {
                if !self.sentence.is_row(at, self.to, row) {
                    return false;
                }
                self.found.literal += row.len();
                let matches = self.rest(rest, at + row.len());
                if !matches {
                    self.found.literal -= row.len();
                }
                matches
            }),
            Element::Slot(slot) => self.slot(*slot, rest, at),
        }
    }

    fn slot(&mut self, slot: Slot, rest: &[Element], at: usize) -> bool {
        for end in at + 1..=self.to {
            let fits = match slot {
                Slot::New | Slot::Old => true,
                Slot::Place | Slot::Count => end == at + 1 && self.words.number(self.sentence, at).is_some(),
                Slot::Facet => self.words.facet(self.sentence, at, end).is_some(),
                Slot::Them => end == at + 1 && self.words.is_pronoun(self.sentence, at),
            };
            if !fits {
                continue;
            }
            let named = usize::from(!matches!(slot, Slot::New | Slot::Old)) * (end - at);
            self.found.literal += named;
            self.found.slots.push((slot, at, end));
            if self.rest(rest, end) {
                return true;
            }
            self.found.slots.pop();
            self.found.literal -= named;
        }
        false
    }
}
