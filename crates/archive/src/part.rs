//! The parts of an archive that run on engines.

use std::path::{Path, PathBuf};

use serde::Serialize;

/// A part of an archive that runs on an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// Stage 1.
    Store,
    /// Between the stages.
    Events,
    /// Stage 2.
    Timeline,
    /// Stage 3.
    Index,
}

impl Part {
    /// All of them, in the order of the data flow.
    pub const ALL: [Self; 4] = [Self::Store, Self::Events, Self::Timeline, Self::Index];

    /// What people read, the key in a configuration, and the folder of the embedded engine within an archive.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Events => "events",
            Self::Timeline => "fused",
            Self::Index => "index",
        }
    }

    /// Folder of the embedded engine in an archive.
    #[must_use]
    pub fn dir(self, archive: &Path) -> PathBuf {
        archive.join(self.as_str())
    }
}
