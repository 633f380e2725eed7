//! The laws of the seams as tests, run on every implementation; the naive reference; random archives; scenarios.
#![allow(clippy::unwrap_used, reason = "a broken law is a panic")]
#![allow(clippy::cast_precision_loss, reason = "test data is small")]

pub mod archive;
pub mod archive_gen;
pub mod index_suite;
pub mod naive;
pub mod query_suite;
pub mod scenarios;
