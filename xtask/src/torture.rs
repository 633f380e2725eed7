//! The long forms of the tests that kill, break engines, damage files, fill disks, and soak.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail, ensure};

use crate::networked;

/// What is done to the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trial {
    /// One process is killed.
    Kills,
    /// Processes on engines, and engines, in any order.
    Engines,
    /// Each engine fails in each way.
    Matrix,
    /// Files are damaged.
    Damage,
    /// Disks run full.
    Full,
    /// One archive for minutes, with a fault a minute.
    Soak,
    /// Taking over a damaged store is killed at each of its steps.
    Steps,
}

impl Trial {
    const ALL: [Self; 7] =
        [Self::Kills, Self::Engines, Self::Matrix, Self::Damage, Self::Full, Self::Soak, Self::Steps];

    /// The word that asks for it; the kills are done where nothing is asked for.
    const fn flag(self) -> &'static str {
        match self {
            Self::Kills => "",
            Self::Engines => "--engines",
            Self::Matrix => "--matrix",
            Self::Damage => "--damage",
            Self::Full => "--full",
            Self::Soak => "--soak",
            Self::Steps => "--steps",
        }
    }

    /// The variable that says how often, and how often by default.
    const fn times(self) -> (&'static str, &'static str) {
        match self {
            Self::Kills => ("TORTURE_TIMES", "200"),
            Self::Engines => ("TORTURE_ENGINES_TIMES", "60"),
            Self::Matrix => ("TORTURE_MATRIX_TIMES", "20"),
            Self::Damage => ("TORTURE_DAMAGES", "10000"),
            Self::Full => ("TORTURE_FULL", "200"),
            Self::Soak => ("TORTURE_SOAK", "60"),
            Self::Steps => ("TORTURE_STEPS", "1"),
        }
    }

    /// What cargo is told.
    const fn tests(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Kills => ("rushes", &["--", "torture::whatever_it_was", "--nocapture"]),
            Self::Engines | Self::Matrix => {
                ("rushes", &["--features", "engines", "--", "distributed::whatever_breaks", "--nocapture"])
            }
            Self::Damage => ("rushes-archive", &["--", "damage", "--nocapture"]),
            Self::Full => ("rushes-archive", &["--", "full_disk", "--nocapture"]),
            Self::Soak => ("rushes", &["--", "torture::soak", "--nocapture"]),
            Self::Steps => ("rushes", &["--", "torture::steps", "--nocapture"]),
        }
    }
}

/// What was asked for: a trial, and variables for its test.
#[derive(Debug, PartialEq, Eq)]
struct Request {
    trial: Trial,
    variables: Vec<(&'static str, String)>,
}

impl Request {
    fn parse(args: &[String]) -> anyhow::Result<Self> {
        let asked: Vec<Trial> = Trial::ALL
            .into_iter()
            .filter(|trial| args.iter().any(|word| !word.is_empty() && word == trial.flag()))
            .collect();
        ensure!(asked.len() < 2, "`{}` and `{}` are two tests; give one", asked[0].flag(), asked[1].flag());
        let trial = asked.first().copied().unwrap_or(Trial::Kills);
        let (times, usual) = trial.times();
        let mut variables = vec![(times, usual.to_owned())];
        let mut words = args.iter().filter(|word| *word != trial.flag() || trial == Trial::Soak);
        while let Some(word) = words.next() {
            let value = words.next().with_context(|| format!("`{word}` needs a value"))?.clone();
            let is_of_kills = trial == Trial::Kills;
            let whole = || std::path::absolute(&value).map(|path| path.display().to_string());
            variables.push(match word.as_str() {
                "--times" if !matches!(trial, Trial::Soak | Trial::Steps) => (times, value),
                "--soak" => (times, value),
                "--seed" => ("TORTURE_SEED", value),
                "--in" => ("TMPDIR", whole()?),
                "--only" if matches!(trial, Trial::Engines | Trial::Matrix) => ("TORTURE_ONLY", value),
                "--phase" if is_of_kills => ("TORTURE_PHASE", value),
                "--from" if is_of_kills => ("TORTURE_FROM", value),
                "--jobs" if is_of_kills => ("TORTURE_JOBS", value),
                "--binary" if is_of_kills || trial == Trial::Soak => ("TORTURE_BINARY", whole()?),
                other => bail!("`{other}` is no option of this; see `cargo xtask help`"),
            });
        }
        Ok(Self { trial, variables })
    }
}

/// Runs the tests of a trial in their long form.
pub fn run(root: &Path, args: &[String]) -> anyhow::Result<()> {
    let Request { trial, variables } = Request::parse(args)?;
    let (package, words) = trial.tests();
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root).args(["test", "-p", package, "--test", "it"]).args(words);
    if matches!(trial, Trial::Engines | Trial::Matrix) {
        cargo.envs(networked::of_own(root));
    }
    let status = cargo.envs(variables).status().context("cargo does not start")?;
    ensure!(status.success(), "something was lost, or half, or looked right");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &str) -> anyhow::Result<Request> {
        Request::parse(&words.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn each_trial_is_asked_for_by_its_word_with_how_often() {
        for (words, trial, last) in [
            ("", Trial::Kills, ("TORTURE_TIMES", "200")),
            ("--times 9 --from 22 --jobs 2", Trial::Kills, ("TORTURE_JOBS", "2")),
            ("--times 90 --phase doctor", Trial::Kills, ("TORTURE_PHASE", "doctor")),
            ("--steps --seed 3", Trial::Steps, ("TORTURE_SEED", "3")),
            ("--matrix --times 3 --only kafka", Trial::Matrix, ("TORTURE_ONLY", "kafka")),
            ("--engines --times 3", Trial::Engines, ("TORTURE_ENGINES_TIMES", "3")),
            ("--soak 5", Trial::Soak, ("TORTURE_SOAK", "5")),
            ("--damage --seed 4", Trial::Damage, ("TORTURE_SEED", "4")),
        ] {
            let request = parse(words).unwrap();
            assert_eq!(request.trial, trial, "{words}");
            assert_eq!(request.variables.last(), Some(&(last.0, last.1.to_owned())), "{words}");
        }
        for wrong in [
            "--engines --damage",
            "--soak",
            "--damage --jobs 2",
            "--matrix --binary x",
            "--steps --times 2",
            "--times",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
