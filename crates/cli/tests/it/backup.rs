//! Backing up, checking backups and restoring, as it is typed.

use std::fs;
use std::path::PathBuf;

use serde_json::json;

use crate::support::{Place, finish, line, rushes};

fn set_of(place: &Place) -> Vec<PathBuf> {
    let entries = fs::read_dir(place.path("set")).unwrap().map(|entry| entry.unwrap().path());
    let mut backups: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    backups.sort();
    backups
}

#[test]
fn a_backup_is_checked_by_hand_and_damage_is_named() {
    let place = Place::filled();
    place.run(&["backup", "saved"]).ok().says("read back and whole");
    place.run(&["backup", "--verify", "saved"]).ok().says("is whole");
    let list: serde_json::Value =
        serde_json::from_slice(&fs::read(place.path("saved/backup.json")).unwrap()).unwrap();
    let journal = list["files"].as_array().unwrap().iter().map(|f| f["path"].as_str().unwrap());
    let journal = journal.into_iter().find(|path| path.ends_with(".jnl")).unwrap();
    let path = place.path("saved").join(journal);
    let mut bytes = fs::read(&path).unwrap();
    bytes[10] ^= 1;
    fs::write(&path, bytes).unwrap();
    place.run(&["backup", "--verify", "saved"]).code(1).says("is not whole: 1 problem").says(journal);
    let found = place.run(&["backup", "--verify", "saved", "--json"]).code(1).json();
    assert_eq!((&found["problem_count"], &found["backups"][0]["problem_count"]), (&json!(1), &json!(1)));
    place.run(&["restore", "saved", "again"]).code(1).warns(journal).warns("use another backup");
    assert!(!place.path("again").exists() && !place.path("again.partial").exists());
    place.run(&["backup", "--verify", "nowhere"]).code(1).warns("holds no backup");
}

#[test]
fn a_backup_whose_list_was_shortened_restores_no_archive() {
    let place = Place::filled();
    place.run(&["backup", "saved"]).ok();
    let path = place.path("saved/backup.json");
    let mut list: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    list["files"] = json!([]);
    fs::write(&path, list.to_string()).unwrap();
    place.run(&["restore", "saved", "again"]).code(1).warns("shortened or changed").warns("backup.json");
    assert!(!place.path("again").exists());
}

#[test]
fn a_set_keeps_the_newest_and_is_restored_to_a_commit() {
    let place = Place::filled();
    place.run(&["backup", "--set", "set", "--keep", "2"]).ok().says("written");
    let first = place.run(&["status", "--json"]).ok().json()["last_commit"].as_u64().unwrap();
    for n in 0..2 {
        let more =
            line("one", "faces@3", "CHARACTER_SEARCH", 20.0 + f64::from(n), 30.0, json!({"label": "Mara"}));
        let file = place.file("more.jsonl", more + "\n");
        place.run(&["ingest", "--wait", file.to_str().unwrap()]).ok();
        let made = place.run(&["backup", "--set", "set", "--json"]).ok().json();
        assert_eq!(made["annotations"], 7 + n);
    }
    assert_eq!(set_of(&place).len(), 3);
    place.run(&["backup", "--verify", "set"]).ok();
    let restored =
        place.run(&["restore", "--at", &(first + 1).to_string(), "set", "then", "--json"]).ok().json();
    assert_eq!((&restored["commit"], &restored["annotations"]), (&json!(first + 1), &json!(7)));
    let early =
        place.run(&["restore", "--at", &(first - 1).to_string(), "set", "early", "--json"]).ok().json();
    assert_eq!(early["commit"], json!(first - 1));
    place.run(&["restore", "--at", "0", "set", "before"]).code(1).warns("--at 1");
    place.run(&["backup", "--set", "set", "--keep", "1"]).ok().says("removed `");
    assert_eq!(set_of(&place).len(), 1);
    let mut search = rushes();
    search.current_dir(place.path("")).args(["--archive", "then", "search", "Mara"]);
    finish(search, b"").ok().says("1 moment");
    place.run(&["backup"]).code(2);
    place.run(&["backup", "x", "--keep", "2"]).code(2);
    place.run(&["backup", "x", "--set", "y"]).code(2);
    place.run(&["backup", "--set", "set", "--keep", "0"]).code(2);
}

#[test]
fn configuration_is_never_restored_unasked() {
    let place = Place::filled();
    place.run(&["backup", "plain", "--with-config"]).code(1).warns("rushes.toml");
    fs::write(place.archive().join("rushes.toml"), "hosts = ['a.example']\n").unwrap();
    place.run(&["backup", "saved", "--with-config"]).ok();
    place.run(&["restore", "saved", "without"]).ok().warns("`rushes.toml` was left out");
    assert!(!place.path("without/rushes.toml").exists());
    place.run(&["restore", "saved", "with", "--with-config"]).ok();
    assert!(place.path("with/rushes.toml").exists());
    // One that was planted in a backup is in no list.
    place.run(&["backup", "plain"]).ok();
    fs::write(place.path("plain/rushes.toml"), "hosts = ['b.example']\n").unwrap();
    place.run(&["restore", "plain", "third"]).code(1).warns("`rushes.toml` is not in the list");
}

#[test]
fn the_schedule_of_backups_is_checked() {
    let place = Place::new();
    fs::create_dir_all(place.archive()).unwrap();
    let config = place.archive().join("rushes.toml");
    for (text, part) in [
        ("[backup]\nevery = '6h'\n", "`backup.to` is not"),
        ("[backup]\nto = '/b'\n", "`backup.every` is not"),
        ("[backup]\nevery = 6\nto = '/b'\n", "\"6h\""),
        ("[backup]\nevery = '6h'\nto = 'b'\n", "absolute path"),
        ("[backup]\nevery = '6h'\nto = '/b'\nkeep = 0\n", "at least 1"),
        ("[backup]\nevery = '6h'\nto = '/b'\nkep = 3\n", "`backup.keep`"),
    ] {
        fs::write(&config, text).unwrap();
        place.run(&["config", "check"]).code(1).warns(part);
    }
    fs::write(&config, "[backup]\nevery = '6h'\nto = '/b'\nkeep = 3\nwith_tokens = true\n").unwrap();
    place.run(&["config", "check"]).ok().says("6h");
}

#[test]
fn status_says_how_old_the_last_backup_is() {
    let place = Place::filled();
    let set = place.path("set");
    let config = format!("[backup]\nevery = '6h'\nto = '{}'\n", set.display());
    fs::write(place.archive().join("rushes.toml"), config).unwrap();
    place.run(&["status"]).ok().says("there is no backup in");
    // A command that is no server makes none, however due one is.
    assert!(!set.exists());
    place.run(&["backup", "--set", "set"]).ok();
    place.run(&["status"]).ok().says("the last backup in").says("old and ends with commit");
    let status = place.run(&["status", "--json"]).ok().json();
    assert_eq!(status["backups"]["last"]["commit"], status["last_commit"]);
}
