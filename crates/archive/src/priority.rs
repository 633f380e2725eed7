//! Who goes first where there are too few cores: clients. Ingest and search do not wait for the later stages, and these
//! catch up when there is room.

use rushes_types::{Error, Result};

/// How much the threads of the later stages stand back for those that serve people, as `nice` counts it: they get a few
/// hundredths of a core where clients want all of it, all of it where they do not.
const NICENESS: i32 = 19;

/// Lets the scheduler prefer other threads to the calling one. Threads that it starts inherit this.
pub(crate) fn stand_back() {
    // On Linux no process means the calling thread; elsewhere it would mean the whole process.
    if cfg!(target_os = "linux")
        && let Err(error) = rustix::process::setpriority_process(None, NICENESS)
    {
        tracing::debug!(%error, "the later stages run at the usual priority");
    }
}

/// Opens something whose own threads (flushing, compacting) are to stand back.
pub(crate) fn opened_standing_back<T: Send>(open: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    let body = || {
        stand_back();
        open()
    };
    std::thread::scope(|scope| scope.spawn(body).join())
        .unwrap_or_else(|_| Err(Error::bug("opening an engine panicked")))
}
