//! `cargo xtask ci`: every check, in the order from fast to slow; the tests last, so that their result is the
//! last thing on the screen, but for what was skipped.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use crate::networked::{self, Variables};
use crate::skips::{self, Skip};
use crate::test_runs::{self, Counts};

/// A step of the checks.
type CiStep = fn(&Path) -> anyhow::Result<()>;

/// What compiles nothing of ours.
const TEXTS: [(&str, CiStep); 3] =
    [("formatting", formatting), ("tidy", tidy), ("licences", crate::licences::check)];
/// What was skipped and how many tests did what, for the caller.
const RESULT_FILE: &str = "ci-result.txt";

/// What came of the steps so far.
#[derive(Default)]
struct Report {
    steps: Vec<(&'static str, Outcome, Duration)>,
    /// What steps that run apart skipped.
    skips: Vec<Skip>,
    counts: Counts,
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
    /// Does a step. One that fails does not keep the next from running: a person who waits half an hour for an answer
    /// gets all of it.
    fn step<T>(
        &mut self,
        name: &'static str,
        step: impl FnOnce(&mut Self) -> anyhow::Result<T>,
    ) -> Option<T> {
        let (started, before) = (Instant::now(), self.all_skips().len());
        let result = step(self);
        let outcome = match &result {
            Ok(_) if self.all_skips().len() > before => Outcome::Skipped,
            Ok(_) => Outcome::Done,
            Err(error) => {
                println!("== FAILED: {error:#}");
                Outcome::Failed
            }
        };
        self.steps.push((name, outcome, started.elapsed()));
        result.ok()
    }

    fn all_skips(&self) -> Vec<Skip> {
        [skips::ours(), self.skips.clone()].concat()
    }

    /// Says what took how long, what failed, and what was skipped. What was skipped although `variables` or this machine
    /// would have let it run is a failure.
    fn end(mut self, root: &Path, variables: &[(&str, String)]) -> anyhow::Result<()> {
        let skips = self.all_skips();
        let unjustified = skips::unjustified(root, &skips, variables);
        if !unjustified.is_empty() {
            for skip in &unjustified {
                println!("== skipped although `{}` is here: {}", skip.needs, skip.what);
            }
            self.steps.push(("skips", Outcome::Failed, Duration::ZERO));
        }
        println!();
        for (name, outcome, took) in &self.steps {
            let outcome = match outcome {
                Outcome::Done => "done",
                Outcome::Skipped => "SKIPPED, in whole or in part",
                Outcome::Failed => "FAILED",
            };
            println!("== {name:<16} {:>5} s  {outcome}", took.as_secs());
        }
        // The test runner counts a test that returned at once as passed.
        let skipped_tests = skips.iter().filter(|skip| !skip.test.is_empty()).count() as u64;
        let Counts { passed, failed, ignored } = self.counts;
        let lines = format!(
            "{}{} passed, {failed} failed, {} skipped\n",
            skips::lines(&skips),
            passed.saturating_sub(skipped_tests),
            skips.len() as u64 + ignored
        );
        println!("\n{lines}");
        let file = crate::target(root).join(RESULT_FILE);
        std::fs::write(&file, lines).with_context(|| format!("writing `{}`", file.display()))?;
        let failed: Vec<&str> =
            self.steps.iter().filter(|step| step.1 == Outcome::Failed).map(|step| step.0).collect();
        if !failed.is_empty() {
            bail!("failed: {}", failed.join(", "));
        }
        Ok(())
    }
}

/// Texts, smoke run, page, lints, tests. While the first steps compile, the servers that some tests want are fetched; while the
/// tests are built, and their sources linted, the page is looked at, which mostly waits for a browser.
pub fn all(root: &Path) -> anyhow::Result<()> {
    let mut report = Report::default();
    let fetching = networked::fetch(root);
    for (name, step) in TEXTS {
        report.step(name, |_| step(root));
    }
    report.step("smoke run", |_| crate::smoke::run(root));
    let page = Page::start(root);
    let words = workspace("test");
    let lints = report.step("building tests", |_| test_runs::build(root, &words));
    report.step("clippy", |_| {
        ensure!(lints == Some(0), "see what is said where the tests are built");
        Ok(())
    });
    report.step("page", |report| {
        let (skips, result) = page?.end()?;
        report.skips.extend(skips);
        result
    });
    let variables =
        if lints.is_some() { tests_with_servers(root, fetching, &mut report) } else { Variables::new() };
    report.end(root, &variables)
}

/// The tests alone, as [`all`] builds and runs them.
pub fn only_tests(root: &Path) -> anyhow::Result<()> {
    let mut report = Report::default();
    let fetching = networked::fetch(root);
    let built = report.step("building tests", |_| test_runs::build(root, &workspace("test")));
    let variables =
        if built.is_some() { tests_with_servers(root, fetching, &mut report) } else { Variables::new() };
    report.end(root, &variables)
}

/// All tests while servers run. Where those do not start, the other tests run all the same.
fn tests_with_servers(root: &Path, fetching: networked::Fetching, report: &mut Report) -> Variables {
    let running = report.step("engines up", |_| networked::up(root, fetching));
    let variables = running.as_ref().map(|running| running.variables.clone()).unwrap_or_default();
    report.step("tests", |report| tests(root, &variables, report));
    report.step("engines down", |_| running.map_or(Ok(()), networked::Running::down));
    variables
}

/// The page's checks, in a process of their own beside others.
struct Page {
    child: Child,
    output: std::path::PathBuf,
    skipped: std::path::PathBuf,
}

impl Page {
    fn start(root: &Path) -> anyhow::Result<Self> {
        let (output, skipped) =
            (skips::file(root, "ci-page.txt")?, skips::file(root, "ci-page-skipped.tsv")?);
        let file = std::fs::File::create(&output).context("making the file of the page's output")?;
        let child = Command::new(std::env::current_exe().context("finding this program")?)
            .arg("page")
            .current_dir(root)
            .env(skips::FILE, &skipped)
            .stdin(Stdio::null())
            .stdout(file.try_clone().context("sharing the file of the page's output")?)
            .stderr(file)
            .spawn()
            .context("starting the page's checks")?;
        Ok(Self { child, output, skipped })
    }

    /// Waits for them, and shows what they printed.
    fn end(mut self) -> anyhow::Result<(Vec<Skip>, anyhow::Result<()>)> {
        let status = self.child.wait().context("waiting for the page's checks")?;
        let output = std::fs::read(&self.output).context("reading what the page's checks printed")?;
        println!("{}", String::from_utf8_lossy(&output).trim_end());
        let result = || {
            ensure!(status.success(), "the page's checks: {status}");
            Ok(())
        };
        Ok((skips::read(&self.skipped)?, result()))
    }
}

/// All tests, those on servers too where `variables` name them.
fn tests(root: &Path, variables: &Variables, report: &mut Report) -> anyhow::Result<()> {
    for (name, value) in variables {
        println!("== {name}={value}");
    }
    let file = skips::file(root, "ci-skipped.tsv")?;
    let mut env = variables.clone();
    env.extend(networked::of_own(root));
    env.push((skips::FILE, file.display().to_string()));
    let (counts, all_well) = test_runs::run(root, &workspace("test"), &env)?;
    report.counts = counts;
    report.skips.extend(skips::read(&file)?);
    ensure!(all_well, "`cargo test --workspace` failed: see above");
    Ok(())
}

/// Formatting, tidy, lints and licences.
pub fn lint(root: &Path) -> anyhow::Result<()> {
    let mut report = Report::default();
    for (name, step) in TEXTS.into_iter().chain([("clippy", clippy as CiStep)]) {
        report.step(name, |_| step(root));
    }
    report.end(root, &[])
}

fn formatting(root: &Path) -> anyhow::Result<()> {
    cargo(root, &["fmt", "--all", "--check"])
}

fn tidy(root: &Path) -> anyhow::Result<()> {
    println!("\n== tidy");
    crate::report(&crate::tidy::check(root)?)
}

/// What the whole workspace is built with: the engines too.
fn workspace(command: &'static str) -> [&'static str; 4] {
    [command, "--workspace", "--features", "rushes/engines"]
}

fn clippy(root: &Path) -> anyhow::Result<()> {
    cargo(root, &[&workspace("clippy")[..], &["--all-targets", "--", "-D", "warnings"]].concat())
}

/// Encoders that are models in a local folder: their lints and tests, and that the command line builds with them.
pub fn models(root: &Path) -> anyhow::Result<()> {
    const CRATE: [&str; 4] = ["-p", "rushes-encode-models", "--features", "models"];
    cargo(root, &[&["clippy"], &CRATE[..], &["--all-targets", "--", "-D", "warnings"]].concat())?;
    cargo(root, &[&["test"], &CRATE[..]].concat())?;
    cargo(root, &["check", "-p", "rushes", "--features", "models"])
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
