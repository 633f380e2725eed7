//! How long a backup holds writers up.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rushes_archive::{Archive, BackupRequest, Body, Caller, IngestOptions, NoProgress, OpenOptions, Stage};

use crate::flow::line;

const CLIENTS: u64 = 4;
/// How long clients commit without a backup, and with one after another.
const EACH: Duration = Duration::from_secs(10);
const LINES: i64 = 20;

/// What clients saw.
#[derive(Default)]
struct Seen(Vec<Duration>);

impl Seen {
    fn say(mut self, what: &str) -> String {
        self.0.sort();
        let at = |share: f64| self.0[((self.0.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
        format!(
            "{what}: {} commits, median {:.1} ms, 99 of 100 within {:.1} ms, 999 of 1000 within {:.1} ms, longest {:.1} ms",
            self.0.len(),
            at(0.5),
            at(0.99),
            at(0.999),
            at(1.0)
        )
    }
}

/// Commits of all clients until `meanwhile` ends.
fn commits(archive: &Archive, next: &AtomicU64, meanwhile: impl FnOnce()) -> Seen {
    let (is_over, seen) = (AtomicBool::new(false), Mutex::new(Seen::default()));
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (is_over, seen) = (&is_over, &seen);
            scope.spawn(move || {
                let mut mine = Vec::new();
                while !is_over.load(Ordering::Acquire) {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    let asset = format!("client-{client}");
                    let lines: String = (0..LINES)
                        .map(|k| line(&asset, "faces@9", "CHARACTER_SEARCH", &format!("{n} {k}"), k, k + 3))
                        .collect();
                    let begun = Instant::now();
                    let body = Body::Lines(lines.as_bytes());
                    archive.ingest(&Caller::local(), body, &IngestOptions::default()).unwrap();
                    mine.push(begun.elapsed());
                }
                seen.lock().unwrap().0.extend(mine);
            });
        }
        meanwhile();
        is_over.store(true, Ordering::Release);
    });
    seen.into_inner().unwrap()
}

/// `RUSHES_ARCHIVE_OF_BENCH` names an archive that `rushes bench --keep` made. It is written to.
#[test]
#[ignore = "a measurement"]
fn longest_commit_during_a_backup() {
    let named =
        std::env::var_os("RUSHES_ARCHIVE_OF_BENCH").expect("RUSHES_ARCHIVE_OF_BENCH names no archive");
    let dir = PathBuf::from(named);
    let archive = Archive::open(&dir, OpenOptions::default()).unwrap();
    let status = archive.status().unwrap();
    println!("{} annotations, {} MiB stored", status.store.annotations, status.store.bytes >> 20);
    for stage in [Stage::Fuse, Stage::Index] {
        archive.pause(stage);
    }
    // Labels that no measurement before has written: what is there already would cost nothing.
    let begun = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let next = AtomicU64::new(begun.as_millis() as u64 * 1_000);
    let set = tempfile::tempdir_in(dir.parent().unwrap()).unwrap();
    commits(&archive, &next, || std::thread::sleep(EACH / 10));
    for _ in 0..2 {
        println!("{}", commits(&archive, &next, || std::thread::sleep(EACH)).say("without a backup"));
        let mut frozen = Vec::new();
        let seen = commits(&archive, &next, || {
            let until = Instant::now() + EACH;
            while Instant::now() < until {
                let request = BackupRequest::set(set.path(), Some(1));
                let report = archive.backup(&Caller::local(), &request, &NoProgress).unwrap();
                frozen.push(report.frozen.as_secs_f64() * 1000.0);
            }
        });
        println!("{}", seen.say("during backups"));
        println!("writers were frozen for, in ms: {frozen:.1?}");
    }
}
