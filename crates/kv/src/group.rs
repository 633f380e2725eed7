//! Group commit: many writers share one fsync.
//!
//! A writer puts its batch into the journal and takes a ticket; then it waits until its ticket is durable. The
//! first that waits becomes the leader: it gives writers that have already entered a moment to finish, and
//! syncs once for all tickets given so far. The others sleep until the leader is done.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rushes_types::{Error, ErrorKind, Result};

/// How long a leader waits for writers that have entered but not finished. Less than an fsync usually takes,
/// so that waiting never costs more than it saves.
const GATHER_MAX: Duration = Duration::from_micros(800);

/// Proof that a batch is in the journal; not yet that it is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Ticket(u64);

/// Why writes have stopped.
#[derive(Debug, Clone)]
struct PoisonCause {
    kind: ErrorKind,
    why: String,
}

#[derive(Debug, Default)]
struct State {
    entered: usize,
    written: u64,
    written_mark: u64,
    durable: u64,
    durable_mark: u64,
    leading: bool,
    fsyncs: u64,
    poison: Option<PoisonCause>,
}

/// Counts tickets and syncs them in groups.
#[derive(Debug, Default)]
pub(crate) struct Group {
    state: Mutex<State>,
    changed: Condvar,
}

/// Held by a writer from [`Folder::enter`](crate::Folder::enter) until its write has returned: a leader waits a moment
/// for it.
#[derive(Debug)]
pub struct WriterGuard<'a>(&'a Group);

impl Drop for WriterGuard<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.entered = state.entered.saturating_sub(1);
        if state.entered == 0 {
            self.0.changed.notify_all();
        }
    }
}

impl Group {
    fn state(&self) -> MutexGuard<'_, State> {
        // Only counters are guarded by the lock, and none is left half-changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Announces a write.
    pub(crate) fn enter(&self) -> WriterGuard<'_> {
        self.state().entered += 1;
        WriterGuard(self)
    }

    /// Refuses once a write or sync has failed.
    pub(crate) fn check(&self) -> Result<()> {
        match &self.state().poison {
            None => Ok(()),
            Some(poison) => Err(Error::new(
                poison.kind,
                format!("writes have stopped because one failed ({})", poison.why),
            )
            .mend(mend(poison.kind))),
        }
    }

    /// Stops all later writes.
    pub(crate) fn poison(&self, error: &Error) {
        let kind = match error.kind() {
            ErrorKind::StorageFull => ErrorKind::StorageFull,
            _ => ErrorKind::Storage,
        };
        let mut state = self.state();
        state.poison.get_or_insert_with(|| PoisonCause { kind, why: error.message().to_owned() });
        self.changed.notify_all();
    }

    /// A batch is in the journal; `mark` is the highest number it makes visible (0: none).
    pub(crate) fn wrote(&self, mark: u64) -> Ticket {
        let mut state = self.state();
        state.written += 1;
        state.written_mark = state.written_mark.max(mark);
        Ticket(state.written)
    }

    /// The highest mark that was written, or found on opening.
    pub(crate) fn written_mark(&self) -> u64 {
        self.state().written_mark
    }

    /// The ticket of the last batch written.
    pub(crate) fn last(&self) -> Ticket {
        Ticket(self.state().written)
    }

    /// What is durable when the folder is opened.
    pub(crate) fn recovered(&self, mark: u64) {
        let mut state = self.state();
        state.written_mark = mark;
        state.durable_mark = mark;
    }

    /// The highest mark that is durable.
    pub(crate) fn durable_mark(&self) -> u64 {
        self.state().durable_mark
    }

    /// How often [`Group::wait`] synced.
    pub(crate) fn fsyncs(&self) -> u64 {
        self.state().fsyncs
    }

    /// Returns when the ticket is durable; `sync` makes all that was written so far durable.
    pub(crate) fn wait(&self, ticket: Ticket, sync: impl Fn() -> Result<()>) -> Result<()> {
        let mut state = self.state();
        loop {
            if state.durable >= ticket.0 {
                return Ok(());
            }
            if state.poison.is_some() {
                drop(state);
                return self.check();
            }
            if state.leading {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            state.leading = true;
            state = self.gather(state);
            let (upto, mark) = (state.written, state.written_mark);
            drop(state);
            let outcome = sync();
            state = self.state();
            state.leading = false;
            state.fsyncs += 1;
            if outcome.is_ok() {
                state.durable = state.durable.max(upto);
                state.durable_mark = state.durable_mark.max(mark);
            }
            self.changed.notify_all();
            if let Err(error) = outcome {
                drop(state);
                self.poison(&error);
                return Err(error);
            }
        }
    }

    fn gather<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let until = Instant::now() + GATHER_MAX;
        while state.entered > 0 {
            let Some(left) = until.checked_duration_since(Instant::now()).filter(|d| !d.is_zero()) else {
                break;
            };
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        state
    }
}

const fn mend(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::StorageFull => "make room on the disk and open the archive again",
        _ => "open the archive again",
    }
}
