//! Cutting as the reference tokeniser does: `golden/wordpiece.json` was written by it, from the vocabulary of the
//! built-in encoder (`tools/distil/golden.py`).

use proptest::prelude::*;
use rushes_encode::{StaticEncoder, UNKNOWN_CHARS_MIN, WordPieces};

fn cut(pieces: &WordPieces, text: &str) -> Vec<u32> {
    let mut found = Vec::new();
    pieces.for_each(text, &mut |piece| found.push(piece));
    found
}

#[test]
fn texts_are_cut_as_the_reference_tokeniser_cuts_them() {
    let golden: Vec<(String, Vec<u32>)> =
        serde_json::from_str(include_str!("golden/wordpiece.json")).unwrap();
    let encoder = StaticEncoder::built_in().unwrap();
    assert!(golden.len() > 100);
    for (text, wanted) in golden {
        assert_eq!(cut(encoder.pieces(), &text), wanted, "{text:?}");
    }
}

#[test]
fn the_longest_piece_counts_and_a_word_is_cut_whole_or_not_at_all() {
    let pieces = WordPieces::new("un\nunder\n##stand\n##st\n##and\n!\n##");
    assert_eq!(cut(&pieces, "Understand!"), [1, 2, 5]);
    assert_eq!(cut(&pieces, "underst under-stand"), [1, 3, 1]);
    assert_eq!(cut(&pieces, "unx ÜNDER\u{301}\u{0}"), [1]);
    let long = "un".to_owned() + &"and".repeat(40);
    assert!(long.len() >= UNKNOWN_CHARS_MIN);
    assert_eq!(cut(&pieces, &long), [] as [u32; 0]);
}

proptest! {
    #[test]
    fn no_text_is_a_panic(text in any::<String>(), vocabulary in "([a-c#]{1,4}\n){0,9}") {
        let vocabulary: &'static str = vocabulary.leak();
        for piece in cut(&WordPieces::new(vocabulary), &text) {
            prop_assert!((piece as usize) < vocabulary.lines().count());
        }
    }
}
