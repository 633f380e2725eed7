//! What parsing a question needs to know about an archive.

use std::sync::Arc;

use rushes_plan::{Knowledge, Names};
use rushes_types::Result;

/// The names of an archive, with access to its further knowledge.
pub(crate) struct Lexicon<'k> {
    names: Arc<Names>,
    knowledge: &'k dyn Knowledge,
}

impl<'k> Lexicon<'k> {
    /// # Errors
    /// Where the names cannot be read.
    pub fn of(knowledge: &'k dyn Knowledge) -> Result<Self> {
        Ok(Self { names: knowledge.names()?, knowledge })
    }

    pub fn names(&self) -> &Names {
        &self.names
    }

    /// Is the folded word said or written in the archive, so that it is no mistyped name?
    pub fn knows_word(&self, folded: &str) -> bool {
        // Where the table cannot be read, no word is corrected.
        let counted = self.knowledge.word_counts(&[folded.to_owned()]);
        counted.map_or(true, |c| c.counts.first().is_some_and(|n| *n > 0))
    }

    /// Can a text be searched by its meaning: has a current space an encoder?
    pub fn has_encoder(&self) -> bool {
        let spaces = self.knowledge.spaces().unwrap_or_default();
        spaces.iter().any(|space| self.knowledge.encodes_text(space))
    }
}
