use super::*;

#[test]
fn compounds_have_their_parts() {
    for (language, lemma, expected) in [
        (Language::De, "haustur", &["haus", "tur"][..]),
        (Language::De, "puppenhaus", &["puppe", "haus"]),
        (Language::De, "geburtstag", &["geburt", "tag"]),
        (Language::De, "schulbuch", &["schule", "buch"]),
        (Language::Nl, "keukendeur", &["keuken", "deur"]),
        (Language::Nl, "stadhuis", &["stad", "huis"]),
    ] {
        let found = parts(language, lemma);
        assert!(expected.iter().all(|part| found.contains(&(*part).to_owned())), "{lemma}: {found:?}");
    }
    assert!(parts(Language::De, "haus").is_empty() && parts(Language::En, "doorbell").is_empty());
}

#[test]
fn the_lists_can_be_read() {
    for language in [Language::De, Language::Nl] {
        let nouns = nouns(language).unwrap();
        nouns.as_fst().verify().unwrap();
        assert!(nouns.len() > 1000 && has_compounds(language));
    }
}
