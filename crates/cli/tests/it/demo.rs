//! `rushes demo`.

use std::fmt::Write;

use serde_json::Value;

use crate::support::{finish, rushes};

/// What the demo finds, in short: one line a question, one a moment.
const KNOWN: &str = include_str!("demo.txt");

#[test]
fn the_demo_prints_the_known_answers_and_leaves_nothing_behind() {
    let temporary = tempfile::tempdir().unwrap();
    let mut command = rushes();
    command.args(["demo", "--no-open"]).env("TMPDIR", temporary.path());
    let ran = finish(command, b"").ok();
    for line in KNOWN.lines().filter(|l| !l.starts_with(' ') && !l.is_empty()) {
        assert!(ran.out.contains(line), "`{line}` not in\n{}", ran.out);
    }
    for part in
        ["[Could you pass the salt", "[feet", "[swam", "[stolen", "trajo", "Captain Brandt", "episode 1"]
    {
        assert!(ran.out.contains(part), "`{part}` not in\n{}", ran.out);
    }
    assert!(!ran.out.contains("no moments"), "{}", ran.out);
    assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 0);
}

#[test]
fn the_demo_s_answers_are_the_known_ones_to_the_frame() {
    let mut command = rushes();
    command.args(["demo", "--no-open", "--json", "--quiet"]);
    let answers = finish(command, b"").ok().json();
    for answer in answers.as_array().unwrap() {
        assert!(answer["answer"]["total"].as_u64().unwrap() > 0, "{answer}");
        assert_eq!(answer["answer"]["warnings"].as_array().unwrap().len(), 0, "{answer}");
    }
    let found = in_short(&answers);
    // `RUSHES_BLESS=1 cargo test -p rushes demo` writes what it finds now: look at the difference.
    if std::env::var_os("RUSHES_BLESS").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/demo.txt"), &found).unwrap();
        return;
    }
    assert_eq!(found, KNOWN);
}

#[test]
fn the_demo_s_questions_are_far_below_what_a_search_may_cost() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("demo");
    let archive = kept.join("archive");
    let mut command = rushes();
    command.args(["demo", "--no-open", "--json", "--quiet", "--keep"]).arg(&kept);
    let answers = finish(command, b"").ok().json();
    for answer in answers.as_array().unwrap() {
        let question = answer["question"].as_str().unwrap();
        let mut command = rushes();
        command.arg("--archive").arg(&archive).args(["search", "--explain", "--plan", "-"]);
        // A hundredth of the memory, and of the answer.
        command.env("RUSHES_LIMITS_SEARCH_MEMORY_BYTES", "5000000");
        command.env("RUSHES_LIMITS_SEARCH_ANSWER_BYTES", "80000");
        let plan = answer["answer"]["plan"].to_string();
        let ran = finish(command, plan.as_bytes()).ok();
        let estimate = ran.out.lines().find_map(|line| line.strip_prefix("estimate: ")).unwrap();
        let ms: f64 = estimate.split(' ').next().unwrap().parse().unwrap();
        assert!(ms < 30.0, "{question}: {estimate}");
    }
}

/// The questions, and of each the total and the first moments.
fn in_short(answers: &Value) -> String {
    let mut text = String::new();
    for answer in answers.as_array().unwrap() {
        let moments = answer["answer"]["moments"].as_array().unwrap();
        writeln!(text, "{}", answer["question"].as_str().unwrap()).unwrap();
        writeln!(text, "  {} in all", answer["answer"]["total"]).unwrap();
        for moment in moments.iter().take(5) {
            let field = |name: &str| moment[name].as_str().unwrap();
            writeln!(text, "  {} {} {}", field("asset_id"), field("timecode_in"), field("timecode_out"))
                .unwrap();
        }
    }
    text
}

#[test]
fn a_kept_demo_holds_archive_and_films_and_is_not_overwritten() {
    let temporary = tempfile::tempdir().unwrap();
    let kept = temporary.path().join("ferry");
    let run = || {
        let mut command = rushes();
        command.args(["demo", "--no-open", "--quiet", "--keep"]).arg(&kept);
        finish(command, b"")
    };
    run().ok().says("to see it: rushes serve --archive");
    let film = kept.join("films").join("night-ferry-s01e03.webm");
    assert!(std::fs::metadata(film).unwrap().len() > 100_000);
    let mut command = rushes();
    command.args(["search", "--json", "goose", "--archive"]).arg(kept.join("archive"));
    assert!(finish(command, b"").ok().json()["total"].as_u64().unwrap() > 0);
    run().code(2).warns("is not empty");
}
