//! `rushes demo`.

use crate::support::{finish, rushes};

#[test]
fn the_demo_finds_the_known_answers_and_leaves_nothing_behind() {
    let temporary = tempfile::tempdir().unwrap();
    let mut command = rushes();
    command.args(["demo", "--no-open"]).env("TMPDIR", temporary.path());
    let ran = finish(command, b"").ok();
    for part in [
        "Mara in the galley",
        "[Could you pass the salt?]",
        "night-ferry-s01e03",
        "[ran]",
        "[feet",
        "Captain Brandt",
        "episode 1",
    ] {
        assert!(ran.out.contains(part), "`{part}` not in\n{}", ran.out);
    }
    assert!(!ran.out.contains("no moments"), "{}", ran.out);
    assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 0);
}

#[test]
fn the_demo_s_answers_are_json_too() {
    let mut command = rushes();
    command.args(["demo", "--no-open", "--json", "--quiet"]);
    let answers = finish(command, b"").ok().json();
    for answer in answers.as_array().unwrap() {
        assert!(answer["answer"]["total"].as_u64().unwrap() > 0, "{answer}");
        assert_eq!(answer["answer"]["warnings"].as_array().unwrap().len(), 0, "{answer}");
    }
}
