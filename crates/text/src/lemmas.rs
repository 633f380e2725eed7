//! Lemmas that an operator adds to the built-in ones.
//!
//! A plain text, one line `form<TAB>lemma` (several lines for several lemmas, `#` for remarks), for any language. It
//! is data of the index: an index that loads one must write its hash beside [`crate::ANALYSER_VERSION`].

use crate::fold::{fold_word, lower_word};
use crate::language::Language;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// Lemmas loaded by the operator, by language and folded form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserLemmas {
    /// Shared, because every compiled query word keeps its analyzer.
    by_form: Arc<HashMap<Language, HashMap<String, Vec<String>>>>,
}

/// A line of a lemma table that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LemmaError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong and how to mend it.
    pub why: &'static str,
}

impl fmt::Display for LemmaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "lemma table, line {}: {}", self.line, self.why)
    }
}

impl std::error::Error for LemmaError {}

impl UserLemmas {
    /// Adds a table for one language; at the first bad line nothing of the table is added.
    pub fn add(&mut self, language: Language, table: &str) -> Result<(), LemmaError> {
        let mut rows = Vec::new();
        for (line_idx, line) in table.lines().enumerate() {
            let error = |why| LemmaError { line: line_idx + 1, why };
            let line = line.trim_end_matches('\r').trim_start_matches('\u{FEFF}');
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let (form, lemma) = line.split_once('\t').ok_or(error("no tab, write `form<TAB>lemma`"))?;
            if lemma.trim().contains('\t') {
                return Err(error("more than one tab, write one lemma a line"));
            }
            let (form, lemma) = (fold_word(form), lower_word(lemma));
            if form.is_empty() || lemma.is_empty() {
                return Err(error("the form or the lemma is empty"));
            }
            rows.push((form, lemma));
        }
        let by_form = Arc::make_mut(&mut self.by_form).entry(language).or_default();
        for (form, lemma) in rows {
            let lemmas = by_form.entry(form).or_default();
            if !lemmas.contains(&lemma) {
                lemmas.push(lemma);
            }
        }
        Ok(())
    }

    /// The lemmas of a folded form, in the order they were added.
    #[must_use]
    pub fn of(&self, language: Language, folded: &str) -> &[String] {
        self.by_form.get(&language).and_then(|forms| forms.get(folded)).map_or(&[], Vec::as_slice)
    }

    /// Whether no table was added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_form.values().all(HashMap::is_empty)
    }
}

#[cfg(test)]
mod tests;
