//! Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.

use std::fmt;

/// The exit code after Ctrl-C.
pub const INTERRUPTED: u8 = 130;

/// How a command ended, when it did not end well.
#[derive(Debug)]
pub enum Failure {
    /// It failed, and the message says why.
    Failed(anyhow::Error),
    /// What was to be said is said already; only the exit code is left.
    Said,
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
            Self::Failed(_) | Self::Said => 1,
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
            Self::Said => Ok(()),
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

/// What a command gives back.
pub type Outcome<T = ()> = Result<T, Failure>;
