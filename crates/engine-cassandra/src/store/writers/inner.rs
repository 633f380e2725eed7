//! What the threads of this process share about it as a writer.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rushes_types::AssetId;

use crate::store::clock::Clock;

/// A process's identity among the writers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// Its number.
    pub number: u16,
    /// Its id.
    pub id: i64,
}

/// A commit under way.
pub struct InFlightCommit {
    /// Of the writer.
    pub id: i64,
    /// On this asset.
    pub asset: AssetId,
    /// Its outcome is unknown and no caller waits for it any more: its asset has to be fenced.
    pub unresolved: bool,
}

/// The state of a writer.
pub struct Inner {
    /// Numbers its commits.
    pub clock: Clock,
    /// Who it is.
    pub identity: Identity,
    /// Its commits under way, by number.
    pub in_flight: BTreeMap<u64, InFlightCommit>,
    /// The floor that was published.
    pub floor: u64,
    /// Was something settled since?
    pub settled: bool,
    /// Is it to stop?
    pub stop: bool,
    /// The last change that was acknowledged, until it is published: asset, and its number there.
    pub chained: Option<(String, u64)>,
    /// What is missing in the store, as some process found: no more is written.
    pub damage: Option<String>,
    /// This process only reads: it is no writer.
    pub idle: bool,
    /// The process is dead, because a test killed it: nothing of it is settled any more.
    #[cfg(feature = "testing")]
    pub dead: bool,
}

impl Inner {
    /// Did a test let this process die?
    pub const fn is_dead(&self) -> bool {
        #[cfg(feature = "testing")]
        return self.dead;
        #[cfg(not(feature = "testing"))]
        return false;
    }
}

/// Locks it.
pub fn lock(inner: &Mutex<Inner>) -> MutexGuard<'_, Inner> {
    // Every change is complete before the lock is released, so the state is valid after a panic.
    inner.lock().unwrap_or_else(PoisonError::into_inner)
}
