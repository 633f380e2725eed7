use super::*;
use crate::tokenise;
use fst::Automaton;
use proptest::prelude::*;

const PLAIN: TermOptions = TermOptions { analysed: false, prefix: false, fuzziness: Fuzziness::Exact };
const ALL: TermOptions = TermOptions { analysed: true, prefix: true, fuzziness: Fuzziness::Auto };

fn quality(word: &str, token: &str, options: TermOptions, language: Language) -> Option<f64> {
    let matcher = TermMatcher::new(&Analyzer::default(), word, options);
    matcher.quality(&lower_word(token), &fold_word(token), language)
}

#[test]
fn the_best_way_counts() {
    let en = Language::En;
    for (word, token, options, expected) in [
        ("im", "I'm", PLAIN, Some(QUALITY_EXACT)),
        ("café", "CAFE", PLAIN, Some(QUALITY_EXACT)),
        ("ran", "running", PLAIN, None),
        ("ran", "running", ALL, Some(QUALITY_FORM)),
        ("run", "running", TermOptions { prefix: true, ..PLAIN }, Some(QUALITY_PREFIX)),
        ("run", "running", ALL, Some(QUALITY_FORM)),
        ("starv", "starving", TermOptions { prefix: true, ..PLAIN }, Some(QUALITY_PREFIX)),
        ("jeoy", "joey", TermOptions { fuzziness: Fuzziness::Auto, ..PLAIN }, Some(QUALITY_FUZZY_ONE)),
        ("chnadlre", "chandler", ALL, Some(QUALITY_FUZZY_TWO)),
        ("joey", "kitchen", ALL, None),
        ("", "kitchen", ALL, None),
    ] {
        assert_eq!(quality(word, token, options, en), expected, "{word} {token}");
    }
}

#[test]
fn the_words_of_the_text_decide_the_language() {
    assert_eq!(quality("ran", "run", ALL, Language::En), Some(QUALITY_FORM));
    assert_eq!(quality("haus", "Häuser", ALL, Language::De), Some(QUALITY_FORM));
    assert_eq!(quality("haus", "Häuser", TermOptions { analysed: true, ..PLAIN }, Language::Zh), None);
}

#[test]
fn a_compound_is_found_by_its_parts_and_not_by_its_like() {
    let german =
        |word: &str, token: &str| quality(word, token, TermOptions { analysed: true, ..PLAIN }, Language::De);
    assert_eq!(german("Haus", "Puppenhäusern"), Some(QUALITY_PART));
    assert_eq!(german("Puppen", "Puppenhaus"), Some(QUALITY_PART));
    assert_eq!(german("Puppenhaus", "Haus"), None);
    assert_eq!(german("Puppenhaus", "Rathaus"), None);
    assert!(!Analyzer::default().same_word("Puppenhaus", "Haus", Language::De));
}

#[test]
fn one_character_finds_every_pair_that_begins_with_it() {
    let tokens = tokenise("黒猫が走る");
    let matcher = TermMatcher::new(&Analyzer::default(), "猫", PLAIN);
    let met: Vec<_> =
        tokens.iter().map(|t| matcher.quality(&t.lower, &t.folded, Language::Ja).is_some()).collect();
    assert_eq!(met, [false, true, false, false, false]);
    assert_eq!(matcher.prefix(), Some("猫"));
    assert_eq!(quality("猫", "猫", PLAIN, Language::Ja), Some(QUALITY_EXACT));
    let fuzzy = TermOptions { fuzziness: Fuzziness::Two, ..PLAIN };
    assert_eq!(quality("黒猫", "黒犬", fuzzy, Language::Ja), None);
}

/// What an index that uses the accessors would find.
fn is_candidate(matcher: &TermMatcher, lower: &str, folded: &str, language: Language) -> bool {
    let mut forms = Forms::new();
    Analyzer::default().forms(lower, folded, language, &mut forms);
    let automaton = matcher.fuzzy_automaton();
    let fuzzy = automaton.is_some_and(|automaton| {
        let state = folded.bytes().fold(automaton.start(), |state, byte| automaton.accept(&state, byte));
        automaton.is_match(&state)
    });
    folded == matcher.exact()
        || matcher.prefix().is_some_and(|prefix| folded.starts_with(prefix))
        || matcher.forms(language).is_some_and(|query| query.meets(&forms) || query.is_part_of(&forms))
        || fuzzy
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn the_accessors_find_exactly_what_matches(
        word in "[a-dé猫が]{1,6}",
        token in "[a-dé猫が]{1,6}",
        analysed: bool,
        prefix: bool,
        fuzziness in prop_oneof![Just(Fuzziness::Exact), Just(Fuzziness::One), Just(Fuzziness::Two), Just(Fuzziness::Auto)],
    ) {
        let matcher = TermMatcher::new(&Analyzer::default(), &word, TermOptions { analysed, prefix, fuzziness });
        let (lower, folded) = (lower_word(&token), fold_word(&token));
        for language in [Language::En, Language::Fr, Language::Ja, Language::Und] {
            let quality = matcher.quality(&lower, &folded, language);
            prop_assert_eq!(quality.is_some(), is_candidate(&matcher, &lower, &folded, language));
            let mut forms = Forms::new();
            Analyzer::default().forms(&lower, &folded, language, &mut forms);
            prop_assert_eq!(quality, matcher.quality_with_forms(&folded, &forms, language));
        }
    }
}
