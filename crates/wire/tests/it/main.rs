//! Bytes to annotations and back.

mod arrow;
mod batch;
mod codec;
mod lines;
mod records;
