//! Reading and writing of the index's own bytes: every read is checked; a damaged file is an error, never a panic.

pub(crate) use rushes_types::codec::{Bytes, put_bytes, put_varint};
use rushes_types::{Error, ErrorKind, Result};

/// The error for a damaged file: which one, and how to mend it.
pub(crate) fn corrupt(file: &str, what: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Corrupt, format!("`{file}` is not what was written ({what})"))
        .mend("run `rushes rebuild` to rebuild the index")
}

/// The number at a place of a list of `u64`.
pub(crate) fn u64_at(list: &[u8], at: usize) -> Option<u64> {
    let from = at.checked_mul(8)?;
    list.get(from..)?.first_chunk::<8>().map(|bytes| u64::from_le_bytes(*bytes))
}

/// A position in memory from a position in a file.
pub(crate) fn index(value: u64) -> Option<usize> {
    usize::try_from(value).ok()
}

/// A number that fits 32 bits by the limits of a segment.
///
/// # Errors
/// A bug if it does not.
pub(crate) fn small(value: usize) -> Result<u32> {
    u32::try_from(value)
        .map_err(|_| Error::bug(format!("`{value}` things in one segment")).mend("it holds fewer"))
}
