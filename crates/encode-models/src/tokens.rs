//! Texts to numbers of tokens, by the folder's own `tokenizer.json`.

use std::path::Path;

use rushes_types::{Error, Result};
use tokenizers::{Tokenizer, TruncationParams};

/// Cuts texts.
pub struct Tokens(Tokenizer);

impl Tokens {
    /// Texts are cut after `most` tokens, the first and the last included.
    pub fn read(folder: &Path, most: usize) -> Result<Self> {
        let path = folder.join("tokenizer.json");
        let wrong = |e: tokenizers::Error| {
            Error::invalid(format!("`{}` is no tokenizer that can be read here: {e}", path.display()))
        };
        let mut tokenizer = Tokenizer::from_file(&path).map_err(wrong)?;
        tokenizer.with_padding(None);
        let truncation = TruncationParams { max_length: most, ..TruncationParams::default() };
        tokenizer.with_truncation(Some(truncation)).map_err(wrong)?;
        Ok(Self(tokenizer))
    }

    /// The tokens of a text, with those that begin and end one.
    pub fn of(&self, text: &str) -> Result<Vec<u32>> {
        let encoding = self.0.encode(text, true);
        let encoding =
            encoding.map_err(|e| Error::invalid(format!("the text cannot be cut into tokens: {e}")))?;
        Ok(encoding.get_ids().to_vec())
    }
}
