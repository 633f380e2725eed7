//! What the workers share with the archive: the stop flag, their health, and wake-up signals.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::backup::schedule::ScheduledBackups;
use crate::erasures::Erasures;
use crate::long_work::LongWork;
use crate::priority::IngestTraffic;
use crate::verify_kept::Verifications;
use crate::write_freeze::WriteFreeze;

/// How long a sleeping worker takes to notice that it is to stop.
const SLEEP_PIECE: Duration = Duration::from_millis(50);

/// A stage whose worker can be stopped alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Carries events from the outboxes to the log.
    Relay,
    /// Annotations to buckets.
    Fuse,
    /// Fused annotations to the index.
    Index,
    /// Merges index segments, drops what no reader needs, rewrites what holds erased bytes when it is time.
    Maintain,
}

impl Stage {
    /// All stages that have a worker.
    pub const ALL: [Self; 4] = [Self::Relay, Self::Fuse, Self::Index, Self::Maintain];

    /// Its name, as `status` prints it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Relay => "relay",
            Self::Fuse => "fuse",
            Self::Index => "index",
            Self::Maintain => "maintain",
        }
    }
}

/// The state of a worker.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// Is it running (not stopped, not paused)?
    pub running: bool,
    /// The last error, until a pass succeeds.
    pub error: Option<String>,
    /// Passes that did something.
    pub passes: u64,
    /// What they did since the process started: events carried, assets fused, annotations indexed.
    pub items: u64,
}

/// A signal that wakes waiting threads.
#[derive(Default)]
pub struct Signal {
    count: Mutex<u64>,
    changed: Condvar,
}

impl Signal {
    /// Wakes all who wait.
    pub fn notify(&self) {
        *self.count.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.changed.notify_all();
    }

    /// How often it was notified: give it to [`Signal::wait`].
    pub fn count(&self) -> u64 {
        *self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until it was notified since `seen`, or the time is over.
    pub fn wait(&self, seen: u64, timeout: Duration) {
        let count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.changed.wait_timeout_while(count, timeout, |count| *count == seen));
    }
}

/// What the workers share with the archive.
pub struct Shared {
    /// The store has a new commit.
    pub committed: Signal,
    /// The index was published.
    pub published: Signal,
    pub(super) stop: AtomicBool,
    closed: AtomicBool,
    paused: [AtomicBool; 4],
    health: Mutex<[Health; 4]>,
    /// Requests that the stages give way to.
    pub(crate) traffic: IngestTraffic,
    /// Long work of which one at a time is done.
    pub(crate) long_work: LongWork,
    pub(crate) erasures: Erasures,
    /// Holds up all who write to the store.
    pub(crate) write_freeze: Arc<WriteFreeze>,
    /// What became of scheduled backups.
    pub(crate) backups: ScheduledBackups,
    /// What checks of the archive found.
    pub(crate) verifications: Verifications,
}

impl Shared {
    pub(crate) fn new(erasures: Erasures, verifications: Verifications) -> Self {
        Self {
            committed: Signal::default(),
            published: Signal::default(),
            stop: AtomicBool::default(),
            closed: AtomicBool::default(),
            paused: Default::default(),
            health: Mutex::default(),
            traffic: IngestTraffic::default(),
            long_work: LongWork::default(),
            erasures,
            write_freeze: Arc::default(),
            backups: ScheduledBackups::default(),
            verifications,
        }
    }

    /// Are the workers to stop?
    pub fn stopping(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    /// Sleeps in pieces, so that stopping does not wait for it.
    pub(super) fn sleep(&self, mut left: Duration) {
        while !left.is_zero() && !self.stopping() {
            let piece = left.min(SLEEP_PIECE);
            std::thread::sleep(piece);
            left -= piece;
        }
    }

    /// Lets requests go first; returns whether the workers are to stop.
    pub(super) fn yields_or_stops(&self) -> bool {
        if !self.stopping() {
            self.traffic.yield_to_requests();
        }
        self.stopping()
    }

    /// Is the archive being closed, not only its workers stopped for a while?
    pub fn stopping_for_good(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// The archive is being closed.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    /// Clears the stop flag, before workers are started again.
    pub fn restart(&self) {
        self.stop.store(false, Ordering::Release);
    }

    /// Stops or resumes one worker.
    pub fn set_paused(&self, stage: Stage, paused: bool) {
        self.paused[stage as usize].store(paused, Ordering::Release);
        self.committed.notify();
    }

    /// The state of a worker.
    pub fn health(&self, stage: Stage) -> Health {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)[stage as usize].clone()
    }

    pub(super) fn paused(&self, stage: Stage) -> bool {
        self.paused[stage as usize].load(Ordering::Acquire)
    }

    pub(super) fn record(&self, stage: Stage, change: impl FnOnce(&mut Health)) {
        change(&mut self.health.lock().unwrap_or_else(PoisonError::into_inner)[stage as usize]);
    }
}
