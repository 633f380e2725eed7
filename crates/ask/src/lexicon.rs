//! What parsing a question needs to know about an archive.

use std::cell::RefCell;
use std::sync::Arc;

use rushes_plan::{Knowledge, Names};
use rushes_types::{Error, Result};

/// The names of an archive, with access to its further knowledge.
pub(crate) struct Lexicon<'k> {
    names: Arc<Names>,
    knowledge: &'k dyn Knowledge,
    /// The first error of a look-up. Scanning goes on with a guess, and the question fails in the end.
    failure: RefCell<Option<Error>>,
}

impl<'k> Lexicon<'k> {
    /// # Errors
    /// Where the names cannot be read.
    pub fn of(knowledge: &'k dyn Knowledge) -> Result<Self> {
        Ok(Self { names: knowledge.names()?, knowledge, failure: RefCell::default() })
    }

    pub fn names(&self) -> &Names {
        &self.names
    }

    /// Is the folded word said or written in the archive, so that it is no mistyped name?
    pub fn knows_word(&self, folded: &str) -> bool {
        let counted = self.knowledge.word_counts(&[folded.to_owned()]);
        self.noted(counted).is_none_or(|c| c.counts.first().is_some_and(|n| *n > 0))
    }

    /// Can a text be searched by its meaning: has a current space an encoder?
    pub fn has_encoder(&self) -> bool {
        let spaces = self.noted(self.knowledge.spaces()).unwrap_or_default();
        spaces.iter().any(|space| self.noted(self.knowledge.encodes_text(space)).unwrap_or(false))
    }

    fn noted<T>(&self, looked_up: Result<T>) -> Option<T> {
        match looked_up {
            Ok(found) => Some(found),
            Err(error) => {
                self.failure.borrow_mut().get_or_insert(error);
                None
            }
        }
    }

    /// An archive that is too busy, or away, must not be taken for one that knows nothing: the question would be read
    /// another way.
    ///
    /// # Errors
    /// The first that a look-up met.
    pub fn checked(&self) -> Result<()> {
        self.failure.borrow_mut().take().map_or(Ok(()), Err)
    }
}
