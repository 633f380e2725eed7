//! Reads that requests start: each has a budget, a place among the others, and a thread of its own.
//!
//! The thread is what makes priorities possible. The more CPU time a search has taken, the lower its thread's priority,
//! so that short searches, ingest and the server's own threads come first, however many long searches run; where the
//! cores are free it makes no difference. A priority can be lowered by anyone and raised by few, so a thread is used for
//! one search, and ends with it. Starting one takes some ten microseconds.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use rushes_index::Budget;
use rushes_types::{Error, ErrorKind, Result};

use crate::access::Caller;
use crate::archive::Archive;
use crate::search_places::{budget_limits, thread_cpu};

impl Archive {
    /// Does a read that a request started; it ends soon after its budget is spent, or `gone` is set, or the archive stops
    /// for good.
    ///
    /// # Errors
    /// Those of the read; [`ErrorKind::Busy`] where the caller has too many.
    pub(crate) fn within_budget<T: Send>(
        &self,
        caller: &Caller,
        gone: &Arc<AtomicBool>,
        read: impl FnOnce(&Budget) -> Result<T> + Send,
    ) -> Result<T> {
        let (shared, gone) = (Arc::clone(&self.shared), Arc::clone(gone));
        let done = self.search_places.enter(caller.name()).and_then(|place| {
            on_its_own_thread(move || {
                let budget = Budget::new(budget_limits(&self.options.limits.search), thread_cpu)
                    .given_up_when(move || gone.load(Ordering::Relaxed) || shared.stopping_for_good())
                    .among(place);
                let done = read(&budget);
                self.search_places.spent(budget.settled());
                done
            })
        });
        self.search_places.ended(&done);
        done
    }
}

/// Runs `work` on a new thread and waits for it; a panic there is a panic here.
fn on_its_own_thread<T: Send>(work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    let span = tracing::Span::current();
    thread::scope(|scope| {
        let started = thread::Builder::new().name("search".to_owned()).spawn_scoped(scope, move || {
            let _inside = span.enter();
            work()
        });
        match started {
            Ok(running) => running.join().unwrap_or_else(|panic| resume_unwind(panic)),
            Err(error) => Err(Error::new(ErrorKind::Busy, format!("no thread can be started: {error}"))
                .mend("send it again in a moment")),
        }
    })
}
