//! What the program is killed in the midst of, and how that moment is met.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::hands::Chore;
use super::ledger::Random;
use super::life::Doing;

/// Longest time from the first request to a kill by the clock.
const LIFE_MS: u64 = 600;
/// How long a moment that is waited for may take to come, before the kill comes anyway.
const MOMENT_MAX: Duration = Duration::from_secs(2);

/// What is under way at a kill. Each is dealt as often as any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    Ingest,
    Commit,
    Fuse,
    Index,
    Erase,
    Purge,
    Rebuild,
    Backup,
    Reopening,
    Restore,
    Migrate,
    Doctor,
    /// By the clock.
    Any,
}

impl Phase {
    pub const ALL: [Self; 13] = [
        Self::Ingest,
        Self::Rebuild,
        Self::Restore,
        Self::Commit,
        Self::Purge,
        Self::Migrate,
        Self::Fuse,
        Self::Backup,
        Self::Reopening,
        Self::Index,
        Self::Erase,
        Self::Doctor,
        Self::Any,
    ];

    /// The phase of the kill with this number.
    pub fn of(number: u64) -> Self {
        Self::ALL[(number % Self::ALL.len() as u64) as usize]
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Commit => "commit",
            Self::Fuse => "fuse",
            Self::Index => "index",
            Self::Erase => "erase",
            Self::Purge => "purge",
            Self::Rebuild => "rebuild",
            Self::Backup => "backup",
            Self::Reopening => "reopening",
            Self::Restore => "restore",
            Self::Migrate => "migrate",
            Self::Doctor => "doctor",
            Self::Any => "at any time",
        }
    }
}

/// The only phase that kills are to be in, where one was asked for.
pub fn asked_for() -> Option<Phase> {
    let name = std::env::var("TORTURE_PHASE").ok()?;
    let phase = Phase::ALL.into_iter().find(|phase| phase.name() == name);
    Some(phase.unwrap_or_else(|| {
        let names: Vec<&str> = Phase::ALL.into_iter().map(Phase::name).collect();
        panic!("TORTURE_PHASE: `{name}` is none of: {}", names.join(", "))
    }))
}

/// When the server is killed.
#[derive(Debug)]
pub enum Trigger {
    /// By the clock.
    After(Duration),
    /// When a file appears, or goes: something has just begun, or ended.
    Appears(PathBuf),
    /// When the files of a stage change: flushing, joining, publishing.
    Changes(PathBuf),
    /// While a hand waits for the answer to this, or a stage is at it; so long after that began.
    During(&'static str, Duration),
}

impl Trigger {
    /// One for a phase of a server, with what the third hand does first.
    pub fn of(phase: Phase, random: &mut Random, archive: &Path, next_backup: &Path) -> (Self, Chore) {
        let appears = |name: &str| Self::Appears(archive.join(name));
        let changes = |name: &str| Self::Changes(archive.join(name));
        let during = |what, most_ms: u64, random: &mut Random| {
            Self::During(what, Duration::from_micros(random.below(most_ms * 1_000)))
        };
        let partial = next_backup.with_extension("partial");
        match phase {
            Phase::Ingest => (during("ingest", 6, random), Chore::some(random)),
            Phase::Commit => (during("commit", 4, random), Chore::some(random)),
            Phase::Fuse if random.below(2) == 0 => (changes("fused"), Chore::Purge),
            Phase::Fuse => (during("fuse", 8, random), Chore::some(random)),
            Phase::Index if random.below(2) == 0 => (changes("index"), Chore::some(random)),
            Phase::Index => (during("index", 8, random), Chore::some(random)),
            Phase::Erase => match random.below(3) {
                0 if !archive.join("erased.json").exists() => (appears("erased.json"), Chore::Erase),
                1 => (during("erase a run", 6, random), Chore::Erase),
                _ => (during("erase an asset", 6, random), Chore::Erase),
            },
            Phase::Purge => match random.below(3) {
                0 if archive.join("erased.json").exists() => (appears("erased.json"), Chore::Purge),
                1 => (changes("store"), Chore::Purge),
                _ => (during("purge", 120, random), Chore::Purge),
            },
            Phase::Rebuild => {
                let what = if random.below(2) == 0 { Chore::Rebuild } else { Chore::RebuildIndex };
                match random.below(2) {
                    0 => (appears("rebuild.json"), what),
                    _ => (during("rebuild", 200, random), what),
                }
            }
            Phase::Backup => match random.below(4) {
                0 => (Self::Appears(partial), Chore::Backup),
                1 => (Self::Appears(partial.join("backup.json")), Chore::Backup),
                2 => (Self::Appears(next_backup.to_owned()), Chore::Backup),
                _ => (during("backup", 80, random), Chore::Backup),
            },
            Phase::Reopening | Phase::Restore | Phase::Migrate | Phase::Doctor | Phase::Any => {
                (Self::After(Duration::from_millis(random.below(LIFE_MS))), Chore::some(random))
            }
        }
    }

    /// Waits for the moment; did it come?
    pub fn wait(&self, random: &mut Random, doing: &[Doing]) -> bool {
        let until = Instant::now() + MOMENT_MAX;
        let wait_while = |goes_on: &dyn Fn() -> bool| {
            while goes_on() {
                if Instant::now() >= until {
                    return false;
                }
                std::thread::sleep(Duration::from_micros(200));
            }
            true
        };
        let came = match self {
            Self::After(time) => {
                std::thread::sleep(*time);
                return true;
            }
            Self::During(what, after) => {
                let is_done = |hand: &Doing| hand.now() == Some(*what);
                let came = wait_while(&|| !doing.iter().any(is_done));
                std::thread::sleep(*after);
                return came;
            }
            Self::Appears(path) => {
                let before = path.exists();
                wait_while(&|| path.exists() == before)
            }
            Self::Changes(folder) => {
                let before = names_in(folder);
                wait_while(&|| names_in(folder) == before)
            }
        };
        if random.below(2) == 0 {
            std::thread::sleep(Duration::from_micros(random.below(40_000)));
        }
        came
    }
}

/// The names of all files below a folder.
fn names_in(folder: &Path) -> Vec<PathBuf> {
    let mut names = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path.clone());
            }
            names.push(path);
        }
    }
    names.sort();
    names
}
