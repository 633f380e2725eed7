//! What the answer says of how a question was read.

use rushes_ask::questions::{LEXICON, WrittenLexicon};
use rushes_ask::{ParsedQuestion, ReadingKind, ask, in_short};
use rushes_plan::{Mode, Plan};

fn read(text: &str) -> ParsedQuestion {
    ask(text, &Plan::default(), &WrittenLexicon::read(LEXICON).unwrap()).unwrap()
}

fn span(asked: &ParsedQuestion, text: &str) -> (ReadingKind, Option<String>) {
    let span = asked.reading.spans.iter().find(|s| s.text == text).unwrap();
    (span.kind, span.pointer.clone())
}

#[test]
fn each_part_says_what_it_became() {
    let asked = read("top 3 per season where Mara says \"salt\" without Otto then running in season 2");
    let pointer = |p: &str| Some(p.to_owned());
    assert_eq!(span(&asked, "top 3"), (ReadingKind::Top, pointer("/top")));
    assert_eq!(span(&asked, "per season"), (ReadingKind::Top, pointer("/group_by")));
    assert_eq!(span(&asked, "where"), (ReadingKind::Frame, None));
    assert_eq!(span(&asked, "Mara"), (ReadingKind::Label, pointer("/all/0")));
    assert_eq!(span(&asked, "\"salt\""), (ReadingKind::Dialogue, pointer("/all/1")));
    assert_eq!(span(&asked, "Otto"), (ReadingKind::Label, pointer("/none/0")));
    assert_eq!(span(&asked, "then"), (ReadingKind::Sequence, pointer("/then/0")));
    assert_eq!(span(&asked, "running"), (ReadingKind::Meaning, pointer("/then/0/all/0")));
    assert_eq!(span(&asked, "season 2"), (ReadingKind::Scope, pointer("/scope/seasons")));
    assert_eq!(asked.reading.language, "en");
}

#[test]
fn corrections_and_other_meanings_are_said() {
    let asked = read("captian brandt with the radio");
    assert_eq!(asked.reading.spans[0].corrected.as_deref(), Some("Captain Brandt"));
    let codes: Vec<&str> = asked.warnings.iter().map(|w| w.code).collect();
    assert_eq!(codes, ["corrected", "ambiguous"]);
    assert!(asked.warnings[1].message.contains("CHARACTER_SEARCH"), "{:?}", asked.warnings);
}

#[test]
fn what_cannot_be_asked_is_said() {
    for (text, part) in [
        ("Mara in the last five minutes", "last five minutes"),
        ("Mara within 10 s", "within 10 s"),
        ("Mara or Otto with the kettle or the galley", "or"),
        ("Mara alone in the galley", "alone"),
        ("more than three people in the galley", "more than three people"),
        ("Otto in the season nine finale", "finale"),
    ] {
        let asked = read(text);
        let unknown = asked.reading.spans.iter().any(|s| s.text == part && s.kind == ReadingKind::Unknown);
        assert!(unknown, "{text}: {:#?}", asked.reading);
        assert!(asked.warnings.iter().any(|w| w.code == "not_understood"), "{text}");
    }
}

#[test]
fn a_question_in_union_mode_puts_its_clauses_under_any() {
    let base = Plan { mode: Mode::Union, ..Plan::default() };
    let asked = ask("Mara and Otto without Ines", &base, &WrittenLexicon::read(LEXICON).unwrap()).unwrap();
    assert_eq!(in_short(&asked.plan), "-C\"Ines\" |C\"Mara\" |C\"Otto\" #mode=union");
}

#[test]
fn what_was_set_by_hand_stays() {
    let base =
        Plan::parse(r#"{"all":[{"type":"SHOT"}],"scope":{"seasons":[1]},"top":7,"min_confidence":0.5}"#)
            .unwrap();
    let asked = ask(
        "top 2 of Mara in season 2, confidence above 0.9",
        &base,
        &WrittenLexicon::read(LEXICON).unwrap(),
    );
    assert_eq!(in_short(&asked.unwrap().plan), "C\"Mara\" T\"SHOT\" #conf=0.5 #top=7 @s1");
}

#[test]
fn without_an_encoder_what_is_left_are_words() {
    let lexicon = WrittenLexicon::read(LEXICON).unwrap().with_encoder(false);
    let asked = ask("Mara looking at the worried man", &Plan::default(), &lexicon).unwrap();
    assert_eq!(in_short(&asked.plan), "C\"Mara\" W\"looking worried man\"");
}
