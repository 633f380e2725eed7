//! Stage 3: candidates by label, word, phrase and vector, at a read point.
//!
//! The index finds what matches one clause. It knows nothing about modes, moments, groups or HTTP: those are
//! implemented above it, once, for every engine.
//!
//! # What is here
//!
//! The seam: [`Index`] accepts asset steps and publishes them, [`IndexReader`] is a snapshot at a read point. Two
//! implementations: [`MemoryIndex`], plain loops through the shared matcher, simple enough to be the reference for the
//! others, and [`EmbeddedIndex`], a folder of immutable, memory-mapped segments. Also public are the parts that further
//! implementations share: [`ReadPoints`], [`is_visible`], [`hit_order`], [`best`].
//!
//! # The invariant
//!
//! A reader at read point P sees every commit up to P, nothing of a later one, and annotations that died after P. So
//! every entry carries its validity (visible while `born ≤ P < died`) instead of being deleted, and a dead entry is
//! dropped only when no reader can ask for it any more. Whether an annotation matches is decided by `rushes_plan` and
//! `rushes_text` alone: an index that cannot decide by itself fetches a superset and lets them decide, so all engines
//! give the same answers, to the last bit of a score.
//!
//! # How the embedded index is organised
//!
//! ```text
//! bytes, entry, validities, postings, quantise, signs …   encodings, without files
//! file, sections, segment, tombstones, manifest           files, each read and written in one place
//! snapshot, segment_view, visibility_filter               what a reader sees
//! hits, phrase, vector_search, nearest, labels            searchers, each over views
//! buffer, builder, writer, merge, maintain                the writing side
//! ```
//!
//! Each row uses only those above it. Rejected: a search library underneath. A reader must see commits as a whole, at
//! any read point of the last minutes, while libraries offer the newest state and deletes that apply to every reader;
//! and scores must not depend on an engine's statistics. What would remain is a term dictionary, for which `fst` is
//! enough.

mod budget;
mod clock;
mod embedded;
mod hit;
mod memory;
mod read_points;
mod seam;
mod suggest;
mod update;
mod visibility;

pub use budget::{Budget, BudgetLimits, Company, GivenUp, Held, Holding, Meter, STEPS, ThreadClock};
pub use clock::Clock;
pub use embedded::{EmbeddedIndex, EmbeddedOptions};
pub use hit::hit_order;
pub use memory::{CandidateAnnotation, MemoryIndex, MemoryReader};
pub use read_points::{Published, ReadPoints};
pub use seam::*;
pub use suggest::{LabelCounts, begins_word, best, word_starts};
pub use update::{is_new, space_of};
pub use visibility::{PinStatus, is_visible, pin_status};
