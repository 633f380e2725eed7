//! Priorities where there are too few cores: clients go first. Ingest and search do not wait for the later stages,
//! which catch up when there is capacity.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rushes_types::{Error, Result};

/// The niceness of the later stages' threads: they get a few hundredths of a core while clients use all of it, and all
/// of it otherwise.
pub(crate) const NICENESS: i32 = 19;

/// Lowers the priority of the calling thread as far as it goes. Threads that it starts inherit this.
pub(crate) fn lower_priority() {
    lower_priority_to(NICENESS);
}

/// Lowers the priority of the calling thread to a niceness from 1 to [`NICENESS`]; it cannot be raised again.
pub(crate) fn lower_priority_to(niceness: i32) {
    // On Linux no process means the calling thread; elsewhere it would mean the whole process.
    if cfg!(target_os = "linux")
        && let Err(error) = rustix::process::setpriority_process(None, niceness)
    {
        tracing::debug!(%error, "a thread keeps the usual priority");
    }
}

/// How long a later stage waits before a piece of work while annotations are being ingested. It shares the disk with
/// ingest, and an fsync waits for what others wrote, so a low CPU priority alone is not enough.
const GIVE_WAY_MAX: Duration = Duration::from_millis(100);
const POLL: Duration = Duration::from_millis(2);

/// Requests that are taking annotations in right now.
#[derive(Debug, Default)]
pub struct IngestTraffic(AtomicUsize);

/// One of them, until it is dropped.
pub(crate) struct IngestGuard<'a>(&'a IngestTraffic);

impl Drop for IngestGuard<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl IngestTraffic {
    /// A request begins to take annotations in.
    pub(crate) fn enter(&self) -> IngestGuard<'_> {
        self.0.fetch_add(1, Ordering::AcqRel);
        IngestGuard(self)
    }

    /// Lets requests go first, for a bounded time: under constant traffic the later stages are slower, but never
    /// stopped.
    pub(crate) fn yield_to_requests(&self) {
        let until = Instant::now() + GIVE_WAY_MAX;
        while self.0.load(Ordering::Acquire) > 0 && Instant::now() < until {
            std::thread::sleep(POLL);
        }
    }
}

/// Opens something whose own threads (flushing, compacting) are to run at low priority.
pub(crate) fn open_at_low_priority<T: Send>(open: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    let body = || {
        lower_priority();
        open()
    };
    std::thread::scope(|scope| scope.spawn(body).join())
        .unwrap_or_else(|_| Err(Error::bug("opening an engine panicked")))
}
