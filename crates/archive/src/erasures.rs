//! Erased bytes that are still on disk, and by when they must be gone.
//!
//! An erasure is invisible at once; its bytes go when files are rewritten. So that it is never forgotten, a marker
//! file says since when there is something to rewrite, and the maintenance worker does it. The marker is written
//! before the first byte is erased and removed after the last is gone, so a crash between leaves a purge too many,
//! never one too few. A backup carries it.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rushes_types::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

use crate::clock::now_s;
use crate::engines::Engines;
use crate::manifest::{read_whole, remove_whole, write_whole};
use crate::progress::{NoProgress, Progress, check};
use crate::set_aside::{kept_stores, remove_set_aside};

/// The marker's name in the archive's folder.
pub(crate) const MARKER: &str = "erased.json";
/// How long after an erasure its bytes are rewritten away, unless somebody purges before: one purge serves many
/// erasures, and a failed one has many tries left.
pub const PURGE_AFTER: Duration = Duration::from_secs(6 * 3600);
/// How long after an erasure its bytes may be on disk; `verify` names it as a problem where they are there longer.
pub const GONE_WITHIN: Duration = Duration::from_secs(24 * 3600);
/// How long a requested purge waits for an index that cannot do it yet: Elasticsearch keeps deleted documents for half
/// a minute.
pub(crate) const INDEX_PATIENCE: Duration = Duration::from_secs(120);
/// How often it is asked.
const INDEX_PAUSE: Duration = Duration::from_secs(1);
/// How long a purge that failed waits before it is tried again.
const RETRY: Duration = Duration::from_secs(600);

/// What the marker says.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct ErasureMarker {
    /// When the first erasure began whose bytes may still be there, in seconds since 1970.
    since_s: u64,
}

#[derive(Debug, Default)]
struct State {
    since_s: Option<u64>,
    begun: u64,
    under_way: u64,
    failed: Option<Instant>,
}

/// Tracks what was erased and not purged yet.
#[derive(Debug)]
pub(crate) struct Erasures {
    path: PathBuf,
    purge_after: Duration,
    state: Mutex<State>,
}

/// An erasure under way.
#[derive(Debug)]
pub(crate) struct ErasureGuard<'a>(&'a Erasures);

impl Drop for ErasureGuard<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.under_way = state.under_way.saturating_sub(1);
    }
}

impl Erasures {
    /// Of the archive in this folder.
    pub(crate) fn open(dir: &Path, purge_after: Duration) -> Result<Self> {
        let path = dir.join(MARKER);
        // An unreadable marker means that something was erased at an unknown time: so a purge is due.
        let since_s = read_whole(&path)?
            .map(|bytes| serde_json::from_slice(&bytes).map_or(0, |m: ErasureMarker| m.since_s));
        Ok(Self { path, purge_after, state: Mutex::new(State { since_s, ..State::default() }) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Call before erasing; keep the guard until the erasure is done.
    pub(crate) fn begin(&self) -> Result<ErasureGuard<'_>> {
        let mut state = self.state();
        if state.since_s.is_none() {
            self.mark(&mut state, now_s())?;
        }
        state.begun += 1;
        state.under_way += 1;
        Ok(ErasureGuard(self))
    }

    fn mark(&self, state: &mut State, since_s: u64) -> Result<()> {
        let bytes = serde_json::to_vec(&ErasureMarker { since_s }).map_err(|e| Error::bug(e.to_string()))?;
        write_whole(&self.path, &bytes)?;
        state.since_s = Some(since_s);
        Ok(())
    }

    /// For how long erased bytes may have been on disk; `None` where there are none.
    pub(crate) fn unpurged_for(&self) -> Option<Duration> {
        let since_s = self.state().since_s?;
        Some(Duration::from_secs(now_s().saturating_sub(since_s)))
    }

    /// Rewrites what holds erased bytes; waits up to `patience` for an index that cannot do it yet.
    pub(crate) fn purge(&self, engines: &Engines, progress: &dyn Progress, patience: Duration) -> Result<()> {
        let (begun, quiet) = {
            let state = self.state();
            (state.begun, state.under_way == 0)
        };
        // What is not fused and indexed yet is still in what they hold.
        let whole = quiet && caught_up(engines)?;
        let began_s = now_s();
        progress.set("purging the store", 0, Some(3));
        engines.store.purge()?;
        progress.set("purging fused data", 1, Some(3));
        engines.timeline.purge()?;
        progress.set("purging the index", 2, Some(3));
        purge_index(engines, progress, patience)?;
        let dir = self.path.parent().unwrap_or(Path::new("."));
        remove_set_aside(dir)?;
        if let Some(kept) = kept_stores(dir).first() {
            return Err(Error::new(
                ErrorKind::Conflict,
                format!(
                    "bytes of what was erased may be in `{}`, a damaged store that was kept",
                    kept.display()
                ),
            )
            .mend("delete that folder, and purge again"));
        }
        progress.set("purged", 3, Some(3));
        let mut state = self.state();
        if !whole || state.since_s.is_none() {
            return Ok(());
        }
        if state.begun != begun {
            return self.mark(&mut state, began_s);
        }
        remove_whole(&self.path)?;
        state.since_s = None;
        Ok(())
    }

    /// Purges where it is due and all stages have processed the erasures. A failure is logged and retried later;
    /// searching and ingesting go on.
    pub(crate) fn purge_if_due(&self, engines: &Engines) -> Result<bool> {
        let waiting = self.state().failed.is_some_and(|at| at.elapsed() < RETRY);
        let due = self.unpurged_for().is_some_and(|age| age >= self.purge_after);
        if waiting || !due || !caught_up(engines)? {
            return Ok(false);
        }
        let done = self.purge(engines, &NoProgress, Duration::ZERO);
        self.state().failed = done.is_err().then(Instant::now);
        if let Err(error) = &done {
            tracing::warn!(%error, "erased bytes could not be purged; it will be tried again");
        }
        Ok(done.is_ok())
    }
}

fn purge_index(engines: &Engines, progress: &dyn Progress, patience: Duration) -> Result<()> {
    let until = Instant::now() + patience;
    while !engines.index.purge()? {
        check(progress, "the purge")?;
        if Instant::now() >= until {
            return Err(Error::new(ErrorKind::Busy, "the index still keeps bytes of what was erased: its engine needs a while, or a copy of it is away").mend("it is tried again by itself, or run it again later"));
        }
        std::thread::sleep(INDEX_PAUSE);
    }
    Ok(())
}

fn caught_up(engines: &Engines) -> Result<bool> {
    let last = engines.store.last_commit()?;
    Ok(engines.index.reader(None)?.read_point().upto >= last)
}
