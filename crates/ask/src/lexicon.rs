//! What parsing a question needs to know about an archive.

use std::sync::Arc;

use rushes_plan::{Knowledge, Names, Target};
use rushes_text::normalise_label;
use rushes_types::{Result, Space, known_types};

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

    /// Which of the folded words are said or written in the archive, so that they are no mistyped names.
    pub fn says(&self, folded: &[String]) -> Vec<bool> {
        // Where the table cannot be read, no word is corrected.
        match self.knowledge.word_counts(folded) {
            Ok(counted) => (0..folded.len()).map(|i| counted.counts.get(i).is_some_and(|n| *n > 0)).collect(),
            Err(_) => vec![true; folded.len()],
        }
    }

    /// Every label that a label stands for, normalised, itself among them.
    pub fn stands_for(&self, kind: &str, label: &str) -> Vec<String> {
        // Where aliases cannot be read, resolution will say so.
        let mut labels = self.knowledge.aliases(Some(kind), label).unwrap_or_default();
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
        let spaces = self.knowledge.spaces().unwrap_or_default();
        spaces.into_iter().filter(|space| self.knowledge.encodes_text(space)).collect()
    }
}
