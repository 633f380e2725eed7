//! What must hold after every kill.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::hands::{commit, erase, fill, seen_take};
use super::ledger::{
    Fate, LOOSE, Ledger, SWITCH, TAKES, body, doomed_asset, doomed_lines, doomed_word, lock, run_of, size_of,
    take_lines,
};
use super::life::{Doing, Life};
use crate::support::{finish, program};

/// Which of these lines are there: all, or none. Anything between is half.
#[track_caller]
fn whole(there: &BTreeSet<String>, lines: &[String], what: &str) -> bool {
    let found = lines.iter().filter(|l| there.contains(*l)).count();
    assert!(found == 0 || found == lines.len(), "{found} of {} lines of {what}", lines.len());
    found > 0
}

#[track_caller]
fn as_set(lines: Vec<String>) -> BTreeSet<String> {
    let count = lines.len();
    let set: BTreeSet<String> = lines.into_iter().collect();
    assert_eq!(set.len(), count, "a line is there twice");
    set
}

/// Everything that was acknowledged is there to the byte, nothing is half, the stages agree.
pub fn all(life: &Life, ledger: &Ledger, binary: &Path) {
    life.catch_up();
    verify(life);
    loose(life, ledger);
    switched(life, ledger);
    doomed(life, ledger);
    life.catch_up();
    verify(life);
    backups(ledger, binary);
}

fn verify(life: &Life) {
    let report = life.post("/v1/verify", &Value::Null).unwrap().result();
    assert_eq!((&report["problem_count"], &report["catching_up"]), (&json!(0), &json!(false)), "{report}");
}

fn loose(life: &Life, ledger: &Ledger) {
    let there = as_set(LOOSE.iter().flat_map(|asset| life.export(asset)).collect());
    let mut known = 0;
    let mut requests = lock(&ledger.loose);
    for (number, request) in requests.iter_mut().enumerate() {
        let what = format!("request {number}, acknowledged: {}", request.acknowledged);
        let is_there = whole(&there, &request.lines, &what);
        assert!(is_there || !request.acknowledged, "lost: {what}");
        known += if is_there { request.lines.len() } else { 0 };
        if !request.acknowledged {
            // Sent again, it is taken whole or is there whole.
            let reply = life.lines("/v1/annotations", &body(&request.lines)).unwrap().json();
            let name = if is_there { "duplicates" } else { "accepted" };
            assert_eq!(reply[name], request.lines.len(), "{what}: {reply}");
            request.acknowledged = true;
        }
    }
    assert_eq!(known, there.len(), "lines that were never sent");
}

fn switched(life: &Life, ledger: &Ledger) {
    let there = as_set(life.export(SWITCH));
    let mut switch = lock(&ledger.switch);
    let mut known = 0;
    for take in 1..=switch.committed.max(switch.trying.unwrap_or(0)) {
        let lines = take_lines(take);
        let is_there = whole(&there, &lines, &format!("take {take}"));
        known += if is_there { lines.len() } else { 0 };
        if switch.erased.contains(&take) {
            assert!(!is_there, "take {take} was erased");
        } else if switch.erasing != Some(take) && switch.trying != Some(take) {
            assert!(is_there, "take {take} was committed");
        }
    }
    assert_eq!(known, there.len(), "lines that were never sent");
    let took = switch.trying.is_some_and(|take| whole(&there, &take_lines(take), "the last take"));
    let current = if took { switch.trying.unwrap_or(0) } else { switch.committed };
    let wanted = (current > 0).then(|| (current % TAKES, size_of(current)));
    assert_eq!(seen_take(life).unwrap(), wanted, "take {current}");
    // What was not answered is sent again.
    if let Some(take) = switch.trying.take() {
        if !took {
            fill(life, &Doing::default(), take).unwrap();
        }
        commit(life, take).unwrap();
        switch.committed = take;
    }
    if let Some(take) = switch.erasing.take() {
        erase(life, &json!({"target": "run", "run": run_of(take)})).unwrap();
        switch.erased.push(take);
    }
}

fn doomed(life: &Life, ledger: &Ledger) {
    let mut fates = lock(&ledger.doomed);
    for (number, fate) in fates.iter_mut().enumerate() {
        let asset = doomed_asset(number);
        let there = as_set(life.export(&asset));
        let is_there = whole(&there, &doomed_lines(number), &asset);
        match fate {
            Fate::Erased => assert!(!is_there, "{asset} was erased"),
            Fate::There => assert!(is_there, "{asset} was acknowledged"),
            Fate::Sending | Fate::Erasing => {}
        }
        if *fate != Fate::Erased {
            erase(life, &json!({"target": "asset", "asset_id": asset})).unwrap();
            *fate = Fate::Erased;
        }
    }
    drop(fates);
    life.catch_up();
    let answer = life.post("/v1/search", &json!({"all": [{"type": "DOOMED"}]})).unwrap().json();
    assert_eq!(answer["total"], 0, "{answer}");
}

/// A backup that was acknowledged restores; one that was not is whole or is none.
fn backups(ledger: &Ledger, binary: &Path) {
    for backup in std::mem::take(&mut *lock(&ledger.backups)) {
        let partial = backup.path.with_extension("partial");
        let target = backup.path.with_extension("restored");
        // With its list it is whole, only not named yet.
        if partial.exists() && !partial.join("backup.json").exists() {
            let ran = restore(binary, &partial, &target);
            assert_ne!(ran.code, 0, "half a backup was restored");
            assert!(!target.exists(), "half a backup left an archive");
        }
        if backup.acknowledged || backup.path.exists() {
            restore(binary, &backup.path, &target).ok();
            verify_alone(binary, &target);
            let mut command = program(binary);
            command.arg("--archive").arg(&target).args(["export", "--all"]);
            let exported = finish(command, b"").ok().out;
            let there: BTreeSet<String> = exported.lines().map(str::to_owned).collect();
            for request in lock(&ledger.loose).iter().take(backup.holds) {
                assert!(whole(&there, &request.lines, "a backup"), "a backup lacks what was acknowledged");
            }
        }
        for path in [&partial, &target, &backup.path] {
            let _ = std::fs::remove_dir_all(path);
        }
    }
}

/// An archive that no server has open makes its derived data as commands on it go along, as long as each waits.
pub fn verify_alone(binary: &Path, archive: &Path) {
    for _ in 0..10 {
        let mut command = program(binary);
        command.arg("--archive").arg(archive).args(["verify", "--json"]);
        let report = finish(command, b"").ok().json();
        assert_eq!(report["problem_count"], 0, "{report}");
        if report["catching_up"] == false {
            return;
        }
    }
    panic!("the restored archive does not catch up");
}

fn restore(binary: &Path, from: &Path, to: &Path) -> crate::support::Ran {
    let mut command = program(binary);
    command.arg("restore").arg(from).arg(to);
    finish(command, b"")
}

/// Buckets are the same, to the byte, after a rebuild of everything; erased bytes are in no file after a purge.
pub fn rebuilt_and_purged(life: &Life, ledger: &Ledger, archive: &Path) {
    let before = buckets(life);
    life.post("/v1/rebuild", &json!({"what": "all"})).unwrap().result();
    life.catch_up();
    for (was, is) in before.iter().zip(buckets(life)) {
        let at = was.iter().zip(&is).take_while(|(a, b)| a == b).count();
        let near = |bytes: &[u8]| {
            String::from_utf8_lossy(&bytes[at.min(bytes.len())..]).chars().take(300).collect::<String>()
        };
        assert!(
            *was == is,
            "a rebuild makes other buckets, at byte {at}: `{}` and `{}`",
            near(was),
            near(&is)
        );
    }
    verify(life);
    let erased = lock(&ledger.doomed).len();
    life.post("/v1/purge", &Value::Null).unwrap().result();
    let mut files = Vec::new();
    files_in(archive, &mut files);
    let words: Vec<String> = (0..erased).map(doomed_word).collect();
    for file in files {
        let bytes = std::fs::read(&file).unwrap_or_default();
        for word in &words {
            let found = bytes.windows(word.len()).any(|w| w == word.as_bytes());
            assert!(!found, "{} still says what was erased", file.display());
        }
    }
}

fn buckets(life: &Life) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for asset in LOOSE.iter().chain([&SWITCH]) {
        for from in (0..4_200).step_by(600) {
            let path = format!("/v1/buckets/{asset}?from={from}&to={}&limit=1000", from + 599);
            let reply = life.ask("GET", &path, "application/json", b"").unwrap();
            assert!(matches!(reply.status, 200 | 404), "{path}: {}", reply.status);
            // A refusal carries the number of its request.
            all.push(if reply.status == 200 { reply.body } else { Vec::new() });
        }
    }
    all
}

fn files_in(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files_in(&path, files) } else { files.push(path) }
    }
}
