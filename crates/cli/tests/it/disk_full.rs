//! A disk that runs full while the program takes in, fuses and indexes. The disk is a small file system in memory,
//! which only root may mount.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rushes_testkit::skips::skipped;
use serde_json::json;

use crate::support::{Place, line};
use crate::torture::life::Life;

/// Size of the disk, and what it is made larger to, in MiB.
const SIZES: [u64; 2] = [48, 160];
/// What is left free before the disk is written full, in KiB: different stages meet the end first.
const LEFT_KIB: [u64; 4] = [400, 1_500, 4_000, 9_000];
/// How long a stage may take to meet the end of the disk.
const PATIENCE: Duration = Duration::from_secs(60);

/// A small disk.
pub struct Disk(PathBuf);

impl Disk {
    /// `None` where this user may not mount one.
    fn mount(at: &Path) -> Option<Self> {
        Self::mount_of(at, SIZES[0])
    }

    /// The same, of so many MiB.
    pub fn mount_of(at: &Path, mib: u64) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let disk = Self(at.to_owned());
        disk.size(mib, "size").then_some(disk)
    }

    fn size(&self, mib: u64, how: &str) -> bool {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("{how}={mib}m"), "tmpfs"]).arg(&self.0);
        mount.stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    }

    /// Leaves so much free.
    pub fn fill(&self, left_kib: u64) {
        let output = Command::new("df").args(["-k", "--output=avail"]).arg(&self.0).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let free: u64 = text.lines().last().unwrap().trim().parse().unwrap();
        let filler = free.saturating_sub(left_kib) * 1024;
        let written = std::fs::write(self.0.join("filler"), vec![1u8; usize::try_from(filler).unwrap()]);
        // Who writes beside may have taken some of it meanwhile: then it is as full as it can be.
        let is_full = |e: &std::io::Error| e.kind() == std::io::ErrorKind::StorageFull;
        assert!(written.as_ref().err().is_none_or(is_full), "{written:?}");
    }

    /// Has as much free as before it was filled.
    pub fn empty(&self) {
        std::fs::remove_file(self.0.join("filler")).unwrap();
    }

    fn make_room(&self) {
        self.empty();
        assert!(self.size(SIZES[1], "remount,size"));
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

fn request(number: u64) -> String {
    let label =
        |n: u64| json!({"label": format!("label {number} {n} {}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15))});
    let say = |n: u64| {
        let start = ((number * 400 + n) % 3_000) as f64;
        line("one", "faces@3", "CHARACTER_SEARCH", start, start + 5.0, label(n))
    };
    (0..400).map(|n| say(n) + "\n").collect()
}

/// Sends until the end of the disk is met: by the store (an answer of 507) or by a later stage (its error in the
/// status). Gives back who met it, and what he said.
fn send_until_full(life: &Life, acknowledged: &mut Vec<String>) -> (String, String) {
    let until = Instant::now() + PATIENCE;
    for number in acknowledged.len() as u64.. {
        let lines = request(number);
        let reply = life.ask("POST", "/v1/annotations", "application/x-ndjson", lines.as_bytes()).unwrap();
        match reply.status {
            200 => acknowledged.push(lines),
            507 => return ("store".to_owned(), reply.json().to_string()),
            other => panic!("{other}: {}", String::from_utf8_lossy(&reply.body)),
        }
        let status = life.get("/v1/status").unwrap().json();
        for worker in status["workers"].as_array().unwrap() {
            if let Some(error) = worker["error"].as_str() {
                return (worker["stage"].as_str().unwrap().to_owned(), error.to_owned());
            }
        }
        assert!(Instant::now() < until, "the disk does not run full");
    }
    unreachable!("numbers do not end")
}

#[test]
fn on_a_full_disk_writing_stops_with_the_mend_and_goes_on_when_there_is_room() {
    let binary = Path::new(env!("CARGO_BIN_EXE_rushes"));
    for left_kib in LEFT_KIB {
        let place = Place::new();
        let Some(disk) = Disk::mount(&place.archive()) else {
            skipped("mounting a file system", "a full disk: no small one can be mounted here; root can");
            return;
        };
        let archive = place.archive().join("a");
        let life = Life::begin(binary, &archive);
        let mut acknowledged = vec![request(0)];
        life.lines("/v1/annotations?wait=true", acknowledged[0].as_bytes()).unwrap();
        disk.fill(left_kib);
        let (stage, why) = send_until_full(&life, &mut acknowledged);
        eprintln!("{left_kib} KiB left: the {stage} stage was first, after {} requests", acknowledged.len());
        assert!(why.contains("make room") || why.contains("No space left"), "{stage}: {why}");
        if stage == "store" {
            let file = place.file("more.jsonl", request(1_000_000));
            let mut command = crate::support::rushes();
            command.arg("--archive").arg(&archive).arg("ingest").arg(&file);
            crate::support::finish(command, b"").code(1).warns("make room");
        }
        // Reading goes on.
        life.post("/v1/search", &json!({"all": [{"type": "CHARACTER_SEARCH"}]})).unwrap();
        assert!(life.interrupt(), "a full disk keeps the server from ending");
        disk.make_room();
        let life = Life::begin(binary, &archive);
        life.catch_up();
        let exported = life.export("one");
        let there: BTreeSet<&str> = exported.iter().map(String::as_str).collect();
        for (number, lines) in acknowledged.iter().enumerate() {
            assert!(
                lines.lines().all(|l| there.contains(l)),
                "request {number} was acknowledged and is lost"
            );
        }
        let more = request(2_000_000);
        life.lines("/v1/annotations?wait=true", more.as_bytes()).unwrap();
        let report = life.post("/v1/verify", &json!(null)).unwrap().result();
        assert_eq!(
            (&report["problem_count"], &report["catching_up"]),
            (&json!(0), &json!(false)),
            "{report}"
        );
    }
}
