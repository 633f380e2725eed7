//! The index's tests: the laws on every implementation, and one implementation against the other.
#![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

mod approximate;
mod budget;
mod disk;
mod fixtures;
mod independent;
mod laws;
mod model;
mod shortcuts;
