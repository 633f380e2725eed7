//! The workers: each carries one stage forward, on its own thread, and catches up by itself.
//!
//! A worker is a loop around one *pass*: a plain function over the seams that does a bounded piece of work and says
//! whether it did any.
//!
//! A worker lives from [`Workers::start`] to [`Workers::stop`], which waits until it has ended the pass it is in
//! (fusion and indexing ask between assets whether they are to stop). A pass that fails, or is cut short, has
//! acknowledged nothing: its events are redelivered before the next pass, also before the first pass of a new worker,
//! since its predecessor may have ended that way.

mod dead_letters;
mod deliveries;
mod fusing;
mod indexing;
mod pass;
mod relay;
mod scheduled_backups;
mod scheduled_verify;
mod shared;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;

use rushes_events::Topic;
use rushes_types::{Backoff, ErrorKind, Result};

use crate::engines::Engines;
use crate::priority;

use dead_letters::FailureCounts;
pub(crate) use dead_letters::dead_assets;
pub use fusing::FuseSettings;
use fusing::fuse_pass;
use indexing::index_pass;
use pass::Pass;
pub(crate) use pass::{FUSE_CONSUMER, INDEX_CONSUMER};
use relay::relay_pass;
pub(crate) use scheduled_backups::BackupJob;
pub(crate) use scheduled_verify::VerifyJob;
pub use shared::{Health, Shared, Stage};

/// How long an idle worker sleeps unless it is woken.
const IDLE_WAIT: Duration = Duration::from_millis(200);
/// Shortest and longest wait after a failure: an engine that comes back is not kept waiting for long.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));
/// A stage that was overtaken more often than this in a row counts as failing.
const OVERTAKEN_MAX: u32 = 5;
/// How long the maintenance worker sleeps when there is nothing to merge.
const MAINTAIN_WAIT: Duration = Duration::from_secs(1);

/// The running workers of an archive.
pub struct Workers {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl Workers {
    /// Starts the workers of these stages; with maintenance, backups are made and the archive is verified too, where there is a
    /// schedule.
    #[must_use]
    pub(crate) fn start(
        engines: &Engines,
        shared: &Arc<Shared>,
        settings: &FuseSettings,
        stages: &[Stage],
        (backups, verify): (Option<BackupJob>, Option<VerifyJob>),
    ) -> Self {
        let mut threads = Vec::new();
        if let Some(job) = backups.filter(|_| stages.contains(&Stage::Maintain)) {
            let shared = Arc::clone(shared);
            let body = move || scheduled_backups::run(&job, &shared);
            match std::thread::Builder::new().name("rushes-backup".to_owned()).spawn(body) {
                Ok(thread) => threads.push(thread),
                Err(e) => tracing::error!(error = %e, "no backups are made: their thread did not start"),
            }
        }
        if let Some(job) = verify.filter(|_| stages.contains(&Stage::Maintain)) {
            let shared = Arc::clone(shared);
            let body = move || scheduled_verify::run(&job, &shared);
            match std::thread::Builder::new().name("rushes-verify".to_owned()).spawn(body) {
                Ok(thread) => threads.push(thread),
                Err(e) => {
                    tracing::error!(error = %e, "the archive is not verified: the thread did not start");
                }
            }
        }
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
    priority::lower_priority();
    // So that workers of several processes that failed together do not retry together.
    let mut backoff = Backoff::new(BACKOFF.0, BACKOFF.1, u64::from(std::process::id()) << 8 | stage as u64);
    let mut attempts = FailureCounts::default();
    // A worker before this one may have ended in the middle of a pass.
    let mut owes_redelivery = true;
    shared.record(stage, |h| h.running = true);
    while !shared.stopping() {
        let seen = shared.committed.count();
        if shared.paused(stage) {
            shared.record(stage, |h| h.running = false);
            shared.committed.wait(seen, IDLE_WAIT);
            continue;
        }
        match redeliver_owed(stage, engines, &mut owes_redelivery)
            .and_then(|()| pass(stage, engines, shared, settings, &mut attempts))
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
                owes_redelivery = true;
                // Another worker brought the asset further first; only if that never ends is something wrong.
                let overtaken = error.kind() == ErrorKind::Conflict && backoff.tries() < OVERTAKEN_MAX;
                if overtaken {
                    tracing::info!(stage = stage.as_str(), %error, "another worker was faster");
                } else {
                    tracing::error!(stage = stage.as_str(), %error, "the pass failed; it will be tried again");
                    shared.record(stage, |h| h.error = Some(error.to_string()));
                    shared.published.notify();
                }
                shared.sleep(backoff.next_wait());
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
    attempts: &mut FailureCounts,
) -> Result<Pass> {
    match stage {
        Stage::Relay => relay_pass(engines, &shared.write_freeze),
        Stage::Fuse => fuse_pass(engines, settings, attempts, &|| shared.yields_or_stops()),
        Stage::Index => {
            let pass = index_pass(engines, settings, attempts, &|| shared.yields_or_stops())?;
            if pass.busy {
                shared.published.notify();
            }
            Ok(pass)
        }
        Stage::Maintain => {
            let busy = engines.index.maintain()?;
            // A rebuild or backup goes first; it is not waited for.
            let busy = match shared.long_work.try_begin() {
                Some(_guard) if !busy => shared.erasures.purge_if_due(engines)?,
                _ => busy,
            };
            Ok(Pass { busy, items: u64::from(busy) })
        }
    }
}

/// Has unacknowledged events redelivered, where that is still owed: repeated until it succeeds, since nothing else does
/// it.
fn redeliver_owed(stage: Stage, engines: &Engines, owed: &mut bool) -> Result<()> {
    if *owed {
        redeliver(stage, engines)?;
        *owed = false;
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
        Stage::Maintain => shared.sleep(MAINTAIN_WAIT),
    }
}
