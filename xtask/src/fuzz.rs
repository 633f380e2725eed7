//! `cargo xtask fuzz`: runs the fuzz targets on stable Rust. The compiler's own passes count which branches an input takes, libFuzzer makes inputs
//! that take others. What each target was given so far is kept in a table, so that ten million inputs can be given in parts.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

/// Inputs of a target, all runs together, where nothing is said.
const INPUTS: u64 = 10_000_000;
/// Counters at branches, and both sides of comparisons, as libFuzzer reads them.
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
                     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
                     -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing";
/// What one input may take: seconds, MiB at once, MiB in all.
const LIMITS: [&str; 3] = ["-timeout=10", "-malloc_limit_mb=256", "-rss_limit_mb=1500"];
/// Tries to make an input that was found smaller.
const SMALLER_TRIES: &str = "-runs=20000";
/// The table of what was done.
const TALLY: &str = "tally.tsv";

/// What was asked for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Request {
    targets: Vec<String>,
    inputs: Option<u64>,
    /// In milliseconds: whole numbers compare.
    minutes_ms: Option<u64>,
    seed: Option<u64>,
    is_list: bool,
}

/// What a target was given so far.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
struct Done {
    inputs: u64,
    seconds: f64,
    branches: u64,
    findings: u64,
}

/// What one run of a target came to.
struct Outcome {
    done: Done,
    found: Option<String>,
}

/// Builds the targets and runs those that are named, or all.
pub fn run(root: &Path, words: &[String]) -> anyhow::Result<()> {
    let request = Request::parse(words)?;
    let home = std::path::absolute(crate::target(root).join("fuzz")).context("finding the target folder")?;
    let program = build(root, &home)?;
    let all = names(&program)?;
    if request.is_list {
        println!("{}", all.join("\n"));
        return Ok(());
    }
    for target in &request.targets {
        ensure!(all.contains(target), "`{target}` is no target; `cargo xtask fuzz --list` names them");
    }
    let chosen: Vec<&String> =
        all.iter().filter(|name| request.targets.is_empty() || request.targets.contains(name)).collect();
    let mut tally = read_tally(&home)?;
    let mut found = Vec::new();
    for (place, name) in chosen.iter().enumerate() {
        let before = tally.get(*name).copied().unwrap_or_default();
        let left = request.inputs.unwrap_or(if request.minutes_ms.is_some() { u64::MAX } else { INPUTS });
        let left = left.saturating_sub(before.inputs);
        if left == 0 {
            continue;
        }
        println!("== {} of {}: {name}", place + 1, chosen.len());
        let outcome = fuzz(&program, &home, name, left, &request)?;
        let sum = Done {
            inputs: before.inputs + outcome.done.inputs,
            seconds: before.seconds + outcome.done.seconds,
            branches: outcome.done.branches,
            findings: before.findings + u64::from(outcome.found.is_some()),
        };
        tally.insert((*name).clone(), sum);
        write_tally(&home, &tally)?;
        found.extend(outcome.found.map(|what| format!("{name}: {what}")));
    }
    sweep();
    print!("{}", table(&tally, &chosen));
    ensure!(found.is_empty(), "found, and kept in `{}`:\n{}", home.join("found").display(), found.join("\n"));
    Ok(())
}

impl Request {
    fn parse(words: &[String]) -> anyhow::Result<Self> {
        let mut request = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().with_context(|| format!("`{word}` needs a value"));
            match word.as_str() {
                "--list" => request.is_list = true,
                "--inputs" => request.inputs = Some(value()?.replace('_', "").parse().context("`--inputs`")?),
                "--minutes" => {
                    let minutes: f64 = value()?.parse().context("`--minutes`")?;
                    ensure!(minutes > 0.0 && minutes < 1e6, "`--minutes` must be above 0");
                    // Within what a `u64` holds, as was just looked at.
                    request.minutes_ms = Some((minutes * 60_000.0) as u64);
                }
                "--seed" => request.seed = Some(value()?.parse().context("`--seed`")?),
                option if option.starts_with('-') => {
                    bail!("`{option}` is no option of fuzz; see `cargo xtask help`")
                }
                target => request.targets.push(target.to_owned()),
            }
        }
        Ok(request)
    }
}

/// The program with all targets, instrumented.
fn build(root: &Path, home: &Path) -> anyhow::Result<PathBuf> {
    // Named, so that build scripts and macros are compiled apart and without counters.
    let host = host()?;
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--release", "--target", &host, "--manifest-path"])
        .arg(root.join("fuzz/Cargo.toml"))
        .arg("--target-dir")
        .arg(home)
        .env("RUSTFLAGS", FLAGS)
        .env_remove("CARGO_TARGET_DIR")
        .env_remove("RUSTC_WORKSPACE_WRAPPER")
        .status()
        .context("cargo does not start")?;
    ensure!(status.success(), "the fuzz targets cannot be built; they need a C++ compiler for libFuzzer");
    Ok(home.join(host).join("release/rushes-fuzz"))
}

fn host() -> anyhow::Result<String> {
    let output = Command::new("rustc").arg("-vV").output().context("starting rustc")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc does not say its host")?.to_owned())
}

fn names(program: &Path) -> anyhow::Result<Vec<String>> {
    let output = Command::new(program).output().context("starting the fuzz targets")?;
    ensure!(output.status.success(), "the fuzz targets do not say their names");
    Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
}

/// Runs one target until it has had its inputs or its time, or something is found.
fn fuzz(program: &Path, home: &Path, name: &str, inputs: u64, request: &Request) -> anyhow::Result<Outcome> {
    let (corpus, seeds, found) =
        (home.join("corpus").join(name), home.join("seeds").join(name), home.join("found"));
    for folder in [&corpus, &seeds, &found] {
        std::fs::create_dir_all(folder).with_context(|| format!("making `{}`", folder.display()))?;
    }
    let target = || {
        let mut command = Command::new(program);
        command.env("RUSHES_FUZZ_TARGET", name).current_dir(home).stdin(Stdio::null());
        command
    };
    let written = target().env("RUSHES_FUZZ_SEEDS", &seeds).status().context("writing seeds")?;
    ensure!(written.success(), "`{name}` has no seeds");
    let mut command = target();
    command.args([&corpus, &seeds]).args(LIMITS).arg("-print_final_stats=1").arg(format!("-runs={inputs}"));
    command.arg(format!("-artifact_prefix={}/{name}-", found.display()));
    let words = seeds.with_extension("dict");
    if words.metadata().is_ok_and(|about| about.len() > 0) {
        command.arg(format!("-dict={}", words.display()));
    }
    if let Some(ms) = request.minutes_ms {
        command.arg(format!("-max_total_time={}", ms.div_ceil(1000)));
    }
    if let Some(seed) = request.seed {
        command.arg(format!("-seed={seed}"));
    }
    let began = Instant::now();
    let mut child =
        command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().context("starting a target")?;
    let said = read_report(child.stderr.take().context("a target says nothing")?, name);
    let status = child.wait().context("waiting for a target")?;
    let mut report = said?;
    report.done.seconds = began.elapsed().as_secs_f64();
    if !status.success() {
        let what = report.found.take().unwrap_or_else(|| format!("it ended with {status}"));
        let smaller = report.kept.map(|kept| smaller(target(), &kept)).unwrap_or_default();
        return Ok(Outcome { done: report.done, found: Some(format!("{what}{smaller}")) });
    }
    Ok(Outcome { done: report.done, found: None })
}

/// Removes the folders that targets which have ended left in memory: they end without a word.
fn sweep() {
    for entry in
        [PathBuf::from("/dev/shm"), std::env::temp_dir()].iter().flat_map(std::fs::read_dir).flatten()
    {
        let Ok(entry) = entry else { continue };
        let name = entry.file_name();
        let id = name.to_str().and_then(|name| name.strip_prefix("rushes-fuzz-"));
        if id.is_some_and(|id| !Path::new("/proc").join(id).exists()) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// What libFuzzer said of a run.
#[derive(Default)]
struct Report {
    done: Done,
    found: Option<String>,
    /// The file of the input that was found.
    kept: Option<PathBuf>,
}

fn read_report(stderr: impl std::io::Read, name: &str) -> anyhow::Result<Report> {
    let mut report = Report::default();
    let mut shown = Instant::now();
    for line in BufReader::new(stderr).split(b'\n') {
        let line = line.context("reading what a target says")?;
        let line = String::from_utf8_lossy(&line);
        report.hear(&line);
        if shown.elapsed() > Duration::from_secs(60) && line.starts_with('#') {
            println!("   {name} {}", line.trim());
            shown = Instant::now();
        }
    }
    Ok(report)
}

impl Report {
    fn hear(&mut self, line: &str) {
        let number = |text: &str| text.trim().parse::<u64>().ok();
        if let Some(rest) = line.strip_prefix('#') {
            let mut words = rest.split_whitespace();
            if let Some(inputs) = words.next().and_then(number) {
                self.done.inputs = self.done.inputs.max(inputs);
            }
            let branches = words.skip_while(|word| *word != "cov:").nth(1).and_then(number);
            self.done.branches = branches.unwrap_or(self.done.branches);
        } else if let Some(inputs) = line.strip_prefix("stat::number_of_executed_units:").and_then(number) {
            self.done.inputs = inputs;
        } else if line.starts_with("target `") || line.contains("ERROR: libFuzzer: ") {
            self.found.get_or_insert_with(|| line.trim().to_owned());
        } else if let Some((_, path)) = line.split_once("Test unit written to ") {
            self.kept = Some(PathBuf::from(path.trim()));
        }
    }
}

/// Makes a found input smaller; says where it lies.
fn smaller(mut target: Command, kept: &Path) -> String {
    let to = kept.with_extension("smaller");
    let ran = target
        .args(LIMITS)
        .args(["-minimize_crash=1", SMALLER_TRIES, "-max_total_time=60"])
        .arg(format!("-exact_artifact_path={}", to.display()))
        .arg(kept)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let best = if ran.is_ok() && to.is_file() { &to } else { kept };
    format!("\n  input: {}", best.display())
}

fn read_tally(home: &Path) -> anyhow::Result<BTreeMap<String, Done>> {
    let text = match std::fs::read_to_string(home.join(TALLY)) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(error).context("reading what was fuzzed so far"),
    };
    let row = |line: &str| -> Option<(String, Done)> {
        let mut cells = line.split('\t');
        let name = cells.next()?.to_owned();
        let inputs = cells.next()?.parse().ok()?;
        let seconds = cells.next()?.parse().ok()?;
        let (branches, findings) = (cells.next()?.parse().ok()?, cells.next()?.parse().ok()?);
        Some((name, Done { inputs, seconds, branches, findings }))
    };
    text.lines().map(|line| row(line).with_context(|| format!("`{line}` in {TALLY} is no row"))).collect()
}

fn write_tally(home: &Path, tally: &BTreeMap<String, Done>) -> anyhow::Result<()> {
    let row = |(name, done): (&String, &Done)| {
        format!("{name}\t{}\t{:.3}\t{}\t{}\n", done.inputs, done.seconds, done.branches, done.findings)
    };
    let text: String = tally.iter().map(row).collect();
    let (new, whole) = (home.join("tally.new"), home.join(TALLY));
    std::fs::write(&new, text).and_then(|()| std::fs::rename(new, whole)).context("writing what was fuzzed")
}

/// A row for each target, and the sum.
fn table(tally: &BTreeMap<String, Done>, chosen: &[&String]) -> String {
    let mut text = format!(
        "{:<18} {:>12} {:>9} {:>8} {:>9} {:>9}\n",
        "target", "inputs", "a second", "hours", "branches", "findings"
    );
    let mut sum = Done::default();
    let mut row = |name: &str, done: Done| {
        let rate = done.inputs as f64 / done.seconds.max(0.001);
        text.push_str(&format!(
            "{name:<18} {:>12} {rate:>9.0} {:>8.3} {:>9} {:>9}\n",
            done.inputs,
            done.seconds / 3600.0,
            done.branches,
            done.findings
        ));
    };
    for name in chosen {
        let done = tally.get(*name).copied().unwrap_or_default();
        sum.inputs += done.inputs;
        sum.seconds += done.seconds;
        sum.findings += done.findings;
        row(name, done);
    }
    row("all", sum);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_libfuzzer_says_is_understood() {
        let mut report = Report::default();
        for line in [
            "#2\tINITED cov: 341 ft: 342 corp: 1/1b exec/s: 0 rss: 40Mb",
            "#65536\tpulse  cov: 1204 ft: 3921 corp: 311/9Kb lim: 607 exec/s: 21845 rss: 71Mb",
            "target `srt`: panicked at src/x.rs:1:1: index out of bounds",
            "==1== ERROR: libFuzzer: deadly signal",
            "artifact_prefix='/x/'; Test unit written to /x/srt-crash-ab",
            "stat::number_of_executed_units: 70001",
        ] {
            report.hear(line);
        }
        assert_eq!((report.done.inputs, report.done.branches), (70_001, 1_204));
        assert!(report.found.is_some_and(|found| found.contains("index out of bounds")));
        assert_eq!(report.kept, Some(PathBuf::from("/x/srt-crash-ab")));
    }

    #[test]
    fn words_of_the_command_are_read_and_others_refused() {
        let parse =
            |words: &[&str]| Request::parse(&words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>());
        let read =
            parse(&["srt", "--inputs", "10_000_000", "--minutes", "0.5", "plan", "--seed", "7"]).unwrap();
        let wanted = Request {
            targets: vec!["srt".to_owned(), "plan".to_owned()],
            inputs: Some(10_000_000),
            minutes_ms: Some(30_000),
            seed: Some(7),
            is_list: false,
        };
        assert_eq!(read, wanted);
        for wrong in [&["--inputs"][..], &["--inputs", "x"], &["--minutes", "0"], &["--what"]] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_tally_is_read_as_it_was_written() {
        let home = std::env::temp_dir().join(format!("rushes-tally-{}", std::process::id()));
        std::fs::create_dir_all(&home).unwrap();
        let done = Done { inputs: 5, seconds: 1.5, branches: 7, findings: 1 };
        let tally = BTreeMap::from([("srt".to_owned(), done)]);
        write_tally(&home, &tally).unwrap();
        assert_eq!(read_tally(&home).unwrap(), tally);
        let _ = std::fs::remove_dir_all(home);
    }
}
