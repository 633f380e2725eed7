use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn places(query: &str, text: &str) -> Vec<Vec<(u32, f64)>> {
    let text: Vec<&str> = text.split_whitespace().collect();
    let of = |word: &str| (0..).zip(&text).filter(|(_, t)| **t == word).map(|(p, _)| (p, 1.0)).collect();
    query.split_whitespace().map(of).collect()
}

#[test]
fn phrases_are_found() {
    for (query, text, slop, expected) in [
        ("how you doin", "hey how you doin now", 0, "1-3:0"),
        ("how you doin", "how are you doin", 0, ""),
        ("how you doin", "how are you doin", 1, "0-3:1"),
        ("a b", "b a", 1, ""),
        ("a b", "b a", 2, "0-1:2"),
        ("a b", "a x x b a b", 3, "0-3:2 3-4:2 4-5:0"),
        ("how how", "how", 5, ""),
        ("how how", "how how how", 0, "0-1:0 1-2:0"),
        ("how how", "how x how", 1, "0-2:1"),
        ("a b a", "a b a b a", 0, "0-2:0 2-4:0"),
        ("a b a", "a a b", 2, "0-2:2"),
        ("a", "b a a", 3, "1-1:0 2-2:0"),
        ("a b", "a", 3, ""),
        ("", "a", 0, ""),
    ] {
        let found = find_phrases(&places(query, text), slop);
        let shown: Vec<_> = found.iter().map(|m| format!("{}-{}:{}", m.first, m.last, m.spread)).collect();
        assert_eq!(shown.join(" "), expected, "{query:?} in {text:?}, slop {slop}");
    }
}

#[test]
fn the_score_is_the_mean_quality_less_for_disorder() {
    let found = find_phrases(&[vec![(0, 1.0)], vec![(2, 0.5)]], 1);
    assert_eq!(found, [PhraseMatch { first: 0, last: 2, spread: 1, quality: 0.75 }]);
    assert!((found[0].score() - 0.375).abs() < 1e-12);
}

#[test]
fn hostile_repeats_end() {
    let places: Vec<(u32, f64)> = (0..5000).map(|p| (p, 1.0)).collect();
    let words = vec![places; 30];
    assert!(!find_phrases(&words, 40).is_empty());
    let places: Vec<(u32, f64)> = (0..300).map(|p| (p, 0.5)).collect();
    let _ = find_phrases(&vec![places; 200], 150);
    let words = vec![vec![(0, 1.0), (u32::MAX, 1.0)], vec![(5, 1.0), (u32::MAX, 0.5)]];
    assert_eq!(find_phrases(&words, u32::MAX).len(), 1);
}

/// Every way to place the words; best by window, then least spread, then greatest sum.
fn brute(words: &[Vec<(u32, f64)>], slop: u32) -> Vec<PhraseMatch> {
    type Best = BTreeMap<(u32, u32), (i64, f64)>;
    fn go(words: &[Vec<(u32, f64)>], taken: &mut Vec<(u32, f64)>, slop: i64, best: &mut Best) {
        if taken.len() == words.len() {
            let shifted: Vec<i64> =
                (0_i64..).zip(taken.iter()).map(|(i, (p, _))| i64::from(*p) - i).collect();
            let spread = shifted.iter().max().unwrap() - shifted.iter().min().unwrap();
            if spread > slop {
                return;
            }
            let window = (taken.iter().map(|t| t.0).min().unwrap(), taken.iter().map(|t| t.0).max().unwrap());
            let sum: f64 = taken.iter().map(|t| t.1).sum();
            let held = best.entry(window).or_insert((spread, sum));
            if spread < held.0 || spread == held.0 && sum > held.1 {
                *held = (spread, sum);
            }
            return;
        }
        for place in &words[taken.len()] {
            if taken.iter().all(|t| t.0 != place.0) {
                taken.push(*place);
                go(words, taken, slop, best);
                taken.pop();
            }
        }
    }
    let mut best = Best::new();
    if words.is_empty() {
        return Vec::new();
    }
    go(words, &mut Vec::new(), i64::from(slop), &mut best);
    let windows: Vec<_> = best.keys().copied().collect();
    let inner = |w: &(u32, u32)| windows.iter().any(|v| v != w && v.0 >= w.0 && v.1 <= w.1);
    best.iter()
        .filter(|(window, _)| !inner(window))
        .map(|(window, (spread, sum))| PhraseMatch {
            first: window.0,
            last: window.1,
            spread: u32::try_from(*spread).unwrap(),
            quality: sum / words.len() as f64,
        })
        .collect()
}

fn word_places() -> impl Strategy<Value = Vec<(u32, f64)>> {
    proptest::collection::btree_map(0u32..14, prop_oneof![Just(1.0), Just(0.9), Just(0.7), Just(0.5)], 0..6)
        .prop_map(|places| places.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn the_search_finds_what_trying_all_finds(
        words in proptest::collection::vec(word_places(), 1..6),
        slop in 0u32..9,
    ) {
        let (found, expected) = (find_phrases(&words, slop), brute(&words, slop));
        prop_assert_eq!(found.len(), expected.len(), "{:?} {:?}", found, expected);
        for (f, e) in found.iter().zip(&expected) {
            prop_assert_eq!((f.first, f.last, f.spread), (e.first, e.last, e.spread));
            prop_assert!((f.quality - e.quality).abs() < 1e-9, "{:?} {:?}", f, e);
        }
    }

    #[test]
    fn repeated_words_take_places_of_their_own(
        query in proptest::collection::vec(0usize..2, 1..6),
        text in proptest::collection::vec(0usize..3, 0..10),
        slop in 0u32..7,
    ) {
        let of = |w: &usize| (0..).zip(&text).filter(|(_, t)| *t == w).map(|(p, _)| (p, 1.0)).collect::<Vec<_>>();
        let words: Vec<_> = query.iter().map(of).collect();
        prop_assert_eq!(find_phrases(&words, slop), brute(&words, slop));
    }
}
