//! The laws of the event log on a real Kafka, and what only Kafka can do: groups, rebalances, dead letters, faults.
#![allow(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod fixture;
mod laws;
