use super::*;

#[test]
fn articles_and_pronouns_before_a_word_are_cut() {
    for (language, word, expected) in [
        (Language::Fr, "l'homme", Some("homme")),
        (Language::Fr, "qu'il", Some("il")),
        (Language::Fr, "aujourd'hui", None),
        (Language::It, "dell'arte", Some("arte")),
        (Language::It, "l'", None),
        (Language::En, "o'brien", None),
    ] {
        assert_eq!(without_elision(word, language), expected, "{word}");
    }
}

#[test]
fn english_contractions_are_their_first_word() {
    for (word, expected) in [
        ("don't", Some("do")),
        ("can't", Some("can")),
        ("won't", Some("will")),
        ("we're", Some("we")),
        ("dog's", Some("dog")),
        ("hell", None),
        ("'s", None),
    ] {
        assert_eq!(without_contraction(word, Language::En), expected, "{word}");
    }
    assert_eq!(without_contraction("don't", Language::Fr), None);
}

#[test]
fn pronouns_after_a_verb_are_cut() {
    for (language, word, host) in [
        (Language::Es, "decirlo", "decir"),
        (Language::Es, "dímelo", "di"),
        (Language::Es, "haciéndolo", "haciendo"),
        (Language::Es, "dárselas", "dar"),
        (Language::Es, "irse", "ir"),
        (Language::It, "farlo", "fare"),
        (Language::It, "portarne", "portare"),
        (Language::It, "dandogli", "dando"),
        (Language::It, "dirmelo", "dire"),
    ] {
        assert!(without_clitics(word, language).contains(&host.to_owned()), "{word}");
    }
    for (language, word) in [
        (Language::Es, "parte"),
        (Language::Es, "perlas"),
        (Language::It, "interne"),
        (Language::It, "parla"),
        (Language::De, "hablarlo"),
    ] {
        assert!(without_clitics(word, language).is_empty(), "{word}");
    }
}
