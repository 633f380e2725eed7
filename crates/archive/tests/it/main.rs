//! The archive as its callers see it: all three stages in a folder.
#![allow(clippy::unwrap_used, reason = "tests")]

mod encoders;
mod flow;
mod migrate;
mod taken_back;
mod taking;
