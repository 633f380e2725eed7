//! Archives moved between embedded folders and memory.
#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod bins;
mod moves;
mod refusals;
mod support;
