//! Errors between the stages: a small kind that callers act on, a message that people act on.

use std::fmt;

/// What a caller can do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The request is malformed: mend it.
    Invalid,
    /// The caller lacks the right.
    Forbidden,
    /// The named thing is not there.
    NotFound,
    /// The request clashes with what is there (a committed run, another content under the same id).
    Conflict,
    /// What was asked for is gone (an expired cursor).
    Gone,
    /// More than a limit allows.
    TooLarge,
    /// Too busy now; again later.
    Busy,
    /// No room on the disk: writes have stopped.
    StorageFull,
    /// A read, write or fsync failed: writes have stopped until the archive is reopened.
    Storage,
    /// Stored bytes are not what was written.
    Corrupt,
    /// An outside engine does not answer.
    Unavailable,
    /// An outside engine refuses until an operator changes a setting, its own or ours: a password that has expired, a
    /// right that is missing, an index that is set to read-only.
    Misconfigured,
    /// An outside engine did not say whether the write happened. Every writing call of the seams is
    /// idempotent: send it again.
    OutcomeUnknown,
    /// This engine cannot do that.
    Unsupported,
    /// The caller went away or asked to stop.
    Cancelled,
    /// A bug in Rushes.
    Bug,
}

/// Whose fault an error is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Blame {
    /// The request.
    User,
    /// A resource of the machine.
    Resource,
    /// Another program.
    Dependency,
    /// Rushes.
    Bug,
}

impl ErrorKind {
    /// Whose fault it is.
    #[must_use]
    pub const fn blame(self) -> Blame {
        match self {
            Self::Invalid
            | Self::Forbidden
            | Self::NotFound
            | Self::Conflict
            | Self::Gone
            | Self::TooLarge
            | Self::Cancelled => Blame::User,
            Self::Busy | Self::StorageFull | Self::Storage | Self::Corrupt => Blame::Resource,
            Self::Unavailable | Self::Misconfigured | Self::OutcomeUnknown | Self::Unsupported => {
                Blame::Dependency
            }
            Self::Bug => Blame::Bug,
        }
    }

    /// May the same call succeed later without a change?
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        matches!(self, Self::Busy | Self::Unavailable | Self::OutcomeUnknown)
    }
}

/// An error with its kind, what happened, what to do about it, in which field, and why.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    /// What happened; followed by the mend, where there is one.
    message: String,
    /// Where in the message the mend begins.
    mend_at: Option<usize>,
    pointer: Option<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The result of everything that can fail between the stages.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error with a message: lower case, no full stop, values in back-ticks. What to do about it is set by
    /// [`Error::mend`].
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), mend_at: None, pointer: None, source: None }
    }

    /// A malformed request.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, message)
    }

    /// A bug in Rushes.
    pub fn bug(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Bug, message)
    }

    /// Says what to do about it. People see it after the message, programs get it separately: see [`Error::mend_text`].
    #[must_use]
    pub fn mend(mut self, mend: impl AsRef<str>) -> Self {
        self.message.push_str("; ");
        self.mend_at = Some(self.message.len());
        self.message.push_str(mend.as_ref());
        self
    }

    /// Names the field, as a JSON pointer (RFC 6901).
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = Some(pointer.into());
        self
    }

    /// Adds the cause.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Says in front of the message what was being done.
    #[must_use]
    pub fn while_doing(mut self, what: &str) -> Self {
        self.message = format!("{what}: {}", self.message);
        self.mend_at = self.mend_at.map(|at| at + what.len() + ": ".len());
        self
    }

    /// An I/O error: a full disk has a kind of its own.
    pub fn io(what: &str, source: std::io::Error) -> Self {
        let full =
            matches!(source.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded);
        let kind = if full { ErrorKind::StorageFull } else { ErrorKind::Storage };
        Self::new(kind, format!("{what}: {source}")).because(source)
    }

    /// What a caller can do about it.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What happened and, after a semicolon, what to do about it.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it, where the error says that itself.
    #[must_use]
    pub fn mend_text(&self) -> Option<&str> {
        self.mend_at.and_then(|at| self.message.get(at..))
    }

    /// The field at fault, as a JSON pointer.
    #[must_use]
    pub fn pointer(&self) -> Option<&str> {
        self.pointer.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(pointer) = &self.pointer {
            write!(f, " (at `{pointer}`)")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|s| s as &(dyn std::error::Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mend_is_part_of_the_message_and_stands_by_itself() {
        let error =
            Error::invalid("`a; b` is no mode").mend("write `loose`").at("/mode").while_doing("reading it");
        assert_eq!(error.message(), "reading it: `a; b` is no mode; write `loose`");
        assert_eq!(error.mend_text(), Some("write `loose`"));
        assert_eq!(error.to_string(), "reading it: `a; b` is no mode; write `loose` (at `/mode`)");
        assert_eq!(Error::invalid("`a; b` is no mode").mend_text(), None);
    }
}
