//! The laws of the annotation store, on every implementation here, and what only the embedded one promises.
#![allow(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod embedded;
mod faults;
mod fold;
mod golden;
mod guarded;
mod import;
mod memory;
mod model;
mod purge;
mod taken_over;
