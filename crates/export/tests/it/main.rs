//! Files for other programs, read back by readers of our own, written from each format's specification.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]
#![allow(clippy::print_stdout, reason = "the seed of a random test is said")]

mod edit_lists;
mod hostile;
mod judges;
mod markers;
mod pitfalls;
mod readers;
mod round_trips;
mod support;
mod tables;

#[allow(dead_code, reason = "the kit's, of which these tests need a part")]
#[path = "../../../testkit/src/random.rs"]
mod random;
#[path = "../../../testkit/src/skips.rs"]
mod skips;
