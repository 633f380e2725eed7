//! The trait of all encoders.

use std::fmt::Debug;

use rushes_types::{Error, ErrorKind, Metric, Result};

/// Bytes of a picture that is encoded, at most.
pub const PICTURE_BYTES_MAX: usize = 16 << 20;

/// Turns texts, and perhaps pictures, into vectors of one space.
///
/// Calls block and may come from any thread. The same input gives the same vector, whatever else is in the batch; an
/// encoder that changes gets another name, since what it wrote before can no longer be compared.
pub trait Encoder: Debug + Send + Sync {
    /// What a space's `encoder` names it by, with its version.
    fn name(&self) -> &str;

    /// Numbers in a vector; `None` where only a call can tell.
    fn dimensions(&self) -> Option<usize>;

    /// How its vectors are compared.
    fn metric(&self) -> Metric;

    /// The one language that it knows (BCP 47); `None` where it knows several.
    fn language(&self) -> Option<&str> {
        None
    }

    /// A vector for each text, in their order; `None` where this encoder has no vector for a text.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] where something outside does not answer; a search then goes on without it.
    fn encode_texts(&self, texts: &[&str]) -> Result<Vec<Option<Vec<f32>>>>;

    /// Does it encode pictures?
    fn takes_pictures(&self) -> bool {
        false
    }

    /// A vector for each picture (the bytes of a PNG or JPEG file), in their order.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] where it encodes none; [`ErrorKind::Invalid`] for bytes that are no picture; as
    /// [`Encoder::encode_texts`].
    fn encode_pictures(&self, pictures: &[&[u8]]) -> Result<Vec<Vec<f32>>> {
        let _ = pictures;
        Err(Error::new(ErrorKind::Unsupported, format!("encoder `{}` takes no pictures", self.name())))
    }
}

/// The vector, where it is one that a space of these dimensions can hold.
///
/// # Errors
/// [`ErrorKind::Unsupported`] where it has another number of dimensions, holds what is no number, or has no direction.
pub fn checked(encoder: &str, vector: Vec<f32>, dimensions: usize) -> Result<Vec<f32>> {
    let (wrong, mend) = if vector.len() != dimensions {
        let made = vector.len();
        (
            format!("makes vectors of {made} numbers, and the space holds {dimensions}"),
            "register the space with the encoder that made its vectors",
        )
    } else if vector.iter().any(|x| !x.is_finite()) {
        ("made a vector that holds what is no number".to_owned(), "try another text")
    } else if vector.iter().all(|x| *x == 0.0) {
        ("made a vector without direction".to_owned(), "try another text")
    } else {
        return Ok(vector);
    };
    Err(Error::new(ErrorKind::Unsupported, format!("encoder `{encoder}` {wrong}")).mend(mend))
}
