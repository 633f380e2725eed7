use super::*;

#[test]
fn words_are_their_numbers() {
    for (language, word, expected) in [
        (Language::En, "two", Some("2")),
        (Language::En, "to", None),
        (Language::De, "vierundzwanzig", Some("24")),
        (Language::De, "dreissig", Some("30")),
        (Language::Nl, "tweeentwintig", Some("22")),
        (Language::It, "ventuno", Some("21")),
        (Language::Es, "dieciseis", Some("16")),
        (Language::Fr, "seize", Some("16")),
        (Language::Pt, "duas", Some("2")),
        (Language::Fr, "un", None),
    ] {
        assert_eq!(digits(language, word), expected, "{word}");
    }
}

#[test]
fn the_table_is_well_formed() {
    for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split('\t').collect();
        assert!(fields.len() == 3 && fields[1].parse::<u32>().is_ok(), "{line}");
        assert!(Language::parse(fields[0]) != Language::Und && !fields[2].is_empty(), "{line}");
    }
}
