//! Stage 2: fusion. Annotations with validities, one-second buckets, what overlaps.
//!
//! # Layout
//!
//! Deciding and doing are apart. Everything in this crate but [`driver`] is pure: no I/O, no clock, no engine, and `cargo
//! xtask tidy` holds that. A *step* takes an asset from one commit to a later one, in three moves:
//!
//! 1. [`read_set`] looks at the commits and says what must be read: which segments, which rows of the timeline.
//! 2. [`advance`] folds the commits over what was read: annotations are born, die, are kept, erased; words are counted.
//! 3. [`rebucket`] makes the touched buckets from their old rows and from what came and went.
//!
//! [`driver`] does the reading and writing for them: [`rushes_store::History`] in, a
//! [`TimelineUpdate`](rushes_timeline::TimelineUpdate) out. It cuts long histories into steps of bounded size and works on
//! several assets side by side.
//!
//! # Invariants
//!
//! * Fusing from [`rushes_types::Commit::NONE`] in one step or in many gives the same rows, byte for byte: nothing that
//!   is stored depends on how the history was cut, on the order of arrival, or on when fusion ran. `rushes verify` and
//!   the crash tests compare exactly that.
//! * Work is proportional to the seconds that changed. A replace run reads the rows that start within its coverage, and
//!   only touched buckets are read and written. Two things read a whole asset: a replace run without coverage, and a
//!   change of the asset's language.
//! * A row is named by (start, key), the key a hash of model, run and id, so it is found again without a lookup table.
//! * Validities follow from the history alone: an annotation is born at the commit that brought it and dies at the one
//!   that superseded it. Buckets list what is current; a bucket that became empty is written empty.
//! * No answer depends on buckets: their lists of intersections are bounded and may be truncated, and presence is
//!   always computed from exact ranges.
//!
//! # Rejected
//!
//! * *Fusing a whole asset at every commit.* [`driver`] is tested against it (the naive reference), but one more line
//!   would cost the whole history.
//! * *Applying a commit to rows in place.* Every engine would have to implement what a commit means, each a little
//!   differently. So engines are given rows in their final state.
//! * *Superseded annotations in buckets.* A bucket would grow with history; a reader of an earlier read point uses the
//!   annotations, which carry their validities.

mod analysed;
mod buckets;
pub mod driver;
mod read_set;
mod rows;
mod step;
mod words;

pub use buckets::{intersections, rebucket, touched};
pub use read_set::{ReadSet, RowSelection, read_set};
pub use step::{StepInput, StepOutcome, advance};
pub use words::{TextAnalysis, resolved_language, with_text};
