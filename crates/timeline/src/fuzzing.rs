//! What fuzz targets call of the rows that nobody else may: not for use.

use crate::rows::{asset_of, bucket_no, event, fused_key, number, read_event};

/// Reads bytes as every row of a timeline but annotations and buckets.
///
/// # Panics
/// Where an event that was read is written and not read again.
pub fn rows(bytes: &[u8]) {
    if let Ok(read) = read_event(bytes) {
        assert_eq!(read_event(&event(&read)).ok(), Some(read));
    }
    let _ = crate::store::read_document(bytes);
    let _ = (asset_of(bytes), bucket_no(bytes), fused_key(bytes), number(bytes));
}
