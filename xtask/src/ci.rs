//! `cargo xtask ci`: every check, in the order from fast to slow; the tests last, so that their result is the
//! last thing on the screen.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, bail};

/// A step of the checks.
type Step = fn(&Path) -> anyhow::Result<()>;

const LINTS: [(&str, Step); 4] =
    [("formatting", formatting), ("tidy", tidy), ("clippy", clippy), ("deny", deny)];

/// Lints, smoke run, tests. A step that fails does not keep the next from running: whoever waits half an hour for an
/// answer gets all of it.
pub fn all(root: &Path) -> anyhow::Result<()> {
    let rest: [(&str, Step); 3] =
        [("smoke run", crate::smoke::run), ("page", crate::page::run), ("tests", tests)];
    steps(root, LINTS.iter().chain(&rest))
}

/// Formatting, tidy, lints and licences.
pub fn lint(root: &Path) -> anyhow::Result<()> {
    steps(root, LINTS.iter())
}

fn steps<'a>(root: &Path, steps: impl Iterator<Item = &'a (&'static str, Step)>) -> anyhow::Result<()> {
    let mut failed = Vec::new();
    for (name, step) in steps {
        if let Err(error) = step(root) {
            println!("== FAILED: {error:#}");
            failed.push(*name);
        }
    }
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}

fn formatting(root: &Path) -> anyhow::Result<()> {
    cargo(root, &["fmt", "--all", "--check"])
}

fn tidy(root: &Path) -> anyhow::Result<()> {
    println!("\n== tidy");
    crate::report(&crate::tidy::check(root)?)
}

fn clippy(root: &Path) -> anyhow::Result<()> {
    cargo(root, &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])
}

fn tests(root: &Path) -> anyhow::Result<()> {
    cargo(root, &["test", "--workspace"])
}

/// Encoders that are models in a local folder: their lints and tests, and that the command line builds with them.
pub fn models(root: &Path) -> anyhow::Result<()> {
    const CRATE: [&str; 4] = ["-p", "rushes-encode-models", "--features", "models"];
    cargo(root, &[&["clippy"], &CRATE[..], &["--all-targets", "--", "-D", "warnings"]].concat())?;
    cargo(root, &[&["test"], &CRATE[..]].concat())?;
    cargo(root, &["check", "-p", "rushes", "--features", "models"])
}

/// Licences, sources and known weaknesses of what we depend on. The tool is not part of a Rust installation, and
/// building it takes longer than all our tests: it is used where it is.
fn deny(root: &Path) -> anyhow::Result<()> {
    let found = Command::new("cargo")
        .args(["deny", "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !found {
        println!("\n== cargo deny: SKIPPED, it is not installed (`cargo install cargo-deny --locked`)");
        return Ok(());
    }
    cargo(root, &["deny", "--workspace", "check", "licenses", "bans", "sources"])
}

/// Runs cargo in the workspace, saying what and for how long.
pub fn cargo(root: &Path, args: &[&str]) -> anyhow::Result<()> {
    println!("\n== cargo {}", args.join(" "));
    let started = Instant::now();
    let status = Command::new("cargo")
        .args(args)
        .current_dir(root)
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("starting `cargo {}`", args.join(" ")))?;
    println!("== {} s", started.elapsed().as_secs());
    if !status.success() {
        bail!("`cargo {}` failed: {status}", args.join(" "));
    }
    Ok(())
}
