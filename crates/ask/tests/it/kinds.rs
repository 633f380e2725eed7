//! The kinds of questions that a scanner from the left gets wrong, each with several examples.

use rushes_ask::questions::WrittenLexicon;
use rushes_ask::{Asking, Languages, ask, ask_as, in_short, lattice_of};
use rushes_plan::Plan;

use crate::support::{ours, short_of};

fn holds(lexicon: &WrittenLexicon, examples: &[(&str, &str)]) {
    for (question, wanted) in examples {
        let got = short_of(question, lexicon);
        assert_eq!(got, *wanted, "{question}\n{}", lattice_of(question, lexicon).unwrap());
    }
}

/// Names that are hard to tell from other words.
fn hard_names() -> WrittenLexicon {
    WrittenLexicon::read(
        r#"
        encoder = true
        [[label]]
        type = "CHARACTER_SEARCH"
        names = [["Mara", 900], ["Otto", 800, "the crew"], ["Ines", 500, "the crew"], ["Ines and Otto", 4], ["All", 6],
                 ["Woman", 5], ["Max", 9], ["Will", 60], ["D'Arcy", 20], ["O'Brien", 20], ["C-3PO", 9]]
        [[label]]
        type = "SCENE_SEARCH"
        names = [["Ines and Otto's cabin", 12], ["galley", 60]]
        [[label]]
        type = "SHOT_MOVEMENT"
        names = [["tracking", 50], ["pan", 10]]
        [[asset]]
        id = "it"
        title = "It"
        [[asset]]
        id = "t24"
        title = "24"
        "#,
    )
    .unwrap()
}

#[test]
fn short_denials_are_denials() {
    holds(
        &ours(),
        &[
            ("Mara w/o Otto", r#"-C"Otto" C"Mara""#),
            ("galley, no otto, just Mara", r#"-C"Otto" C"Mara" P"galley""#),
            ("galley scenes where Otto isn't in it", r#"-C"Otto" P"galley""#),
            ("the galley, Mara and Otto are not in it", r#"-C"Mara" -C"Otto" P"galley""#),
            ("nobody says \"salt\" in the galley", r#"-D"salt" P"galley""#),
            ("without Otto, Mara in the galley", r#"-C"Otto" C"Mara" P"galley""#),
        ],
    );
}

#[test]
fn limits_and_orders_are_read_however_they_are_said() {
    holds(
        &ours(),
        &[
            ("lamp then lantern then rope, each within 4 s", r#"O"lamp" >4 O"lantern" >4 O"rope""#),
            ("Mara -> Otto", r#"C"Mara" > C"Otto""#),
            ("Mara < 1 minute", r##"C"Mara" #dur<60"##),
            ("Otto max 15 sec", r##"C"Otto" #dur<=15"##),
            ("Otto, 10 seconds tops", r##"C"Otto" #dur<=10"##),
            ("last time that Mara says \"salt\"", r##"C"Mara" D"salt" #rank=latest #top=1"##),
            ("the shortest scene with Mara", r##"C"Mara" #rank=shortest #top=1"##),
            ("one per episode of Mara", r##"C"Mara" #group=episode #top=1"##),
            ("three longest shots", r##"T"SHOT" #rank=duration #top=3"##),
            ("Mara in series two episode 3", r#"C"Mara" @e3 @s2"#),
            ("Mara in season1", r#"C"Mara" @s1"#),
        ],
    );
}

#[test]
fn mistyped_and_unfinished_words_are_put_right() {
    holds(
        &ours(),
        &[
            ("Mara witout Otto", r#"-C"Otto" C"Mara""#),
            ("Mara in epsiode 2 of seson 1", r#"C"Mara" @e2 @s1"#),
            ("Otto befor Mara", r#"C"Otto" > C"Mara""#),
            ("tpo 3 of Mara", r##"C"Mara" #top=3"##),
        ],
    );
}

#[test]
fn frame_words_inside_a_meaning_stay_in_it() {
    holds(
        &ours(),
        &[
            ("an awkward silence", r#"M"awkward silence""#),
            ("Mara and Otto back to back", r#"C"Mara" C"Otto" M"back to back""#),
            ("Mara nervous right before a first date", r#"C"Mara" M"nervous right before a first date""#),
            ("what do you", r#"D"what do you""#),
        ],
    );
}

#[test]
fn two_lists_of_alternatives_stand_in_one_step() {
    let question = "Mara or Otto in the galley or the harbour";
    holds(&ours(), &[(question, r#"P"galley or harbour" |C"Mara" |C"Otto""#)]);
    let plan = ask(question, &Plan::default(), &ours()).unwrap().plan.to_json();
    assert_eq!(plan["all"][0]["labels"], serde_json::json!(["galley", "harbour"]));
    let topics = "Mara talks about soup or geese";
    holds(&ours(), &[(topics, r#"C"Mara" |A"geese" |A"soup""#)]);
}

#[test]
fn what_carries_nothing_is_left_out_and_said() {
    let question = "places where Mara talks about salt with exact timecodes for instagram";
    let asked = ask(question, &Plan::default(), &ours()).unwrap();
    assert_eq!(in_short(&asked.plan), r#"A"salt" C"Mara""#);
    assert_eq!(asked.warnings.iter().filter(|w| w.code == "left_out").count(), 2, "{:?}", asked.warnings);
}

#[test]
fn names_are_told_by_the_whole_sentence() {
    holds(
        &hard_names(),
        &[
            ("Mara in Ines and Otto's cabin", r#"C"Mara" P"Ines and Otto's cabin""#),
            ("Ines and Otto in the galley", r#"C"Ines" C"Otto" P"galley""#),
            ("all scenes with Mara", r#"C"Mara""#),
            ("Mara max 15 sec", r##"C"Mara" #dur<=15"##),
            ("a woman crying", r#"M"woman crying""#),
            ("Will in the galley", r#"C"Will" P"galley""#),
            ("Mara in It", r#"C"Mara" @movie"it""#),
            ("Mara in 24", r#"C"Mara" @movie"t24""#),
            ("D'Arcy", r#"C"D'Arcy""#),
            ("o brien", r#"C"O'Brien""#),
            ("C3PO", r#"C"C-3PO""#),
            ("@Mara in the galley", r#"C"Mara" P"galley""#),
            ("the crew in the galley", r#"P"galley" |C"Ines" |C"Otto""#),
            ("best tracking shots of Mara", r#"C"Mara" L"SHOT_MOVEMENT:tracking""#),
        ],
    );
}

#[test]
fn seven_languages_are_read_and_one_more_is_a_file() {
    Languages::check().unwrap();
    holds(
        &ours(),
        &[
            ("Mara senza Otto nella kitchen", r#"-C"Otto" C"Mara" P"galley""#),
            ("Otto prima di Mara", r#"C"Otto" > C"Mara""#),
            ("Mara na cocina sem o Otto", r#"-C"Otto" C"Mara" P"galley""#),
            ("Mara zonder Otto in seizoen 2", r#"-C"Otto" C"Mara" @s2"#),
        ],
    );
    let swedish =
        "tag = \"sv\"\n[words]\nframe = \"med | i\"\nnot = \"utan\"\nthen = \"sedan\"\nplace = \"i | på\"";
    let languages = Languages::with(&[swedish]).unwrap();
    let asking = Asking { languages: &languages, typing: false };
    let asked = ask_as(asking, "Mara utan Otto på harbour", &Plan::default(), &ours()).unwrap();
    assert_eq!(in_short(&asked.plan), r#"-C"Otto" C"Mara" P"harbour""#);
    assert_eq!(asked.reading.language, "sv");
    assert!(Languages::with(&["tag = \"sv\"\n[words]\nnosuch = \"x\""]).is_err());
}

#[test]
fn the_preparation_is_told_step_by_step() {
    let asked = ask("Mara running in season 2", &Plan::default(), &ours()).unwrap();
    let prepared = asked.reading.preparation;
    assert_eq!(prepared.route.len(), 2);
    assert_eq!(prepared.filters.iter().map(|f| f.text.as_str()).collect::<Vec<_>>(), ["Mara", "season 2"]);
    assert_eq!(prepared.vectors[0].text, "running");
}
