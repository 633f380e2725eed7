//! An archive and a backup that version 0.1 made open, answer and verify as they did then, and go on.
//!
//! `earlier/0.1.tar.gz` holds both as that version left them: loose lines, vectors, a replacing run that is kept, an
//! erased annotation, an open run with lines in it, labels with aliases. `earlier/0.1.json` holds plans with that
//! version's answers, but for the time they took.

use std::path::Path;

use flate2::read::GzDecoder;
use serde_json::Value;

use crate::support::{Place, finish, line, rushes};

const FILES: &[u8] = include_bytes!("earlier/0.1.tar.gz");
const ANSWERS: &str = include_str!("earlier/0.1.json");

/// A place whose archive is the earlier one; the backup lies beside it.
fn earlier() -> Place {
    let place = Place::new();
    tar::Archive::new(GzDecoder::new(FILES)).unpack(place.path("")).unwrap();
    place
}

/// `rushes` on the archive in a folder beside the place's own.
fn search_in(place: &Place, archive: &Path, args: &[&str]) -> Value {
    let mut command = rushes();
    command.current_dir(place.path("")).arg("--archive").arg(archive).args(["search", "--json"]).args(args);
    finish(command, b"").ok().json()
}

/// An answer without what is true of this moment only: the time it took, and how many annotations were looked at. Replaced
/// ones are among the latter until a merge leaves them out, which the first that opens the archive may do at any time.
/// The steps of preparation are told only since then.
fn lasting(mut answer: Value) -> Value {
    answer.as_object_mut().unwrap().remove("took_ms");
    if let Some(understood) = answer["understood"].as_object_mut() {
        understood.remove("preparation");
    }
    for clause in answer["clauses"].as_array_mut().unwrap() {
        clause.as_object_mut().unwrap().remove("examined");
    }
    answer
}

/// Every question is answered as it was then.
fn answers_as_then(place: &Place, archive: &Path) {
    let cases: Vec<Value> = serde_json::from_str(ANSWERS).unwrap();
    assert_eq!(cases.len(), 7);
    for mut case in cases {
        let answer = match case["words"].as_array() {
            Some(words) => {
                let words: Vec<&str> = words.iter().map(|w| w.as_str().unwrap()).collect();
                search_in(place, archive, &words)
            }
            None => {
                place.file("plan.json", case["plan"].to_string());
                search_in(place, archive, &["--plan", "plan.json"])
            }
        };
        assert_eq!(lasting(answer), lasting(case["answer"].take()), "{}", case["name"]);
    }
}

#[test]
fn an_archive_of_the_version_before_opens_answers_verifies_and_goes_on() {
    let place = earlier();
    let status = place.run(&["status", "--json"]).ok().json();
    assert_eq!((&status["store"]["annotations"], &status["last_commit"]), (&68.into(), &12.into()));
    answers_as_then(&place, &place.archive());
    assert_eq!(place.run(&["verify", "--json"]).ok().json()["problem_count"], 0);

    // The open run still takes lines and is committed with those that the version before took.
    let lamp = line("e2", "objects@1", "OBJECT_SEARCH", 9.0, 10.0, serde_json::json!({"label": "lamp"}));
    let more = place.file("more.jsonl", lamp + "\n");
    place.run(&["run", "append", "open-run", more.to_str().unwrap()]).ok();
    place.run(&["run", "commit", "open-run"]).ok();
    let lamps = place.moments(&serde_json::json!({"all": [{"label": "lamp"}]}));
    assert_eq!(lamps, [("e2".into(), 0.0, 3.0), ("e2".into(), 9.0, 10.0)]);
}

#[test]
fn what_is_derived_of_an_archive_of_the_version_before_is_made_again_the_same() {
    let place = earlier();
    place.run(&["rebuild"]).ok();
    answers_as_then(&place, &place.archive());
    place.run(&["purge"]).ok();
    assert_eq!(place.run(&["verify", "--json"]).ok().json()["problem_count"], 0);
}

#[test]
fn a_backup_of_the_version_before_is_restored() {
    let place = earlier();
    place.run(&["restore", "backup", "again"]).ok();
    answers_as_then(&place, Path::new("again"));
}
