//! What fuzz targets call of the rows that nobody else may: not for use.

use super::change_note;
use super::counters::Counters;
use super::ids::{decode_locations, encode_locations};

/// Reads bytes as every small row there is, and as the note of a change.
///
/// # Panics
/// Where what was read is written and not read again.
pub fn rows(bytes: &[u8]) {
    let _ = change_note::describe(bytes);
    if let Ok(counters) = Counters::decode(bytes) {
        let written = counters.encode();
        assert_eq!(Counters::decode(&written).ok().map(Counters::encode), Some(written));
    }
    if let Ok(locations) = decode_locations(bytes) {
        assert_eq!(decode_locations(&encode_locations(&locations)).ok(), Some(locations));
    }
}
