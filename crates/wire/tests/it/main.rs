//! Bytes to annotations and back.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod arrow;
mod batch;
mod codec;
mod golden;
mod lines;
mod parts;
mod records;
