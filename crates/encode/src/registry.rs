//! Which encoder belongs to a space.

use std::collections::BTreeMap;
use std::sync::Arc;

use rushes_types::{Error, ErrorKind, Result, Space};

use crate::cache::{Cache, key};
use crate::encoder::{Encoder, checked};
use crate::picture::picture_bytes;
use crate::static_encoder::StaticEncoder;

/// Kinds of what is remembered.
const TEXT: u8 = b't';
const PICTURE: u8 = b'p';

/// The encoders that are known, by name, with the vectors that were asked for last.
#[derive(Debug, Default)]
pub struct Registry {
    encoders: BTreeMap<String, Arc<dyn Encoder>>,
    cache: Cache,
}

impl Registry {
    /// With the encoder that is built in.
    ///
    /// # Errors
    /// [`ErrorKind::Bug`] where its table was not built in whole.
    pub fn built_in() -> Result<Self> {
        let mut registry = Self::default();
        registry.add(Arc::new(StaticEncoder::built_in()?))?;
        Ok(registry)
    }

    /// Adds an encoder.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] where one of that name is known.
    pub fn add(&mut self, encoder: Arc<dyn Encoder>) -> Result<()> {
        let name = encoder.name().to_owned();
        if self.encoders.contains_key(&name) {
            let message = format!("there is an encoder `{name}` already; choose another name");
            return Err(Error::new(ErrorKind::Conflict, message));
        }
        self.encoders.insert(name, encoder);
        Ok(())
    }

    /// The encoder of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<dyn Encoder>> {
        self.encoders.get(name)
    }

    /// The names of all encoders.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.encoders.keys().map(String::as_str)
    }

    /// A text as a vector of the space; `None` where its encoder is not known, or has no vector for the text.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] where the encoder does not answer; [`ErrorKind::Unsupported`] where what it makes
    /// does not fit the space.
    pub fn text(&self, space: &Space, text: &str) -> Result<Option<Vec<f32>>> {
        let Some(encoder) = self.of(space) else { return Ok(None) };
        let make = || {
            let mut vectors = encoder.encode_texts(&[text])?;
            Ok(vectors.pop().flatten())
        };
        self.remembered(encoder.as_ref(), TEXT, text, space, &make)
    }

    /// A picture (base64, or a `data:` URL) as a vector of the space; `None` where its encoder is not known or takes
    /// no pictures.
    ///
    /// # Errors
    /// As [`Registry::text`]; [`ErrorKind::Invalid`] for what is no picture.
    pub fn picture(&self, space: &Space, picture: &str) -> Result<Option<Vec<f32>>> {
        let Some(encoder) = self.of(space).filter(|e| e.takes_pictures()) else { return Ok(None) };
        let make = || {
            let bytes = picture_bytes(picture)?;
            Ok(encoder.encode_pictures(&[&bytes])?.pop())
        };
        self.remembered(encoder.as_ref(), PICTURE, picture, space, &make)
    }

    /// Is an encoder known for the space? Answers without encoding anything.
    #[must_use]
    pub fn knows(&self, space: &Space) -> bool {
        self.of(space).is_some()
    }

    fn of(&self, space: &Space) -> Option<&Arc<dyn Encoder>> {
        space.encoder.as_deref().and_then(|name| self.encoders.get(name))
    }

    fn remembered(
        &self,
        encoder: &dyn Encoder,
        kind: u8,
        asked: &str,
        space: &Space,
        make: &dyn Fn() -> Result<Option<Vec<f32>>>,
    ) -> Result<Option<Vec<f32>>> {
        let key = key(encoder.name(), kind, asked);
        let vector = match self.cache.get(&key) {
            Some(vector) => vector,
            None => {
                let vector = make()?;
                self.cache.put(key, vector.clone());
                vector
            }
        };
        vector.map(|v| checked(encoder.name(), v, space.dimensions)).transpose()
    }
}
