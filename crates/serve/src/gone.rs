//! Tells blocking work whether the client still waits for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Held by a handler while it waits: when the client goes, the handler's future is dropped, and this with it.
#[derive(Debug, Default)]
pub(crate) struct Waiting(Arc<AtomicBool>);

impl Waiting {
    /// Is set once nobody waits any more.
    pub fn gone(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
