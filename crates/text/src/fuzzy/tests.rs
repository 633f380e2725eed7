use super::*;
use fst::{IntoStreamer, Streamer};
use proptest::prelude::*;

/// The whole table, no band.
fn slow(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut d = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            d[i][j] = match (i, j) {
                (0, _) => j,
                (_, 0) => i,
                _ => {
                    let mut best = (d[i - 1][j] + 1).min(d[i][j - 1] + 1);
                    best = best.min(d[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]));
                    if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                        best = best.min(d[i - 2][j - 2] + 1);
                    }
                    best
                }
            };
        }
    }
    d[a.len()][b.len()]
}

#[test]
fn distances_are_lucenes() {
    for (a, b, max, expected) in [
        ("joey", "joey", 0, Some(0)),
        ("joey", "jeoy", 1, Some(1)),
        ("joey", "joe", 1, Some(1)),
        ("joey", "jo", 1, None),
        ("joey", "jo", 2, Some(2)),
        ("ca", "abc", 2, None),
        ("ca", "abc", 200, None),
        ("chandler", "chnadlre", 2, Some(2)),
        ("", "ab", 2, Some(2)),
        ("москва", "масква", 1, Some(1)),
    ] {
        assert_eq!(within(a, b, max), expected, "{a} {b} {max}");
    }
    let long = "x".repeat(100);
    assert_eq!(within(&long, &format!("{long}y"), 1), Some(1));
}

#[test]
fn auto_goes_by_length_and_never_eats_the_word() {
    for (word, fuzziness, expected) in [
        ("a", Fuzziness::Auto, 0),
        ("im", Fuzziness::Auto, 0),
        ("ran", Fuzziness::Auto, 1),
        ("ville", Fuzziness::Auto, 1),
        ("monica", Fuzziness::Auto, 2),
        ("a", Fuzziness::Two, 0),
        ("im", Fuzziness::Two, 1),
        ("ran", Fuzziness::Two, 2),
        ("monica", Fuzziness::Exact, 0),
        ("", Fuzziness::Two, 0),
        ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", Fuzziness::Two, 0),
    ] {
        assert_eq!(fuzziness.max_edits(word), expected, "{word} {fuzziness:?}");
    }
}

#[test]
fn a_dictionary_is_searched() {
    let map =
        fst::Map::from_iter([("chandler", 1), ("joe", 2), ("joey", 3), ("jose", 4), ("zoey", 5)]).unwrap();
    let mut stream = map.search(FuzzyAutomaton::new("jeoy", 1)).into_stream();
    let mut found = Vec::new();
    while let Some((_, value)) = stream.next() {
        found.push(value);
    }
    assert_eq!(found, [3]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn band_automaton_and_table_agree(a in "[abcé]{0,7}", b in "[abcé]{0,7}", max in 0u8..=2) {
        let expected = u8::try_from(slow(&a, &b)).ok().filter(|d| *d <= max);
        prop_assert_eq!(within(&a, &b, max), expected);
        prop_assert_eq!(FuzzyAutomaton::new(&a, max).distance(&b), expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn no_word_is_too_odd(a in "\\PC{0,60}", b in "\\PC{0,60}") {
        let _ = within(&a, &b, 2);
        let _ = FuzzyAutomaton::new(&a, 2).distance(&b);
    }
}
