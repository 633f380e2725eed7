//! The library's errors in our words.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rushes_types::{Error, ErrorKind, Result};

/// What the library says while it opens files that are not those that it wrote: one is missing, ends early, or is there already.
pub(crate) fn opening_error(what: &str, error: fjall::Error) -> Error {
    use std::io::ErrorKind::{AlreadyExists, InvalidData, InvalidInput, NotFound, UnexpectedEof};
    if matches!(error, fjall::Error::InvalidVersion(None)) {
        return Error::new(ErrorKind::Corrupt, format!("{what}: its file `version` is not what was written"))
            .mend("restore a backup");
    }
    let kind = match &error {
        fjall::Error::Io(io) | fjall::Error::Storage(fjall::LsmError::Io(io)) => Some(io.kind()),
        _ => None,
    };
    match kind {
        // An empty file cannot be mapped, which is an invalid argument.
        Some(AlreadyExists | InvalidData | InvalidInput | NotFound | UnexpectedEof) => {
            Error::new(ErrorKind::Corrupt, format!("{what}: a file is missing or is not what was written"))
                .mend("restore a backup")
                .because(error)
        }
        _ => storage_error(what, error),
    }
}

/// Turns an error of the library into ours; `what` says what was being done.
#[must_use]
pub fn storage_error(what: &str, error: fjall::Error) -> Error {
    match error {
        fjall::Error::Io(io) | fjall::Error::Storage(fjall::LsmError::Io(io)) => Error::io(what, io),
        fjall::Error::Locked => Error::new(ErrorKind::Busy, format!("{what}: another process has it open"))
            .mend("stop that process or go through it"),
        fjall::Error::InvalidVersion(version) => Error::new(
            ErrorKind::Unsupported,
            format!("{what}: its files have the version `{version:?}`, which this program does not know"),
        )
        .mend("open it with the program that wrote it"),
        fjall::Error::Poisoned => {
            Error::new(ErrorKind::Storage, format!("{what}: an earlier write failed, so writes have stopped"))
                .mend("open the archive again")
        }
        // What is left says that bytes read are not bytes written.
        other => {
            Error::new(ErrorKind::Corrupt, format!("{what}: {other}")).mend("restore a backup").because(other)
        }
    }
}

/// Calls the library, and makes an error of a panic: some damage it meets with an assertion.
pub fn without_panic<T>(what: &str, call: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it broke off");
        let line = text.lines().next().unwrap_or_default();
        Err(Error::new(ErrorKind::Corrupt, format!("{what}: its files are damaged ({line})"))
            .mend("restore a backup"))
    })
}
