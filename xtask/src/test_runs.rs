//! All tests, on two tracks: `cargo test --workspace`, as the README has it, for what needs nothing but a processor; and
//! beside it the binaries that mostly wait for servers and processes, longest first, two at a time. One after the other
//! they took twice as long, with the processor idle for half of it.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde_json::Value;

/// Packages whose tests mostly wait, those that take longest first.
const WAITING: [&str; 6] = [
    "rushes",
    "rushes-engine-elastic",
    "rushes-engine-cassandra",
    "rushes-engine-kafka",
    "rushes-engines",
    "rushes-testkit",
];
/// Tests of one binary that are run apart from its others: they take as long as all the others together.
const PARTED: [(&str, &str); 1] = [("rushes", "distributed::")];
/// Binaries that run at the same time on the second track.
const AT_ONCE: usize = 2;

/// How many tests did what.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Counts {
    /// Ran and held.
    pub passed: u64,
    /// Ran and did not.
    pub failed: u64,
    /// Marked `#[ignore]`.
    pub ignored: u64,
}

impl Counts {
    /// Adds what a line of a test runner's output says, if it is a closing line.
    fn add_line(&mut self, line: &str) {
        let Some((_, counts)) = line.split_once("test result: ") else { return };
        for part in counts.split(['.', ';']) {
            let mut words = part.split_whitespace();
            let (Some(number), Some(what)) = (words.next().and_then(|n| n.parse::<u64>().ok()), words.next())
            else {
                continue;
            };
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }

    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
    }
}

/// A test binary that cargo built.
#[derive(Clone, Debug)]
pub struct Binary {
    package: String,
    target: String,
    /// Where its package lies: tests read files from there.
    folder: PathBuf,
    executable: PathBuf,
}

/// Builds all test binaries. `words` are those of `cargo test` that choose packages and features.
pub fn built(root: &Path, words: &[&str]) -> anyhow::Result<Vec<Binary>> {
    println!("\n== cargo {} --no-run", words.join(" "));
    let started = Instant::now();
    let output = Command::new("cargo")
        .args(words)
        .args(["--no-run", "--message-format", "json-render-diagnostics"])
        .current_dir(root)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("starting `cargo test --no-run`")?;
    println!("== {} s", started.elapsed().as_secs());
    if !output.status.success() {
        bail!("`cargo {} --no-run` failed: {}", words.join(" "), output.status);
    }
    let binaries: Vec<Binary> = String::from_utf8_lossy(&output.stdout).lines().filter_map(binary).collect();
    if binaries.is_empty() {
        bail!("cargo named no test binary");
    }
    Ok(binaries)
}

/// The test binary that a line of cargo's messages names.
fn binary(line: &str) -> Option<Binary> {
    let message: Value = serde_json::from_str(line).ok()?;
    if message["reason"] != "compiler-artifact" || message["profile"]["test"] != true {
        return None;
    }
    let id = message["package_id"].as_str()?;
    let fragment = id.rsplit_once('#')?.1;
    // `path#name@version`, or `path/name#version` where the folder is named as the package.
    let package = match fragment.split_once('@') {
        Some((name, _)) => name,
        None => id.rsplit_once('#')?.0.rsplit('/').next()?,
    };
    Some(Binary {
        package: package.to_owned(),
        target: message["target"]["name"].as_str()?.to_owned(),
        folder: Path::new(message["manifest_path"].as_str()?).parent()?.to_path_buf(),
        executable: PathBuf::from(message["executable"].as_str()?),
    })
}

/// A binary, or a part of its tests.
struct Job {
    binary: Binary,
    words: Vec<String>,
}

impl Job {
    fn name(&self) -> String {
        let words: String = self.words.iter().map(|word| format!(" {word}")).collect();
        format!("{} {}{words}", self.binary.package, self.binary.target)
    }
}

/// What came of a job.
struct Done {
    name: String,
    output: String,
    took: Duration,
    /// Why it is no success.
    failure: Option<String>,
}

/// What the second track runs, in this order.
fn jobs(binaries: &[Binary]) -> VecDeque<Job> {
    let mut jobs = VecDeque::new();
    for package in WAITING {
        let mut of_package: Vec<&Binary> = binaries.iter().filter(|b| b.package == package).collect();
        // The tests from outside are the long ones; those of single modules take a moment.
        of_package.sort_by_key(|binary| binary.target != "it");
        for binary in of_package {
            let parts = PARTED.iter().filter(|(of, _)| *of == package && binary.target == "it");
            let mut rest = Vec::new();
            for (_, part) in parts {
                jobs.push_back(Job { binary: binary.clone(), words: vec![(*part).to_owned()] });
                rest.extend(["--skip".to_owned(), (*part).to_owned()]);
            }
            jobs.push_back(Job { binary: binary.clone(), words: rest });
        }
    }
    jobs
}

/// Runs all tests with these variables. `words` are those that the binaries were built with.
pub fn run(
    root: &Path,
    words: &[&str],
    binaries: &[Binary],
    env: &[(&str, String)],
) -> anyhow::Result<(Counts, Vec<String>)> {
    let queue = Mutex::new(jobs(binaries));
    let done = Mutex::new(Vec::new());
    let worker = || {
        loop {
            let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let Some(job) = next else { return };
            let outcome = run_job(root, &job, env);
            done.lock().unwrap_or_else(PoisonError::into_inner).push(outcome);
        }
    };
    let (mut counts, mut failures) = std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(worker);
        }
        by_cargo(root, words, env)
    })?;
    for job in done.into_inner().unwrap_or_else(PoisonError::into_inner) {
        println!("\n== {}\n{}\n== {} s", job.name, job.output.trim_end(), job.took.as_secs());
        let mut of_job = Counts::default();
        job.output.lines().for_each(|line| of_job.add_line(line));
        counts.add(of_job);
        failures.extend(job.failure.map(|why| format!("{}: {why}", job.name)));
    }
    Ok((counts, failures))
}

/// The first track, shown as it runs.
fn by_cargo(root: &Path, words: &[&str], env: &[(&str, String)]) -> anyhow::Result<(Counts, Vec<String>)> {
    let apart: Vec<&str> = WAITING.iter().flat_map(|package| ["--exclude", *package]).collect();
    let words = [words, &apart, &["--no-fail-fast"]].concat();
    let command = format!("cargo {}", words.join(" "));
    println!("\n== {command}");
    let started = Instant::now();
    let mut child = Command::new("cargo")
        .args(&words)
        .envs(env.iter().map(|(name, value)| (name, value)))
        .current_dir(root)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("starting `{command}`"))?;
    let mut counts = Counts::default();
    let output = child.stdout.take().context("the tests have no output")?;
    for line in BufReader::new(output).split(b'\n') {
        let line = line.context("reading what the tests print")?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        counts.add_line(&line);
    }
    let status = child.wait().context("waiting for the tests")?;
    println!("== {} s", started.elapsed().as_secs());
    let failure = (!status.success()).then(|| format!("`{command}`: {status}"));
    Ok((counts, failure.into_iter().collect()))
}

/// Runs a binary as cargo would: in its package's folder.
fn run_job(root: &Path, job: &Job, env: &[(&str, String)]) -> Done {
    let started = Instant::now();
    let outcome = output_of(root, job, env);
    let (output, failure) = match outcome {
        Ok((output, None)) => (output, None),
        Ok((output, Some(status))) => (output, Some(status)),
        Err(error) => (String::new(), Some(format!("{error:#}"))),
    };
    Done { name: job.name(), output, took: started.elapsed(), failure }
}

fn output_of(root: &Path, job: &Job, env: &[(&str, String)]) -> anyhow::Result<(String, Option<String>)> {
    // Both streams into one file, so that they stay in order.
    let file_name = format!("test-{}.txt", job.name().replace([' ', ':'], "-"));
    let path = crate::target(root).join(file_name);
    let file = std::fs::File::create(&path).with_context(|| format!("making `{}`", path.display()))?;
    let status = Command::new(&job.binary.executable)
        .args(&job.words)
        .envs(env.iter().map(|(name, value)| (name, value)))
        .env("CARGO_MANIFEST_DIR", &job.binary.folder)
        .current_dir(&job.binary.folder)
        .stdin(Stdio::null())
        .stdout(file.try_clone().context("sharing the file of a test's output")?)
        .stderr(file)
        .status()
        .with_context(|| format!("starting `{}`", job.binary.executable.display()))?;
    let output = std::fs::read(&path).with_context(|| format!("reading `{}`", path.display()))?;
    let output = String::from_utf8_lossy(&output).into_owned();
    Ok((output, (!status.success()).then(|| status.to_string())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_are_added_and_nothing_else() {
        let mut counts = Counts::default();
        for line in [
            "running 3 tests",
            "test a ... ok",
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 4 filtered out; finished in 0.00s",
            "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.5s",
            "7 passed",
        ] {
            counts.add_line(line);
        }
        assert_eq!(counts, Counts { passed: 15, failed: 2, ignored: 1 });
    }

    fn message(id: &str, target: &str, is_test: bool) -> String {
        format!(
            r#"{{"reason":"compiler-artifact","package_id":"{id}","manifest_path":"/p/crates/cli/Cargo.toml",
            "target":{{"name":"{target}"}},"profile":{{"test":{is_test}}},"executable":"/p/target/{target}-1"}}"#
        )
        .replace('\n', "")
    }

    #[test]
    fn test_binaries_are_read_from_cargos_messages() {
        let with_name = binary(&message("path+file:///p/crates/cli#rushes@0.1.0", "it", true)).unwrap();
        assert_eq!((with_name.package.as_str(), with_name.target.as_str()), ("rushes", "it"));
        assert_eq!(with_name.folder, Path::new("/p/crates/cli"));
        let by_folder = binary(&message("path+file:///p/xtask#0.1.0", "xtask", true)).unwrap();
        assert_eq!(by_folder.package, "xtask");
        assert!(binary(&message("path+file:///p/crates/cli#rushes@0.1.0", "rushes", false)).is_none());
        assert!(binary("warning: no JSON").is_none());
    }

    #[test]
    fn every_test_of_a_package_that_waits_is_in_just_one_job() {
        let named = |package: &str, target: &str| Binary {
            package: package.to_owned(),
            target: target.to_owned(),
            folder: PathBuf::new(),
            executable: PathBuf::new(),
        };
        let binaries = [
            named("rushes", "rushes"),
            named("rushes", "it"),
            named("rushes-store", "it"),
            named("rushes-engines", "it"),
        ];
        let names: Vec<String> = jobs(&binaries).iter().map(Job::name).collect();
        assert_eq!(
            names,
            [
                "rushes it distributed::",
                "rushes it --skip distributed::",
                "rushes rushes",
                "rushes-engines it"
            ]
        );
    }
}
