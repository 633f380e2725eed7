//! The index's tests: the laws on every implementation, and one implementation against the other.

mod disk;
mod fixtures;
mod history;
mod laws;
mod model;
