//! All tests, by the command that the README has: their output is shown as it comes, and their closing lines are counted.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::Context;

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
}

/// Builds all test binaries. `words` are those of `cargo test` that choose packages and features.
pub fn build(root: &Path, words: &[&str]) -> anyhow::Result<()> {
    crate::ci::cargo(root, &[words, &["--no-run"]].concat())
}

/// Runs all tests with these variables, also after one that failed. Gives how many did what, and whether all went well.
pub fn run(root: &Path, words: &[&str], env: &[(&str, String)]) -> anyhow::Result<(Counts, bool)> {
    let words = [words, &["--no-fail-fast"]].concat();
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
    Ok((counts, status.success()))
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
}
