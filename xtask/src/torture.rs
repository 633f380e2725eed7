//! The long form of the kill tests of the command line.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail, ensure};

/// Kills where nobody says how many.
const TIMES: &str = "200";

/// Runs the kill tests with many more kills than the tests do.
pub fn run(root: &Path, args: &[String]) -> anyhow::Result<()> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root).args(["test", "-p", "rushes", "--test", "it", "--", "torture", "--nocapture"]);
    cargo.env("TORTURE_TIMES", TIMES);
    let mut words = args.iter();
    while let Some(word) = words.next() {
        let value = words.next().with_context(|| format!("`{word}` needs a value"))?;
        match word.as_str() {
            "--times" => cargo.env("TORTURE_TIMES", value),
            "--seed" => cargo.env("TORTURE_SEED", value),
            "--binary" => cargo.env("TORTURE_BINARY", std::path::absolute(value)?),
            other => bail!("`{other}` is no option of torture; see `cargo xtask help`"),
        };
    }
    let status = cargo.status().context("cargo does not start")?;
    ensure!(status.success(), "something was lost, or half");
    Ok(())
}
