//! A store that lacks what was acknowledged: no command opens it, `doctor` says what is missing and mends it.

use std::path::PathBuf;

use serde_json::json;

use crate::support::{Place, line};

/// An archive with one annotation in table files, one in the journal.
pub fn two_lamps() -> Place {
    let place = Place::new();
    for (asset, start) in [("first", 1.0), ("second", 2.0)] {
        let text =
            line(asset, "objects@1", "OBJECT_SEARCH", start, start + 1.0, json!({"label": "lamp"})) + "\n";
        let file = place.file(&format!("{asset}.jsonl"), text);
        place.run(&["ingest", "--wait", file.to_str().unwrap()]).ok();
        if asset == "first" {
            place.run(&["backup", "backup"]).ok();
            place.run(&["purge"]).ok();
        }
    }
    place
}

/// Empties the journal.
pub fn harm(place: &Place) {
    std::fs::write(journal(place), b"").unwrap();
}

fn damaged() -> Place {
    let place = two_lamps();
    harm(&place);
    place
}

fn journal(place: &Place) -> PathBuf {
    let files = std::fs::read_dir(place.archive().join("store")).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|ending| ending == "jnl")).max().unwrap()
}

fn lamps(place: &Place) -> usize {
    place.moments(&json!({"all": [{"label": "lamp"}]})).len()
}

#[test]
fn a_damaged_store_is_refused_by_every_command_and_named() {
    let place = damaged();
    for args in
        [&["status"][..], &["search", "lamp"], &["verify"], &["export", "--all"], &["ingest", "second.jsonl"]]
    {
        place.run(args).code(1).warns("are missing").warns("of `second`").warns("rushes doctor");
    }
    place.run(&["doctor"]).code(1).says("of `second`").says("--take-over").says("--restore");
    assert!(place.run(&["doctor", "--json"]).code(1).json()["damage"].is_string());
    // What is left can be read, and nothing is written.
    place.run(&["--read-damaged", "export", "first"]).ok().says("lamp");
    // What was derived is not touched by what was refused.
    assert_eq!(place.run(&["--read-damaged", "search", "--json", "lamp"]).ok().json()["total"], 2);
    place.run(&["--read-damaged", "verify"]).code(1);
    place.run(&["--read-damaged", "ingest", "second.jsonl"]).code(1).warns("damaged");
    place.run(&["status"]).code(1);
}

#[test]
fn what_is_whole_can_be_taken_over_and_what_is_missing_sent_again() {
    let place = damaged();
    place.run(&["doctor", "--take-over"]).ok().says("1 annotation of 1 asset").says("store.damaged-");
    assert_eq!(lamps(&place), 1);
    place.run(&["ingest", "--wait", "first.jsonl", "second.jsonl"]).ok();
    assert_eq!(lamps(&place), 2);
    place.run(&["verify"]).ok().says("all is well");
    // Bytes of what is erased may be in what was kept.
    place.run(&["purge"]).code(1).warns("store.damaged-");
    place.run(&["doctor", "--take-over"]).ok().says("nothing to do");
    place.run(&["doctor"]).ok().says("kept from before");
}

#[test]
fn a_backup_can_be_put_in_place() {
    let place = damaged();
    place.run(&["doctor", "--restore", "backup"]).ok().says("archive.damaged-");
    assert_eq!(lamps(&place), 1);
    place.run(&["verify"]).ok();
    place.run(&["ingest", "--wait", "second.jsonl"]).ok();
    assert_eq!(lamps(&place), 2);
}

#[test]
fn derived_parts_that_are_damaged_are_made_again() {
    for harm in ["fused", "index", "events"] {
        let place = Place::filled();
        let before = place.moments(&json!({"all": [{"type": "CHARACTER_SEARCH"}]}));
        assert!(!before.is_empty());
        std::fs::remove_dir_all(place.archive().join(harm)).unwrap();
        place.run(&["status"]).ok();
        assert_eq!(place.moments(&json!({"all": [{"type": "CHARACTER_SEARCH"}]})), before, "{harm}");
        place.run(&["verify"]).ok().says("all is well");
    }
}
