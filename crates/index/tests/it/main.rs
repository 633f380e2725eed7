//! The index's tests: the laws on every implementation, and one implementation against the other.

mod fixtures;
mod laws;
