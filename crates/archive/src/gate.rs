//! The gate that all writing to the archive goes through, so that a backup can hold it shut for a moment.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Open to many writers, or shut by one who needs the files to hold still.
#[derive(Default)]
pub struct Gate(RwLock<()>);

impl Gate {
    /// Waits until the gate is open and keeps it open.
    pub fn pass(&self) -> RwLockReadGuard<'_, ()> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until nobody is inside and keeps the gate shut.
    pub fn shut(&self) -> RwLockWriteGuard<'_, ()> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}
