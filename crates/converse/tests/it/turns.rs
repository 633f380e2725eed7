//! What is told of a turn, and what is said that leads nowhere.

use proptest::prelude::*;
use rushes_ask::questions::WrittenLexicon;
use rushes_ask::{in_short, sorted};
use rushes_converse::{Conversation, History, Step, Turned, converse, patched};
use rushes_plan::Stretch;
use rushes_types::limits::QUERY_BYTES_MAX;

fn names() -> WrittenLexicon {
    WrittenLexicon::read(include_str!("../../talks/names.toml")).unwrap()
}

fn stretch(asset_id: &str, start_ns: i64, end_ns: i64) -> Stretch {
    Stretch { asset_id: asset_id.to_owned(), start_ns, end_ns }
}

/// Says one thing after another, with two moments shown; what became of each.
fn talk(said: &[&str]) -> (History, Vec<Turned>) {
    let (knowledge, mut history, mut all) = (names(), History::default(), Vec::new());
    let shown = [stretch("a", 0, 10), stretch("b", 5, 9)];
    for say in said {
        let conversation = Conversation { turns: history.turns(), at: history.at(), shown: &shown };
        let turned = converse(&conversation, say, &knowledge).unwrap();
        if turned.step == Step::Refines {
            let before = history.plan().cloned();
            assert_eq!(patched(before.as_ref(), &turned.patch).ok(), turned.plan, "{say}");
        }
        history.take(say, &turned);
        all.push(turned);
    }
    (history, all)
}

fn last(said: &[&str]) -> Turned {
    talk(said).1.pop().unwrap()
}

fn short(turned: &Turned) -> String {
    sorted(&turned.plan.as_ref().map(in_short).unwrap_or_default())
}

#[test]
fn why_is_told_and_the_other_reading_comes_along() {
    let refined = last(&["Mara in the galley", "in season 2"]);
    assert_eq!(
        (refined.step, refined.why.as_str()),
        (Step::Refines, "it names nothing to look for by itself")
    );
    assert_eq!(in_short(&refined.alternative.unwrap().plan), r#"T"SHOT" @s2"#);
    let anew = last(&["Mara in the galley", "Otto running"]);
    assert_eq!(anew.step, Step::Anew);
    let other = anew.alternative.unwrap();
    assert_eq!(
        (other.step, in_short(&other.plan)),
        (Step::Refines, r#"C"Mara" C"Otto" L"ACTION_SEARCH:run" P"galley""#.to_owned())
    );
}

#[test]
fn what_was_understood_points_into_the_new_plan() {
    let turned = last(&["Mara in the galley", "with Otto and a lamp, not in season 1"]);
    let json = turned.plan.unwrap().to_json();
    let spans = turned.understood.unwrap().spans;
    let at = |text: &str| {
        let span = spans.iter().find(|span| span.text.contains(text));
        span.and_then(|span| span.pointer.clone()).unwrap_or_else(|| panic!("{text}: {spans:?}"))
    };
    assert_eq!(json.pointer(&at("Otto")).unwrap()["label"], "Otto");
    assert_eq!(json.pointer(&at("lamp")).unwrap()["label"], "lamp");
    assert!(json.pointer(&at("season 1")).is_some());
}

#[test]
fn what_cannot_be_is_not_done_and_said() {
    let turned = last(&["Mara", "without Mara"]);
    assert_eq!((turned.step, turned.warnings[0].code), (Step::Stays, "contradiction"));
    let turned = last(&["Mara without Mara"]);
    assert!(turned.warnings.iter().any(|warning| warning.code == "contradiction"), "{:?}", turned.warnings);
    let turned = last(&["Mara", "forget Otto"]);
    assert_eq!((turned.step, turned.warnings[0].code), (Step::Stays, "not_understood"));
    let turned = last(&["Mara", "more like the third"]);
    assert!(turned.warnings[0].message.contains("2 moments were shown"), "{:?}", turned.warnings);
}

#[test]
fn a_moment_is_spoken_of_until_another_is() {
    let turned = last(&["Mara", "more like the second", "only season 2", "not that one"]);
    assert_eq!(turned.spoken_of, Some(stretch("b", 5, 9)));
    assert!(short(&turned).contains("#other=b:"), "{}", short(&turned));
}

#[test]
fn what_is_undone_stays_until_something_else_is_said() {
    let (history, _) = talk(&["Mara", "in the galley", "season 2", "go back", "go back"]);
    assert_eq!((history.turns().len(), history.at()), (3, 1));
    let (history, all) = talk(&["Mara", "in the galley", "go back", "redo", "redo", "go back", "with Otto"]);
    assert_eq!((history.turns().len(), history.at()), (2, 2));
    assert_eq!(all[4].step, Step::Stays, "there is nothing to take up again");
    assert_eq!(short(&all[6]), r#"C"Mara" C"Otto""#);
    let (history, all) = talk(&["go back", "Mara", "start over", "go back"]);
    assert_eq!((all[0].step, all[2].step, history.at()), (Step::Stays, Step::Clears, 1));
}

#[test]
fn a_conversation_of_a_thousand_turns_loses_nothing() {
    let said: Vec<String> = (0..1_000).map(|n| format!("season {}", n % 2 + 1)).collect();
    let said: Vec<&str> = std::iter::once("Mara").chain(said.iter().map(String::as_str)).collect();
    let (history, _) = talk(&said);
    assert_eq!(history.turns().len(), 1_001);
    assert_eq!(in_short(history.plan().unwrap()), r#"C"Mara" @s2"#);
}

#[test]
fn nothing_that_was_asked_is_lost_by_what_is_not_understood() {
    for say in ["", "…", "both of them", "hmm", "?!", "and", "the"] {
        let (history, all) = talk(&["Mara in the galley", say]);
        assert_eq!(all[1].step, Step::Stays, "{say}: {:?}", all[1]);
        assert_eq!(in_short(history.plan().unwrap()), r#"C"Mara" P"galley""#);
    }
    let conversation = Conversation::default();
    assert_eq!(converse(&conversation, "", &names()).unwrap_err().pointer(), Some("/say"));
    let long = "Mara ".repeat(QUERY_BYTES_MAX);
    assert_eq!(converse(&conversation, &long, &names()).unwrap_err().pointer(), Some("/say"));
}

#[test]
fn what_stands_in_quotes_is_said_and_commands_nothing() {
    let turned = last(&["Mara", "where she says \"go back\""]);
    assert_eq!(short(&turned), r#"C"Mara" D"go back""#);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn no_words_do_harm(said in prop::collection::vec("[a-zA-Z0-9 ,.\"'#@?!→é—-]{0,60}|(not|the|same|with|Mara|instead|of|forget|only|season|2|third|one|and| |,){1,12}", 1..5)) {
        let (knowledge, mut history) = (names(), History::default());
        for say in &said {
            let conversation = Conversation { turns: history.turns(), at: history.at(), shown: &[] };
            if let Ok(turned) = converse(&conversation, say, &knowledge) {
                history.take(say, &turned);
            }
        }
        if let Some(plan) = history.plan() {
            prop_assert!(plan.check().is_ok());
        }
    }
}
