//! Several assets brought forward: the next ones are read and decided while those before are written.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use rushes_fused::{FusedStore, FusedUpdate};
use rushes_types::{AssetId, Error, Result};

use crate::{Options, Source, gather};

/// Rows written by one call over several assets, about.
pub const BATCH_ROWS_MAX: usize = 50_000;
/// Decided rows that wait to be written, about. Beyond it deciding waits.
const AHEAD_ROWS_MAX: usize = 32_000;
/// Rows that are worth a call of their own while there is more to decide: small updates share one, and so one fsync;
/// where assets are written side by side, some of them are.
const WORTH_ROWS: usize = 16_000;

/// Brings several assets to their newest commits. Small updates of different assets share one call. `stopping` is asked
/// before each asset; `false` where it said so.
///
/// # Errors
/// Where a store fails; what was applied stays, and the call may be repeated.
pub fn fuse_batch(
    source: &dyn Source,
    fused: &dyn FusedStore,
    assets: &[AssetId],
    options: Options<'_>,
    stopping: &(dyn Fn() -> bool + Sync),
) -> Result<bool> {
    let mut todo: Vec<AssetId> = assets.to_vec();
    todo.sort_unstable();
    todo.dedup();
    // Round by round: each asset has at most one update in one call.
    while !todo.is_empty() {
        match round(source, fused, todo, options, stopping)? {
            Some(more) => todo = more,
            None => return Ok(false),
        }
    }
    Ok(true)
}

/// One step of each asset. The assets that have more; `None` where it was stopped.
fn round(
    source: &dyn Source,
    fused: &dyn FusedStore,
    todo: Vec<AssetId>,
    options: Options<'_>,
    stopping: &(dyn Fn() -> bool + Sync),
) -> Result<Option<Vec<AssetId>>> {
    let queue = Queue::default();
    std::thread::scope(|scope| {
        let decider = scope.spawn(|| {
            let _ends = Ends(&queue);
            decide(source, fused, todo, options, stopping, &queue)
        });
        let written = {
            let _ends = Ends(&queue);
            write(fused, &queue)
        };
        let decided = decider.join().unwrap_or_else(|_| Err(Error::bug("the thread that decides broke")));
        written.and(decided)
    })
}

fn decide(
    source: &dyn Source,
    fused: &dyn FusedStore,
    todo: Vec<AssetId>,
    options: Options<'_>,
    stopping: &(dyn Fn() -> bool + Sync),
    queue: &Queue,
) -> Result<Option<Vec<AssetId>>> {
    let mut more = Vec::new();
    for asset in todo {
        if stopping() {
            return Ok(None);
        }
        let Some(step) = gather(source, fused, &asset, options)? else { continue };
        let has_more = step.has_more();
        if !queue.push(step.decide(fused, options)?) {
            break; // writing failed, which says why
        }
        if has_more {
            more.push(asset);
        }
    }
    Ok(Some(more))
}

fn write(fused: &dyn FusedStore, queue: &Queue) -> Result<()> {
    while let Some(updates) = queue.take() {
        fused.apply(&updates, &[])?;
    }
    Ok(())
}

/// Updates that are decided and not written.
#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    updates: VecDeque<FusedUpdate>,
    rows: usize,
    /// One of the two has nothing more to give or to take.
    ended: bool,
}

fn rows_of(update: &FusedUpdate) -> usize {
    update.changes.len().saturating_add(update.buckets.len()).saturating_add(1)
}

impl Queue {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(
        &self,
        guard: MutexGuard<'a, Waiting>,
        while_: impl Fn(&Waiting) -> bool,
    ) -> MutexGuard<'a, Waiting> {
        self.changed.wait_while(guard, |waiting| while_(waiting)).unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for room; `false` where nobody writes any more.
    fn push(&self, update: FusedUpdate) -> bool {
        let full = |w: &Waiting| !w.ended && w.rows >= AHEAD_ROWS_MAX;
        let mut waiting = self.wait(self.waiting(), full);
        if waiting.ended {
            return false;
        }
        waiting.rows = waiting.rows.saturating_add(rows_of(&update));
        waiting.updates.push_back(update);
        self.changed.notify_all();
        true
    }

    /// Waits for updates that are worth writing, or for the last ones; `None` where all are written.
    fn take(&self) -> Option<Vec<FusedUpdate>> {
        let few = |w: &Waiting| !w.ended && w.rows < WORTH_ROWS;
        let mut waiting = self.wait(self.waiting(), few);
        let mut taken = Vec::new();
        let mut rows = 0_usize;
        while rows < BATCH_ROWS_MAX
            && let Some(update) = waiting.updates.pop_front()
        {
            rows = rows.saturating_add(rows_of(&update));
            taken.push(update);
        }
        waiting.rows = waiting.rows.saturating_sub(rows);
        self.changed.notify_all();
        (!taken.is_empty()).then_some(taken)
    }
}

/// However one of the two ends, the other does not wait for it.
struct Ends<'q>(&'q Queue);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.waiting().ended = true;
        self.0.changed.notify_all();
    }
}
