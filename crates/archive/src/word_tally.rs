//! How many annotations say a word, among those that a caller may see.
//!
//! Weights of words come from counts. Counts over everything would tell a caller how often a word is said where he may
//! not look, so for one who sees a part they are made from that part: word by word as they are asked for, and kept as
//! long as the snapshot, for callers of the same rights. They are what an archive would count that holds nothing else.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use rushes_index::{Budget, IndexReader};
use rushes_plan::{Clause, Filter, Fuzziness, PhraseTest, Test, Word, WordCounts, WordsTest};
use rushes_query::Access;
use rushes_query::scope::visible_assets;
use rushes_text::{Token, tokenise};
use rushes_types::{AnnotationType, Error, Result, known_types};

/// Words whose counts are kept; others are counted each time.
const WORDS_KEPT_MAX: usize = 65_536;

/// Counts of a snapshot, for callers of the same rights.
#[derive(Debug, Default)]
pub(crate) struct WordTally {
    annotations: OnceLock<u64>,
    words: Mutex<HashMap<String, u64>>,
}

impl WordTally {
    /// How many annotations the filter admits; it must be the one of the access that the tally is kept for.
    ///
    /// # Errors
    /// Those of the index and of the budget.
    pub fn annotations(&self, reader: &dyn IndexReader, filter: &Filter, budget: &Budget) -> Result<u64> {
        if let Some(known) = self.annotations.get() {
            return Ok(*known);
        }
        let counted = reader.annotations(filter, budget)?;
        Ok(*self.annotations.get_or_init(|| counted))
    }

    /// How many annotations say each of the folded words, as of [`WordTally::annotations`].
    ///
    /// # Errors
    /// Those of the index and of the budget.
    pub fn counts(
        &self,
        reader: &dyn IndexReader,
        filter: &Filter,
        words: &[String],
        budget: &Budget,
    ) -> Result<WordCounts> {
        let counts = words.iter().map(|word| self.count(reader, filter, word, budget));
        let counts = counts.collect::<Result<_>>()?;
        Ok(WordCounts { version: 0, annotations: self.annotations(reader, filter, budget)?, counts })
    }

    fn count(&self, reader: &dyn IndexReader, filter: &Filter, word: &str, budget: &Budget) -> Result<u64> {
        let known = self.words.lock().unwrap_or_else(PoisonError::into_inner).get(word).copied();
        if let Some(known) = known {
            return Ok(known);
        }
        let counted = annotations_with(reader, filter, word, budget)?;
        let mut words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        if words.len() < WORDS_KEPT_MAX {
            words.insert(word.to_owned(), counted);
        }
        Ok(counted)
    }
}

/// The clause of annotations that hold a word, or one that begins with it.
pub(crate) fn saying(word: &str, prefix: bool) -> Clause {
    let test = WordsTest {
        words: vec![Word { text: word.to_owned(), weight: 1.0, prefix }],
        every: true,
        analysed: false,
        fuzziness: Fuzziness::Exact,
    };
    Clause { test: Test::Words(test), ..Clause::any(None) }
}

/// Does a line of dialogue within the filter say these words in a row?
pub(crate) fn says_in_a_row(
    reader: &dyn IndexReader,
    filter: &Filter,
    words: &str,
    budget: &Budget,
) -> Result<bool> {
    let word = |token: Token| Word { text: token.lower, weight: 1.0, prefix: false };
    let words: Vec<Word> = tokenise(words).into_iter().map(word).collect();
    if words.is_empty() {
        return Ok(false);
    }
    let test = PhraseTest { words, slop: 0, analysed: false, fuzziness: Fuzziness::Exact };
    let kind = AnnotationType::new(known_types::DIALOGUE).map_err(|e| Error::bug(e.to_string()))?;
    let clause = Clause { test: Test::Phrase(test), ..Clause::any(Some(kind)) };
    budget.passing(|budget| Ok(!reader.hits(&clause, filter, budget)?.hits.is_empty()))
}

/// How many annotations within the filter hold a word.
pub(crate) fn annotations_with(
    reader: &dyn IndexReader,
    filter: &Filter,
    word: &str,
    budget: &Budget,
) -> Result<u64> {
    reader.count(&saying(word, false), filter, budget)
}

/// Limits a search to what a caller may see.
pub(crate) fn seen_filter(reader: &dyn IndexReader, access: &Access) -> Filter {
    Filter { assets: visible_assets(reader, access), ..Filter::default() }
}
