//! Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The exit code after Ctrl-C.
pub const INTERRUPTED: u8 = 130;

/// How a command ended, when it did not end well.
#[derive(Debug)]
pub enum Failure {
    /// It failed, and the message says why.
    Failed(anyhow::Error),
    /// The failure is printed already; only the exit code is left.
    Reported,
    /// The command was used wrongly.
    Usage(String),
    /// Somebody pressed Ctrl-C.
    Interrupted,
}

impl Failure {
    /// The process's exit code.
    #[must_use]
    pub const fn code(&self) -> u8 {
        match self {
            Self::Failed(_) | Self::Reported => 1,
            Self::Usage(_) => 2,
            Self::Interrupted => INTERRUPTED,
        }
    }

    /// A failure with a message.
    pub fn because(message: impl fmt::Display + fmt::Debug + Send + Sync + 'static) -> Self {
        Self::Failed(anyhow::Error::msg(message))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // One line, whatever the cause's own text looks like.
            Self::Failed(e) => f.write_str(&format!("{e:#}").replace(['\n', '\r'], " ")),
            Self::Reported => Ok(()),
            Self::Usage(message) => f.write_str(message),
            Self::Interrupted => f.write_str("interrupted; what was acknowledged is kept"),
        }
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(e: E) -> Self {
        let e = e.into();
        let interrupted = e
            .downcast_ref::<rushes_types::Error>()
            .is_some_and(|e| e.kind() == rushes_types::ErrorKind::Cancelled);
        if interrupted { Self::Interrupted } else { Self::Failed(e) }
    }
}

/// A temporary folder to remove if the process ends early.
static LEFT_OVER: Mutex<Option<PathBuf>> = Mutex::new(None);

/// From now on, an early end removes this temporary folder.
pub fn remove_at_end(folder: &Path) {
    *LEFT_OVER.lock().unwrap_or_else(PoisonError::into_inner) = Some(folder.to_owned());
}

/// The folder is no longer removed on an early end.
pub fn keep_at_end() {
    *LEFT_OVER.lock().unwrap_or_else(PoisonError::into_inner) = None;
}

/// Ends the process now. What was acknowledged is on disk: there is nothing that could be lost.
pub fn end_now(code: u8) -> ! {
    let folder = LEFT_OVER.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(folder) = folder {
        // A folder that cannot be removed now is left to the system's cleaning of temporary files.
        let _ = std::fs::remove_dir_all(folder);
    }
    std::process::exit(i32::from(code))
}

/// What a command gives back.
pub type Outcome<T = ()> = Result<T, Failure>;
