//! `rushes bench`: measures this machine, and Rushes on it.

use crate::args::Bench;
use crate::exit::{Failure, Outcome};

/// Runs the command.
pub fn run(_args: &Bench, _json_output: bool, _quiet: bool) -> Outcome {
    Err(Failure::because("not there yet"))
}
