//! Progress and cancellation of long work.

/// Receives the progress of long work, and tells whether to go on.
pub trait Progress: Sync {
    /// What is being done, how much of it is done, and how much there is.
    fn set(&self, what: &str, done: u64, total: Option<u64>);
    /// Should the work stop? It then leaves everything consistent and returns [`rushes_types::ErrorKind::Cancelled`].
    fn cancelled(&self) -> bool;
}

/// Ignores progress and never cancels.
pub struct NoProgress;

impl Progress for NoProgress {
    fn set(&self, _what: &str, _done: u64, _total: Option<u64>) {}
    fn cancelled(&self) -> bool {
        false
    }
}

/// An error where the work was asked to stop.
///
/// # Errors
/// [`rushes_types::ErrorKind::Cancelled`].
pub fn check(progress: &dyn Progress, what: &str) -> rushes_types::Result<()> {
    if progress.cancelled() {
        let message = format!("{what} was interrupted; run it again to finish");
        return Err(rushes_types::Error::new(rushes_types::ErrorKind::Cancelled, message));
    }
    Ok(())
}
