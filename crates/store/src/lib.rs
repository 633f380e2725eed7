//! Stage 1: keeps every annotation exactly as the model wrote it, durable when acknowledged.
//!
//! The seam is [`AnnotationStore`]. It knows runs, commits and history; it knows nothing of buckets,
//! indices or queries, and does not read what a line says beyond its id and start.

mod seam;

pub mod current;
mod cut;
mod embedded;
pub mod engine;
mod lines;
mod memory;
mod moving;
mod rules;

pub use embedded::{EmbeddedStore, StoreOptions};
pub use memory::MemoryStore;
pub use moving::{AssetImport, COMMIT_MAX, ImportBlock, ImportPlan, Imported, SegmentReader};
pub use rules::{RUN_SEGMENT_BASE, Redactor, receipt_of_the_first};
pub use seam::*;
