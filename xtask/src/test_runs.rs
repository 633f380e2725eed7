//! All tests, by the command that the README has: their output is shown as it comes, and their closing lines are counted.
//!
//! Tests run in tracks beside each other, since many of them mostly wait: for servers, for a disk, for a time to pass. Those
//! that break processes and servers, those on Cassandra, those on the other servers, those that need no server. Cargo would
//! run one test binary after the other, so it runs once for each track, and starts each binary by `cargo xtask in-track`,
//! which leaves those of other tracks alone. What one track leaves must have run in another.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Instant;

use anyhow::{Context, anyhow, bail, ensure};

/// The crate whose tests break what they run on.
const FAULTS: &str = "rushes";
/// The crates whose tests keep the shared Cassandra busy.
const CASSANDRA: [&str; 2] = ["rushes-engine-cassandra", "rushes-engines"];
/// The crates whose tests use the other servers.
const SERVERS: [&str; 3] = ["rushes-engine-kafka", "rushes-engine-elastic", "rushes-bench"];
/// How a line begins that says which binary a track runs, and which it leaves to the other.
const RUNS: &str = "== runs ";
const LEAVES: &str = "== leaves ";

/// Which tests run one after the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Track {
    /// Processes are killed, servers die.
    Faults,
    /// No server.
    Light,
    Servers,
    Cassandra,
}

impl Track {
    const ALL: [Self; 4] = [Self::Faults, Self::Light, Self::Servers, Self::Cassandra];

    const fn name(self) -> &'static str {
        match self {
            Self::Faults => "faults",
            Self::Light => "light",
            Self::Servers => "servers",
            Self::Cassandra => "cassandra",
        }
    }

    fn parse(name: &str) -> anyhow::Result<Self> {
        let track = Self::ALL.into_iter().find(|track| track.name() == name);
        track.with_context(|| format!("`{name}` is no track of tests"))
    }

    /// The track of a crate's tests.
    fn of(package: &str) -> Self {
        match package {
            FAULTS => Self::Faults,
            other if CASSANDRA.contains(&other) => Self::Cassandra,
            other if SERVERS.contains(&other) => Self::Servers,
            _ => Self::Light,
        }
    }
}

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

/// What came of one track, or of both.
#[derive(Default)]
struct Ran {
    counts: Counts,
    run: BTreeSet<String>,
    left: BTreeSet<String>,
}

impl Ran {
    fn add_line(&mut self, line: &str) {
        self.counts.add_line(line);
        self.run.extend(line.strip_prefix(RUNS).map(str::to_owned));
        self.left.extend(line.strip_prefix(LEAVES).map(str::to_owned));
    }

    fn add(&mut self, other: Self) {
        self.counts.passed += other.counts.passed;
        self.counts.failed += other.counts.failed;
        self.counts.ignored += other.counts.ignored;
        self.run.extend(other.run);
        self.left.extend(other.left);
    }
}

/// Has clippy's driver compile what is ours, as `cargo clippy` does, but to code: linting and compiling for tests are one
/// build then, and not two of which the first leaves nothing to the second.
const LINTING: [(&str, &str); 2] = [("RUSTC_WORKSPACE_WRAPPER", "clippy-driver"), ("CLIPPY_ARGS", "")];

/// Builds all test binaries, and gives how many lints fired. `words` are those of `cargo test` that choose packages and
/// features.
pub fn build(root: &Path, words: &[&str]) -> anyhow::Result<usize> {
    let words = [words, &["--no-run", "--message-format", "json"]].concat();
    let command = format!("cargo {}", words.join(" "));
    println!("\n== {command}");
    let started = Instant::now();
    let mut child = Command::new("cargo")
        .args(&words)
        .envs(LINTING)
        .current_dir(root)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("starting `{command}`"))?;
    let mut lints = BTreeSet::new();
    for line in BufReader::new(child.stdout.take().context("cargo has no output")?).lines() {
        let Some((text, is_lint)) = diagnostic(&line.context("reading what cargo says")?) else { continue };
        println!("{text}");
        if is_lint {
            lints.insert(text);
        }
    }
    let status = child.wait().context("waiting for cargo")?;
    println!("== {} s", started.elapsed().as_secs());
    ensure!(status.success(), "`{command}` failed: {status}");
    Ok(lints.len())
}

/// What the compiler says, by a line of cargo's messages, and whether it is about a place in the sources.
fn diagnostic(line: &str) -> Option<(String, bool)> {
    let message: serde_json::Value = serde_json::from_str(line).ok()?;
    let text = message["message"]["rendered"].as_str()?;
    let has_place = message["message"]["spans"].as_array().is_some_and(|spans| !spans.is_empty());
    Some((text.to_owned(), has_place))
}

/// Runs all tests with these variables, also after one that failed. Gives how many did what, and whether all went well.
pub fn run(root: &Path, words: &[&str], env: &[(&str, String)]) -> anyhow::Result<(Counts, bool)> {
    let outcomes = std::thread::scope(|scope| {
        let running = Track::ALL.map(|of| (of, scope.spawn(move || track(root, of, words, env))));
        running.map(|(track, running)| {
            running.join().unwrap_or_else(|_| Err(anyhow!("reading the {} track broke off", track.name())))
        })
    });
    let mut all = Ran::default();
    let mut held = true;
    for outcome in outcomes {
        let (ran, status) = outcome?;
        all.add(ran);
        held &= status.success();
    }
    let nowhere: Vec<&str> = all.left.difference(&all.run).map(String::as_str).collect();
    ensure!(nowhere.is_empty(), "no track ran {}", nowhere.join(", "));
    Ok((all.counts, held))
}

/// Runs one track, and shows what it prints.
fn track(
    root: &Path,
    track: Track,
    words: &[&str],
    env: &[(&str, String)],
) -> anyhow::Result<(Ran, ExitStatus)> {
    let this = std::env::current_exe().context("finding this program")?;
    let runner = serde_json::json!([this, "in-track", track.name()]);
    let config = format!("target.\"cfg(all())\".runner={runner}");
    // The examples in docs have no binary in the build's folder; only one track has them.
    let targets: &[&str] = if track == Track::Light { &[] } else { &["--tests"] };
    let words = [words, targets, &["--no-fail-fast"]].concat();
    let command = format!("cargo {}", words.join(" "));
    println!("\n== {command} ({} track)", track.name());
    let started = Instant::now();
    let (output, input) = std::io::pipe().context("making a pipe")?;
    let mut child = Command::new("cargo")
        .args(&words[..1])
        .args(["--config", &config])
        .args(&words[1..])
        .envs(LINTING)
        .envs(env.iter().map(|(name, value)| (name, value)))
        .current_dir(root)
        .stdin(Stdio::null())
        .stdout(input.try_clone().context("sharing a pipe")?)
        .stderr(input)
        .spawn()
        .with_context(|| format!("starting `{command}`"))?;
    let mut ran = Ran::default();
    for line in BufReader::new(output).split(b'\n') {
        let line = line.context("reading what the tests print")?;
        let line = String::from_utf8_lossy(&line);
        println!("{:9} | {line}", track.name());
        ran.add_line(&line);
    }
    let status = child.wait().context("waiting for the tests")?;
    println!("== {} track: {} s", track.name(), started.elapsed().as_secs());
    Ok((ran, status))
}

/// What cargo starts instead of a test binary: runs it where it is in this track.
pub fn in_track(words: &[&str]) -> anyhow::Result<()> {
    let [track, program, args @ ..] = words else { bail!("cargo names a track and a program") };
    let track = Track::parse(track)?;
    let is_of_docs = Path::new(program).parent().is_none_or(|folder| !folder.ends_with("deps"));
    if !is_of_docs && track != Track::of(&std::env::var("CARGO_PKG_NAME").unwrap_or_default()) {
        println!("{LEAVES}{program}");
        return Ok(());
    }
    println!("{RUNS}{program}");
    let mut command = Command::new(program);
    // Tests that call cargo want no lints.
    for (name, _) in LINTING {
        command.env_remove(name);
    }
    let started = Instant::now();
    let status = command.args(args).status();
    let status = status.with_context(|| format!("starting `{program}`"))?;
    if let Some(cpu) = crate::cpu::of_children() {
        let package = std::env::var("CARGO_PKG_NAME").unwrap_or_default();
        println!("== {package}: {cpu:.1} s of processor time in {:.1} s", started.elapsed().as_secs_f64());
    }
    ensure!(status.success(), "{status}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_are_added_and_nothing_else() {
        let mut ran = Ran::default();
        for line in [
            "running 3 tests",
            "test a ... ok",
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 4 filtered out; finished in 0.00s",
            "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.5s",
            "7 passed",
            "== runs target/debug/deps/it-1",
            "== leaves target/debug/deps/it-2",
        ] {
            ran.add_line(line);
        }
        assert_eq!(ran.counts, Counts { passed: 15, failed: 2, ignored: 1 });
        assert_eq!(ran.run, BTreeSet::from(["target/debug/deps/it-1".to_owned()]));
        assert_eq!(ran.left, BTreeSet::from(["target/debug/deps/it-2".to_owned()]));
    }

    #[test]
    fn a_lint_is_told_from_what_else_cargo_says() {
        let lint = r#"{"reason":"compiler-message","message":{"spans":[{}],"rendered":"warning: x"}}"#;
        let count = r#"{"reason":"compiler-message","message":{"spans":[],"rendered":"warning: 1 emitted"}}"#;
        assert_eq!(diagnostic(lint), Some(("warning: x".to_owned(), true)));
        assert_eq!(diagnostic(count), Some(("warning: 1 emitted".to_owned(), false)));
        for line in [r#"{"reason":"build-finished","success":true}"#, "", "Compiling"] {
            assert_eq!(diagnostic(line), None);
        }
    }

    #[test]
    fn each_track_has_a_name_and_the_crates_it_is_named_for() {
        for track in Track::ALL {
            assert_eq!(Track::parse(track.name()).unwrap(), track);
        }
        for (manifest, track) in [
            ("crates/cli", Track::Faults),
            ("crates/engine-cassandra", Track::Cassandra),
            ("crates/engine-kafka", Track::Servers),
            ("crates/engine-elastic", Track::Servers),
            ("crates/engines", Track::Cassandra),
            ("crates/bench", Track::Servers),
            ("crates/index", Track::Light),
        ] {
            let manifest = crate::root().unwrap().join(manifest).join("Cargo.toml");
            let manifest: toml::Table = std::fs::read_to_string(manifest).unwrap().parse().unwrap();
            assert_eq!(Track::of(manifest["package"]["name"].as_str().unwrap()), track);
        }
    }
}
