//! The laws of the seams as tests, run on every implementation.
#![allow(clippy::unwrap_used, reason = "a broken law is a panic")]

pub mod events_suite;
pub mod store_suite;
