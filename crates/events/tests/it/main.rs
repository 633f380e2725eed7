//! The laws of the event log, on every implementation here.

mod embedded;
mod memory;
