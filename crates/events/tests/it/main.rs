//! The laws of the event log, on every implementation here.
#![allow(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod embedded;
mod memory;
