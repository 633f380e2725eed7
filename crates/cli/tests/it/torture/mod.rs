//! Kill -9 at any moment, over the whole program: a server is killed while it takes in, commits, fuses, indexes,
//! erases, purges, rebuilds, joins files and backs up; then it is started again, and everything that it acknowledged
//! must be there to the byte, and nothing half.
//!
//! The short form runs with the tests; `cargo xtask torture` runs the long one. It says its seed.

mod check;
mod hands;
pub mod http;
pub mod ledger;
pub mod life;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use self::hands::Chore;
use self::ledger::{Ledger, Random};
use self::life::{Doing, Life};

/// Kills of the short form, and how long it may take.
const SHORT: (u64, Duration) = (8, Duration::from_secs(10));
/// Kills of one archive, before the next begins empty.
const KILLS_PER_ARCHIVE: u64 = 10;
/// Longest time from the first request to a kill by the clock.
const LIFE_MS: u64 = 1_500;
/// How long a moment that is waited for may take to come, before the kill comes anyway.
const MOMENT_MAX: Duration = Duration::from_secs(3);

/// When the server is killed.
#[derive(Debug)]
enum Trigger {
    /// While it opens the archive.
    Opening,
    /// By the clock.
    After(Duration),
    /// When a file appears, or goes: something has just begun, or ended.
    Appears(&'static str, PathBuf),
    /// When the files of a stage change: flushing, joining, publishing.
    Changes(&'static str, PathBuf),
    /// While a hand waits for the answer to this, or a stage is at it.
    During(&'static str),
}

impl Trigger {
    /// One, with what the third hand does first.
    fn some(random: &mut Random, archive: &Path, next_backup: &Path) -> (Self, Chore) {
        let appears = |what, name: &str| Self::Appears(what, archive.join(name));
        let partial = next_backup.with_extension("partial");
        match random.below(25) {
            0..=1 => (Self::Opening, Chore::Erase),
            2 => (appears("rebuild begun", "rebuild.json"), Chore::Rebuild),
            3 => (appears("rebuild begun", "rebuild.json"), Chore::RebuildIndex),
            4 if archive.join("erased.json").exists() => {
                (appears("purge ended", "erased.json"), Chore::Purge)
            }
            4 => (appears("erasing begun", "erased.json"), Chore::Erase),
            5 => (Self::Appears("backup begun", partial), Chore::Backup),
            6 => (Self::Appears("backup list written", partial.join("backup.json")), Chore::Backup),
            7 => (Self::Appears("backup named", next_backup.to_owned()), Chore::Backup),
            8 => (Self::Changes("store's files change", archive.join("store")), Chore::Purge),
            9 => (Self::Changes("fused files change", archive.join("fused")), Chore::Purge),
            10 => (Self::Changes("event log's files change", archive.join("events")), Chore::some(random)),
            11..=12 => (Self::Changes("index's files change", archive.join("index")), Chore::some(random)),
            13..=14 => (Self::During("erase an asset"), Chore::Erase),
            15 => (Self::During("erase a run"), Chore::some(random)),
            16 => (Self::During("commit"), Chore::some(random)),
            17..=18 => (Self::During("index"), Chore::some(random)),
            _ => (Self::After(Duration::from_millis(random.below(LIFE_MS))), Chore::some(random)),
        }
    }

    /// Waits for the moment, and says what it is.
    fn wait(&self, random: &mut Random, doing: &[Doing]) -> &'static str {
        let until = Instant::now() + MOMENT_MAX;
        let reached = match self {
            Self::Opening => "opening",
            Self::After(time) => {
                std::thread::sleep(*time);
                "by the clock"
            }
            Self::Appears(what, path) => {
                let before = path.exists();
                while path.exists() == before && Instant::now() < until {
                    std::thread::sleep(Duration::from_micros(200));
                }
                what
            }
            Self::Changes(what, folder) => {
                let before = names_in(folder);
                while names_in(folder) == before && Instant::now() < until {
                    std::thread::sleep(Duration::from_micros(200));
                }
                what
            }
            Self::During(what) => {
                while doing.iter().all(|hand| hand.now() != Some(what)) && Instant::now() < until {
                    std::thread::yield_now();
                }
                std::thread::sleep(Duration::from_micros(random.below(3_000)));
                return what;
            }
        };
        if random.below(2) == 0 {
            std::thread::sleep(Duration::from_micros(random.below(40_000)));
        }
        reached
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

/// What was being done at the kills, how often.
#[derive(Default)]
struct Table(BTreeMap<String, u64>);

impl Table {
    fn add(&mut self, what: &str) {
        *self.0.entry(what.to_owned()).or_default() += 1;
    }

    fn print(&self, kills: u64) {
        eprintln!("{kills} kills; what was being done (several things at once):");
        for (what, count) in &self.0 {
            eprintln!("{count:>6}  {what}");
        }
    }
}

/// One life: hands work on the server until it is killed.
fn torture(
    life: &Life,
    ledger: &Ledger,
    random: &mut Random,
    trigger: &Trigger,
    chore: Chore,
    backups: &Path,
    table: &mut Table,
) {
    ledger.rebuilding.store(false, Ordering::SeqCst);
    let doing: [Doing; 4] = Default::default();
    let [writing, switching, caring, staging] = &doing;
    let mut seeds = [0; 3].map(|_| Random::new(random.below(u64::MAX)));
    let [of_writer, of_switcher, of_chores] = &mut seeds;
    std::thread::scope(|scope| {
        scope.spawn(|| hands::write(life, ledger, writing, of_writer));
        scope.spawn(|| hands::switch(life, ledger, switching, of_switcher));
        scope.spawn(|| hands::watch(life, ledger, staging));
        scope.spawn(|| hands::chores(life, ledger, caring, of_chores, chore, backups));
        table.add(&format!("moment: {}", trigger.wait(random, &doing)));
        let now: Vec<&str> = doing.iter().filter_map(Doing::now).filter(|what| !what.is_empty()).collect();
        life.kill();
        now.iter().for_each(|what| table.add(what));
    });
}

/// One archive: killed, opened and looked at again and again.
fn archive(binary: &Path, random: &mut Random, kills: u64, until: Option<Instant>, table: &mut Table) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("archive");
    let ledger = Ledger::default();
    let mut done = 0;
    while done < kills && until.is_none_or(|until| Instant::now() < until) {
        let next_backup = folder.path().join("backup-0");
        let (trigger, chore) = Trigger::some(random, &path, &next_backup);
        if matches!(trigger, Trigger::Opening) {
            let mut child = Life::spawn(binary, &path);
            std::thread::sleep(Duration::from_millis(random.below(120)));
            child.kill().unwrap();
            child.wait().unwrap();
            table.add("moment: opening");
        } else {
            let life = Life::begin(binary, &path);
            if done > 0 {
                check::all(&life, &ledger, binary);
            }
            torture(&life, &ledger, random, &trigger, chore, folder.path(), table);
        }
        done += 1;
    }
    let life = Life::begin(binary, &path);
    check::all(&life, &ledger, binary);
    check::rebuilt_and_purged(&life, &ledger, &path);
    done
}

/// The number in an environment variable.
pub fn number(name: &str) -> Option<u64> {
    std::env::var(name)
        .ok()
        .map(|text| text.parse().unwrap_or_else(|_| panic!("{name}: `{text}` is no number")))
}

/// The seed that was asked for, or any.
pub fn some_seed() -> u64 {
    let clock = std::time::UNIX_EPOCH.elapsed().map_or(1, |since| since.as_nanos() as u64 % 1_000_000_007);
    number("TORTURE_SEED").unwrap_or(clock)
}

#[test]
fn whatever_it_was_doing_when_killed_nothing_acknowledged_is_lost_and_nothing_is_half() {
    let binary = std::env::var_os("TORTURE_BINARY");
    let binary = binary.map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_rushes")), PathBuf::from);
    let seed = some_seed();
    let (kills, until) = match number("TORTURE_TIMES") {
        Some(times) => (times, None),
        None => (SHORT.0, Some(Instant::now() + SHORT.1)),
    };
    eprintln!("torture: seed {seed}, `cargo xtask torture --seed {seed}` does the same again");
    let mut random = Random::new(seed);
    let mut table = Table::default();
    let mut done = 0;
    while done < kills && until.is_none_or(|until| done == 0 || Instant::now() < until) {
        let some = KILLS_PER_ARCHIVE.min(kills - done);
        done += archive(&binary, &mut random, some, until, &mut table);
        if until.is_none() {
            eprintln!("{done} kills survived");
        }
    }
    table.print(done);
}
