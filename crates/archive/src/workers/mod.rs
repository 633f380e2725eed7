//! The workers: each carries one stage forward, on its own thread, and catches up by itself.
//!
//! A worker is a loop around one *pass*: a function that does a bounded piece of work and says whether it did
//! any. Passes are plain functions over the seams, so that tests, `rushes rebuild` and one-shot commands
//! run them without threads.

mod aside;
mod buckets;
mod fusing;
mod indexing;
mod relay;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rushes_events::Topic;
use rushes_types::{Backoff, ErrorKind, Result};

use crate::engines::Engines;
use crate::erasures::Erasures;
use crate::priority::{self, Traffic};

use aside::Patience;
pub(crate) use aside::assets_aside;
pub use fusing::FuseSettings;
use fusing::fuse_pass;
use indexing::index_pass;
pub(crate) use relay::relay_pass;

/// A stage whose worker can be stopped alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Carries events from the outboxes to the log.
    Relay,
    /// Annotations to buckets.
    Fuse,
    /// Fused annotations to the index.
    Index,
    /// Joins index segments, drops what no reader needs, rewrites what holds erased bytes when it is time.
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

/// How long an idle worker sleeps unless it is woken.
const IDLE_WAIT: Duration = Duration::from_millis(200);
/// Shortest and longest wait after a failure: an engine that comes back is not kept waiting for long.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));
/// A stage that was overtaken more often than this in a row does not get on.
const OVERTAKEN_MAX: u32 = 5;
/// How long the maintenance worker sleeps when there is nothing to join.
const MAINTAIN_WAIT: Duration = Duration::from_secs(1);

/// How a worker fares.
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

/// What a pass did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pass {
    /// Did it find anything to do?
    pub busy: bool,
    /// How much of it.
    pub items: u64,
}

impl Pass {
    const IDLE: Self = Self { busy: false, items: 0 };
    /// It was asked to stop: what it did is done, and counted when it is acknowledged.
    const CUT_SHORT: Self = Self { busy: true, items: 0 };

    const fn of(items: usize) -> Self {
        Self { busy: true, items: items as u64 }
    }
}

/// Something happened: wakes whoever waits for it.
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
    stop: AtomicBool,
    closed: AtomicBool,
    paused: [AtomicBool; 4],
    health: Mutex<[Health; 4]>,
    /// Requests that the stages give way to.
    pub(crate) traffic: Traffic,
    /// Long work that must not run twice at once.
    pub(crate) chores: Mutex<()>,
    pub(crate) erasures: Erasures,
}

impl Shared {
    pub(crate) fn new(erasures: Erasures) -> Self {
        Self {
            committed: Signal::default(),
            published: Signal::default(),
            stop: AtomicBool::default(),
            closed: AtomicBool::default(),
            paused: Default::default(),
            health: Mutex::default(),
            traffic: Traffic::default(),
            chores: Mutex::default(),
            erasures,
        }
    }

    /// Are the workers to stop?
    pub fn stopping(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    /// Lets requests go first; are the workers to stop?
    fn gives_way_or_stops(&self) -> bool {
        if !self.stopping() {
            self.traffic.give_way();
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

    /// Takes the wish to stop back, before workers are started anew.
    pub fn restart(&self) {
        self.stop.store(false, Ordering::Release);
    }

    /// Stops or resumes one worker.
    pub fn set_paused(&self, stage: Stage, paused: bool) {
        self.paused[stage as usize].store(paused, Ordering::Release);
        self.committed.notify();
    }

    /// How a worker fares.
    pub fn health(&self, stage: Stage) -> Health {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)[stage as usize].clone()
    }

    fn paused(&self, stage: Stage) -> bool {
        self.paused[stage as usize].load(Ordering::Acquire)
    }

    fn record(&self, stage: Stage, change: impl FnOnce(&mut Health)) {
        change(&mut self.health.lock().unwrap_or_else(PoisonError::into_inner)[stage as usize]);
    }
}

/// The running workers of an archive.
pub struct Workers {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl Workers {
    /// Starts the workers of these stages.
    #[must_use]
    pub fn start(engines: &Engines, shared: &Arc<Shared>, settings: &FuseSettings, stages: &[Stage]) -> Self {
        let mut threads = Vec::new();
        for &stage in stages {
            let (engines, shared, settings) = (engines.clone(), Arc::clone(shared), settings.clone());
            let body = move || run(stage, &engines, &shared, &settings);
            match std::thread::Builder::new().name(format!("rushes-{}", stage.as_str())).spawn(body) {
                Ok(thread) => threads.push(thread),
                Err(e) => tracing::error!(stage = stage.as_str(), error = %e, "the worker did not start"),
            }
        }
        Self { shared: Arc::clone(shared), threads }
    }

    /// Stops all workers; each finishes the pass it is in.
    pub fn stop(self) {
        self.shared.stop.store(true, Ordering::Release);
        self.shared.committed.notify();
        self.shared.published.notify();
        for thread in self.threads {
            if thread.join().is_err() {
                tracing::error!("a worker panicked");
            }
        }
    }
}

fn run(stage: Stage, engines: &Engines, shared: &Shared, settings: &FuseSettings) {
    priority::stand_back();
    // Workers of several processes that failed together do not come back together.
    let mut backoff = Backoff::new(BACKOFF.0, BACKOFF.1, u64::from(std::process::id()) << 8 | stage as u64);
    let mut patience = Patience::default();
    // A worker before this one may have ended in the middle of a pass.
    let mut owes = true;
    shared.record(stage, |h| h.running = true);
    while !shared.stopping() {
        let seen = shared.committed.count();
        if shared.paused(stage) {
            shared.record(stage, |h| h.running = false);
            shared.committed.wait(seen, IDLE_WAIT);
            continue;
        }
        match settled(stage, engines, &mut owes)
            .and_then(|()| pass(stage, engines, shared, settings, &mut patience))
        {
            Ok(Pass { busy, items }) => {
                backoff.reset();
                shared.record(stage, |h| {
                    h.running = true;
                    h.error = None;
                    h.passes += u64::from(busy);
                    h.items += items;
                });
                if !busy {
                    idle(stage, engines, shared, seen);
                }
            }
            Err(error) => {
                owes = true;
                // That another worker was faster is no failure, unless it goes on and on.
                let overtaken = error.kind() == ErrorKind::Conflict && backoff.tries() < OVERTAKEN_MAX;
                if overtaken {
                    tracing::info!(stage = stage.as_str(), %error, "another worker was faster");
                } else {
                    tracing::error!(stage = stage.as_str(), %error, "the pass failed; it will be tried again");
                    shared.record(stage, |h| h.error = Some(error.to_string()));
                    shared.published.notify();
                }
                sleep(shared, backoff.next_wait());
            }
        }
    }
    shared.record(stage, |h| h.running = false);
}

fn pass(
    stage: Stage,
    engines: &Engines,
    shared: &Shared,
    settings: &FuseSettings,
    patience: &mut Patience,
) -> Result<Pass> {
    match stage {
        Stage::Relay => relay_pass(engines),
        Stage::Fuse => fuse_pass(engines, settings, patience, &|| shared.gives_way_or_stops()),
        Stage::Index => {
            let pass = index_pass(engines, settings, patience, &|| shared.gives_way_or_stops())?;
            if pass.busy {
                shared.published.notify();
            }
            Ok(pass)
        }
        Stage::Maintain => {
            let busy = engines.index.maintain()?;
            // Who does long work now does it first.
            let busy = match shared.chores.try_lock() {
                Ok(_chore) if !busy => shared.erasures.purge_if_due(engines)?,
                _ => busy,
            };
            Ok(Pass { busy, items: u64::from(busy) })
        }
    }
}

/// Has what was delivered and not acknowledged come again, where that is owed: until it succeeds, since nobody else would
/// ask for it.
fn settled(stage: Stage, engines: &Engines, owes: &mut bool) -> Result<()> {
    if *owes {
        redeliver(stage, engines)?;
        *owes = false;
    }
    Ok(())
}

fn redeliver(stage: Stage, engines: &Engines) -> Result<()> {
    match stage {
        Stage::Fuse => engines.events.redeliver(Topic::Committed, FUSE_CONSUMER),
        Stage::Index => engines.events.redeliver(Topic::Fused, INDEX_CONSUMER),
        Stage::Relay | Stage::Maintain => Ok(()),
    }
}

fn idle(stage: Stage, engines: &Engines, shared: &Shared, seen: u64) {
    match stage {
        Stage::Relay => shared.committed.wait(seen, IDLE_WAIT),
        Stage::Fuse => engines.events.wait(Topic::Committed, IDLE_WAIT),
        Stage::Index => engines.events.wait(Topic::Fused, IDLE_WAIT),
        Stage::Maintain => sleep(shared, MAINTAIN_WAIT),
    }
}

/// Sleeps in pieces, so that stopping does not wait for it.
fn sleep(shared: &Shared, mut left: Duration) {
    while !left.is_zero() && !shared.stopping() {
        let piece = left.min(Duration::from_millis(50));
        std::thread::sleep(piece);
        left -= piece;
    }
}

/// The name under which fusion consumes [`Topic::Committed`].
pub const FUSE_CONSUMER: &str = "fuse";
/// The name under which indexing consumes [`Topic::Fused`].
pub const INDEX_CONSUMER: &str = "index";
