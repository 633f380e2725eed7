//! Chores of the project, in plain Rust so that they run wherever cargo does: `cargo xtask help`.
//!
//! One module per chore. What CI does is `cargo xtask ci`: nothing is checked elsewhere that is not checked
//! here, so that a green run at home is a green run there.

#![allow(clippy::print_stdout, clippy::print_stderr)] // a command line prints

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};

mod ci;
mod coverage;
mod cpu;
mod engines;
mod fuzz;
mod licences;
mod networked;
mod page;
mod skips;
mod smoke;
mod test_runs;
mod tidy;
mod torture;

const HELP: &str = "\
cargo xtask COMMAND

  ci       what CI does: formatting, tidy, lints, licences, a smoke run, the page, all tests
           --tests  builds and runs the tests alone, with the servers that some want
  lint     the part of `ci` that runs nothing of ours: formatting, tidy, lints, licences
  smoke    builds a release, runs the demo and asks it for its page
  page     the web page: types, unit tests, and every state of it in a browser
           --report  prints what it costs and how fast it is   --shots DIR  pictures of every state of it
  torture  kills the program in every phase of its work and looks whether anything acknowledged is lost; docs/trials.md
           --times N  that many kills (200)   --seed N  the same ones again   --from N  from this kill on
           --jobs N  archives at once   --in DIR  archives in this folder   --binary FILE  of this program
           Instead of kills, with what they want in docs/trials.md:
           --engines  faults of processes on servers of its own (60)   --only TEXT  those named so
           --matrix   each engine is stopped, killed, cut off, slowed and full, so many times (20)   --only TEXT
           --damage   files are damaged (10000)
           --full     disks run full (200)
           --soak MINUTES  clients without a pause, a fault a minute, and memory over time
  fuzz [TARGET]...
           fuzzes what is read: each target until it has had ten million inputs in all; a C++ compiler is needed
           --inputs N  so many in all   --minutes N  of each at most, now   --seed N   --list  names the targets
  tidy     crate edges, circles, unused dependencies, sizes, unfinished work, manifests, documents
           --tighten  writes the exceptions down to what is needed today
  demo-film
           draws, speaks and encodes the films of our own show again, after its screenplay changed; needs ffmpeg and
           espeak-ng. `demo-film sheet s01e01 FILE.png` only shows the middle of every shot
  coverage [-p CRATE]...
           runs the tests with counters and prints which share of each crate's lines they run; needs the component
           `llvm-tools` of rustup. `with-engines cargo xtask coverage --features rushes/engines` has those on servers too
  models   builds and tests what the feature `models` adds; not a part of `ci`, since it builds long
  engines ACTION [SERVER]...
           real servers for tests, on the loopback address; docs/engines.md says more. SERVER is cassandra, kafka,
           elasticsearch or opensearch; without one, all but opensearch. ACTION is
           up      fetches what is not there, starts, waits until ready    down   ends; the data stay
           status  what runs, where, how large      env    `export` lines that lead the tests to what runs
           fetch   only fetches                     wipe   ends and deletes the data
           start, stop, kill   one server, for fault tests; `kill` is sudden
           --port SERVER=N   --peer-port SERVER=N   --heap SERVER=512m   --shift N (all ports by that much)
           --use tests (compiles for minutes, not for hours), scratch (for tests that never kill it), work
           --home DIR (target/engines)   --jars DIR (the jars of that home)   --timeout SECONDS (180);
           or in the environment: RUSHES_ENGINES_KAFKA_PORT, RUSHES_ENGINES_HOME and so on
  with-engines COMMAND...
           fresh engines while a command runs, `with-engines cargo test -p rushes-engine-kafka` for instance
  help     this text
";

/// The exit code where nothing of ours is wrong and the machine lacks something.
const UNAVAILABLE: u8 = 3;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            match error.downcast_ref::<engines::Unavailable>() {
                Some(_) => ExitCode::from(UNAVAILABLE),
                None => ExitCode::FAILURE,
            }
        }
    }
}

fn run(args: &[String]) -> anyhow::Result<()> {
    let root = root()?;
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] | ["help" | "--help" | "-h"] => print!("{HELP}"),
        ["ci"] => ci::all(&root)?,
        ["ci", "--tests"] => ci::only_tests(&root)?,
        ["lint"] => ci::lint(&root)?,
        ["page"] => page::run(&root)?,
        ["page", "--report"] => page::run_script(&root, "report", &[])?,
        ["page", "--shots", folder] => page::run_script(&root, "shots", &["--", folder])?,
        ["fuzz", ..] => fuzz::run(&root, &args[1..])?,
        ["torture", ..] => torture::run(&root, &args[1..])?,
        ["smoke"] => smoke::run(&root)?,
        ["models"] => ci::models(&root)?,
        ["coverage", rest @ ..] => coverage::run(&root, rest)?,
        ["engines", rest @ ..] => engines::run(&root, rest)?,
        ["with-engines", command @ ..] => networked::with(&root, command)?,
        ["tidy"] => report(&tidy::check(&root)?)?,
        ["tidy", "--tighten"] => tidy::tighten(&root)?,
        ["demo-film", rest @ ..] => {
            let what = if rest.is_empty() { &["all"][..] } else { rest };
            ci::cargo(&root, &[&["run", "--package", "rushes-film", "--"], what].concat())?;
        }
        // Cargo starts this, not a person.
        ["in-track", words @ ..] => test_runs::in_track(words)?,
        [other, ..] => bail!("`{other}` is no chore; see `cargo xtask help`"),
    }
    Ok(())
}

/// Prints every problem, and fails where there is one.
fn report(problems: &[String]) -> anyhow::Result<()> {
    for problem in problems {
        println!("{problem}");
    }
    if !problems.is_empty() {
        bail!("{} to tidy up", problems.len());
    }
    println!("tidy");
    Ok(())
}

/// The folder of the workspace's manifest: where this crate was built, one folder up.
fn root() -> anyhow::Result<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().map(Path::to_path_buf).context("the xtask crate lies in no workspace")
}

/// Where cargo puts what it builds, and we what we need between two runs.
fn target(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}
