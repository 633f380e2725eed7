//! Fuses several assets: the next ones are read and decided while earlier ones are written.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::ScopedJoinHandle;

use rushes_store::History;
use rushes_timeline::{TimelineStore, TimelineUpdate};
use rushes_types::{AssetId, Error, Result};

use crate::driver::Options;

/// About how many rows all concurrent write calls together carry at most.
pub const BATCH_ROWS_MAX: usize = 50_000;
/// Assets that are read and decided concurrently, since each request to a remote engine means waiting.
const DECIDERS: usize = 4;
/// About how many decided rows may wait to be written; above it, deciding waits.
const AHEAD_ROWS_MAX: usize = 32_000;
/// Rows that are worth a write call while more is being decided: small updates share a call, and so one fsync.
/// Concurrent calls share this number.
const WORTH_ROWS: usize = 16_000;

/// Brings several assets to their newest commits. Small updates of different assets share one call. `stopping` is asked
/// before each asset; `false` where it did.
///
/// # Errors
/// Where a store fails; what was applied stays, and the call may be repeated.
pub fn fuse_batch(
    source: &dyn History,
    fused: &dyn TimelineStore,
    assets: &[AssetId],
    options: Options<'_>,
    stopping: &(dyn Fn() -> bool + Sync),
) -> Result<bool> {
    let mut todo: Vec<AssetId> = assets.to_vec();
    todo.sort_unstable();
    todo.dedup();
    // Round by round: each asset has at most one update in one call.
    while !todo.is_empty() {
        match round(source, fused, &todo, options, stopping)? {
            Some(more) => todo = more,
            None => return Ok(false),
        }
    }
    Ok(true)
}

/// One step of each asset. Returns the assets that have more commits; `None` where it was stopped.
fn round(
    source: &dyn History,
    fused: &dyn TimelineStore,
    todo: &[AssetId],
    options: Options<'_>,
    stopping: &(dyn Fn() -> bool + Sync),
) -> Result<Option<Vec<AssetId>>> {
    let deciders = DECIDERS.min(todo.len());
    let queue = Queue::new(deciders, fused.capabilities().applies_at_once);
    let work = SharedWork {
        source,
        fused,
        options,
        stopping,
        queue: &queue,
        budget: AnnotationBudget::new(options),
        todo,
        at: AtomicUsize::new(0),
    };
    std::thread::scope(|scope| {
        let deciders: Vec<_> = (0..deciders).map(|_| scope.spawn(|| work.decide())).collect();
        let written = write(fused, &queue);
        let broke = |_| Err(Error::bug("a thread that decides broke"));
        let decided = deciders.into_iter().map(|decider| decider.join().unwrap_or_else(broke));
        let decided = decided.collect::<Result<Vec<Option<Vec<AssetId>>>>>();
        written?;
        Ok(decided?.into_iter().collect::<Option<Vec<_>>>().map(|more| more.concat()))
    })
}

/// What the deciding threads share.
struct SharedWork<'a> {
    source: &'a dyn History,
    fused: &'a dyn TimelineStore,
    options: Options<'a>,
    stopping: &'a (dyn Fn() -> bool + Sync),
    queue: &'a Queue,
    budget: AnnotationBudget,
    todo: &'a [AssetId],
    /// Index of the next asset.
    at: AtomicUsize,
}

impl SharedWork<'_> {
    /// Decides one asset after the other, until none is left. Returns those that have more commits; `None` where it was
    /// stopped.
    fn decide(&self) -> Result<Option<Vec<AssetId>>> {
        let mut guard = DeciderGuard { queue: self.queue, succeeded: false };
        let mut more = Vec::new();
        // What was begun is finished and written, whatever else fails, so that all assets before a failing one make
        // progress.
        while !self.queue.is_halted()
            && let Some(asset) = self.todo.get(self.at.fetch_add(1, Ordering::Relaxed))
        {
            if (self.stopping)() {
                return Ok(None);
            }
            let Some(next) = crate::driver::next_step(self.source, self.fused, asset, self.options)? else {
                continue;
            };
            let _reserved = self.budget.reserve(next.annotations());
            let step = next.read(self.source, self.fused, self.options)?;
            let has_more = step.has_more();
            if !self.queue.push(step.decide(self.fused, self.options)?) {
                break; // writing failed, which says why
            }
            if has_more {
                more.push(asset.clone());
            }
        }
        guard.succeeded = true;
        Ok(Some(more))
    }
}

/// Bounds how many annotations are in memory to be decided.
struct AnnotationBudget {
    most: u64,
    used: Mutex<u64>,
    released: Condvar,
}

/// A share of the budget, until it is dropped.
struct BudgetShare<'r>(&'r AnnotationBudget, u64);

impl AnnotationBudget {
    const fn new(options: Options<'_>) -> Self {
        Self { most: options.step_annotations_max, used: Mutex::new(0), released: Condvar::new() }
    }

    /// Waits until the budget has room for this many annotations; a step larger than the whole budget runs alone.
    fn reserve(&self, annotations: u64) -> BudgetShare<'_> {
        let full = |used: &mut u64| *used > 0 && used.saturating_add(annotations) > self.most;
        let guard = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let mut used = self.released.wait_while(guard, full).unwrap_or_else(PoisonError::into_inner);
        *used = used.saturating_add(annotations);
        BudgetShare(self, annotations)
    }
}

impl Drop for BudgetShare<'_> {
    fn drop(&mut self) {
        let mut used = self.0.used.lock().unwrap_or_else(PoisonError::into_inner);
        *used = used.saturating_sub(self.1);
        self.0.released.notify_all();
    }
}

/// Writes what is decided, with as many concurrent calls as the store suggests.
fn write(fused: &dyn TimelineStore, queue: &Queue) -> Result<()> {
    let one = || {
        let _guard = WriterGuard(queue);
        while let Some(updates) = queue.take() {
            fused.apply(&updates, &[])?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..queue.calls).map(|_| scope.spawn(one)).collect();
        let broke = |_| Err(Error::bug("a thread that writes broke"));
        let joined = |thread: ScopedJoinHandle<'_, Result<()>>| thread.join().unwrap_or_else(broke);
        others.into_iter().map(joined).fold(one(), Result::and)
    })
}

/// Updates that are decided and not written.
struct Queue {
    /// How many threads take from it.
    calls: usize,
    state: Mutex<QueueState>,
    changed: Condvar,
}

struct QueueState {
    updates: VecDeque<TimelineUpdate>,
    rows: usize,
    /// The threads that still decide.
    deciders: usize,
    /// A thread was stopped or failed: nothing more is started.
    halted: bool,
    /// Writing ended: nothing more is accepted.
    broken: bool,
}

fn rows_of(update: &TimelineUpdate) -> usize {
    update.step.changes.len().saturating_add(update.step.buckets.len()).saturating_add(1)
}

impl Queue {
    fn new(deciders: usize, calls: usize) -> Self {
        let state = QueueState { updates: VecDeque::new(), rows: 0, deciders, halted: false, broken: false };
        Self { calls: calls.max(1), state: Mutex::new(state), changed: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(
        &self,
        guard: MutexGuard<'a, QueueState>,
        while_: impl Fn(&QueueState) -> bool,
    ) -> MutexGuard<'a, QueueState> {
        self.changed.wait_while(guard, |state| while_(state)).unwrap_or_else(PoisonError::into_inner)
    }

    fn is_halted(&self) -> bool {
        let state = self.state();
        state.halted || state.broken
    }

    /// Waits for room; `false` where writing failed.
    fn push(&self, update: TimelineUpdate) -> bool {
        let full = |w: &QueueState| !w.broken && w.rows >= AHEAD_ROWS_MAX;
        let mut state = self.wait(self.state(), full);
        if state.broken {
            return false;
        }
        state.rows = state.rows.saturating_add(rows_of(&update));
        state.updates.push_back(update);
        self.changed.notify_all();
        true
    }

    /// Waits for updates that are worth writing, or for the last ones; `None` where all are written.
    fn take(&self) -> Option<Vec<TimelineUpdate>> {
        let few = |w: &QueueState| !w.broken && w.deciders > 0 && w.rows < WORTH_ROWS / self.calls;
        let mut state = self.wait(self.state(), few);
        let mut taken = Vec::new();
        let mut rows = 0_usize;
        while rows < BATCH_ROWS_MAX / self.calls
            && let Some(update) = state.updates.pop_front()
        {
            rows = rows.saturating_add(rows_of(&update));
            taken.push(update);
        }
        state.rows = state.rows.saturating_sub(rows);
        self.changed.notify_all();
        (!taken.is_empty()).then_some(taken)
    }
}

/// Deregisters a deciding thread however it ends, so that no other waits for it.
struct DeciderGuard<'q> {
    queue: &'q Queue,
    succeeded: bool,
}

impl Drop for DeciderGuard<'_> {
    fn drop(&mut self) {
        let mut state = self.queue.state();
        state.deciders = state.deciders.saturating_sub(1);
        state.halted |= !self.succeeded;
        self.queue.changed.notify_all();
    }
}

/// Tells the deciding threads that writing has ended or failed.
struct WriterGuard<'q>(&'q Queue);

impl Drop for WriterGuard<'_> {
    fn drop(&mut self) {
        self.0.state().broken = true;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicBool;
    use std::time::Duration;

    #[test]
    fn what_is_larger_than_the_room_comes_alone() {
        let budget = AnnotationBudget { most: 10, used: Mutex::new(0), released: Condvar::new() };
        let (small, fits) = (budget.reserve(4), budget.reserve(6));
        let came = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let _large = budget.reserve(1_000);
                came.store(true, Ordering::SeqCst);
            });
            drop(small);
            std::thread::sleep(Duration::from_millis(20));
            assert!(!came.load(Ordering::SeqCst), "something is there still");
            drop(fits);
        });
        assert!(came.load(Ordering::SeqCst));
        assert_eq!(*budget.used.lock().unwrap(), 0);
    }

    #[test]
    fn several_who_write_share_what_is_decided_and_all_end() {
        let update = |n: usize| TimelineUpdate {
            step: rushes_types::AssetStep {
                asset: AssetId::new(&format!("a{n}")).unwrap(),
                after: rushes_types::Commit::NONE,
                upto: rushes_types::Commit(1),
                document: None,
                changes: Vec::new(),
                buckets: Vec::new(),
            },
            word_counts: Vec::new(),
            annotation_count: 0,
        };
        let queue = Queue::new(2, 3);
        let written = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for decider in 0..2 {
                let (queue, update) = (&queue, &update);
                scope.spawn(move || {
                    let _guard = DeciderGuard { queue, succeeded: true };
                    for n in 0..100 {
                        assert!(queue.push(update(decider * 100 + n)));
                    }
                });
            }
            for _ in 0..3 {
                scope.spawn(|| {
                    while let Some(updates) = queue.take() {
                        written.fetch_add(updates.len(), Ordering::SeqCst);
                    }
                });
            }
        });
        assert_eq!(written.load(Ordering::SeqCst), 200);
        drop(WriterGuard(&queue));
        assert!(!queue.push(update(0)) && queue.is_halted());
    }
}
