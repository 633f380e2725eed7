//! `rushes bench`: measures this machine, and Rushes on it.

use anyhow::Context;
use rushes_bench::{BenchOptions, Spec};

use crate::args::Bench;
use crate::exit::Outcome;
use crate::output;
use crate::progress::Watch;

/// Runs the command.
pub fn run(args: &Bench, json_output: bool, quiet: bool) -> Outcome {
    // A temporary folder would often lie in memory; archives do not.
    let here = std::env::current_dir().context("asking for the current folder")?;
    let temporary = match &args.keep {
        Some(_) => None,
        None => Some(
            tempfile::Builder::new().prefix("rushes-bench-").tempdir_in(here).context("making a folder")?,
        ),
    };
    let folder = match (&args.keep, &temporary) {
        (Some(folder), _) => folder.clone(),
        (None, Some(temporary)) => temporary.path().join("bench"),
        (None, None) => return Ok(()),
    };
    let mut options = BenchOptions::new(folder);
    options.keep = args.keep.is_some();
    options.spec = Spec { seed: args.seed, hours: args.hours, ..Spec::default() };
    let watch = Watch::begin(quiet);
    let report = rushes_bench::run(&options, &watch)?;
    drop(watch);
    if json_output {
        return output::json(&serde_json::to_value(&report)?);
    }
    output::line(&report.to_string());
    Ok(())
}
