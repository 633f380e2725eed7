//! Which irregular forms do we know without being told?
//!
//! A table in `data/`, one line a form (`form<TAB>lemma lemma`), made by `cargo xtask irregular-forms`; it holds only
//! rows the stemmer gets wrong. It is parsed once, at the first question.

use crate::language::Language;
use std::collections::HashMap;
use std::sync::OnceLock;

const ENGLISH: &str = include_str!("../data/irregular-en.tsv");

/// Form to its lemmas, these parted by a space.
type Table = HashMap<&'static str, &'static str>;

/// The lemmas of a folded form; none where it is regular or not known.
pub(crate) fn lemmas(language: Language, folded: &str) -> impl Iterator<Item = &'static str> {
    let lemmas = match language {
        Language::En => english().get(folded).copied().unwrap_or_default(),
        _ => "",
    };
    lemmas.split_ascii_whitespace()
}

fn english() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| ENGLISH.lines().filter_map(|line| line.split_once('\t')).collect())
}
