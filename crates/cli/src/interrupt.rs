//! Ctrl-C (and SIGTERM): the first one ends the work in an orderly way, the second one at once.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::watch;

use crate::exit::{INTERRUPTED, end_now};

/// How often the user asked to end.
static ASKED: OnceLock<watch::Sender<u32>> = OnceLock::new();
/// How many guards exist: parts of the program that must end in an orderly way.
static ORDERLY: AtomicUsize = AtomicUsize::new(0);

/// While one of these lives, the first Ctrl-C is reported by [`asked`] instead of ending the process.
pub struct InterruptGuard(());

impl InterruptGuard {
    /// From now on.
    pub fn begin() -> Self {
        ORDERLY.fetch_add(1, Ordering::Relaxed);
        Self(())
    }
}

impl Drop for InterruptGuard {
    fn drop(&mut self) {
        ORDERLY.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Listens for Ctrl-C from now on, on a thread of its own.
pub fn install() -> std::io::Result<()> {
    let sender = ASKED.get_or_init(|| watch::Sender::new(0));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut terminate = {
        let _inside = runtime.enter();
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?
    };
    let listen = move || {
        runtime.block_on(async {
            loop {
                tokio::select! {
                    pressed = tokio::signal::ctrl_c() => {
                        if pressed.is_err() {
                            return;
                        }
                    }
                    _ = terminate.recv() => {}
                }
                let before = *sender.borrow();
                if before > 0 || ORDERLY.load(Ordering::Relaxed) == 0 {
                    end_now(INTERRUPTED);
                }
                sender.send_replace(before + 1);
            }
        });
    };
    std::thread::Builder::new().name("interrupt".to_owned()).spawn(listen)?;
    Ok(())
}

/// Has somebody asked to end?
pub fn is_asked() -> bool {
    ASKED.get().is_some_and(|sender| *sender.borrow() > 0)
}

/// Done when somebody asks to end.
pub async fn asked() {
    let Some(sender) = ASKED.get() else { return std::future::pending().await };
    // The sender lives as long as the process.
    let _ = sender.subscribe().wait_for(|n| *n > 0).await;
}
