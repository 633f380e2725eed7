//! What parsing a question needs to know about an archive.

use std::cell::RefCell;
use std::sync::Arc;

use rushes_plan::{Knowledge, Names, Target};
use rushes_text::normalise_label;
use rushes_types::{Error, Result, Space, known_types};

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

    /// Which of the folded words are said or written in the archive, so that they are no mistyped names.
    pub fn says(&self, folded: &[String]) -> Vec<bool> {
        match self.noted(self.knowledge.word_counts(folded)) {
            Some(counted) => {
                (0..folded.len()).map(|i| counted.counts.get(i).is_some_and(|n| *n > 0)).collect()
            }
            None => vec![true; folded.len()],
        }
    }

    /// Does a line say these words in a row?
    pub fn has_line(&self, words: &str) -> bool {
        self.noted(self.knowledge.is_said(words)).unwrap_or(false)
    }

    /// Every label that a label stands for, normalised, itself among them.
    pub fn stands_for(&self, kind: &str, label: &str) -> Vec<String> {
        let mut labels = self.noted(self.knowledge.aliases(Some(kind), label)).unwrap_or_default();
        labels.push(label.to_owned());
        labels.iter().map(|label| normalise_label(label)).collect()
    }

    /// A label of a size or movement of shots: one of neither people nor places.
    pub fn shot_label(&self, key: &str) -> Option<(String, String)> {
        self.names.named(key).iter().find_map(|name| match &name.target {
            Target::Label { kind, label } if kind != known_types::CHARACTER && kind != known_types::SCENE => {
                Some((kind.clone(), label.clone()))
            }
            _ => None,
        })
    }

    /// Can a text be searched by its meaning: has a current space an encoder?
    pub fn has_encoder(&self) -> bool {
        !self.encoded_spaces().is_empty()
    }

    /// The spaces that an encoder of texts is known for.
    pub fn encoded_spaces(&self) -> Vec<Space> {
        let spaces = self.noted(self.knowledge.spaces()).unwrap_or_default();
        let is_encoded = |space: &Space| self.noted(self.knowledge.encodes_text(space)).unwrap_or(false);
        spaces.into_iter().filter(is_encoded).collect()
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
