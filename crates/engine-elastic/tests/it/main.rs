//! The index on a real cluster, named by `RUSHES_TEST_ELASTICSEARCH`; without it every test says that it is skipped.
#![allow(clippy::unwrap_used, reason = "a panic is a failed test")]

mod answers;
mod approximate;
mod buckets;
mod erased;
mod faults;
mod fixtures;
mod laws;
mod queries;
mod reindex;
mod rest;
mod secure;
mod speed;
mod start;
mod switch;
