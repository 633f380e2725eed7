//! Marks the searched words in the lines that an answer shows.

use std::collections::HashMap;

use rushes_index::Meter;
use rushes_plan::{ClauseMatcher, Query, Test};
use rushes_text::{Analyzer, Language};
use rushes_types::Result;

use crate::answer::Evidence;

/// Fills in the marks of evidence; keeps the matchers that it needs.
pub(crate) struct Marker<'q> {
    query: &'q Query,
    analyzer: &'q Analyzer,
    /// By the clause's place in the plan, with how many words it has.
    matchers: HashMap<String, Option<(ClauseMatcher, usize)>>,
}

impl<'q> Marker<'q> {
    /// The analyser must be the one that the index was made with.
    pub fn new(query: &'q Query, analyzer: &'q Analyzer) -> Self {
        Self { query, analyzer, matchers: HashMap::new() }
    }

    /// Marks the words of its clause in a piece of evidence that has a text.
    ///
    /// # Errors
    /// Those of the budget.
    pub fn mark(&mut self, evidence: &mut Evidence, meter: &mut Meter<'_>) -> Result<()> {
        let Some(text) = &evidence.text else { return Ok(()) };
        // Of a vector clause the part that looks for words marks; the others have one part.
        let part = |pointer: &str| {
            let parts = &self.query.criteria.iter().find(|c| c.pointer == pointer)?.parts;
            parts.iter().find(|part| !matches!(part.test, Test::Nearest(_))).or_else(|| parts.first())
        };
        let matcher = self.matchers.entry(evidence.clause.clone()).or_insert_with_key(|pointer| {
            let matcher = ClauseMatcher::new(part(pointer)?, self.analyzer);
            let words = matcher.terms().len();
            Some((matcher, words))
        });
        if let Some((matcher, words)) = matcher {
            meter.steps(text.len().saturating_mul(*words))?;
            let language = evidence.language.as_deref().map(Language::parse).unwrap_or_default();
            evidence.marks = matcher.marks(text, language);
        }
        Ok(())
    }
}
