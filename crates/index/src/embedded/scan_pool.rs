//! How many threads scan vectors at once: a bound for the whole index, shared fairly by all searches.
//!
//! A scan is cut into pieces. A thread that works on one holds one of the pool's *permits*, and there are as many as
//! cores. The searching thread takes the first permit, in order of arrival, and works itself, so a small scan needs no
//! other thread. While permits are free and no search waits, helper threads are started, so a single large scan uses
//! all cores. When another search waits, a thread that has worked for a [`SLICE`] releases its permit: helpers end, and
//! the searching thread queues again at the end. So with more searches than cores all get their turns, and a scan of
//! ten million rows does not hold up one of a thousand. The queue is bounded, and a cancelled search leaves it.
//!
//! Tried and dropped: as many threads as cores for each search (64 searches on 16 cores are a thousand threads).
//! Rejected: rayon, whose tasks start in the order in which they were queued, so that large scans block small ones, and
//! which cannot cancel a search's tasks; and permanent threads, which cannot borrow a search's data without copying it
//! or unsafe code. Starting a helper takes some ten microseconds, and its piece takes milliseconds.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use rushes_types::{Error, ErrorKind, Result};

use crate::budget::given_up;

/// Tells whether a search must end; `None`: it never must.
pub(super) type Cancelled<'a> = Option<&'a (dyn Fn() -> bool + Sync)>;

/// Most searches that wait; more are refused as busy.
const WAITING_MAX: usize = 4_096;
/// How long a permit is kept while others wait: long compared with a thread switch, short compared with a large scan.
const SLICE: Duration = Duration::from_millis(4);
/// How often a waiting search checks for cancellation.
const CANCEL_POLL: Duration = Duration::from_millis(20);

/// Bounds the number of scanning threads.
#[derive(Debug)]
pub(crate) struct ScanPool {
    permits: usize,
    state: Mutex<State>,
    /// How many wait: an atomic outside the lock, because it is read at every piece.
    waiting: AtomicUsize,
}

#[derive(Debug)]
struct State {
    free: usize,
    queue: VecDeque<Arc<Waiter>>,
}

#[derive(Debug)]
struct Waiter {
    thread: Thread,
    has_permit: AtomicBool,
}

/// The right to work on a piece.
#[derive(Debug)]
pub(super) struct Permit<'p>(&'p ScanPool);

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        match state.queue.pop_front() {
            Some(next) => {
                self.0.waiting.fetch_sub(1, Ordering::Relaxed);
                next.has_permit.store(true, Ordering::Release);
                next.thread.unpark();
            }
            None => state.free += 1,
        }
    }
}

/// # Errors
/// Cancelled where the search was cancelled.
fn refuse_cancelled(cancelled: Cancelled<'_>) -> Result<()> {
    if is_cancelled(cancelled) { Err(given_up()) } else { Ok(()) }
}

fn is_cancelled(cancelled: Cancelled<'_>) -> bool {
    cancelled.is_some_and(|cancelled| cancelled())
}

impl ScanPool {
    /// A pool of this many permits, at least one.
    pub fn new(threads: usize) -> Self {
        let permits = threads.max(1);
        let state = Mutex::new(State { free: permits, queue: VecDeque::new() });
        Self { permits, state, waiting: AtomicUsize::new(0) }
    }

    /// The most threads that scan at once.
    pub fn threads(&self) -> usize {
        self.permits
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic cannot leave a half-made change: a number and a queue, each changed in one step.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A permit, in order of arrival.
    ///
    /// # Errors
    /// Cancelled where the search is cancelled first; Busy where too many wait.
    pub(super) fn permit(&self, cancelled: Cancelled<'_>) -> Result<Permit<'_>> {
        self.turn(cancelled, WAITING_MAX)
    }

    /// A permit; an error where `waiting_max` searches wait already.
    fn turn(&self, cancelled: Cancelled<'_>, waiting_max: usize) -> Result<Permit<'_>> {
        refuse_cancelled(cancelled)?;
        let waiter = {
            let mut state = self.state();
            if state.free > 0 {
                state.free -= 1;
                return Ok(Permit(self));
            }
            if state.queue.len() >= waiting_max {
                return Err(Error::new(ErrorKind::Busy, "too many searches by vector wait; send it again"));
            }
            let waiter = Arc::new(Waiter { thread: thread::current(), has_permit: AtomicBool::new(false) });
            state.queue.push_back(waiter.clone());
            self.waiting.fetch_add(1, Ordering::Relaxed);
            waiter
        };
        while !waiter.has_permit.load(Ordering::Acquire) {
            thread::park_timeout(CANCEL_POLL);
            if is_cancelled(cancelled) {
                let mut state = self.state();
                let before = state.queue.len();
                state.queue.retain(|other| !Arc::ptr_eq(other, &waiter));
                let left = before - state.queue.len();
                self.waiting.fetch_sub(left, Ordering::Relaxed);
                drop(state);
                // No longer queued, so it was given a permit, which is passed to the next.
                drop((left == 0).then(|| Permit(self)));
                return Err(given_up());
            }
        }
        Ok(Permit(self))
    }

    /// A permit, if no other search waits for one.
    fn spare(&self) -> Option<Permit<'_>> {
        let mut state = self.state();
        state.free = state.free.checked_sub(1)?;
        Some(Permit(self))
    }

    fn is_wanted(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
    }

    /// Runs `work` over the pieces on as many threads as permits allow, and returns the result of each thread.
    ///
    /// # Errors
    /// The first error of `work`, Cancelled, Busy, and Bug where `work` panicked.
    pub(super) fn run<'w, W: Sync, R: Send>(
        &self,
        pieces: &'w [W],
        threads_max: usize,
        cancelled: Cancelled<'_>,
        work: &(dyn Fn(&mut dyn Iterator<Item = &'w W>) -> Result<R> + Sync),
    ) -> Result<Vec<R>> {
        let scan = Scan {
            pool: self,
            pieces,
            next: AtomicUsize::new(0),
            helpers: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
            given_up: AtomicBool::new(false),
            cancelled,
            results: Mutex::default(),
            work,
        };
        let permit = self.permit(cancelled)?;
        thread::scope(|scope| {
            let scan = &scan;
            let help = || {
                while scan.helpers.load(Ordering::Relaxed) + 1 < threads_max
                    && scan.next.load(Ordering::Relaxed) < pieces.len()
                    && let Some(permit) = self.spare()
                {
                    scan.helpers.fetch_add(1, Ordering::Relaxed);
                    let helper = thread::Builder::new().name("scan".to_owned());
                    let started = helper.spawn_scoped(scope, move || {
                        scan.work(permit, None);
                        scan.helpers.fetch_sub(1, Ordering::Relaxed);
                    });
                    if started.is_err() {
                        // No thread could be started: the searching one works alone.
                        break;
                    }
                }
            };
            scan.work(permit, Some(&help));
        });
        if scan.given_up.load(Ordering::Relaxed) {
            return Err(given_up());
        }
        scan.results.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().collect()
    }
}

/// A running scan.
struct Scan<'s, 'w, W, R> {
    pool: &'s ScanPool,
    pieces: &'w [W],
    /// Index of the next free piece.
    next: AtomicUsize,
    helpers: AtomicUsize,
    /// Something failed: no more pieces.
    stopped: AtomicBool,
    given_up: AtomicBool,
    cancelled: Cancelled<'s>,
    results: Mutex<Vec<Result<R>>>,
    work: &'s (dyn Fn(&mut dyn Iterator<Item = &'w W>) -> Result<R> + Sync),
}

impl<'w, W, R> Scan<'_, 'w, W, R> {
    fn work(&self, permit: Permit<'_>, help: Option<&dyn Fn()>) {
        let mut turns = PieceIterator { scan: self, permit: Some(permit), since: Instant::now(), help };
        let result = catch_unwind(AssertUnwindSafe(|| (self.work)(&mut turns)))
            .unwrap_or_else(|_| Err(Error::bug("a search of vectors panicked")));
        drop(turns);
        if result.is_err() {
            self.stopped.store(true, Ordering::Relaxed);
        }
        self.results.lock().unwrap_or_else(PoisonError::into_inner).push(result);
    }
}

/// Yields to one thread the pieces that it is to work on.
struct PieceIterator<'t, 's, 'w, W, R> {
    scan: &'t Scan<'s, 'w, W, R>,
    permit: Option<Permit<'t>>,
    /// When it got the permit.
    since: Instant,
    /// Starts helpers; `None`: this is one.
    help: Option<&'t dyn Fn()>,
}

impl<'w, W, R> Iterator for PieceIterator<'_, '_, 'w, W, R> {
    type Item = &'w W;

    fn next(&mut self) -> Option<&'w W> {
        let scan = self.scan;
        if is_cancelled(scan.cancelled) {
            scan.given_up.store(true, Ordering::Relaxed);
            scan.stopped.store(true, Ordering::Relaxed);
        }
        let begun = scan.next.load(Ordering::Relaxed);
        if begun >= scan.pieces.len() || scan.stopped.load(Ordering::Relaxed) {
            return None;
        }
        if scan.pool.is_wanted() && self.since.elapsed() >= SLICE {
            self.permit = None;
            self.help?;
            // A search that has begun waits without the limit on waiting searches.
            match scan.pool.turn(scan.cancelled, usize::MAX) {
                Ok(permit) => (self.permit, self.since) = (Some(permit), Instant::now()),
                Err(error) => {
                    scan.stopped.store(true, Ordering::Relaxed);
                    scan.results.lock().unwrap_or_else(PoisonError::into_inner).push(Err(error));
                    return None;
                }
            }
        }
        if let Some(help) = self.help {
            help();
        }
        scan.pieces.get(scan.next.fetch_add(1, Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests;
