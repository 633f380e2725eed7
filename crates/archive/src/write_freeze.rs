//! The write freeze: a moment in which nothing is committed, so that a backup finds files that belong together.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Many writers at once, or one who needs the store's files to hold still.
#[derive(Default)]
pub(crate) struct WriteFreeze(RwLock<()>);

impl WriteFreeze {
    /// Waits while writing is frozen; it cannot be frozen while the guard lives. Whoever holds one must not ask for
    /// another: a freeze that waits for the first would hold up the second.
    pub(crate) fn enter(&self) -> RwLockReadGuard<'_, ()> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the writers under way, and keeps others out until the guard is dropped.
    pub(crate) fn freeze(&self) -> RwLockWriteGuard<'_, ()> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}
