//! Measures an archive on this machine: how fast annotations come in, are fused, indexed and found, beside what
//! the machine itself can do (its disk, its memory), so that a figure says how far from the limit it is.
//!
//! The archive that is measured is made up ([`world`]), from a seed, byte by byte the same everywhere; the
//! answers to its queries are hashed, so that speed cannot be bought with wrong answers.

pub mod answers;
pub mod arrow;
pub mod beds;
pub mod beside;
mod bodies;
mod disk;
#[cfg(feature = "engines")]
mod engines;
mod fusion;
mod ingest;
pub mod limits;
pub mod lines;
mod log;
pub mod memory;
pub mod percentiles;
pub mod queries;
pub mod random;
pub mod report;
mod run;
mod search;
mod sides;
mod subject;
pub mod timeline;
pub mod vectors;
pub mod words;
mod words_table;
pub mod world;

pub use beside::{CLIENTS, Comparison, ComparisonOptions, run_comparison};
pub use report::Report;
pub use run::{BenchOptions, run};
pub use world::{Spec, World};
