//! Stage 2's decisions: annotations with validities, one-second buckets, what overlaps. Pure functions: no
//! I/O, no clock.
//!
//! A step takes an asset from one commit to a later one, in three moves that a driver performs: [`plan`] says
//! what must be read, [`advance`] folds the commits over it, [`rebucket`] makes the touched buckets anew from
//! their old rows. Every move works on what changed only; fusing from [`rushes_types::Commit::NONE`] in one
//! step or in many gives the same rows, byte for byte, because nothing that is kept depends on how the
//! history was cut.

mod analysed;
mod buckets;
pub mod driver;
mod plan;
mod rows;
mod step;
mod words;

pub use buckets::{intersections, rebucket, touched};
pub use plan::{Plan, Rows, plan};
pub use step::{Advanced, StepInput, advance};
pub use words::{Linguist, resolved_language, with_text};
