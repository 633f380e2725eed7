//! How long a part of an answer is, as it is sent.

use std::io;

use rushes_types::{Error, Result};
use serde::Serialize;

/// Counts what is written.
#[derive(Debug, Default)]
struct Count(usize);

impl io::Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.saturating_add(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The length of a value as JSON, in bytes.
///
/// # Errors
/// A bug where it cannot be written.
pub(crate) fn json_bytes(value: &impl Serialize) -> Result<usize> {
    let mut count = Count::default();
    serde_json::to_writer(&mut count, value).map_err(|e| Error::bug(e.to_string()))?;
    Ok(count.0)
}
