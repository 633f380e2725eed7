use super::*;

const LANGUAGES: [Language; 7] =
    [Language::De, Language::En, Language::Es, Language::Fr, Language::It, Language::Nl, Language::Pt];

fn lemmas(language: Language, lower: &str) -> Vec<String> {
    let mut found = Vec::new();
    for_each_lemma(language, lower, &crate::fold_word(lower), |lemma| found.push(lemma.to_owned()));
    found
}

#[test]
fn every_table_can_be_read() {
    let mut lemma = String::new();
    for language in LANGUAGES {
        for table in tables(language) {
            table.endings.verify().unwrap();
            let map = fst::Map::new(table.endings.as_bytes()).unwrap();
            let mut rows = map.stream();
            while let Some((_, start)) = fst::Streamer::next(&mut rows) {
                let line = table.line(Output::new(start)).unwrap();
                assert!(start == 0 || table.rules.as_bytes()[usize::try_from(start).unwrap() - 1] == b'\n');
                assert!(
                    line.split(' ').all(|rule| apply(rule, &"x".repeat(64), &mut lemma).is_some()),
                    "{line}"
                );
            }
        }
        assert!(has_table(language));
    }
    assert!(!has_table(Language::Sv));
}

#[test]
fn known_words_have_their_lemmas_and_unknown_ones_those_of_their_like() {
    for (language, word, lemma) in [
        (Language::En, "went", "go"),
        (Language::En, "blorkifies", "blorkify"),
        (Language::De, "häuser", "haus"),
        (Language::De, "puppenhäuser", "puppenhaus"),
        (Language::De, "aufgemacht", "aufmachen"),
        (Language::Es, "corrió", "correr"),
        (Language::Es, "corrio", "correr"),
        (Language::Fr, "yeux", "oeil"),
        (Language::It, "uomini", "uomo"),
        (Language::Nl, "steden", "stad"),
        (Language::Pt, "fizeram", "fazer"),
    ] {
        assert!(lemmas(language, word).contains(&lemma.to_owned()), "{word}: {:?}", lemmas(language, word));
    }
    assert_eq!(lemmas(Language::En, "4k"), ["4k"]);
    assert_eq!(lemmas(Language::Fr, "zzz"), ["zzz"]);
    assert_eq!(lemmas(Language::Sv, "hundar"), ["hundar"]);
}

#[test]
fn lemmas_are_apart_where_stems_are_not() {
    for (a, b) in [("university", "universe"), ("generals", "generous"), ("organs", "organization")] {
        let (of_a, of_b) = (lemmas(Language::En, a), lemmas(Language::En, b));
        assert!(of_a.iter().all(|lemma| !of_b.contains(lemma)), "{a} {of_a:?}, {b} {of_b:?}");
    }
}
