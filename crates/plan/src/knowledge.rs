//! What parsing a question and resolving a plan need to know about an archive.

use std::sync::Arc;

use rushes_types::{Result, Space};

use crate::names::Names;
use crate::vector_ask::Like;

/// How many annotations say each word, at a version of the table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WordCounts {
    /// The table's version.
    pub version: u64,
    /// Current annotations in all.
    pub annotations: u64,
    /// For each word asked, how many of them say it.
    pub counts: Vec<u64>,
}

/// Vectors with the spaces they lie in.
pub type SpaceVectors = Vec<(Space, Vec<f32>)>;

/// What an archive knows, limited to what the caller may see. Methods that are not implemented return nothing.
pub trait Knowledge {
    /// The names used in the archive.
    fn names(&self) -> Result<Arc<Names>> {
        Ok(Arc::default())
    }
    /// Every label that `label` stands for: those it is an alias of, and their other aliases. Normalised or not.
    fn aliases(&self, _kind: Option<&str>, _label: &str) -> Result<Vec<String>> {
        Ok(Vec::new())
    }
    /// How many current annotations say each of the folded words.
    fn word_counts(&self, words: &[String]) -> Result<WordCounts> {
        Ok(WordCounts { counts: vec![0; words.len()], ..WordCounts::default() })
    }
    /// Does a line of dialogue say these words in a row, as they are?
    fn is_said(&self, _words: &str) -> Result<bool> {
        Ok(false)
    }
    /// The spaces that current annotations have vectors in, in the order of their ids.
    fn spaces(&self) -> Result<Vec<Space>> {
        Ok(Vec::new())
    }
    /// A space by its name, or the spaces of a model (`name` or `name@version`).
    fn spaces_named(&self, _name: &str) -> Result<Vec<Space>> {
        Ok(Vec::new())
    }
    /// Is an encoder of texts known for the space? Answers without encoding anything.
    fn encodes_text(&self, _space: &Space) -> Result<bool> {
        Ok(false)
    }
    /// A text as a vector of the space; `None` where no encoder is known for it.
    fn encode_text(&self, _space: &Space, _text: &str) -> Result<Option<Vec<f32>>> {
        Ok(None)
    }
    /// A picture as a vector of the space; `None` where no encoder is known for it.
    fn encode_image(&self, _space: &Space, _image: &str) -> Result<Option<Vec<f32>>> {
        Ok(None)
    }
    /// The vectors of an annotation, or of what is shown at a time, at most one in a space; `None` where there is no
    /// such annotation or asset.
    fn vectors_like(&self, _like: &Like) -> Result<Option<SpaceVectors>> {
        Ok(None)
    }
    /// A run's asset and the name of its model, without version; `None` where it cannot be pinned.
    fn run(&self, _run: &str) -> Result<Option<(String, String)>> {
        Ok(None)
    }
}
