//! Long work on an archive (rebuild, reindex, backup, purge): only one runs at a time.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rushes_types::{Error, ErrorKind, Result};

/// How long a caller waits for other long work before it is refused: longer than the maintenance worker needs to find
/// that nothing is due, or to purge a small archive.
const PATIENCE: Duration = Duration::from_secs(10);

/// Lets one in at a time.
#[derive(Debug, Default)]
pub(crate) struct LongWork {
    running: Mutex<bool>,
    ended: Condvar,
}

/// Long work under way, until it is dropped.
#[derive(Debug)]
pub(crate) struct LongWorkGuard<'a>(&'a LongWork);

impl Drop for LongWorkGuard<'_> {
    fn drop(&mut self) {
        *self.0.running() = false;
        self.0.ended.notify_one();
    }
}

impl LongWork {
    fn running(&self) -> MutexGuard<'_, bool> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins where nothing is running.
    pub(crate) fn try_begin(&self) -> Option<LongWorkGuard<'_>> {
        let mut running = self.running();
        (!std::mem::replace(&mut *running, true)).then(|| LongWorkGuard(self))
    }

    /// Begins once what is running has ended.
    ///
    /// # Errors
    /// [`ErrorKind::Busy`] where that takes too long.
    pub(crate) fn begin(&self) -> Result<LongWorkGuard<'_>> {
        let waited = self.ended.wait_timeout_while(self.running(), PATIENCE, |running| *running);
        let (mut running, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if *running {
            return Err(Error::new(ErrorKind::Busy, "a rebuild, backup or purge is running")
                .mend("wait until it is done"));
        }
        *running = true;
        Ok(LongWorkGuard(self))
    }
}
