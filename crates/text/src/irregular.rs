//! Which irregular forms are built in?
//!
//! For languages that have stems and no lemma table: their commonest irregular verbs and nouns, by hand, one line a lemma
//! (`language<TAB>lemma<TAB>form form`), parsed once, at the first question. An operator adds more (`UserLemmas`).

use crate::fold::fold_word;
use crate::language::Language;
use std::collections::HashMap;
use std::sync::OnceLock;

const TABLE: &str = include_str!("../data/irregular.tsv");

/// Folded form to its lemmas.
type Table = HashMap<String, Vec<&'static str>>;

/// The lemmas of a folded form; none where it is regular or not known.
pub(crate) fn lemmas(language: Language, folded: &str) -> &'static [&'static str] {
    static TABLES: OnceLock<HashMap<Language, Table>> = OnceLock::new();
    let tables = TABLES.get_or_init(parse);
    tables.get(&language).and_then(|table| table.get(folded)).map_or(&[], Vec::as_slice)
}

fn parse() -> HashMap<Language, Table> {
    let rows = TABLE.lines().filter(|line| !line.starts_with('#')).flat_map(|line| {
        let mut fields = line.split('\t');
        let language = Language::parse(fields.next().unwrap_or_default());
        let lemma = fields.next().unwrap_or_default();
        fields.next().unwrap_or_default().split(' ').map(move |form| (language, form, lemma))
    });
    let mut tables: HashMap<Language, Table> = HashMap::new();
    for (language, form, lemma) in rows {
        tables.entry(language).or_default().entry(fold_word(form)).or_default().push(lemma);
    }
    tables
}

#[cfg(test)]
mod tests;
