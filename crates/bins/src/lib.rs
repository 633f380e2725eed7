//! Bins: named, ordered lists of moments that people keep, with what they say of them.
//!
//! Pure: a bin, a change, who makes it and when in; the next version of the bin out. A bin names assets and times, never an
//! entry of an index or an annotation, so it outlives rebuilds, other models and media that move. Who may see and change one is
//! decided by who keeps them; [`Bin::seen_by`] says what its owner allowed.

mod bin;
mod change;
pub mod limits;
mod overview;

/// What a store calls them.
pub const KIND: &str = "bin";

pub use bin::{Bin, Item, Record, Sharing};
pub use change::{Addition, Change, ItemChange};
pub use overview::{Overlap, Overview, overview};
