//! Stage 3: candidates by label, word, phrase and vector, at a read point.
//!
//! The index yields what matches one clause. It knows nothing of modes, moments, groups or HTTP: those are
//! made above it, once, for every engine.
//!
//! Two implementations hold the laws of [`Index`]: [`MemoryIndex`], which is simple and therefore the measure
//! of the other, and [`EmbeddedIndex`], a folder of immutable, memory-mapped segments.

mod clock;
mod embedded;
mod hit;
mod memory;
mod read_points;
mod seam;
mod suggest;
mod update;
mod visibility;

pub use clock::Clock;
pub use embedded::{EmbeddedIndex, EmbeddedOptions};
pub use memory::MemoryIndex;
pub use seam::*;
pub use visibility::{Standing, is_visible, standing};
