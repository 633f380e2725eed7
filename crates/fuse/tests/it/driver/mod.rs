//! Fusion from stage 1's history to stage 2's rows.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod batches;
mod counting;
mod examples;
mod fake;
mod histories;
mod naive;
mod random;
