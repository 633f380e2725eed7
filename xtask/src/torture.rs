//! The long form of the kill tests of the command line.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail, ensure};

use crate::networked;

/// Kills by default.
const TIMES: &str = "200";
/// Faults of processes on engines, by default.
const ENGINES_TIMES: &str = "60";
/// Faults of the whole, instead of kills of one process.
const ON_ENGINES: &str = "--engines";

/// Runs the kill tests with many more kills than the tests do.
pub fn run(root: &Path, args: &[String]) -> anyhow::Result<()> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root).args(["test", "-p", "rushes", "--test", "it"]);
    let on_engines = args.iter().any(|word| word == ON_ENGINES);
    let times = match on_engines {
        true => {
            cargo.args(["--features", "engines", "--", "distributed", "--nocapture"]);
            cargo.envs(networked::of_own(root));
            ("TORTURE_ENGINES_TIMES", ENGINES_TIMES)
        }
        false => {
            cargo.args(["--", "torture", "--nocapture"]);
            ("TORTURE_TIMES", TIMES)
        }
    };
    cargo.env(times.0, times.1);
    let mut words = args.iter().filter(|word| *word != ON_ENGINES);
    while let Some(word) = words.next() {
        let value = words.next().with_context(|| format!("`{word}` needs a value"))?;
        match word.as_str() {
            "--times" => cargo.env(times.0, value),
            "--seed" => cargo.env("TORTURE_SEED", value),
            "--only" if on_engines => cargo.env("TORTURE_ONLY", value),
            "--binary" if !on_engines => cargo.env("TORTURE_BINARY", std::path::absolute(value)?),
            other => bail!("`{other}` is no option of torture; see `cargo xtask help`"),
        };
    }
    let status = cargo.status().context("cargo does not start")?;
    ensure!(status.success(), "something was lost, or half");
    Ok(())
}
