//! Kill -9 at any moment, over the whole program: a server is killed while it takes in, commits, fuses, indexes,
//! erases, purges, rebuilds, joins files, backs up and opens, and commands are while they restore, move and mend. Then
//! it is started again, and everything that it acknowledged must be there to the byte, and nothing half.
//!
//! The short form runs with the tests; `cargo xtask torture` runs the long one. It says its seed.

mod check;
mod commands;
mod hands;
pub mod http;
pub mod ledger;
pub mod life;
mod phases;
mod soak;
mod steps;

use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use self::hands::Chore;
use self::ledger::{Ledger, Random};
use self::life::{Doing, Life};
use self::phases::{Phase, Trigger};

/// Kills of the short form, and how long it may take.
const SHORT: (u64, Duration) = (8, Duration::from_secs(10));
/// Kills of one archive, before the next begins empty. No divisor of the number of phases: each comes at every age of an archive.
const KILLS_PER_ARCHIVE: u64 = 11;

/// Of a phase: kills, kills that met it under way, archives in which something was wrong after the last of them.
#[derive(Debug, Default, Clone, Copy)]
struct Row {
    kills: u64,
    met: u64,
    broken: u64,
}

/// What came of the kills, by phase; what else was being done then, how often; where the time went.
#[derive(Default)]
struct Table {
    phases: BTreeMap<Phase, Row>,
    beside: BTreeMap<String, u64>,
    spent: BTreeMap<&'static str, Duration>,
}

impl Table {
    fn spend<T>(&mut self, what: &'static str, act: impl FnOnce() -> T) -> T {
        let began = Instant::now();
        let done = act();
        *self.spent.entry(what).or_default() += began.elapsed();
        done
    }

    fn add(&mut self, other: &Self) {
        for (phase, row) in &other.phases {
            let sum = self.phases.entry(*phase).or_default();
            sum.kills += row.kills;
            sum.met += row.met;
            sum.broken += row.broken;
        }
        for (what, count) in &other.beside {
            *self.beside.entry(what.clone()).or_default() += count;
        }
        for (what, time) in &other.spent {
            *self.spent.entry(what).or_default() += *time;
        }
    }

    fn print(&self) {
        eprintln!("{:<12} {:>6} {:>12} {:>6} {:>6}", "killed in", "kills", "in its midst", "whole", "broken");
        let mut sum = Row::default();
        let line = |name: &str, row: Row| {
            let whole = row.kills.saturating_sub(row.broken);
            eprintln!("{name:<12} {:>6} {:>12} {whole:>6} {:>6}", row.kills, row.met, row.broken);
        };
        for (phase, row) in &self.phases {
            line(phase.name(), *row);
            sum =
                Row { kills: sum.kills + row.kills, met: sum.met + row.met, broken: sum.broken + row.broken };
        }
        line("all", sum);
        let list = |all: Vec<String>| all.join(", ");
        eprintln!("under way: {}", list(self.beside.iter().map(|(what, n)| format!("{n} {what}")).collect()));
        eprintln!("time: {}", list(self.spent.iter().map(|(what, t)| format!("{what} {t:.0?}")).collect()));
    }
}

/// One life: hands work on the server until it is killed. Did the moment come that was waited for?
fn life_and_death(
    life: &Life,
    ledger: &Ledger,
    random: &mut Random,
    (trigger, chore): (&Trigger, Chore),
    backups: &Path,
    table: &mut Table,
) -> bool {
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
        let came = trigger.wait(random, &doing);
        let now: Vec<&str> = doing.iter().filter_map(Doing::now).filter(|what| !what.is_empty()).collect();
        life.kill();
        now.iter().for_each(|what| *table.beside.entry((*what).to_owned()).or_default() += 1);
        came
    })
}

/// The archive with this number: killed, opened and looked at again and again. `now` says which phase it is in.
fn archive(
    binary: &Path,
    seed: u64,
    numbers: Range<u64>,
    until: Option<Instant>,
    table: &mut Table,
    now: &mut Phase,
    folder: &Path,
) {
    let path = folder.join("archive");
    let (mut random, ledger) =
        (Random::new(seed ^ numbers.start.wrapping_mul(0x9e37_79b9)), Ledger::default());
    for number in numbers.clone() {
        if until.is_some_and(|until| number > numbers.start && Instant::now() >= until) {
            break;
        }
        let phase = phases::asked_for().unwrap_or_else(|| Phase::of(seed.wrapping_add(number)));
        *now = phase;
        let next_backup = folder.join("backup-0");
        let met = if phase == Phase::Reopening {
            let mut child = Life::spawn(binary, &path);
            std::thread::sleep(Duration::from_millis(random.below(120)));
            child.kill().unwrap();
            child.wait().unwrap();
            // What it does from then on is not opening.
            !path.join("serve.json").exists()
        } else {
            let life = table.spend("opening", || Life::begin(binary, &path));
            table.spend("checking", || check::all(&life, &ledger, binary));
            let (trigger, chore) = Trigger::of(phase, &mut random, &path, &next_backup);
            let began = Instant::now();
            let met = life_and_death(&life, &ledger, &mut random, (&trigger, chore), folder, table);
            *table.spent.entry("working").or_default() += began.elapsed();
            match phase {
                Phase::Restore | Phase::Migrate | Phase::Doctor => {
                    table.spend("commands", || commands::killed(phase, binary, &path, &ledger, &mut random))
                }
                _ => met,
            }
        };
        let row = table.phases.entry(phase).or_default();
        row.kills += 1;
        row.met += u64::from(met);
    }
    let life = table.spend("opening", || Life::begin(binary, &path));
    table.spend("checking", || check::all(&life, &ledger, binary));
    table.spend("rebuilding and purging", || check::rebuilt_and_purged(&life, &ledger, &path));
}

/// Archives one after the other, until there are none left. Keeps the folder of one in which something is wrong, and goes on.
fn lane(
    binary: &Path,
    seed: u64,
    next: &AtomicU64,
    kills: Range<u64>,
    until: Option<Instant>,
) -> (Table, Vec<String>) {
    let (mut table, mut broken) = (Table::default(), Vec::new());
    loop {
        let first = next.fetch_add(KILLS_PER_ARCHIVE, Ordering::SeqCst);
        if first >= kills.end || until.is_some_and(|until| first > kills.start && Instant::now() >= until) {
            return (table, broken);
        }
        let folder = tempfile::tempdir().unwrap();
        let (mut now, mut of_one) = (Phase::Any, Table::default());
        let numbers = first..kills.end.min(first + KILLS_PER_ARCHIVE);
        let lived = catch_unwind(AssertUnwindSafe(|| {
            archive(binary, seed, numbers.clone(), until, &mut of_one, &mut now, folder.path());
        }));
        table.add(&of_one);
        if lived.is_err() {
            table.phases.entry(now).or_default().broken += 1;
            let kept = folder.keep();
            let said = format!("kills {numbers:?}, {}: {}", now.name(), kept.display());
            eprintln!("BROKEN {said}");
            broken.push(said);
        } else if until.is_none() {
            eprintln!("kills {numbers:?} survived");
        }
    }
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
    let from = number("TORTURE_FROM").unwrap_or(0) / KILLS_PER_ARCHIVE * KILLS_PER_ARCHIVE;
    let jobs = number("TORTURE_JOBS").unwrap_or(1).max(1);
    eprintln!("torture: seed {seed}, `cargo xtask torture --seed {seed}` does the same again");
    let (began, next, kills) = (Instant::now(), AtomicU64::new(from), from..from + kills);
    let mut table = Table::default();
    let mut broken = Vec::new();
    std::thread::scope(|scope| {
        let lanes: Vec<_> =
            (0..jobs).map(|_| scope.spawn(|| lane(&binary, seed, &next, kills.clone(), until))).collect();
        for lane in lanes {
            let (of_lane, broken_there) = lane.join().unwrap();
            table.add(&of_lane);
            broken.extend(broken_there);
        }
    });
    table.print();
    eprintln!("in {:.0?}, {jobs} at once, seed {seed}", began.elapsed());
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
