//! A disk that runs full at any moment, while an archive takes in, fuses, indexes, rebuilds, backs up or purges: what was
//! acknowledged is there once there is room again, and nothing is half. The disk is a small file system in memory, which only
//! root may mount.
//!
//! The short form meets the end of the disk a few times; `cargo xtask torture --full` as often as it is told.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rushes_archive::{
    Archive, BackupRequest, Body, Caller, IngestMode, IngestOptions, NoProgress, OpenOptions, Rebuild,
    verify_backups,
};
use rushes_testkit::random::{Random, seed_from};
use rushes_testkit::skips::skipped;
use rushes_types::{Commit, ErrorKind, Result};
use tempfile::TempDir;

use crate::flow::line;

/// Size of the disk.
const SIZE: &str = "size=192m";
/// The end of the disk is met this often in the short form, and by how many points a disk is used.
const TIMES: usize = 3;
const POINTS_OF_A_DISK: usize = 8;
/// What is left free at most when the disk is written full, in bytes.
const LEFT_MAX: usize = 2 << 20;
/// Requests that a writer sends at most.
const REQUESTS: usize = 80;
/// How long anything may take that has to end.
const PATIENCE: Duration = Duration::from_secs(90);

struct Disk(TempDir);

impl Disk {
    /// `None` where this user may not mount one.
    fn mount() -> Option<Self> {
        let dir = TempDir::new().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", SIZE, "tmpfs"]).arg(dir.path()).stderr(Stdio::null());
        mount.status().is_ok_and(|status| status.success()).then_some(Self(dir))
    }

    fn filler(&self) -> PathBuf {
        self.0.path().join("filler")
    }

    /// Writes it full, but for so many bytes.
    fn fill(&self, left: usize) {
        let mut file = File::create(self.filler()).unwrap();
        let piece = vec![1u8; 256 << 10];
        while file.write_all(&piece).is_ok() {}
        let length = file.metadata().unwrap().len();
        file.set_len(length.saturating_sub(left as u64)).unwrap();
    }

    fn make_room(&self) {
        fs::remove_file(self.filler()).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

/// What is done while the disk runs full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Work {
    TakeIn,
    Rebuild,
    RebuildIndex,
    BackUp,
    Purge,
    Verify,
}

const WORKS: [Work; 6] =
    [Work::TakeIn, Work::Rebuild, Work::RebuildIndex, Work::BackUp, Work::Purge, Work::Verify];

/// What came of it: which end was met first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Met {
    /// The store: a request was refused.
    Store,
    /// A later stage, or the work itself.
    Other,
    /// Nobody: what was left was enough.
    Nobody,
}

fn options() -> OpenOptions {
    OpenOptions { purge_after: Duration::from_secs(24 * 3600), ..OpenOptions::default() }
}

/// Lines that no other request has.
fn request(number: usize, lines: usize) -> String {
    let asset = format!("e{}", number % 5);
    // Spread over hours: seconds that are full would make what comes after slow.
    let start = |n: i64| (number as i64 * 211 + n * 7) % 20_000;
    (0..lines as i64)
        .map(|n| {
            line(
                &asset,
                "faces@1",
                "CHARACTER_SEARCH",
                &format!("take {number} of {n}"),
                start(n),
                start(n) + 3,
            )
        })
        .collect()
}

fn do_work(archive: &Archive, work: Work, backups: &Path) -> Result<()> {
    let caller = Caller::local();
    match work {
        Work::TakeIn => Ok(()),
        Work::Rebuild => archive.rebuild(&caller, Rebuild::All, &NoProgress),
        Work::RebuildIndex => archive.rebuild(&caller, Rebuild::Index, &NoProgress),
        Work::BackUp => archive.backup(&caller, &BackupRequest::set(backups, Some(2)), &NoProgress).map(drop),
        Work::Purge => archive.purge(&caller, &NoProgress),
        Work::Verify => archive.verify(&caller, &NoProgress).map(drop),
    }
}

/// An archive on a small disk, and what it acknowledged.
struct Trial {
    disk: Disk,
    acknowledged: Vec<String>,
    sent: usize,
}

impl Trial {
    fn new(disk: Disk) -> Self {
        Self { disk, acknowledged: Vec::new(), sent: 0 }
    }

    fn dir(&self) -> PathBuf {
        self.disk.0.path().join("a")
    }

    fn backups(&self) -> PathBuf {
        self.disk.0.path().join("backups")
    }

    /// Sends until a request is refused; what is acknowledged meanwhile counts.
    fn send(&mut self, archive: &Archive, random: &mut Random) -> bool {
        for _ in 0..REQUESTS {
            let lines = request(self.sent, 1 + random.below(300));
            self.sent += 1;
            let options = IngestOptions { mode: IngestMode::Loose, ..IngestOptions::default() };
            match archive.ingest(&Caller::local(), Body::Lines(lines.as_bytes()), &options) {
                Ok(report) => {
                    assert_eq!(report.rejected, 0);
                    self.acknowledged.push(lines);
                }
                Err(error) => {
                    let is_of_disk = matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::Storage);
                    assert!(is_of_disk, "a full disk is said to be something else: {error}");
                    return true;
                }
            }
        }
        false
    }

    /// One point: the disk runs full at a random moment with random room left.
    fn point(&mut self, random: &mut Random) -> (Work, Met) {
        let archive = Archive::open(&self.dir(), options()).unwrap();
        let before = request(self.sent, 200);
        self.sent += 1;
        archive.ingest(&Caller::local(), Body::Lines(before.as_bytes()), &IngestOptions::default()).unwrap();
        self.acknowledged.push(before);
        let (work, backups) = (*random.pick(&WORKS), self.backups());
        let failed = AtomicBool::new(false);
        let left = random.below(LEFT_MAX);
        self.disk.fill(left);
        let refused = std::thread::scope(|scope| {
            let worker = scope.spawn(|| {
                let done = do_work(&archive, work, &backups);
                failed.store(done.is_err(), Ordering::Release);
            });
            let refused = self.send(&archive, random);
            let until = Instant::now() + PATIENCE;
            while !worker.is_finished() {
                // A thread that never ends cannot be ended; the run is.
                if Instant::now() > until {
                    let said = format!("{work:?} with {left} bytes left: it never ends\n");
                    let _ = std::io::stderr().write_all(said.as_bytes());
                    std::process::abort();
                }
                std::thread::sleep(Duration::from_millis(5));
            }
            refused
        });
        let stage_failed = archive.status().is_ok_and(|s| s.workers.iter().any(|(_, h)| h.error.is_some()));
        close(archive);
        if random.once_in(3) {
            // Opened while there is no room: whatever comes of it, nothing is lost.
            if let Ok(archive) = Archive::open(&self.dir(), options()) {
                let _ = archive.verify(&Caller::local(), &NoProgress);
                close(archive);
            }
        }
        self.disk.make_room();
        match (refused, stage_failed || failed.load(Ordering::Acquire)) {
            (true, _) => (work, Met::Store),
            (false, true) => (work, Met::Other),
            (false, false) => (work, Met::Nobody),
        }
    }

    /// There is room again: what was acknowledged is there, all is made, and nothing is wrong.
    fn check(&self, said: &str) {
        let archive = Archive::open(&self.dir(), options()).unwrap_or_else(|error| panic!("{said}: {error}"));
        let last = archive.status().unwrap().last_commit;
        let caught_up = archive.wait_caught_up(last, PATIENCE);
        assert!(matches!(caught_up, Ok(true)), "{said}: {caught_up:?} {:?}", archive.status());
        let there = stored(&archive);
        for lines in &self.acknowledged {
            let lost = lines.lines().find(|line| !there.contains_key(*line));
            assert_eq!(lost, None, "{said}: it was acknowledged and is lost");
        }
        let doubled: Vec<_> = there.iter().filter(|(_, times)| **times > 1).collect();
        assert!(doubled.is_empty(), "{said}: {doubled:?}");
        let report = archive.verify(&Caller::local(), &NoProgress).unwrap();
        assert_eq!(report.problems, [""; 0], "{said}");
        assert!(!report.catching_up, "{said}");
        close(archive);
        if self.backups().is_dir() {
            for check in verify_backups(&self.backups(), &NoProgress).unwrap_or_default() {
                assert_eq!(check.problems, [""; 0], "{said}");
            }
        }
    }
}

fn close(archive: Arc<Archive>) {
    archive.close();
    drop(archive);
}

/// Every line that the store holds, and how often.
fn stored(archive: &Archive) -> BTreeMap<String, usize> {
    let store = &archive.engines().store;
    let mut all = BTreeMap::new();
    for asset in store.assets_with_history(None, 1_000).unwrap() {
        let mut after = Commit::NONE;
        loop {
            let page = store.history(&asset, after, 1_000).unwrap();
            let Some(last) = page.last() else { break };
            after = last.commit;
            for record in &page {
                let rushes_store::Effect::Segment(segment) = &record.effect else { continue };
                store
                    .blocks(&asset, segment.id, &mut |block| {
                        for line in String::from_utf8_lossy(&block.bytes).lines() {
                            *all.entry(line.to_owned()).or_default() += 1;
                        }
                        Ok(())
                    })
                    .unwrap();
            }
        }
    }
    all
}

#[test]
fn on_a_disk_that_runs_full_at_any_moment_nothing_acknowledged_is_lost() {
    let times = std::env::var("TORTURE_FULL").ok().and_then(|n| n.parse().ok()).unwrap_or(TIMES);
    let seed = seed_from("TORTURE_SEED");
    let begun = Instant::now();
    let mut table: BTreeMap<(Work, Met), usize> = BTreeMap::new();
    let mut trial = None;
    for point in 0..times {
        if point % POINTS_OF_A_DISK == 0 {
            drop(trial.take());
            let Some(disk) = Disk::mount() else {
                skipped("mounting a file system", "a full disk: no small one can be mounted here; root can");
                return;
            };
            trial = Some(Trial::new(disk));
        }
        let Some(trial) = &mut trial else { continue };
        let mut random = Random::of_case(seed, point as u64);
        let outcome = trial.point(&mut random);
        trial.check(&format!("seed {seed}, point {point}, {outcome:?}"));
        *table.entry(outcome).or_default() += 1;
    }
    for ((work, met), count) in &table {
        println!("{work:>14?} met by {met:?}: {count}");
    }
    println!("{times} full disks in {:.1?}, seed {seed}", begun.elapsed());
}
