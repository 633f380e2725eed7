//! A search by conversation, in the terminal and through a pipe.

use crate::support::Place;

#[test]
fn each_line_changes_the_search_before_it() {
    let place = Place::filled();
    let talk =
        "Joey\n\nin the kitchen\nnot that one\ngo back\nwithout Joey\nstart over\n:plan\n:end\nnever read\n";
    let ran = place.run_with(&["chat"], talk).ok();
    for says in [
        "> Joey",
        "anew: nothing was asked before",
        "2 moments for",
        "+ /all/1",
        "refines: it goes on with",
        "1 moment for",
        "back:",
        "nothing is asked",
        "null",
    ] {
        assert!(ran.out.contains(says), "`{says}` not in {}", ran.out);
    }
    assert!(!ran.out.contains("never read"), "{}", ran.out);
}

#[test]
fn what_is_said_on_the_command_line_is_said_one_after_another() {
    let place = Place::filled();
    let ran = place.run(&["chat", "Joey", "in the kitchen", ":other", ":plan"]).ok();
    // The other way is something new: the kitchen alone.
    assert!(
        ran.out.contains("\"kitchen\"")
            && !ran.out.rsplit("2 moments for").next().unwrap().contains("\"Joey\""),
        "{}",
        ran.out
    );
    let json = place.run(&["chat", "--json", "Joey", "in the kitchen"]).ok();
    let last: serde_json::Value =
        serde_json::Deserializer::from_str(&json.out).into_iter().last().unwrap().unwrap();
    assert_eq!(
        (last["turned"]["step"].as_str(), last["answer"]["total"].as_u64()),
        (Some("refines"), Some(2))
    );
}

#[test]
fn what_is_not_understood_ends_nothing() {
    let place = Place::filled();
    let long = "x ".repeat(20_000);
    let ran = place
        .run_with(&["chat"], format!("both of them\nJoey\nboth of them\n{long}\n:other\nin the kitchen\n"))
        .ok();
    assert!(ran.out.contains("stays") && ran.err.contains("note:"), "{ran:?}");
    assert!(ran.out.trim_end().rsplit("> ").next().unwrap().contains("in the kitchen"), "{}", ran.out);
}
