//! The laws of the annotation store, on every implementation here, and what only the embedded one promises.

mod embedded;
mod faults;
mod fold;
mod memory;
mod model;
mod purge;
