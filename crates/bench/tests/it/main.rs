//! The generator and the benchmark as their users see them.

mod generator;
mod run;
