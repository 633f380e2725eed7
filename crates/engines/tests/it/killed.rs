//! Worker processes that are killed at any moment, while annotations come in: nothing is lost, nothing is doubled.
//!
//! The processes are this test binary itself, told by variables to be workers.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rushes_archive::{IngestMode, OpenOptions, Stage};
use serde_json::json;

use crate::place::{Mixture, Open, Place};

/// The configuration of a worker process, its folder, and its stages.
const VARIABLES: [&str; 3] = ["RUSHES_WORKER_TABLE", "RUSHES_WORKER_FOLDER", "RUSHES_WORKER_STAGES"];

/// Not a test: what a worker process does, until its parent is gone.
#[test]
#[ignore = "it is a worker process of the tests beside it"]
fn worker_process() {
    let [Ok(table), Ok(folder), Ok(stages)] = VARIABLES.map(std::env::var) else { return };
    let stages: Vec<Stage> =
        Stage::ALL.into_iter().filter(|s| stages.split(',').any(|name| name == s.as_str())).collect();
    let table: toml::Table = table.parse().unwrap();
    let engines = rushes_engines::Configured::read(&table, &[]).unwrap().engines();
    let options = OpenOptions { engines, stages, ..OpenOptions::default() };
    let _archive = rushes_archive::Archive::open(folder.as_ref(), options).unwrap();
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

/// A worker process; killed when it is dropped.
struct Worker(Child);

impl Worker {
    fn start(place: &Place, folder: &str, stages: &[Stage]) -> Self {
        let stages: Vec<&str> = stages.iter().map(|stage| stage.as_str()).collect();
        let folder = place.dir.path().join(folder);
        let values = [place.table.to_string(), folder.display().to_string(), stages.join(",")];
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "killed::worker_process", "--ignored", "--nocapture"])
            .envs(VARIABLES.into_iter().zip(values))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }

    fn kill(&mut self) {
        self.0.kill().unwrap(); // SIGKILL
        self.0.wait().unwrap();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Annotations of eight assets; those of the next number come later, and some take the place of earlier ones.
fn piece(no: i64) -> (String, IngestMode) {
    let mut lines = String::new();
    for asset in 0..8 {
        for n in 0..6 {
            let start = ((no * 7 + n * 3 + asset) % 60) * 1_000_000_000;
            let line = json!({
                "asset_id": format!("e{asset}"), "movie_id": "show",
                "model": if no % 3 == 0 { format!("faces@{no}") } else { "words@1".to_owned() },
                "type": if no % 3 == 0 { "CHARACTER_SEARCH" } else { "DIALOGUE_SEARCH" },
                "label": if n % 2 == 0 { "joey" } else { "monica" },
                "text": format!("how you doing {}", (no + n) % 5), "language": "en",
                "time_range": {"start_time_ns": start, "end_time_ns": start + 2_500_000_000_i64},
            });
            lines += &format!("{line}\n");
        }
    }
    (lines, if no % 3 == 0 { IngestMode::Replace } else { IngestMode::Loose })
}

fn questions() -> Vec<serde_json::Value> {
    let joey = json!({"type": "CHARACTER_SEARCH", "label": "joey"});
    let doing = json!({"type": "DIALOGUE_SEARCH", "text": "doing 3"});
    vec![
        json!({"all": [joey, doing], "limit": 500}),
        json!({"all": [joey], "limit": 500}),
        json!({"all": [doing], "mode": "union", "limit": 500}),
    ]
}

/// Takes annotations in while workers are killed and restarted, and compares with an archive in one process.
fn survives(mixture: Mixture, own: &[Stage], kinds: &[&[Stage]], kills: usize) {
    let Some(place) = Place::new(mixture) else { return };
    let with = |stages: &[Stage]| OpenOptions { stages: stages.to_vec(), ..OpenOptions::default() };
    let taking = place.open("taking", with(own));
    let start =
        |n: usize, life: usize| Worker::start(&place, &format!("w{n}-{life}"), kinds[n % kinds.len()]);
    let mut workers: Vec<Worker> = (0..kinds.len() * 2).map(|n| start(n, 0)).collect();
    let embedded = Place::new(Mixture::default()).unwrap();
    let embedded: Open = embedded.open("a", OpenOptions::default());
    for life in 1..=kills {
        let (lines, mode) = piece(i64::try_from(life).unwrap());
        for archive in [&taking, &embedded] {
            archive.ingest(&lines, mode);
        }
        // Sooner or later after the commit: while it is carried, fused or acknowledged.
        std::thread::sleep(Duration::from_millis(u64::try_from(life * 389 % 1_700).unwrap()));
        let n = life * 5 % workers.len();
        workers[n].kill();
        workers[n] = start(n, life);
    }
    for archive in [&taking, &embedded] {
        archive.catch_up();
    }
    // Runs that the store itself names are named differently.
    let unnamed = |answer: String| -> Vec<String> {
        answer.lines().filter(|line| !line.trim().starts_with("run: \"run-")).map(str::to_owned).collect()
    };
    for plan in questions() {
        let (found, expected) = (unnamed(taking.answer(&plan)), unnamed(embedded.answer(&plan)));
        assert!(expected.len() > 100, "the questions have answers");
        assert_eq!(found, expected, "{plan}");
    }
    taking.verify_clean();
}

#[test]
fn fusing_and_relaying_processes_that_are_killed_lose_and_double_nothing() {
    let mixture = Mixture { store: true, events: true, fused: true, index: false };
    survives(mixture, &[Stage::Index], &[&[Stage::Fuse], &[Stage::Relay, Stage::Fuse]], 14);
}

#[test]
fn processes_of_every_stage_that_are_killed_lose_and_double_nothing() {
    let mixture = Mixture { store: true, events: true, fused: true, index: true };
    survives(mixture, &[], &[&[Stage::Fuse], &[Stage::Index], &[Stage::Relay]], 12);
}
