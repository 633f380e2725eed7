//! Whatever is typed: no panic, in steps that grow no faster than the text, and what comes out is a plan.

use proptest::prelude::*;
use rushes_ask::ask;
use rushes_ask::questions::{LEXICON, WrittenLexicon};
use rushes_plan::{Mode, Plan};
use rushes_types::limits::QUERY_BYTES_MAX;

fn lexicon() -> WrittenLexicon {
    WrittenLexicon::read(LEXICON).unwrap()
}

/// Checks what a question became; answers how many steps that took, where it became anything.
fn holds(text: &str, base: &Plan) -> Option<u64> {
    let asked = ask(text, base, &lexicon()).ok()?;
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
    Some(asked.work.steps())
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

/// What long questions are made of: each is a rule's worst case.
const REPEATED: &[&str] = &[
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
    "s1 or ",
    "Mara, ",
    "after Mara ",
    "Mara or Otto and ",
    "Mara isnt there ",
    "goes like ",
    "talks about ",
    "says Mara talks about ",
    "whispering ",
    "at least 3 ",
    "within 5 s ",
    "the fog episode ",
    "for the post ",
    "- ",
    "a.b/c-d ",
    "x, ",
    "in either order ",
    "running in the rain, ",
    "nobody told me that the ferry leaves at night and ",
];

/// Steps for each byte of a question, at most.
const STEPS_PER_BYTE_MAX: u64 = 250;

fn steps_of(piece: &str, bytes: usize) -> Option<u64> {
    holds(&piece.repeat(bytes / piece.len()), &Plan::default())
}

#[test]
fn the_longest_questions_take_steps_in_proportion_to_their_length() {
    let mut wrong = Vec::new();
    let mut read = 0;
    for piece in REPEATED {
        let Some((half, whole)) = steps_of(piece, QUERY_BYTES_MAX / 2).zip(steps_of(piece, QUERY_BYTES_MAX))
        else {
            continue;
        };
        read += 1;
        let in_proportion = 2 * half + half / 8;
        let most = STEPS_PER_BYTE_MAX * u64::try_from(QUERY_BYTES_MAX).unwrap();
        if whole > in_proportion || whole > most {
            wrong.push(format!("{piece:?}: {half} steps for the half, {whole} for the whole"));
        }
    }
    assert!(read > REPEATED.len() / 2, "{read} were read");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_question_of_many_different_words_takes_steps_in_proportion_to_its_length() {
    let lexicon = lexicon();
    let steps = |words: usize| {
        let text: Vec<String> = (0..words).map(|n| format!("w{n}x, ")).collect();
        ask(&text.concat(), &Plan::default(), &lexicon).unwrap().work.steps()
    };
    let (half, whole) = (steps(500), steps(1_000));
    assert!(whole <= 2 * half + half / 8, "{half} steps for 500 words, {whole} for 1,000");
}

#[test]
fn a_question_that_is_too_long_is_refused() {
    assert!(ask(&"a".repeat(QUERY_BYTES_MAX + 1), &Plan::default(), &lexicon()).is_err());
}
