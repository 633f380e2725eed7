use super::*;

#[test]
fn the_table_is_well_formed() {
    for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split('\t').collect();
        assert!(fields.len() == 3 && Language::parse(fields[0]) != Language::Und, "{line}");
        assert!(fields[2].split(' ').all(|form| !form.is_empty()), "{line}");
    }
}

#[test]
fn forms_have_their_lemmas() {
    assert_eq!(lemmas(Language::Sv, "bocker"), ["bok"]);
    assert!(lemmas(Language::Sv, "nummer").is_empty());
    assert!(lemmas(Language::Und, "ran").is_empty());
}
