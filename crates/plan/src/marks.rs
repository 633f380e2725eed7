//! Where the words of a clause occur in a text: what the page highlights, and the command line prints in bold.
//!
//! Uses the same matchers that decide whether the text matches, so that what is marked is what was found: "ran" for
//! "run", "feet" for "foot", a mistyped name, the words of a phrase in whatever order its slop forgives.

use std::collections::BTreeSet;

use rushes_text::{Language, PhraseMatch, Token, find_phrases, tokenise};

use crate::matching::{ClauseMatcher, CompiledTest, WordPositions};

/// Most marks in one text.
pub const MARKS_MAX: usize = 64;
/// Only this many bytes of a text are searched for marks.
pub const MARKED_BYTES_MAX: usize = 64 << 10;

impl ClauseMatcher {
    /// Where the words of a words or phrase clause occur in a text, in order and disjoint, as pairs of the first
    /// character and the one past the last; characters are Unicode code points. Adjacent words are one mark. At most
    /// [`MARKS_MAX`]; none for other clauses.
    #[must_use]
    pub fn marks(&self, text: &str, language: Language) -> Vec<(usize, usize)> {
        let text = beginning(text);
        let mut tokens = tokenise(text);
        match &self.test {
            CompiledTest::Words { words, .. } => tokens.retain(|t| {
                words.iter().any(|(word, _)| word.quality(&t.lower, &t.folded, language).is_some())
            }),
            CompiledTest::Phrase { words, slop } => {
                let mut places = WordPositions::new(words);
                places.read(words, text, language);
                let windows = united(&find_phrases(&places.words, *slop));
                let found: BTreeSet<u32> = places.words.iter().flatten().map(|(at, _)| *at).collect();
                let within = |at: u32| {
                    let before = windows.partition_point(|(first, _)| *first <= at);
                    before.checked_sub(1).and_then(|i| windows.get(i)).is_some_and(|(_, last)| at <= *last)
                };
                tokens.retain(|t| found.contains(&t.position) && within(t.position));
            }
            CompiledTest::Anything | CompiledTest::Label(_) | CompiledTest::Vector => return Vec::new(),
        }
        in_characters(text, joined(&tokens))
    }
}

/// The part of a text that is searched.
fn beginning(text: &str) -> &str {
    if text.len() <= MARKED_BYTES_MAX {
        return text;
    }
    let end = (0..=MARKED_BYTES_MAX).rev().find(|at| text.is_char_boundary(*at));
    text.get(..end.unwrap_or(0)).unwrap_or(text)
}

/// Windows as stretches of positions that do not overlap, ascending.
fn united(windows: &[PhraseMatch]) -> Vec<(u32, u32)> {
    let mut stretches: Vec<(u32, u32)> = windows.iter().map(|w| (w.first, w.last)).collect();
    stretches.sort_unstable();
    stretches.dedup_by(|next, kept| {
        let overlaps = next.0 <= kept.1;
        if overlaps {
            kept.1 = kept.1.max(next.1);
        }
        overlaps
    });
    stretches
}

/// Byte ranges of the tokens; adjacent or overlapping tokens share one.
fn joined(hits: &[Token]) -> Vec<(usize, usize)> {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    let mut last: Option<u32> = None;
    for token in hits {
        let full = ranges.len() == MARKS_MAX;
        match ranges.last_mut() {
            Some(range) if token.start <= range.1 || last.is_some_and(|at| at + 1 == token.position) => {
                range.1 = range.1.max(token.end);
            }
            _ if full => break,
            _ => ranges.push((token.start, token.end)),
        }
        last = Some(token.position);
    }
    ranges
}

/// Byte ranges as ranges of characters; both ascend.
fn in_characters(text: &str, ranges: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
    let (mut at_byte, mut at_char) = (0, 0);
    let mut characters = |byte: usize| {
        at_char += text.get(at_byte..byte).unwrap_or_default().chars().count();
        at_byte = byte;
        at_char
    };
    ranges.into_iter().map(|(start, end)| (characters(start), characters(end))).collect()
}

#[cfg(test)]
mod tests {
    use rushes_text::Analyzer;

    use super::*;
    use crate::{Clause, Plan, Query};

    /// Knows nothing: each word weighs the same.
    struct Nothing;

    impl crate::Knowledge for Nothing {}

    fn clause(json: &str) -> Clause {
        let resolved = crate::resolve(&Plan::parse(json).unwrap(), &Nothing, None).unwrap();
        Query::compile(&resolved.plan).unwrap().criteria.remove(0).parts.remove(0)
    }

    fn marked(json: &str, text: &str) -> String {
        let matcher = ClauseMatcher::new(&clause(json), &Analyzer::new(Language::En));
        let letters: Vec<char> = text.chars().collect();
        let mut out = String::new();
        let mut at = 0;
        for (from, to) in matcher.marks(text, Language::En) {
            assert!(at <= from && from < to && to <= letters.len());
            out.extend(&letters[at..from]);
            out.push('[');
            out.extend(&letters[from..to]);
            out.push(']');
            at = to;
        }
        out.extend(&letters[at..]);
        out
    }

    #[test]
    fn what_matched_is_marked_in_whatever_form() {
        for (clause, text, wanted) in [
            (r#"{"text":"run foot","operator":"or"}"#, "We ran on our feet.", "We [ran] on our [feet]."),
            (r#"{"phrase":"pass the salt"}"#, "Could you pass the Salt?", "Could you [pass the Salt]?"),
            (r#"{"phrase":"pass the salt"}"#, "The salt, pass.", "The salt, pass."),
            (r#"{"phrase":"salt pass","slop":4}"#, "Pass it: the salt!", "[Pass] it: the [salt]!"),
            (r#"{"text":"capten","fuzziness":"auto"}"#, "The captain", "The [captain]"),
            (r#"{"text":"star","prefix":true}"#, "Ínes: starving, éh", "Ínes: [starving], éh"),
            (r#"{"text":"eh"}"#, "Ínes: starving, éh", "Ínes: starving, [éh]"),
            (r#"{"type":"SHOT"}"#, "anything", "anything"),
        ] {
            assert_eq!(marked(&format!("{{\"all\":[{clause}]}}"), text), wanted, "{clause}");
        }
    }

    #[test]
    fn marks_are_bounded() {
        let long = "salt and ".repeat(50_000);
        let matcher =
            ClauseMatcher::new(&clause(r#"{"all":[{"text":"salt"}]}"#), &Analyzer::new(Language::En));
        assert_eq!(matcher.marks(&long, Language::En).len(), MARKS_MAX);
    }
}
