//! Stage 2's store: each current annotation once, normalised; buckets; what changed at which commit.
//!
//! It keeps what fusion decided. It does not fuse, and it does not know what reads it.

mod seam;

pub use seam::*;
