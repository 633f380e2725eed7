//! Moves an archive from some engines to others, and proves that both hold the same.
//!
//! What moves is stage 1: assets with their runs, their history with the numbers that its commits have, and the bytes
//! of their annotations; models and labels. Because the commit numbers are kept, so are validities, digests and
//! answers; the later stages are derived again at the target by its own workers.
//!
//! There is no journal. The target is asked what it has: an asset with the same history is left alone, one with a part
//! of it gets the rest. So an interrupted move resumes, and passes repeat until both sides agree, following changes
//! made meanwhile. At the end everything is read back from both and hashed ([`compare`]).

mod archive_store;
mod compare;
mod copy;
mod digest;
mod parallel;
mod passes;
mod registry;

pub use archive_store::ArchiveStore;
pub use compare::{Comparison, compare};
pub use copy::CopyCounts;
pub(crate) use copy::read_segment;
pub(crate) use digest::asset_sum;
pub use passes::{Options, Report, Survey, abort_open_runs, migrate_archive, survey};
pub(crate) use registry::kept_documents;
