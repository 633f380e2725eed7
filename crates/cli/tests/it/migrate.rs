//! Moving an archive.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Place, Ran, finish, line, lines, rushes, spans};

/// `rushes` on an archive in this folder.
fn on(place: &Place, archive: &Path, args: &[&str]) -> Ran {
    let mut command = rushes();
    command.arg("--archive").arg(archive).args(args).current_dir(place.path(""));
    finish(command, b"")
}

/// What an archive answers, with scores and all; what it took apart.
fn answer(place: &Place, archive: &Path, plan: &Value) -> Value {
    let mut command = rushes();
    command.arg("--archive").arg(archive).args(["search", "--json", "--plan", "-"]);
    command.current_dir(place.path(""));
    let mut answer = finish(command, plan.to_string().as_bytes()).ok().json();
    for work in ["took_ms", "clauses"] {
        answer.as_object_mut().unwrap().remove(work);
    }
    answer
}

#[test]
fn an_archive_moves_into_another_folder_and_back_with_the_same_answers() {
    let place = Place::filled();
    let run = place
        .run(&["run", "open", "--asset", "one", "--model", "faces@4", "--coverage", "0-2"])
        .ok()
        .out
        .trim()
        .to_owned();
    let new =
        place.file("n.jsonl", line("one", "faces@4", "CHARACTER_SEARCH", 1.0, 3.0, json!({"label": "Joey"})));
    place.run(&["run", "append", &run, new.to_str().unwrap()]).ok();
    let refused = place.run(&["migrate", "--to-archive", "copy"]).code(1).warns("--abort-open");
    assert!(refused.err.contains(&run), "{refused:?}");
    place
        .run(&["migrate", "--to-archive", "copy", "--dry-run"])
        .ok()
        .says("2 of 2 assets would move")
        .says(&run);
    place.run(&["run", "commit", &run]).ok();
    place.run(&["erase", "--model", "places@1", "--of", "two", "--yes"]).ok();
    let done = place.run(&["migrate", "--to-archive", "copy", "--json"]).ok().json();
    assert_eq!((&done["same"], &done["moved"], &done["problem_count"]), (&json!(true), &json!(2), &json!(0)));
    assert_eq!(done["source_digest"], done["target_digest"]);
    let copy = place.path("copy");
    let back = on(&place, &copy, &["migrate", "--to-archive", "back"]).ok().says("both are the same");
    assert!(back.out.contains(done["source_digest"].as_str().unwrap()), "{back:?}");
    for plan in [
        json!({"all": [{"label": "Joey"}]}),
        json!({"all": [{"label": "Joey"}, {"label": "kitchen"}]}),
        json!({"all": [{"text": "starving"}]}),
    ] {
        let wanted = answer(&place, &place.archive(), &plan);
        assert!(!spans(&wanted).is_empty(), "{plan}");
        assert_eq!(answer(&place, &copy, &plan), wanted);
        assert_eq!(answer(&place, &place.path("back"), &plan), wanted);
    }
    on(&place, &copy, &["verify"]).ok().says("all is well");
    place.run(&["migrate", "--to-archive", "copy", "--verify-only"]).ok().says("both are the same");
    place.run(&["migrate", "--to-archive", "copy"]).ok().says("moved 0 assets");
}

#[test]
fn what_cannot_be_moved_is_said() {
    let place = Place::filled();
    place.run(&["migrate"]).code(2);
    place.run(&["migrate", "--to-archive", "copy", "--dry-run", "--verify-only"]).code(2);
    place.run(&["migrate", "--to", "nowhere.toml", "--to-archive", "copy"]).code(2).warns("nowhere.toml");
    place
        .run(&["migrate", "--to-archive", "copy", "--verify-only"])
        .code(1)
        .warns("no archive to compare with");
    place.run(&["migrate", "--to-archive", "archive"]).code(1).warns("name another folder");
    let other = place.path("other");
    let file = place.file("b.jsonl", lines());
    on(&place, &other, &["ingest", file.to_str().unwrap()]).ok();
    place.run(&["migrate", "--to-archive", "other"]).code(1).warns("name an empty folder");
    place
        .run(&["migrate", "--from-archive", "nowhere", "--to-archive", "copy"])
        .code(1)
        .warns("holds no archive");
    let wrong = place.file("wrong.toml", "[engines]\nstore = 'postgres'\n");
    place
        .run(&["migrate", "--to", wrong.to_str().unwrap(), "--to-archive", "copy"])
        .code(2)
        .warns("`engines.store` is `postgres`");
    assert!(!place.path("copy").join("archive.json").exists());
}

#[test]
fn a_move_that_is_killed_again_and_again_ends_with_the_same_archive() {
    const ASSETS: usize = 60;
    let place = Place::new();
    let text: Vec<String> = (0..ASSETS * 200)
        .map(|n| {
            let asset = format!("asset-{:02}", n % ASSETS);
            let start = (n / ASSETS) as f64;
            line(
                &asset,
                "faces@1",
                "CHARACTER_SEARCH",
                start,
                start + 2.0,
                json!({"label": "Joey", "note": "x".repeat(n % 97)}),
            )
        })
        .collect();
    let file = place.file("many.jsonl", text.join("\n"));
    place.run(&["ingest", file.to_str().unwrap()]).ok();
    let begun = Instant::now();
    place.run(&["migrate", "--to-archive", "measured"]).ok();
    let whole = begun.elapsed();
    for n in 1..=6u32 {
        let mut command = place.command(&["migrate", "--to-archive", "copy", "--jobs", "3"]);
        let mut child = command.spawn().unwrap();
        std::thread::sleep(whole * n / 7 + Duration::from_millis(5));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let done = place.run(&["migrate", "--to-archive", "copy", "--json"]).ok().json();
    assert_eq!((&done["same"], &done["annotations"]), (&json!(true), &json!(ASSETS * 200)));
    let copy = place.path("copy");
    let status = on(&place, &copy, &["status", "--json"]).ok().json();
    assert_eq!(
        status["store"]["annotations"],
        json!(ASSETS * 200),
        "nothing twice, nothing left over: {status}"
    );
    on(&place, &copy, &["verify"]).ok().says("all is well");
}
