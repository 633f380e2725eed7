//! Conformance suites, the naive reference and random archives, against which every implementation is tested.
#![allow(clippy::unwrap_used, reason = "a broken law is a panic")]
#![allow(clippy::cast_precision_loss, reason = "test data is small")]

pub mod archive;
pub mod archive_gen;
pub mod engines;
pub mod events_suite;
pub mod import_suite;
pub mod index_history;
pub mod index_model;
pub mod index_suite;
pub mod naive;
pub mod proxy;
pub mod query_suite;
pub mod random;
pub mod scenarios;
pub mod servers;
pub mod skips;
pub mod store_model;
pub mod store_suite;
pub mod timeline_suite;
