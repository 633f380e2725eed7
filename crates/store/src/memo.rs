//! Memos: small named bytes beside the annotations.

use rushes_types::limits::ID_BYTES_MAX;
use rushes_types::{Error, ErrorKind, Result, check_id};

/// Longest value of a memo, in bytes.
pub const MEMO_BYTES_MAX: usize = 1 << 20;
/// Longest key of a memo, in bytes: an id and what stands behind it.
pub const MEMO_KEY_BYTES_MAX: usize = 2 * ID_BYTES_MAX;

/// What one shelf keeps under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Memo {
    /// Its name; memos of a shelf are in the order of their names, byte by byte.
    pub key: String,
    /// What it holds.
    pub value: Vec<u8>,
}

/// Keeps what people did with answers, what was learned from it, and profiles. A store without this part answers
/// [`ErrorKind::Unsupported`]. Laws:
///
/// * What a call wrote is durable when it returns. One that fails may have written some: sent again, it writes the rest.
/// * Shelves do not know of one another; names have at least one character.
pub trait Memos: Send + Sync {
    /// Keeps memos. One whose name is taken is left as it is, or with `replace` takes its place. Returns how many were
    /// written.
    fn put_memos(&self, shelf: &str, memos: &[Memo], replace: bool) -> Result<usize> {
        let _ = (shelf, memos, replace);
        Err(no_memos())
    }
    /// The memos of a shelf in the order of their names, after one, at most `limit`.
    fn memos(&self, shelf: &str, after: Option<&str>, limit: usize) -> Result<Vec<Memo>> {
        let _ = (shelf, after, limit);
        Err(no_memos())
    }
    /// Removes memos by their names; returns how many were there. Their bytes go with the next [`crate::Erasure::purge`].
    fn remove_memos(&self, shelf: &str, keys: &[String]) -> Result<usize> {
        let _ = (shelf, keys);
        Err(no_memos())
    }
}

fn no_memos() -> Error {
    Error::new(
        ErrorKind::Unsupported,
        "this store keeps annotations only: neither feedback nor ranking models nor profiles",
    )
    .mend("keep the archive in a folder, where all of them are kept")
}

/// Is the name of a shelf one?
///
/// # Errors
/// [`ErrorKind::Invalid`], with what is wrong.
pub fn check_shelf(shelf: &str) -> Result<()> {
    check_id("the shelf", shelf).map_err(Error::from)
}

/// Is a memo small enough?
///
/// # Errors
/// [`ErrorKind::TooLarge`], with the limit.
pub fn check_memo(memo: &Memo) -> Result<()> {
    let too_large = |what: &str, bytes: usize, most: usize| {
        Error::new(ErrorKind::TooLarge, format!("{what} has {bytes} bytes"))
            .mend(format!("at most {most} are kept"))
    };
    if memo.key.is_empty() {
        return Err(Error::invalid("a memo has no name").mend("give it at least one character"));
    }
    if memo.key.len() > MEMO_KEY_BYTES_MAX {
        return Err(too_large("the name of a memo", memo.key.len(), MEMO_KEY_BYTES_MAX));
    }
    if memo.value.len() > MEMO_BYTES_MAX {
        return Err(too_large("a memo", memo.value.len(), MEMO_BYTES_MAX));
    }
    Ok(())
}
