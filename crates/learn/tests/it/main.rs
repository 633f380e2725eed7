//! What is learned, and what is not.

mod fit;
mod interleave;
mod model;
mod pairs;
mod simulation;
