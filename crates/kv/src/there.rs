//! Files and folders that may be missing.

/// The outcome of a call on a file or folder; `None` where it is not there.
///
/// # Errors
/// Those of the call, but that it is not there.
pub fn if_there<T>(outcome: std::io::Result<T>) -> std::io::Result<Option<T>> {
    match outcome {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        outcome => outcome.map(Some),
    }
}
