//! The long forms of the tests that kill, break engines, damage files, and fill disks.

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

/// Damages by default.
const DAMAGES: &str = "10000";
/// Damage to files, instead of kills.
const DAMAGE: &str = "--damage";

/// Full disks by default.
const FULLS: &str = "200";
/// Disks that run full, instead of kills.
const FULL: &str = "--full";

/// Runs the kill tests with many more kills than the tests do.
pub fn run(root: &Path, args: &[String]) -> anyhow::Result<()> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root);
    let has = |flag: &str| args.iter().any(|word| word == flag);
    let (on_engines, to_files, on_full) = (has(ON_ENGINES), has(DAMAGE), has(FULL));
    let given = [on_engines, to_files, on_full].into_iter().filter(|given| *given).count();
    ensure!(given < 2, "`{ON_ENGINES}`, `{DAMAGE}` and `{FULL}` are tests of their own; give one");
    let package = if to_files || on_full { "rushes-archive" } else { "rushes" };
    cargo.args(["test", "-p", package, "--test", "it"]);
    let times = match on_engines {
        _ if to_files => {
            cargo.args(["--", "damage", "--nocapture"]);
            ("TORTURE_DAMAGES", DAMAGES)
        }
        _ if on_full => {
            cargo.args(["--", "full_disk", "--nocapture"]);
            ("TORTURE_FULL", FULLS)
        }
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
    let mut words = args.iter().filter(|word| ![ON_ENGINES, DAMAGE, FULL].contains(&word.as_str()));
    while let Some(word) = words.next() {
        let value = words.next().with_context(|| format!("`{word}` needs a value"))?;
        match word.as_str() {
            "--times" => cargo.env(times.0, value),
            "--seed" => cargo.env("TORTURE_SEED", value),
            "--only" if on_engines => cargo.env("TORTURE_ONLY", value),
            "--binary" if package == "rushes" && !on_engines => {
                cargo.env("TORTURE_BINARY", std::path::absolute(value)?)
            }
            other => bail!("`{other}` is no option of torture; see `cargo xtask help`"),
        };
    }
    let status = cargo.status().context("cargo does not start")?;
    ensure!(status.success(), "something was lost, or half, or looked right");
    Ok(())
}
