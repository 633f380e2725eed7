//! The laws of the event log on a real Kafka, and what only Kafka can do: groups, rebalances, dead letters, faults.
#![allow(clippy::unwrap_used, reason = "a failed step is a failed test")]
#![allow(clippy::print_stdout, reason = "a process tells the test that started it")]

mod answers;
mod broker;
mod cut;
mod fixture;
mod groups;
mod laws;
mod poison;
mod secure;
mod settings;
mod simulated;
