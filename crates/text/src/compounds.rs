//! Of which words is a compound made? "Puppenhaus" is found by "Haus" and by "Puppe", but not by "Rathaus".
//!
//! German and Dutch write their compounds as one word. A lemma that is two or three nouns of the list in `data/`, with
//! what joins them (s, en …), is known in a text also by these parts, each behind a [`PART_MARK`]. A word of a question
//! asks for its lemma so marked, never for its own parts: see [`crate::TermMatcher`].

use crate::language::Language;
use fst::Set;
use std::sync::OnceLock;

/// What a part of a compound begins with among the forms of a word; no word begins so.
pub(crate) const PART_MARK: char = '+';

/// A shorter word is no compound that one could tell from chance.
const COMPOUND_CHARS_MIN: usize = 7;

/// Shorter nouns are not looked for in a compound.
const PART_CHARS_MIN: usize = 3;

/// Deeper than this no part is cut again.
const CUTS_MAX: usize = 2;

/// What stands between the parts, longest first.
fn joints(language: Language) -> &'static [&'static str] {
    match language {
        Language::De => &["ens", "es", "en", "er", "s", "n", "e", ""],
        Language::Nl => &["en", "er", "s", "e", ""],
        _ => &[],
    }
}

fn nouns(language: Language) -> Option<&'static Set<&'static [u8]>> {
    static GERMAN: OnceLock<Option<Set<&'static [u8]>>> = OnceLock::new();
    static DUTCH: OnceLock<Option<Set<&'static [u8]>>> = OnceLock::new();
    match language {
        Language::De => {
            GERMAN.get_or_init(|| Set::new(&include_bytes!("../data/parts-de.fst")[..]).ok()).as_ref()
        }
        Language::Nl => {
            DUTCH.get_or_init(|| Set::new(&include_bytes!("../data/parts-nl.fst")[..]).ok()).as_ref()
        }
        _ => None,
    }
}

/// Whether words of this language are asked for as parts of others.
pub(crate) fn has_compounds(language: Language) -> bool {
    !joints(language).is_empty()
}

/// The parts of a folded lemma, none where it is no compound.
pub(crate) fn parts(language: Language, lemma: &str) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(nouns) = nouns(language) {
        collect(language, nouns, lemma, CUTS_MAX, &mut found);
    }
    found
}

fn collect(language: Language, nouns: &Set<&[u8]>, word: &str, cuts: usize, found: &mut Vec<String>) {
    if cuts == 0 || !word.is_ascii() || word.len() < COMPOUND_CHARS_MIN {
        return;
    }
    let Some((first, head)) = cut(language, nouns, word) else { return };
    for part in [first, head.to_owned()] {
        collect(language, nouns, &part, cuts - 1, found);
        found.push(part);
    }
}

/// The noun at the end and the one before it; of several ways the one whose shorter part is longest.
fn cut<'w>(language: Language, nouns: &Set<&[u8]>, word: &'w str) -> Option<(String, &'w str)> {
    let mut best: Option<(usize, String, &str)> = None;
    for at in PART_CHARS_MIN..=word.len().saturating_sub(PART_CHARS_MIN) {
        let (before, head) = (&word[..at], &word[at..]);
        if !nouns.contains(head) {
            continue;
        }
        for joint in joints(language) {
            let Some(stem) = before.strip_suffix(joint).filter(|stem| stem.len() >= PART_CHARS_MIN) else {
                continue;
            };
            // "Schulbuch" has lost the e of "Schule".
            let first = [stem.to_owned(), format!("{stem}e")].into_iter().find(|first| nouns.contains(first));
            let Some(first) = first else { continue };
            let shorter = stem.len().min(head.len());
            if best.as_ref().is_none_or(|(held, ..)| shorter > *held) {
                best = Some((shorter, first, head));
            }
        }
    }
    best.map(|(_, first, head)| (first, head))
}

#[cfg(test)]
mod tests;
