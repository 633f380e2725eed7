//! Several assets brought forward: the next ones are read and decided while those before are written.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::ScopedJoinHandle;

use rushes_store::History;
use rushes_timeline::{TimelineStore, TimelineUpdate};
use rushes_types::{AssetId, Error, Result};

use crate::driver::Options;

/// Rows written over several assets, about, by all calls that are made side by side.
pub const BATCH_ROWS_MAX: usize = 50_000;
/// Assets that are read and decided side by side: engines elsewhere let each request wait.
const DECIDERS: usize = 4;
/// Decided rows that wait to be written, about. Beyond it deciding waits.
const AHEAD_ROWS_MAX: usize = 32_000;
/// Rows that are worth writing while there is more to decide: small updates share a call, and so one fsync. Calls that are
/// made side by side share these.
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

/// One step of each asset. The assets that have more; `None` where it was stopped.
fn round(
    source: &dyn History,
    fused: &dyn TimelineStore,
    todo: &[AssetId],
    options: Options<'_>,
    stopping: &(dyn Fn() -> bool + Sync),
) -> Result<Option<Vec<AssetId>>> {
    let deciders = DECIDERS.min(todo.len());
    let queue = Queue::new(deciders, fused.capabilities().applies_at_once);
    let work = Work {
        source,
        fused,
        options,
        stopping,
        queue: &queue,
        room: Room::new(options),
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

/// What those who decide share.
struct Work<'a> {
    source: &'a dyn History,
    fused: &'a dyn TimelineStore,
    options: Options<'a>,
    stopping: &'a (dyn Fn() -> bool + Sync),
    queue: &'a Queue,
    room: Room,
    todo: &'a [AssetId],
    /// The next of them.
    at: AtomicUsize,
}

impl Work<'_> {
    /// Decides one asset after the other, until none is left. Those that have more; `None` where it was stopped.
    fn decide(&self) -> Result<Option<Vec<AssetId>>> {
        let mut ends = Ends { queue: self.queue, well: false };
        let mut more = Vec::new();
        // What is begun is ended and written, whatever else fails: so all before the one that failed come forward.
        while !self.queue.is_halted()
            && let Some(asset) = self.todo.get(self.at.fetch_add(1, Ordering::Relaxed))
        {
            if (self.stopping)() {
                return Ok(None);
            }
            let Some(next) = crate::driver::next_step(self.source, self.fused, asset, self.options)? else {
                continue;
            };
            let _reserved = self.room.reserve(next.annotations());
            let step = next.read(self.source, self.fused, self.options)?;
            let has_more = step.has_more();
            if !self.queue.push(step.decide(self.fused, self.options)?) {
                break; // writing failed, which says why
            }
            if has_more {
                more.push(asset.clone());
            }
        }
        ends.well = true;
        Ok(Some(more))
    }
}

/// Bounds how many annotations are in memory to be decided.
struct Room {
    most: u64,
    used: Mutex<u64>,
    left: Condvar,
}

/// A part of the room, until it is dropped.
struct Reserved<'r>(&'r Room, u64);

impl Room {
    const fn new(options: Options<'_>) -> Self {
        Self { most: options.step_annotations_max, used: Mutex::new(0), left: Condvar::new() }
    }

    /// Waits for room for so many; what is larger than all of it comes alone.
    fn reserve(&self, many: u64) -> Reserved<'_> {
        let full = |used: &mut u64| *used > 0 && used.saturating_add(many) > self.most;
        let guard = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let mut used = self.left.wait_while(guard, full).unwrap_or_else(PoisonError::into_inner);
        *used = used.saturating_add(many);
        Reserved(self, many)
    }
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        let mut used = self.0.used.lock().unwrap_or_else(PoisonError::into_inner);
        *used = used.saturating_sub(self.1);
        self.0.left.notify_all();
    }
}

/// Writes what is decided, by as many calls side by side as the store likes.
fn write(fused: &dyn TimelineStore, queue: &Queue) -> Result<()> {
    let one = || {
        let _breaks = Breaks(queue);
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
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

struct Waiting {
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
        let waiting = Waiting { updates: VecDeque::new(), rows: 0, deciders, halted: false, broken: false };
        Self { calls: calls.max(1), waiting: Mutex::new(waiting), changed: Condvar::new() }
    }

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

    fn is_halted(&self) -> bool {
        let waiting = self.waiting();
        waiting.halted || waiting.broken
    }

    /// Waits for room; `false` where writing failed.
    fn push(&self, update: TimelineUpdate) -> bool {
        let full = |w: &Waiting| !w.broken && w.rows >= AHEAD_ROWS_MAX;
        let mut waiting = self.wait(self.waiting(), full);
        if waiting.broken {
            return false;
        }
        waiting.rows = waiting.rows.saturating_add(rows_of(&update));
        waiting.updates.push_back(update);
        self.changed.notify_all();
        true
    }

    /// Waits for updates that are worth writing, or for the last ones; `None` where all are written.
    fn take(&self) -> Option<Vec<TimelineUpdate>> {
        let few = |w: &Waiting| !w.broken && w.deciders > 0 && w.rows < WORTH_ROWS / self.calls;
        let mut waiting = self.wait(self.waiting(), few);
        let mut taken = Vec::new();
        let mut rows = 0_usize;
        while rows < BATCH_ROWS_MAX / self.calls
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

/// However a deciding thread ends, no other waits for it.
struct Ends<'q> {
    queue: &'q Queue,
    well: bool,
}

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        let mut waiting = self.queue.waiting();
        waiting.deciders = waiting.deciders.saturating_sub(1);
        waiting.halted |= !self.well;
        self.queue.changed.notify_all();
    }
}

/// The writing thread ends when all is written, or fails.
struct Breaks<'q>(&'q Queue);

impl Drop for Breaks<'_> {
    fn drop(&mut self) {
        self.0.waiting().broken = true;
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
        let room = Room { most: 10, used: Mutex::new(0), left: Condvar::new() };
        let (small, fits) = (room.reserve(4), room.reserve(6));
        let came = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let _large = room.reserve(1_000);
                came.store(true, Ordering::SeqCst);
            });
            drop(small);
            std::thread::sleep(Duration::from_millis(20));
            assert!(!came.load(Ordering::SeqCst), "something is there still");
            drop(fits);
        });
        assert!(came.load(Ordering::SeqCst));
        assert_eq!(*room.used.lock().unwrap(), 0);
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
                    let _ends = Ends { queue, well: true };
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
        drop(Breaks(&queue));
        assert!(!queue.push(update(0)) && queue.is_halted());
    }
}
