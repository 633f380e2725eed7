//! Stage 3: candidates by label, word, phrase and vector, at a read point.
//!
//! The index yields what matches one clause. It knows nothing of modes, moments, groups or HTTP: those are
//! made above it, once, for every engine.
//!
//! # What is here
//!
//! The seam: [`Index`] takes asset steps in and publishes them, [`IndexReader`] is a snapshot at a read point. Two
//! implementations of their laws: [`MemoryIndex`], plain loops through the shared matcher, which is simple and therefore
//! the measure of the others, and [`EmbeddedIndex`], a folder of immutable, memory-mapped segments. What is public beside
//! them are the parts that further implementations share: [`ReadPoints`], [`is_visible`], [`hit_order`], [`best`].
//!
//! # The invariant
//!
//! At a read point P an index holds every commit up to P and shows nothing of a later one, and an annotation that died later
//! is still there. So every entry carries its validity, `born ≤ P < died`, instead of being deleted, and what died goes when
//! no reader can ask for it any more. A match is decided by `rushes_plan` and `rushes_text` alone: an index that cannot decide
//! by itself fetches more and lets them, so all engines answer alike, to the last bit of a score.
//!
//! # How the embedded one is cut
//!
//! ```text
//! bytes, entry, validities, postings, quantise, signs …   forms, without files
//! file, sections, segment, tombstones, manifest           files, each read and written in one place
//! snapshot, segment_view, visibility_filter               what a reader sees
//! hits, phrase, vector_search, nearest, labels            searchers, each over views
//! buffer, builder, writer, merge, maintain                the writing side
//! ```
//!
//! Each row knows those above it. Rejected: a search library underneath. A reader must see a commit whole, at any read
//! point of the last minutes, where libraries offer the newest state and deletes that hold for all; and scores must not
//! come from an engine's statistics. What would remain of it is a term dictionary, which `fst` is.

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
pub use visibility::{PinStatus, is_visible, pin_status};
