//! Stage 1: keeps every annotation exactly as the model wrote it, durable when acknowledged.
//!
//! The seam is [`AnnotationStore`]. It knows runs, commits and history; it knows nothing of buckets,
//! indices or queries, and does not read what a line says beyond its id and start.

pub mod current;
mod seam;

pub use seam::*;
