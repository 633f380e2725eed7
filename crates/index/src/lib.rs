//! Stage 3: candidates by label, word, phrase and vector, at a read point.
//!
//! The index yields what matches one clause. It knows nothing of modes, moments, groups or HTTP: those are
//! made above it, once, for every engine.
//!
//! Two implementations of the laws of [`Index`] live here: [`MemoryIndex`], which is simple and therefore the measure
//! of the others, and [`EmbeddedIndex`], a folder of immutable, memory-mapped segments. What is public beside them are
//! the parts that further implementations share.

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
pub use hit::hit_order;
pub use memory::{Listed, MemoryIndex, MemoryReader};
pub use read_points::{Published, ReadPoints};
pub use seam::*;
pub use suggest::{LabelCounts, begins_word, best, word_starts};
pub use update::{is_new, space_of};
pub use visibility::{Standing, is_visible, standing};
