//! Which words of a segment's dictionary match a query word, and how well.
//!
//! `TermMatcher::quality` decides once per distinct word, not per annotation. The dictionary only yields the words to
//! decide on: those with the same spelling, beginning or form, or within a few typing mistakes.

use std::collections::BTreeSet;

use fst::Automaton;
use rushes_text::TermMatcher;
use rushes_types::Result;

use super::keys::{form_key, word_parts};
use super::sections::SEPARATOR;
use super::segment::Segment;
use crate::budget::Meter;

/// A word of the dictionary that matches a query word.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct WordMatch {
    /// The word's number: that of its postings.
    pub number: u32,
    pub quality: f64,
}

/// Steps that one key of a dictionary takes that is passed.
pub(super) const PASSED_STEPS: usize = 8;
/// Steps that one word of the dictionary takes: it is read, and compared in all its forms.
const WORD_STEPS: usize = 64;

/// The words that match a query word, ascending.
pub(super) fn expand(segment: &Segment, term: &TermMatcher, meter: &mut Meter<'_>) -> Result<Vec<WordMatch>> {
    let mut words = BTreeSet::new();
    let mut exact = term.exact().as_bytes().to_vec();
    exact.push(SEPARATOR);
    segment.words.each_beginning(&exact, |_, number| {
        words.extend(u32::try_from(number));
        meter.step()
    })?;
    if let Some(prefix) = term.prefix() {
        segment.words.each_beginning(prefix.as_bytes(), |_, number| {
            words.extend(u32::try_from(number));
            meter.steps(PASSED_STEPS)
        })?;
    }
    for language in &segment.languages {
        for form in term.forms(*language).into_iter().flat_map(rushes_text::Forms::iter) {
            segment.forms.each_beginning(&form_key(form, *language), |key, _| {
                words.extend(key.last_chunk::<4>().map(|number| u32::from_be_bytes(*number)));
                meter.step()
            })?;
        }
    }
    if let Some(automaton) = term.fuzzy_automaton() {
        // The automaton walks the dictionary without a look until it meets a word.
        meter.look()?;
        segment.words.each_match(FirstField(automaton), |number| {
            words.extend(u32::try_from(number));
            meter.steps(PASSED_STEPS)
        })?;
    }
    let mut matches = Vec::new();
    let mut key = Vec::new();
    for word in words {
        meter.steps(WORD_STEPS)?;
        let parts = segment.words.key_of(u64::from(word), &mut key)?.and_then(word_parts);
        let parts = parts.ok_or_else(|| segment.broken("a word is missing"))?;
        if let Some(quality) = term.quality(parts.lower, parts.folded, parts.language) {
            matches.push(WordMatch { number: word, quality });
        }
    }
    Ok(matches)
}

/// An automaton applied to the first field of a key; the rest of the key is ignored.
struct FirstField<A>(A);

enum FieldState<S> {
    Within(S),
    Matched,
    Failed,
}

impl<A: Automaton> Automaton for FirstField<A> {
    type State = FieldState<A::State>;

    fn start(&self) -> Self::State {
        FieldState::Within(self.0.start())
    }

    fn is_match(&self, state: &Self::State) -> bool {
        matches!(state, FieldState::Matched)
    }

    fn can_match(&self, state: &Self::State) -> bool {
        match state {
            FieldState::Within(state) => self.0.can_match(state),
            FieldState::Matched => true,
            FieldState::Failed => false,
        }
    }

    fn will_always_match(&self, state: &Self::State) -> bool {
        matches!(state, FieldState::Matched)
    }

    fn accept(&self, state: &Self::State, byte: u8) -> Self::State {
        match state {
            FieldState::Within(state) if byte == SEPARATOR => {
                if self.0.is_match(state) {
                    FieldState::Matched
                } else {
                    FieldState::Failed
                }
            }
            FieldState::Within(state) => FieldState::Within(self.0.accept(state, byte)),
            FieldState::Matched => FieldState::Matched,
            FieldState::Failed => FieldState::Failed,
        }
    }
}
