//! How an event is kept: as it was sent, in an envelope.

use rushes_types::{AssetId, Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use xxhash_rust::xxh3::xxh3_128;

use crate::event::Event;

/// Stands between the asset and the rest in a key; no id holds it.
const AFTER_ASSET: char = '\u{1}';

/// An event with what the server knows of it.
#[derive(Debug, Serialize, Deserialize)]
pub struct KeptEvent {
    /// When it came, in milliseconds since 1970.
    pub received_ms: u64,
    /// Who sent it, where the archive is configured to keep that.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub who: Option<String>,
    /// The event, as it was sent.
    pub event: Box<RawValue>,
}

impl KeptEvent {
    /// The bytes that are kept.
    ///
    /// # Errors
    /// A bug, where it cannot be written.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        serde_json::to_vec(self).map_err(|e| Error::bug(e.to_string()))
    }

    /// Reads what [`KeptEvent::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] where it is something else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        serde_json::from_slice(bytes)
            .map_err(|e| Error::new(ErrorKind::Corrupt, "a feedback event is damaged").because(e))
    }

    /// The event. It was checked when it came, so its time is not held against any clock again.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] where it cannot be read.
    pub fn read(&self) -> Result<Event> {
        Event::read(self.event.get(), u64::MAX, "")
            .map_err(|e| Error::new(ErrorKind::Corrupt, "a feedback event cannot be read").because(e))
    }
}

/// What an event is named by: its asset, and its own bytes. The same event sent again has the same name.
#[must_use]
pub fn key_of(asset: &AssetId, text: &str) -> String {
    format!("{}{:032x}", keys_of_asset(asset), xxh3_128(text.as_bytes()))
}

/// How the keys of all events on an asset begin.
#[must_use]
pub fn keys_of_asset(asset: &AssetId) -> String {
    format!("{asset}{AFTER_ASSET}")
}
