//! Measures an archive on this machine: how fast annotations are ingested, fused, indexed and found, compared with what
//! the machine itself can do (its disk, its memory), so that each figure shows how far from the limit it is.
//!
//! The measured archive is generated ([`world`]) from a seed, byte by byte the same everywhere; the answers to its
//! queries are hashed, so that speed cannot be bought with wrong answers.

pub mod answers;
pub mod arrow;
mod bed_run;
mod bodies;
pub mod comparison;
mod disk;
#[cfg(feature = "engines")]
mod engines;
mod fusion;
mod ingest;
pub mod limits;
pub mod lines;
pub mod load;
mod log;
pub mod memory;
pub mod percentiles;
pub mod queries;
pub mod random;
pub mod report;
mod run;
mod search;
mod subject;
pub mod test_beds;
pub mod timeline;
pub mod vectors;
pub mod words;
mod words_table;
pub mod world;

pub use comparison::{CLIENTS, Comparison, ComparisonOptions, run_comparison};
pub use load::{LoadOptions, LoadReport, run_under_load};
pub use report::Report;
pub use run::{BenchOptions, QUICK_HOURS, ask_kept, run};
pub use world::{Spec, World};
