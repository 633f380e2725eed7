//! The generator and the benchmark as their users see them.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod generator;
#[cfg(feature = "engines")]
mod measured;
mod run;
