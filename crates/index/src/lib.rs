//! Stage 3: candidates by label, word, phrase and vector, at a read point.
//!
//! The index yields what matches one clause. It knows nothing of modes, moments, groups or HTTP: those are
//! made above it, once, for every engine.

mod seam;

pub use seam::*;
