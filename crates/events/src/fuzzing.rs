//! What fuzz targets call of the rows that nobody else may: not for use.

use crate::embedded::{decode, encode, read_progress};

/// Reads bytes as every row of a log: an event, the progress of a consumer, a dead letter with its key in front.
///
/// # Panics
/// Where an event that was read is written and not read again.
pub fn rows(bytes: &[u8]) {
    if let Ok(event) = decode(bytes) {
        assert_eq!(decode(&encode(&event)).ok(), Some(event));
    }
    let _ = read_progress(bytes);
    let (key, value) = bytes.split_at(bytes.len().min(14));
    let _ = crate::dead::read(key, value);
}
