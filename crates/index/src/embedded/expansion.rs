//! Which words of a segment's dictionary match a query word, and how well.
//!
//! `TermMatcher::quality` decides once per distinct word, not per annotation. The dictionary only yields the words to
//! decide on: those with the same spelling, beginning or form, or within a few typing mistakes.

use std::collections::BTreeSet;

use fst::Automaton;
use rushes_text::{Forms, TermMatcher};
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
/// Steps that one word of the dictionary takes that is compared in all its forms.
const WORD_STEPS: usize = 64;

/// The words that match a query word, ascending.
pub(super) fn expand(segment: &Segment, term: &TermMatcher, meter: &mut Meter<'_>) -> Result<Vec<WordMatch>> {
    // The dictionary of forms knows the forms of its words: a word that is not found in it has none in common with the
    // term, so its spelling alone decides.
    let with_form = with_form(segment, term, meter)?;
    let no_forms = Forms::new();
    let mut matches: Vec<WordMatch> = Vec::new();
    let broken = || segment.broken("a word cannot be read");
    let mut spelt = |key: &[u8], number: u64| -> Result<()> {
        let number = u32::try_from(number).map_err(|_| broken())?;
        if with_form.contains(&number) {
            return Ok(());
        }
        let parts = word_parts(key).ok_or_else(broken)?;
        if let Some(quality) = term.quality_with_forms(parts.folded, &no_forms, parts.language) {
            matches.push(WordMatch { number, quality });
        }
        Ok(())
    };
    let mut exact = term.exact().as_bytes().to_vec();
    exact.push(SEPARATOR);
    segment.words.each_beginning(&exact, |key, number| {
        spelt(key, number)?;
        meter.step()
    })?;
    if let Some(automaton) = term.fuzzy_automaton() {
        // The automaton walks the dictionary without a look until it meets a word.
        meter.look()?;
        segment.words.each_match(FirstField(automaton), |key, number| {
            spelt(key, number)?;
            meter.steps(PASSED_STEPS)
        })?;
    }
    if let Some(prefix) = term.prefix() {
        // They are one after the other, first those with the word's own spelling. All others are worth the same.
        let own = segment.words.ranks(&exact)?;
        let longer = own.end..segment.words.ranks(prefix.as_bytes())?.end;
        let mut key = Vec::new();
        if longer.start < longer.end {
            let parts =
                segment.words.key_of(longer.end - 1, &mut key)?.and_then(word_parts).ok_or_else(broken)?;
            let quality = term.quality_with_forms(parts.folded, &no_forms, parts.language);
            meter.steps(usize::try_from(longer.end - longer.start).unwrap_or(usize::MAX))?;
            let numbers = longer.filter_map(|number| u32::try_from(number).ok());
            let spelt = numbers.filter(|number| !with_form.contains(number));
            matches.extend(spelt.filter_map(|number| Some(WordMatch { number, quality: quality? })));
        }
    }
    let mut key = Vec::new();
    for number in with_form {
        meter.steps(WORD_STEPS)?;
        let parts = segment.words.key_of(u64::from(number), &mut key)?.and_then(word_parts);
        let parts = parts.ok_or_else(|| segment.broken("a word is missing"))?;
        if let Some(quality) = term.quality(parts.lower, parts.folded, parts.language) {
            matches.push(WordMatch { number, quality });
        }
    }
    // A word may be found in several ways, and is worth the same in each.
    matches.sort_unstable_by_key(|word| word.number);
    matches.dedup_by_key(|word| word.number);
    Ok(matches)
}

/// The words that have a form in common with a query word.
fn with_form(segment: &Segment, term: &TermMatcher, meter: &mut Meter<'_>) -> Result<BTreeSet<u32>> {
    let mut words = BTreeSet::new();
    for language in &segment.languages {
        for form in term.forms(*language).into_iter().flat_map(Forms::iter) {
            segment.forms.each_beginning(&form_key(form, *language), |key, _| {
                words.extend(key.last_chunk::<4>().map(|number| u32::from_be_bytes(*number)));
                meter.step()
            })?;
        }
    }
    Ok(words)
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
