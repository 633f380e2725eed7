//! A soak: one archive, clients that take in, search, export, back up and erase without a pause, and every so often a fault: the server is
//! killed, the disk runs full, a part that is derived is damaged. What was acknowledged must be there at any time, no search may find
//! what was never sent, and memory and files must not grow while the content does not.
//!
//! The short form runs with the tests; `cargo xtask torture --soak MINUTES` runs the long one, with a fault a minute.

mod clients;
mod judge;

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use self::clients::{Content, Sent};
use self::judge::{Sample, Samples};
use super::http::{Reply, send};
use super::ledger::{Random, lock};
use super::life::Life;
use super::{number, some_seed};
use crate::disk_full::Disk;

/// How long the short form takes, and how often a fault comes in it.
const SHORT: (Duration, Duration) = (Duration::from_secs(9), Duration::from_millis(2_200));
/// How often a fault comes in the long form.
const EVERY: Duration = Duration::from_secs(60);
/// Between two looks at memory and files.
const LOOK: Duration = Duration::from_millis(500);
/// Size of the disk, where one can be mounted, in MiB.
const DISK_MIB: u64 = 256;
/// How long a client waits before it asks again what was refused.
const AGAIN: Duration = Duration::from_millis(50);

/// What happens to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Killed,
    DiskFull,
    Damaged(&'static str),
}

impl Fault {
    /// They take turns; a disk that cannot be mounted cannot run full.
    fn of(number: u64, has_disk: bool) -> Self {
        match number % 6 {
            0 | 4 => Self::Killed,
            2 if has_disk => Self::DiskFull,
            1 => Self::Damaged("index"),
            3 => Self::Damaged("fused"),
            5 => Self::Damaged("events"),
            _ => Self::Killed,
        }
    }
}

/// What clients and faults share.
pub struct Soak {
    /// The server that runs; none while it is started again.
    life: Mutex<Option<Life>>,
    address: Mutex<String>,
    content: Content,
    backups: PathBuf,
    stop: AtomicBool,
    /// Requests that were done, and those that were not: refused or broken off.
    done: AtomicU64,
    undone: AtomicU64,
    /// How often a part was made again: until it is done a search may find less.
    rebuilds: AtomicU64,
}

impl Soak {
    fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::SeqCst)
    }

    /// Sends a request once; `None` where it was not done. What is answered is success, or a refusal that may pass.
    #[track_caller]
    fn ask(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> Option<Reply> {
        let address = lock(&self.address).clone();
        let reply = send(&address, method, path, kind, body);
        match reply {
            Some(reply) if matches!(reply.status, 200 | 404) => {
                self.done.fetch_add(1, Ordering::SeqCst);
                Some(reply)
            }
            Some(reply) => {
                let said = String::from_utf8_lossy(&reply.body).into_owned();
                let may_pass = matches!(reply.status, 409 | 410 | 429 | 503 | 507);
                assert!(may_pass, "{method} {path}: {} {said}", reply.status);
                self.again()
            }
            None => self.again(),
        }
    }

    fn again(&self) -> Option<Reply> {
        self.undone.fetch_add(1, Ordering::SeqCst);
        std::thread::sleep(AGAIN);
        None
    }

    /// Sends it until it is done, or the soak ends.
    #[track_caller]
    fn insist(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> Option<Reply> {
        while self.goes_on() {
            if let Some(reply) = self.ask(method, path, kind, body) {
                return Some(reply);
            }
        }
        None
    }

    fn begin(&self, binary: &Path, archive: &Path) {
        let life = Life::begin(binary, archive);
        *lock(&self.address) = life.address().to_owned();
        *lock(&self.life) = Some(life);
    }

    /// Ends the server, suddenly or as it is asked to.
    fn end(&self, suddenly: bool) {
        let Some(life) = lock(&self.life).take() else { return };
        if suddenly {
            life.kill();
        } else {
            assert!(life.interrupt(), "the server does not end when asked to");
        }
    }

    /// Does a fault, and has the server run again.
    fn fault(&self, fault: Fault, binary: &Path, archive: &Path, disk: Option<&Disk>) {
        self.rebuilds.fetch_add(1, Ordering::SeqCst);
        match (fault, disk) {
            (Fault::DiskFull, Some(disk)) => {
                disk.fill(2_000);
                std::thread::sleep(LOOK * 3);
                disk.empty();
                // A store that could not write takes no more until it is opened again.
                self.end(false);
            }
            (Fault::Damaged(part), _) => {
                self.end(false);
                harm(&archive.join(part));
            }
            _ => self.end(true),
        }
        self.begin(binary, archive);
        self.rebuilds.fetch_add(1, Ordering::SeqCst);
    }

    fn sample(&self, began: Instant, archive: &Path) -> Option<Sample> {
        let id = lock(&self.life).as_ref()?.id();
        let memory_kib = judge::anonymous_kib(id)?;
        let (files, bytes) = judge::files_in(archive);
        let (done, undone) = (self.done.load(Ordering::SeqCst), self.undone.load(Ordering::SeqCst));
        Some(Sample { at: began.elapsed(), memory_kib, files, bytes, done, undone })
    }
}

/// Cuts the largest file of a folder in half.
fn harm(folder: &Path) {
    let mut largest: Option<(u64, PathBuf)> = None;
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let (path, length) = (entry.path(), entry.metadata().map_or(0, |about| about.len()));
            match path.is_dir() {
                true => folders.push(path),
                false if largest.as_ref().is_none_or(|(most, _)| length > *most) => {
                    largest = Some((length, path));
                }
                false => {}
            }
        }
    }
    if let Some((length, path)) = largest {
        std::fs::File::options().write(true).open(path).unwrap().set_len(length / 2).unwrap();
    }
}

/// Lets the clients end, whatever comes.
struct Stops<'a>(&'a AtomicBool);

impl Drop for Stops<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn whatever_happens_every_minute_answers_stay_right_and_memory_flat() {
    let binary = std::env::var_os("TORTURE_BINARY");
    let binary = binary.map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_rushes")), PathBuf::from);
    let minutes = number("TORTURE_SOAK");
    let (lasts, every) = minutes.map_or(SHORT, |minutes| (EVERY * u32::try_from(minutes).unwrap(), EVERY));
    let seed = some_seed();
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::mount_of(&folder.path().join("disk"), DISK_MIB);
    let archive = folder.path().join("disk").join("archive");
    eprintln!(
        "soak: {lasts:.0?}, seed {seed}, a fault every {every:.1?}, a disk that runs full: {}",
        disk.is_some()
    );
    let soak = Soak {
        life: Mutex::default(),
        address: Mutex::default(),
        content: Content::default(),
        backups: folder.path().join("backups"),
        stop: AtomicBool::new(false),
        done: AtomicU64::new(0),
        undone: AtomicU64::new(0),
        rebuilds: AtomicU64::new(0),
    };
    soak.begin(&binary, &archive);
    let (began, mut samples) = (Instant::now(), Samples::default());
    let mut randoms = [1, 2, 3].map(|n| Random::new(seed.wrapping_mul(31).wrapping_add(n)));
    let [of_writer, of_searcher, of_exporter] = &mut randoms;
    std::thread::scope(|scope| {
        let _stops = Stops(&soak.stop);
        let clients = [
            scope.spawn(|| clients::write(&soak, of_writer)),
            scope.spawn(|| clients::erase(&soak)),
            scope.spawn(|| clients::search(&soak, of_searcher)),
            scope.spawn(|| clients::export(&soak, of_exporter)),
            scope.spawn(|| clients::back_up(&soak)),
        ];
        let (mut faults, mut told) = (0, Instant::now());
        while began.elapsed() < lasts {
            std::thread::sleep(LOOK);
            assert!(clients.iter().all(|client| !client.is_finished()), "a client broke off");
            samples.add(soak.sample(began, &archive));
            if began.elapsed() > every * u32::try_from(faults + 1).unwrap() {
                let fault = Fault::of(faults, disk.is_some());
                soak.fault(fault, &binary, &archive, disk.as_ref());
                samples.tell(&format!("{fault:?}"), told.elapsed());
                (faults, told) = (faults + 1, Instant::now());
            }
        }
    });
    samples.tell("the end", every);
    everything(&soak);
    soak.end(false);
    samples.judge(minutes.is_some());
}

/// In the end all that was acknowledged and not erased is there, and found; nothing else is.
fn everything(soak: &Soak) {
    let life = lock(&soak.life);
    let life = life.as_ref().unwrap();
    life.catch_up();
    let report = life.post("/v1/verify", &serde_json::Value::Null).unwrap().result();
    assert_eq!(report["problem_count"], 0, "{report}");
    let mut lines = 0;
    for (asset, Sent { acknowledged, in_doubt, is_erasing }) in soak.content.all() {
        let exported = life.export(&asset);
        lines += exported.len();
        if is_erasing {
            continue;
        }
        let count = |of: &[String]| of.iter().filter(|line| exported.contains(line)).count();
        assert_eq!(
            count(&acknowledged),
            acknowledged.len(),
            "{asset}: lines that were acknowledged are lost"
        );
        assert!(exported.len() <= acknowledged.len() + in_doubt.len(), "{asset}: lines that were never sent");
        let found = clients::found(&life.post("/v1/search", &clients::plan(&asset)).unwrap().json());
        assert_eq!(found, exported.len() as u64, "{asset}: found and stored");
    }
    eprintln!("{lines} lines at the end, all as they were sent");
}
