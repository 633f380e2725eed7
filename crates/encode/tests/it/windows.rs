use proptest::prelude::*;
use rushes_encode::{Line, WINDOW_LINES_MAX, digest, windows};

fn line(start_s: i64, end_s: i64, text: &str) -> Line {
    let (start_ns, end_ns) = (start_s * 1_000_000_000, end_s * 1_000_000_000);
    Line { start_ns, end_ns, stream: "speech@1".into(), text: text.into() }
}

fn texts(lines: &[Line]) -> Vec<String> {
    windows(lines).into_iter().map(|w| w.text).collect()
}

#[test]
fn short_lines_join_until_there_are_words_enough() {
    let lines = [
        line(0, 1, "Yes."),
        line(2, 3, "You took my sandwich?"),
        line(4, 5, "I did not mean to."),
        line(6, 7, "It was the last one."),
    ];
    assert_eq!(texts(&lines), ["Yes. You took my sandwich? I did not mean to.", "It was the last one."]);
    let found = windows(&lines);
    assert_eq!((found[0].start_ns, found[0].end_ns, found[0].lines), (0, 5_000_000_000, 3));
}

#[test]
fn a_pause_another_stream_and_a_long_line_end_a_window() {
    assert_eq!(texts(&[line(0, 1, "Yes."), line(4, 5, "No.")]), ["Yes.", "No."]);
    let mut other = line(1, 2, "Ja.");
    other.stream = "speech-de@1".into();
    assert_eq!(texts(&[line(0, 1, "Yes."), other]), ["Ja.", "Yes."], "by stream, then by time");
    let long = "one two three four five six seven eight";
    assert_eq!(texts(&[line(0, 1, long), line(1, 2, "Yes.")]), [long, "Yes."]);
    assert_eq!(texts(&[line(0, 14, "Yes."), line(14, 16, "No.")]), ["Yes.", "No."]);
}

#[test]
fn lines_that_say_nothing_are_left_out() {
    assert_eq!(texts(&[line(0, 1, " \n"), line(1, 2, "No.")]), ["No."]);
    assert!(windows(&[]).is_empty());
}

#[test]
fn the_digest_knows_every_change() {
    let of = |lines: &[Line]| digest("e@1", "a", &windows(lines));
    let one = of(&[line(0, 1, "Yes.")]);
    assert_eq!(one.len(), 32);
    assert_eq!(one, of(&[line(0, 1, "Yes."), line(5, 6, "")]));
    for other in [line(0, 2, "Yes."), line(0, 1, "Yes"), line(1, 1, "Yes.")] {
        assert_ne!(one, of(&[other]));
    }
    assert_ne!(one, digest("e@2", "a", &windows(&[line(0, 1, "Yes.")])));
}

proptest! {
    #[test]
    fn every_line_is_in_exactly_one_window(
        raw in prop::collection::vec((any::<i64>(), any::<i64>(), "[a-c]", "\\PC{0,20}"), 0..40)
    ) {
        let lines: Vec<Line> = raw
            .into_iter()
            .map(|(start_ns, end_ns, stream, text)| Line { start_ns, end_ns, stream, text })
            .collect();
        let found = windows(&lines);
        let said = lines.iter().filter(|l| l.text.split_whitespace().next().is_some()).count();
        prop_assert_eq!(found.iter().map(|w| w.lines).sum::<usize>(), said);
        prop_assert!(found.iter().all(|w| w.lines <= WINDOW_LINES_MAX));
        let mut turned = lines.clone();
        turned.reverse();
        prop_assert_eq!(windows(&turned), found);
    }
}
