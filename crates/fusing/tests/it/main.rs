//! Fusion from stage 1's history to stage 2's rows.

mod examples;
mod fake;
mod naive;
mod random;
