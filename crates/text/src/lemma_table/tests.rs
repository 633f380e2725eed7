use super::*;

fn lemmas(language: Language, lower: &str) -> Vec<String> {
    let mut found = Vec::new();
    for_each_lemma(language, lower, &crate::fold_word(lower), |lemma| found.push(lemma.to_owned()));
    found
}

#[test]
fn every_table_can_be_read() {
    for language in [Language::De, Language::En, Language::Es, Language::Fr, Language::It, Language::Nl, Language::Pt]
    {
        let table = table(language).unwrap();
        table.endings.verify().unwrap();
        let last = table.rules.len() as u64;
        let mut rows = table.endings.stream();
        while let Some((_, number)) = fst::Streamer::next(&mut rows) {
            assert!(number.value() < last, "{language:?}");
        }
    }
    assert!(!has_table(Language::Sv));
}

#[test]
fn known_words_have_their_lemmas_and_unknown_ones_those_of_their_like() {
    assert!(lemmas(Language::En, "went").contains(&"go".to_owned()));
    assert!(lemmas(Language::De, "häuser").contains(&"haus".to_owned()));
    assert!(lemmas(Language::De, "puppenhäuser").contains(&"puppenhaus".to_owned()));
    assert!(lemmas(Language::De, "aufgemacht").contains(&"aufmachen".to_owned()));
    assert!(lemmas(Language::Es, "corrio").contains(&"correr".to_owned()));
    assert!(lemmas(Language::En, "blorkifies").contains(&"blorkify".to_owned()));
    assert_eq!(lemmas(Language::En, "4k"), ["4k"]);
}

#[test]
fn lemmas_are_apart_where_stems_are_not() {
    assert_ne!(lemmas(Language::En, "university"), lemmas(Language::En, "universe"));
    assert_ne!(lemmas(Language::En, "generals"), lemmas(Language::En, "generous"));
}
