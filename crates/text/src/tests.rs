use crate::{Analyzer, Forms, Language, TermMatcher, TermOptions, find_phrases, for_each_token, tokenise};

#[test]
fn the_version_names_what_is_linked() {
    let (major, minor, patch) = unicode_normalization::UNICODE_VERSION;
    let named = format!("unicode {major}.{minor}.{patch}");
    assert!(crate::ANALYSER_VERSION.contains(&named), "linked is {named}");
    let manifest = include_str!("../../../Cargo.toml");
    let frostem = crate::ANALYSER_VERSION.split("frostem ").nth(1).unwrap().split(';').next().unwrap();
    assert!(manifest.contains(&format!("frostem = {{ version = \"={frostem}\"")));
}

#[test]
fn a_phrase_goes_the_whole_way() {
    let analyzer = Analyzer::default();
    let text = tokenise("So I'm in the kitchen and I'm STARVING!");
    let options = TermOptions { analysed: true, ..TermOptions::default() };
    let words: Vec<_> = tokenise("im starve")
        .iter()
        .map(|word| TermMatcher::from_spellings(&analyzer, &word.lower, &word.folded, options))
        .map(|m| {
            text.iter()
                .filter_map(|t| Some((t.position, m.quality(&t.lower, &t.folded, Language::En)?)))
                .collect()
        })
        .collect();
    let found = find_phrases(&words, 0);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].first, found[0].last), (6, 7));
}

/// A measurement, not a check: `cargo test --release -p rushes-text speed -- --nocapture`.
#[test]
fn speed_of_tokens_and_forms() {
    let lines = if cfg!(debug_assertions) { 50 } else { 50_000 };
    let line =
        "I'm starving, she said, and went running into the kitchen where Joey's sandwiches were eaten. ";
    let accented = "Él corrió hasta la habitación, dónde los niños habían dejado sus juguetes más pequeños. ";
    for (name, line, language) in [("en", line, Language::En), ("es", accented, Language::Es)] {
        let text = line.repeat(lines);
        let (analyzer, mut forms, mut tokens, mut known) =
            (Analyzer::default(), Forms::new(), 0_u64, 0_usize);
        let begun = std::time::Instant::now();
        for_each_token(&text, |_| tokens += 1);
        let cut = begun.elapsed().as_secs_f64();
        for_each_token(&text, |token| {
            analyzer.forms(token.lower, token.folded, language, &mut forms);
            known += forms.len();
        });
        let both = begun.elapsed().as_secs_f64() - cut;
        let mb = text.len() as f64 / 1e6;
        println!(
            "{name}: {tokens} tokens, {known} forms; cut {:.1} MB/s, with forms {:.1} MB/s",
            mb / cut,
            mb / both
        );
    }
}
