//! What is learned, and what is not.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod fit;
mod interleave;
mod model;
mod pairs;
mod simulation;
