//! What strangers write into titles, labels and dialogue does nothing where it is shown.

use serde_json::{Value, json};

use crate::support::{Place, line};

/// A window title, a screen cleared in one byte, a forged line, a reversed name, a hidden letter.
const TITLE: &str = "Cast\u{1b}]0;gone\u{7}\u{9b}2J\nforged: 1 moment\u{202e}gnp.exe\u{200b}\u{2028}x";
/// The same of what a line of annotations may hold: no C0 controls but white space.
const LABEL: &str = "Joey\u{9b}2J\nforged: 1 moment\u{202e}gnp\u{200b}";

fn place() -> Place {
    let place = Place::new();
    let asset =
        json!({"asset_id": "one", "movie_id": "film", "title": TITLE, "series": TITLE, "mood": TITLE});
    place.run_with(&["asset", "import", "-"], asset.to_string()).ok();
    let lines = [
        line("one", "faces@3", "CHARACTER_SEARCH", 2.0, 8.0, json!({"label": LABEL})),
        line("one", "asr@1", "DIALOGUE_SEARCH", 3.0, 4.0, json!({"text": format!("I'm starving {LABEL}")})),
    ];
    place.run_with(&["ingest", "--wait", "-"], lines.join("\n")).ok();
    place
}

/// Nothing but what is seen, in lines of our own.
#[track_caller]
fn harmless(shown: &str) {
    let bad = |c: char| c != '\n' && (c.is_control() || rushes_types::is_unsafe_to_show(c));
    assert!(!shown.contains(bad), "{shown:?}");
    assert!(!shown.lines().any(|l| l.trim_start().starts_with("forged")), "{shown}");
}

#[test]
fn nothing_that_is_printed_controls_a_terminal_or_forges_a_line() {
    let place = place();
    let plan = json!({"all": [{"type": "CHARACTER_SEARCH"}, {"text": "starving"}], "group_by": ["series"]})
        .to_string();
    for args in [
        &["asset", "list"][..],
        &["asset", "show", "one"],
        &["model", "list"],
        &["buckets", "one"],
        &["status"],
        &["search", "starving"],
        &["search", "--explain", "starving"],
    ] {
        let ran = place.run(args).ok();
        harmless(&ran.out);
        harmless(&ran.err);
    }
    let ran = place.run_with(&["search", "--plan", "-"], &plan).ok().says("[starving]").says("\\u{202e}");
    harmless(&ran.out);
    // What a person typed comes back in errors and warnings.
    let ran = place.run(&["asset", "show", "x\u{202e}y\u{9b}2J"]);
    assert_ne!(ran.code, 0);
    harmless(&ran.err);
}

#[test]
fn json_that_is_printed_is_harmless_and_says_the_same() {
    let place = place();
    for args in [&["asset", "show", "one", "--json"][..], &["search", "starving", "--json"]] {
        let ran = place.run(args).ok();
        harmless(&ran.out);
    }
    let asset = place.run(&["asset", "show", "one", "--json"]).ok().json();
    assert_eq!(asset["title"], TITLE);
    let found = place.run(&["search", "starving", "--json"]).ok().json();
    let text = found["moments"][0]["evidence"][0]["text"].as_str().unwrap();
    assert_eq!(text, format!("I'm starving {LABEL}"));
    // Programs get the bytes as they were sent.
    let lines = place.run(&["export", "--all"]).ok();
    let label = |line: &str| serde_json::from_str::<Value>(line).unwrap()["label"].clone();
    assert!(lines.out.lines().any(|line| label(line) == LABEL), "{lines:?}");
}
