//! Runs: one model's pass over one asset.

use crate::commit::{Commit, Validity};
use crate::id::{AssetId, ModelRef, RunId};
use crate::time::TimeRange;

/// What a run does to earlier annotations of its model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RunMode {
    /// Supersedes, inside its coverage, earlier annotations of that model (of any version).
    Replace,
    /// Adds.
    Append,
}

impl RunMode {
    /// `replace` or `append`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Replace => "replace",
            Self::Append => "append",
        }
    }
}

/// The state of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RunState {
    /// Takes annotations.
    Open,
    /// Visible whole.
    Committed,
    /// Given up; its annotations are gone.
    Aborted,
}

impl RunState {
    /// `open`, `committed` or `aborted`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Committed => "committed",
            Self::Aborted => "aborted",
        }
    }
}

/// Whether a committed run that is no longer current can still be pinned by a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Visibility {
    /// Indexed; seen while current, and when a query pins it.
    Kept,
    /// In the store only; can be restored, not pinned.
    Archived,
}

/// One model's pass over one asset, or over a part of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Its id, unique in the archive.
    pub id: RunId,
    /// The asset.
    pub asset: AssetId,
    /// The model.
    pub model: ModelRef,
    /// Replace or append.
    pub mode: RunMode,
    /// The part of the asset it looked at; `None`: all of it.
    pub coverage: Option<TimeRange>,
    /// Its state.
    pub state: RunState,
    /// Kept or archived.
    pub visibility: Visibility,
    /// The commit that made it visible, and the last that restored it.
    pub committed: Option<Commit>,
    /// How many annotations it holds.
    pub annotations: u64,
}

/// A stretch that a model has analysed: it distinguishes "absent" from "never looked".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Analysed {
    /// The model.
    pub model: ModelRef,
    /// The run.
    pub run: RunId,
    /// What it looked at.
    pub range: TimeRange,
    /// When this was so.
    pub validity: Validity,
}
