//! `rushes bench`: measures this machine, and Rushes on it.

use std::time::Duration;

use anyhow::Context;
use rushes_bench::{BenchOptions, LoadOptions, Spec};

use crate::args::Bench;
use crate::config::Config;
use crate::exit::{Failure, Outcome};
use crate::output;
use crate::progress::Watch;

/// Runs the command.
pub fn run(args: &Bench, json_output: bool, quiet: bool) -> Outcome {
    let temporary = match &args.keep {
        Some(_) => None,
        None => Some(temporary()?),
    };
    let folder = match (&args.keep, &temporary) {
        (Some(folder), _) => folder.clone(),
        (None, Some(temporary)) => temporary.path().join("bench"),
        (None, None) => return Ok(()),
    };
    let spec = Spec { seed: args.seed, hours: args.hours, ..Spec::default() };
    let watch = Watch::begin_long(quiet);
    if args.under_load {
        let program = std::env::current_exe().context("asking where this program lies")?;
        let (keep, lasts) = (args.keep.is_some(), Duration::from_secs(args.seconds));
        let options = LoadOptions { folder, keep, spec, lasts, program };
        let report = rushes_bench::run_under_load(&options, &watch)?;
        drop(watch);
        if json_output {
            return output::json(&serde_json::to_value(&report)?);
        }
        output::lines(&report.to_string());
        return Ok(());
    }
    let mut options = match args.quick {
        true => BenchOptions::quick(folder, args.seed),
        false => BenchOptions { spec, ..BenchOptions::new(folder) },
    };
    options.keep = args.keep.is_some();
    let report = rushes_bench::run(&options, &watch)?;
    drop(watch);
    if json_output {
        return output::json(&serde_json::to_value(&report)?);
    }
    output::lines(&report.to_string());
    Ok(())
}

/// The configured engines beside the embedded ones.
pub fn engines(args: &Bench, config: &Config, json_output: bool, quiet: bool) -> Outcome {
    if config.engines.choice().is_embedded() {
        let message = "`--engines` measures the engines of the section `[engines]`, and the configuration names none; say \
                       there which part runs on what, or set `RUSHES_ENGINES_STORE=cassandra` and its like";
        return Err(Failure::Usage(message.to_owned()));
    }
    beside(args, config, json_output, quiet)
}

/// A build without drivers has rejected the configuration before.
#[cfg(not(feature = "engines"))]
fn beside(_: &Bench, _: &Config, _: bool, _: bool) -> Outcome {
    Err(Failure::Usage(
        "`--engines` needs a build with the drivers: `cargo build --release --features engines`".to_owned(),
    ))
}

#[cfg(feature = "engines")]
fn beside(args: &Bench, config: &Config, json_output: bool, quiet: bool) -> Outcome {
    let temporary = temporary()?;
    let mut options = rushes_bench::ComparisonOptions::new(temporary.path().join("bench"));
    options.spec = Spec { seed: args.seed, hours: args.hours, ..Spec::default() };
    options.clients = args.clients.max(1);
    let watch = Watch::begin(quiet);
    let report = rushes_bench::run_comparison(&options, &config.engines, &watch)?;
    drop(watch);
    if json_output {
        return output::json(&serde_json::to_value(&report)?);
    }
    output::lines(&report.to_string());
    Ok(())
}

/// A folder that is removed at the end. One for temporary files would often lie in memory; archives do not.
fn temporary() -> Outcome<tempfile::TempDir> {
    let here = std::env::current_dir().context("asking for the current folder")?;
    let made = tempfile::Builder::new().prefix("rushes-bench-").tempdir_in(here);
    Ok(made.context("making a folder")?)
}
