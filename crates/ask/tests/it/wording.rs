//! Kinds of wording that people use, each with several examples, over names that are hard to tell from other words.

use rushes_ask::questions::WrittenLexicon;
use rushes_ask::{Asking, ask, ask_as, in_short};
use rushes_plan::Plan;

use crate::support::{ours, reads};

/// A documentary archive whose names are ordinary words, with actions as detectors label them.
const CLASHING: &str = r#"
encoder = true
[[label]]
type = "CHARACTER_SEARCH"
names = [["May Whit", 80, "May"], ["Art", 60], ["Rose", 40], ["Paris", 18], ["Max", 12], ["Interviewer", 260], ["Joe", 5]]
[[label]]
type = "SCENE_SEARCH"
names = [["Paris", 40], ["harbour", 90], ["pier", 30]]
[[label]]
type = "OBJECT_SEARCH"
names = [["rose", 60], ["penny", 6], ["umbrella", 9]]
[[label]]
type = "ACTION_SEARCH"
names = [["carry/hold (an object)", 90], ["run/jog", 80], ["get up", 30], ["sit", 70], ["take a photo", 9],
         ["ride (e.g., a bike, a horse)", 12], ["dance", 20]]
[[asset]]
id = "w"
movie = "water"
title = "Without Water"
[[asset]]
id = "who"
movie = "questions"
title = "Who?"
[[asset]]
id = "A001_C003"
[[asset]]
id = "A001_C004"
[[asset]]
id = "one"
title = "Interview"
[[asset]]
id = "two"
title = "Interview"
[words]
lines = ["Could you pass the umbrella, Joe?", "We had a lovely time on the pier"]
"#;

fn clashing() -> WrittenLexicon {
    WrittenLexicon::read(CLASHING).unwrap()
}

#[test]
fn a_line_is_found_without_quotes() {
    reads(
        &clashing(),
        &[
            ("could you pass the umbrella", r#"S"could you pass the umbrella""#),
            ("a lovely time on the pier", r#"S"a lovely time on the pier""#),
            ("I never said you were wrong", r#"S"I never said you were wrong""#),
            ("May on the pier", r#"C"May Whit" P"pier""#),
            ("I need shots of the pier", r#"P"pier""#),
        ],
    );
    let asked = ask("could you pass the umbrella", &Plan::default(), &clashing()).unwrap().plan.to_json();
    let clause = &asked["all"][0];
    assert_eq!(clause["type"], "DIALOGUE_SEARCH");
    assert_eq!(clause["vector"]["phrase"], "could you pass the umbrella");
    let plain =
        ask("could you pass the umbrella", &Plan::default(), &clashing().with_encoder(false)).unwrap();
    assert_eq!(plain.plan.to_json()["all"][0]["phrase"], "could you pass the umbrella");
}

#[test]
fn words_that_name_nothing_are_looked_for_as_words_too() {
    let asked = ask("somebody weeping at the harbour", &Plan::default(), &ours()).unwrap().plan.to_json();
    let vector = &asked["all"][1]["vector"];
    assert_eq!((&vector["text"], &vector["words"]), (&"weeping".into(), &"weeping".into()));
}

#[test]
fn what_is_being_typed_is_a_beginning() {
    let typed = |question: &str, lexicon: &WrittenLexicon| {
        let asking = Asking { typing: true, ..Asking::default() };
        ask_as(asking, question, &Plan::default(), lexicon).unwrap().plan
    };
    assert_eq!(in_short(&typed("Mara in the gal", &ours())), r#"C"Mara" P"galley""#);
    assert_eq!(in_short(&typed("Mara witho", &ours())), r#"C"Mara""#);
    assert_eq!(in_short(&typed("Mara in the galley ", &ours())), r#"C"Mara" P"galley""#);
    let half = typed("Mara zeb", &ours()).to_json();
    assert_eq!((&half["all"][1]["text"], &half["all"][1]["prefix"]), (&"zeb".into(), &true.into()));
    let quote = typed("\"pass t", &ours()).to_json();
    assert_eq!((&quote["all"][0]["phrase"], &quote["all"][0]["prefix"]), (&"pass t".into(), &true.into()));
    // Once it is asked for, a word is a word.
    reads(&ours(), &[("Mara in the gal", r#"C"Mara" M"gal""#)]);
}

#[test]
fn what_people_do_is_named_in_any_form() {
    reads(
        &clashing(),
        &[
            ("Rose carrying a penny", r#"C"Rose" L"ACTION_SEARCH:carry/hold (an object)" O"penny""#),
            ("Joe getting up", r#"C"Joe" L"ACTION_SEARCH:get up""#),
            ("Joe sits down, then runs", r#"C"Joe" L"ACTION_SEARCH:sit" > L"ACTION_SEARCH:run/jog""#),
            ("taking photos", r#"L"ACTION_SEARCH:take a photo""#),
            ("Art riding a horse", r#"C"Art" L"ACTION_SEARCH:ride (e.g., a bike, a horse)""#),
        ],
    );
}

#[test]
fn names_that_are_ordinary_words_are_told_by_their_neighbours() {
    reads(
        &clashing(),
        &[
            ("May with an umbrella", r#"C"May Whit" O"umbrella""#),
            ("may we see the pier", r#"P"pier""#),
            ("Interviewer and May", r#"C"Interviewer" C"May Whit""#),
            ("Rose with a rose", r#"C"Rose" O"rose""#),
            ("Paris in Paris", r#"C"Paris" P"Paris""#),
            ("Max, max 10 seconds", r##"C"Max" #dur<=10"##),
            ("Art interviewed", r#"C"Art" M"interviewed""#),
            ("Art without water", r#"-M"water" C"Art""#),
            ("Art in Without Water", r#"C"Art" @asset"w""#),
            ("Art in Who?", r#"C"Art" @asset"who""#),
            ("Art in Interview", r#"@asset"one" @asset"two" C"Art""#),
            ("everything in A001", r#"@asset"A001_C003" @asset"A001_C004" T"SHOT""#),
        ],
    );
}

#[test]
fn denials_are_heard_wherever_they_stand() {
    reads(
        &ours(),
        &[
            ("nobody in the galley", r#"-T"CHARACTER_SEARCH" P"galley""#),
            ("the galley without people", r#"-T"CHARACTER_SEARCH" P"galley""#),
            ("anyone but Otto in the galley", r#"-C"Otto" P"galley""#),
            ("Mara is in it but Otto isn't in it", r#"-C"Otto" C"Mara""#),
            ("Mara yes, Otto no", r#"-C"Otto" C"Mara""#),
            ("Mara -Otto", r#"-C"Otto" C"Mara""#),
            ("\"salt\" instead of \"soup\"", r#"-D"soup" D"salt""#),
            ("without Otto", r#"-C"Otto" T"SHOT""#),
        ],
    );
}

#[test]
fn lengths_orders_and_numbers_are_heard_in_other_words() {
    reads(
        &ours(),
        &[
            ("Mara, 10-20 seconds", r##"C"Mara" #dur<=20 #dur>=10"##),
            ("Mara for 5 seconds", r##"C"Mara" #dur>=5"##),
            ("Mara, longest first", r##"C"Mara" #rank=duration"##),
            ("two clips of Mara per season", r##"C"Mara" #group=season #top=2"##),
            ("Nils in the last episode of season 1", r##"@e3 @s1 C"Nils""##),
            ("Mara confidence > .9", r##"C"Mara" #conf=0.9"##),
            ("all shots", r#"T"SHOT""#),
            ("the", r#"D"the""#),
        ],
    );
}

#[test]
fn what_is_said_is_told_from_how_it_is_said() {
    reads(
        &ours(),
        &[
            ("everything Mara says", r#"C"Mara" T"DIALOGUE_SEARCH""#),
            ("Mara whispering", r#"C"Mara" M"whispering""#),
            ("Mara shouts \"geese first\"", r#"C"Mara" D"geese first""#),
            ("what does Mara say about the piano", r#"A"piano" C"Mara""#),
            ("the harbour, where money is mentioned", r#"A"money" P"harbour""#),
        ],
    );
}

#[test]
fn mistyped_words_are_put_right_where_the_sentence_wants_it() {
    reads(
        &ours(),
        &[
            ("Mara thne Otto", r#"C"Mara" > C"Otto""#),
            ("Mara at leats 10 seconds", r##"C"Mara" #dur>=10"##),
            ("Mara longr than 10 seconds", r##"C"Mara" #dur>10"##),
            ("shwo me Mara", r#"C"Mara""#),
            ("Mara holding a suitcsae", r#"C"Mara" O"suitcase" M"holding""#),
        ],
    );
}
