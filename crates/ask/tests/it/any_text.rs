//! Whatever is typed: no panic, in bounded time, and what comes out is a plan.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use rushes_ask::ask;
use rushes_ask::questions::{LEXICON, WrittenLexicon};
use rushes_plan::{Mode, Plan};
use rushes_types::limits::QUERY_BYTES_MAX;

fn lexicon() -> WrittenLexicon {
    WrittenLexicon::read(LEXICON).unwrap()
}

fn holds(text: &str, base: &Plan) {
    let Ok(asked) = ask(text, base, &lexicon()) else { return };
    asked.plan.check().unwrap();
    // What comes out can be sent again.
    assert_eq!(Plan::read(&asked.plan.to_json()).unwrap(), asked.plan, "{text}");
    let mut at = 0;
    let json = asked.plan.to_json();
    for span in &asked.reading.spans {
        assert!(at <= span.start && span.start <= span.end, "{text}: {span:?}");
        assert_eq!(text.get(span.start..span.end), Some(span.text.as_str()));
        at = span.end;
        if let Some(pointer) = &span.pointer {
            assert!(json.pointer(pointer).is_some(), "{text}: {pointer} in {json}");
        }
    }
}

/// Pieces of questions, so that rules meet each other in every order.
const PIECES: &[&str] = &[
    "Mara",
    "Otto",
    "the captain",
    "galley",
    "in",
    "then",
    "before",
    "after",
    "within",
    "10 s",
    "10",
    "seconds",
    "of",
    "without",
    "not",
    "no",
    "or",
    "and",
    ",",
    "\"geese first\"",
    "'",
    "\"",
    "says",
    "talks about",
    "top",
    "best",
    "3",
    "per",
    "episode",
    "season",
    "1",
    "s01e02",
    "-",
    "the first",
    "five",
    "minutes",
    "1:30",
    "between",
    "from",
    "to",
    "longer than",
    "at least",
    "confidence",
    "0.8",
    "%",
    "every instance of",
    "longest",
    "most",
    "pilot",
    "finale",
    "running",
    "Fog",
    "The Night Ferry",
    "«",
    "»",
    "¿",
    "sin",
    "oder",
    "dans les",
    "premières",
    ".",
    ";",
    ":",
    "last",
    "in Spanish",
    "dialogue",
    "nobody speaks",
    "first",
    "5 moments",
    "grouped by",
    "less than",
    "/",
    ">",
    "Mraa",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,80}") {
        holds(&text, &Plan::default());
    }

    #[test]
    fn any_order_of_pieces_is_read_or_refused(pieces in proptest::collection::vec(0..PIECES.len(), 0..24), union: bool) {
        let text: Vec<&str> = pieces.into_iter().map(|i| PIECES[i]).collect();
        let base = Plan { mode: if union { Mode::Union } else { Mode::Intersection }, ..Plan::default() };
        holds(&text.join(" "), &base);
    }
}

#[test]
fn the_longest_questions_take_bounded_time() {
    let begun = Instant::now();
    for piece in [
        "a ",
        "x",
        "\"",
        "' ",
        "«",
        "Mraa ",
        "zzzzq ",
        "says ",
        "or ",
        "then Mara ",
        "1:",
        "1-",
        "in ",
        "not ",
        "s1e1 ",
        "Mara, ",
    ] {
        let text = piece.repeat(QUERY_BYTES_MAX / piece.len());
        holds(&text, &Plan::default());
    }
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert!(ask(&"a".repeat(QUERY_BYTES_MAX + 1), &Plan::default(), &lexicon()).is_err());
}
