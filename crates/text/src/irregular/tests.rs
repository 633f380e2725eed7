use super::*;

#[test]
fn the_tables_are_well_formed() {
    for line in ENGLISH.lines() {
        let (form, lemmas) = line.split_once('\t').unwrap();
        assert!(!form.is_empty() && lemmas.split(' ').all(|lemma| !lemma.is_empty()), "{line}");
    }
    assert!(ENGLISH.lines().is_sorted() && ENGLISH.lines().count() > 2000);
    for line in OTHERS.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split('\t').collect();
        assert!(fields.len() == 3 && Language::parse(fields[0]) != Language::Und, "{line}");
        assert!(fields[2].split(' ').all(|form| !form.is_empty()), "{line}");
    }
}

#[test]
fn ambiguous_forms_have_all_their_lemmas() {
    assert_eq!(lemmas(Language::En, "saw"), ["see"]);
    assert_eq!(lemmas(Language::En, "better"), ["good", "well"]);
    assert_eq!(lemmas(Language::Es, "fui"), ["ir", "ser"]);
    assert!(lemmas(Language::En, "number").is_empty());
    assert!(lemmas(Language::Und, "ran").is_empty());
}
