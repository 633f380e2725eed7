//! A question fails with the error of what it has to look up: it is not read as if the archive knew nothing.

use std::sync::Arc;

use rushes_ask::ask;
use rushes_ask::questions::{LEXICON, WrittenLexicon};
use rushes_plan::{Knowledge, Names, Plan, WordCounts};
use rushes_types::{Error, ErrorKind, Result, Space};

/// Knows what is written, until one of its tables is too busy.
struct Busy {
    written: WrittenLexicon,
    table: &'static str,
}

impl Busy {
    fn unless<T>(&self, table: &str, found: Result<T>) -> Result<T> {
        if self.table == table { Err(Error::new(ErrorKind::Busy, "too many searches run")) } else { found }
    }
}

impl Knowledge for Busy {
    fn names(&self) -> Result<Arc<Names>> {
        self.unless("names", self.written.names())
    }
    fn word_counts(&self, words: &[String]) -> Result<WordCounts> {
        self.unless("words", self.written.word_counts(words))
    }
    fn spaces(&self) -> Result<Vec<Space>> {
        self.unless("spaces", self.written.spaces())
    }
    fn encodes_text(&self, space: &Space) -> Result<bool> {
        self.unless("encoders", self.written.encodes_text(space))
    }
}

#[test]
fn a_table_that_is_too_busy_fails_the_question() {
    // A mistyped name, and words that are looked for by their meaning.
    let asked = |table| {
        let busy = Busy { written: WrittenLexicon::read(LEXICON).unwrap().with_encoder(true), table };
        ask("Maraa looking at the worried man", &Plan::default(), &busy)
    };
    assert!(asked("none").is_ok());
    for table in ["names", "words", "spaces", "encoders"] {
        let error = asked(table).err().unwrap_or_else(|| panic!("`{table}` was not missed"));
        assert_eq!(error.kind(), ErrorKind::Busy, "{table}");
    }
}
