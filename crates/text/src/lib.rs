//! What is a word, and when are two words the same?
//!
//! This crate answers both, once, for every engine: the embedded index, Elasticsearch documents and the shared
//! matcher all cut text with [`tokenise()`], reduce words with [`Analyzer::forms`] and decide with [`TermMatcher`]
//! and [`find_phrases`]. It is pure: no files, no clock, no randomness, and it knows neither annotations nor queries.
//!
//! The path of a word:
//!
//! 1. [`tokenise()`] cuts the text into tokens, each with a `lower` spelling (accents kept, what a stemmer needs) and
//!    a `folded` one (accents gone, what is compared).
//! 2. [`Analyzer::forms`] gives the small set of forms a token is known by in its language.
//! 3. [`TermMatcher::quality`] says how well a token meets a query word; [`find_phrases`] puts words in order.
//!
//! Everything here is part of what an index holds, so any change of an answer must change [`ANALYSER_VERSION`].

mod analyzer;
mod compounds;
mod contractions;
mod fold;
mod fuzzy;
mod irregular;
mod language;
mod lemma_table;
mod lemmas;
mod matcher;
mod numbers;
mod phrase;
mod script;
mod tokenise;

pub use analyzer::{Analyzer, Forms};
pub use fold::{fold, fold_word, lower_word, normalise_label};
pub use fuzzy::{Fuzziness, FuzzyAutomaton, MAX_EDITS, MAX_FUZZY_CHARS, within};
pub use language::{DETECT_CHARS_MIN, Language, detect};
pub use lemmas::{LemmaError, UserLemmas};
pub use matcher::{
    QUALITY_EXACT, QUALITY_FORM, QUALITY_FUZZY_ONE, QUALITY_FUZZY_TWO, QUALITY_PART, QUALITY_PREFIX,
    TermMatcher, TermOptions,
};
pub use phrase::{MAX_PHRASE_STEPS, MAX_SLOP, PhraseMatch, find_phrases};
pub use tokenise::{MAX_TOKEN_BYTES, Token, TokenRef, for_each_token, tokenise, tokenise_into};

/// Names everything that decides an answer of this crate; written in the manifest of each index.
///
/// The first number is ours and rises when our rules or tables change; a test holds the rest to the versions linked.
pub const ANALYSER_VERSION: &str = "rushes-text 2; frostem 2.20261016.1; unicode 18.0.0; lemmas 1";

#[cfg(test)]
mod tests;
