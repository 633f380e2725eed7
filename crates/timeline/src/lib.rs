//! Stage 2's store: every annotation once, normalised, with its validity; buckets; what changed at which commit.
//!
//! It stores what fusion decided. It does not fuse, and it knows nothing about its readers.
//!
//! Two implementations of the seam share one body: [`KvTimeline`] turns updates into rows of sorted tables, and
//! [`kv::Kv`] keeps the tables, in memory or in a folder. So both store the same rows.

mod digest;
mod embedded;
#[doc(hidden)]
pub mod fuzzing;
pub mod kv;
mod memory;
mod ranges;
mod rows;
mod seam;
mod store;

pub use digest::ContentDigest;
pub use embedded::EmbeddedKv;
pub use memory::MemoryKv;
pub use ranges::{BucketRange, buckets_in, next_page};
pub use seam::*;
pub use store::KvTimeline;

/// A timeline in memory: for tests and small archives.
pub type MemoryTimeline = KvTimeline<MemoryKv>;
/// A timeline in a folder of its own.
pub type EmbeddedTimeline = KvTimeline<EmbeddedKv>;

impl MemoryTimeline {
    /// An empty store.
    ///
    /// # Errors
    /// None in practice.
    pub fn new() -> rushes_types::Result<Self> {
        Self::over(MemoryKv::default())
    }
}

impl EmbeddedTimeline {
    /// Opens the timeline in a folder, or makes it; what was made durable is known to a chain of changes beside its tables,
    /// whose place the guard's path does not say.
    ///
    /// # Errors
    /// Corrupt where it lacks what was made durable; where the folder cannot be read or written.
    pub fn open_guarded(folder: &std::path::Path, guard: rushes_kv::Guard) -> rushes_types::Result<Self> {
        Self::over(EmbeddedKv::open(folder, Some(guard))?)
    }

    /// Opens the store in a folder, or makes it.
    ///
    /// # Errors
    /// Where the folder cannot be read or written, or another process has it open.
    pub fn open(folder: &std::path::Path) -> rushes_types::Result<Self> {
        Self::over(EmbeddedKv::open(folder, None)?)
    }
}
