//! Turns change plans as they should, every patch makes of the plan before the plan after, and no text does harm.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "helpers are tests too: they fail, and say what they skip"
)]

mod ours;
mod patches;
mod turns;
