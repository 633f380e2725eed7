//! The show, its films and its annotations agree.

mod films;
mod lines;
#[path = "../../../testkit/src/skips.rs"] // by its path: the whole kit would bring an archive's crates along
mod skips;
