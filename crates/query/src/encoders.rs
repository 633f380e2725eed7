//! What turns texts and pictures of queries into vectors.

use rushes_types::{Result, Space};

/// Turns texts and pictures into vectors. An error of kind `Unavailable` or `Unsupported` becomes a warning of the answer.
pub trait Encoders: std::fmt::Debug + Send + Sync {
    /// Is an encoder of texts known for the space? Nothing is encoded to find out.
    fn encodes_text(&self, space: &Space) -> bool;
    /// A text as a vector of the space; `None` where no encoder is known for it.
    fn encode_text(&self, space: &Space, text: &str) -> Result<Option<Vec<f32>>>;
    /// A picture (base64, or a `data:` URL) as a vector of the space; `None` where no encoder is known for it.
    fn encode_image(&self, space: &Space, image: &str) -> Result<Option<Vec<f32>>>;
}

/// No encoder is known: a text in a vector clause falls back to words, with a warning.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoEncoders;

impl Encoders for NoEncoders {
    fn encodes_text(&self, _space: &Space) -> bool {
        false
    }

    fn encode_text(&self, _space: &Space, _text: &str) -> Result<Option<Vec<f32>>> {
        Ok(None)
    }

    fn encode_image(&self, _space: &Space, _image: &str) -> Result<Option<Vec<f32>>> {
        Ok(None)
    }
}
