use super::*;

#[test]
fn tables_are_read() {
    let mut lemmas = UserLemmas::default();
    assert!(lemmas.is_empty());
    lemmas.add(Language::Es, "\u{FEFF}# verbs\r\nfui\tir\r\nFui\tser\n\ncorrió\tCorrer\n").unwrap();
    assert_eq!(lemmas.of(Language::Es, "fui"), ["ir", "ser"]);
    assert_eq!(lemmas.of(Language::Es, "corrio"), ["correr"]);
    assert!(lemmas.of(Language::Fr, "fui").is_empty() && !lemmas.is_empty());
}

#[test]
fn a_bad_line_is_named_and_nothing_is_added() {
    for (table, line) in [("a\tb\nfui ir\n", 2), ("a\t\n", 1), ("\tb", 1), ("#\n\na\tb\tc", 3), ("'\tb", 1)] {
        let mut lemmas = UserLemmas::default();
        let error = lemmas.add(Language::Es, table).unwrap_err();
        assert_eq!(error.line, line, "{table:?}");
        assert!(error.to_string().contains(&format!("line {line}")));
        assert!(lemmas.is_empty());
    }
}
