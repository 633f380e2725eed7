//! `cargo xtask ci`: every check, in the order from fast to slow; the tests last, so that their result is the
//! last thing on the screen, but for what was skipped.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::networked;

/// A step of the checks.
type Step = fn(&Path) -> anyhow::Result<()>;

const LINTS: [(&str, Step); 4] =
    [("formatting", formatting), ("tidy", tidy), ("clippy", clippy), ("deny", deny)];
/// A line for each thing that was skipped, for whoever called.
const SKIPPED_FILE: &str = "ci-skipped.txt";

/// What could not be checked here, and why.
static SKIPPED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Says, now and at the end of all, that something was not checked. It never counts as passed.
pub fn skip(what: &str) {
    println!("\n== SKIPPED: {what}");
    SKIPPED.lock().unwrap_or_else(PoisonError::into_inner).push(what.to_owned());
}

/// What came of the steps so far.
#[derive(Default)]
struct Report {
    steps: Vec<(&'static str, Outcome, Duration)>,
}

/// What came of one step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Outcome {
    Done,
    /// Nothing failed, and something of it was not done.
    Skipped,
    Failed,
}

impl Report {
    /// Does a step. One that fails does not keep the next from running: whoever waits half an hour for an answer gets
    /// all of it.
    fn step<T>(&mut self, name: &'static str, step: impl FnOnce() -> anyhow::Result<T>) -> Option<T> {
        let skipped = || SKIPPED.lock().unwrap_or_else(PoisonError::into_inner).len();
        let (started, before) = (Instant::now(), skipped());
        let result = step();
        let outcome = match &result {
            Ok(_) if skipped() > before => Outcome::Skipped,
            Ok(_) => Outcome::Done,
            Err(error) => {
                println!("== FAILED: {error:#}");
                Outcome::Failed
            }
        };
        self.steps.push((name, outcome, started.elapsed()));
        result.ok()
    }

    /// Says what took how long, what failed, and what was skipped.
    fn end(self, root: &Path) -> anyhow::Result<()> {
        println!();
        for (name, outcome, took) in &self.steps {
            let outcome = match outcome {
                Outcome::Done => "done",
                Outcome::Skipped => "SKIPPED, in whole or in part",
                Outcome::Failed => "FAILED",
            };
            println!("== {name:<16} {:>5} s  {outcome}", took.as_secs());
        }
        let skipped = SKIPPED.lock().unwrap_or_else(PoisonError::into_inner);
        let lines: String = skipped.iter().map(|what| format!("SKIPPED: {what}\n")).collect();
        if !lines.is_empty() {
            println!("\n{lines}");
        }
        let file = crate::target(root).join(SKIPPED_FILE);
        std::fs::write(&file, lines).with_context(|| format!("writing `{}`", file.display()))?;
        let failed: Vec<&str> =
            self.steps.iter().filter(|step| step.1 == Outcome::Failed).map(|step| step.0).collect();
        if !failed.is_empty() {
            bail!("failed: {}", failed.join(", "));
        }
        Ok(())
    }
}

/// Lints, smoke run, page, tests. The servers that some tests want are fetched meanwhile, and run during the tests only.
pub fn all(root: &Path) -> anyhow::Result<()> {
    let mut report = Report::default();
    let fetching = networked::fetch(root);
    let rest: [(&str, Step); 3] =
        [("smoke run", crate::smoke::run), ("page", crate::page::run), ("building tests", tests_built)];
    let mut is_built = false;
    for (name, step) in LINTS.iter().chain(&rest) {
        is_built = report.step(name, || step(root)).is_some();
    }
    if is_built {
        // Where they do not start, the other tests run all the same.
        let running = report.step("engines up", || networked::up(root, fetching));
        let mut env = running.as_ref().map(|running| running.variables.clone()).unwrap_or_default();
        env.push(networked::jars(root));
        report.step("tests", || tests(root, &env));
        report.step("engines down", || running.map_or(Ok(()), networked::Running::down));
    }
    report.end(root)
}

/// Formatting, tidy, lints and licences.
pub fn lint(root: &Path) -> anyhow::Result<()> {
    let mut report = Report::default();
    for (name, step) in LINTS {
        report.step(name, || step(root));
    }
    report.end(root)
}

fn formatting(root: &Path) -> anyhow::Result<()> {
    cargo(root, &["fmt", "--all", "--check"])
}

fn tidy(root: &Path) -> anyhow::Result<()> {
    println!("\n== tidy");
    crate::report(&crate::tidy::check(root)?)
}

/// What the whole workspace is built with: the engines too, once the command line knows them.
fn workspace(root: &Path, command: &'static str) -> anyhow::Result<Vec<&'static str>> {
    let manifest = std::fs::read_to_string(root.join("crates/cli/Cargo.toml"))
        .context("reading the command line's manifest")?;
    let manifest: toml::Table = manifest.parse().context("reading the command line's manifest")?;
    let has_engines = manifest.get("features").is_some_and(|features| features.get("engines").is_some());
    let mut words = vec![command, "--workspace"];
    if has_engines {
        words.extend(["--features", "rushes/engines"]);
    }
    Ok(words)
}

fn clippy(root: &Path) -> anyhow::Result<()> {
    let words = workspace(root, "clippy")?;
    cargo(root, &[&words[..], &["--all-targets", "--", "-D", "warnings"]].concat())
}

fn tests_built(root: &Path) -> anyhow::Result<()> {
    let words = workspace(root, "test")?;
    cargo(root, &[&words[..], &["--no-run"]].concat())
}

/// All tests, those on servers too where `env` names them.
fn tests(root: &Path, env: &[(&str, String)]) -> anyhow::Result<()> {
    for (name, value) in env {
        println!("== {name}={value}");
    }
    cargo_with(root, &workspace(root, "test")?, env)
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
        skip("licences: cargo deny is not installed (`cargo install cargo-deny --locked`)");
        return Ok(());
    }
    cargo(root, &["deny", "--workspace", "check", "licenses", "bans", "sources"])
}

/// Runs cargo in the workspace, saying what and for how long.
pub fn cargo(root: &Path, args: &[&str]) -> anyhow::Result<()> {
    cargo_with(root, args, &[])
}

fn cargo_with(root: &Path, args: &[&str], env: &[(&str, String)]) -> anyhow::Result<()> {
    println!("\n== cargo {}", args.join(" "));
    let started = Instant::now();
    let status = Command::new("cargo")
        .args(args)
        .envs(env.iter().map(|(name, value)| (name, value)))
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
