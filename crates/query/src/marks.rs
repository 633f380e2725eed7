//! Marks the searched words in the lines that an answer shows.

use std::collections::HashMap;

use rushes_plan::{ClauseMatcher, Query};
use rushes_text::{Analyzer, Language};

use crate::answer::Answer;

/// Fills in the marks of all evidence that has a text. The analyser must be the one that the index was made with.
pub(crate) fn mark(answer: &mut Answer, query: &Query, analyzer: &Analyzer) {
    // Vector clauses have several parts, and mark nothing; the others have one.
    let part = |pointer: &str| query.criteria.iter().find(|c| c.pointer == pointer)?.parts.first();
    let mut matchers: HashMap<String, Option<ClauseMatcher>> = HashMap::new();
    for evidence in answer.moments.iter_mut().flat_map(|moment| &mut moment.evidence) {
        let Some(text) = &evidence.text else { continue };
        let matcher = matchers
            .entry(evidence.clause.clone())
            .or_insert_with_key(|pointer| part(pointer).map(|clause| ClauseMatcher::new(clause, analyzer)));
        if let Some(matcher) = matcher {
            let language = evidence.language.as_deref().map(Language::parse).unwrap_or_default();
            evidence.marks = matcher.marks(text, language);
        }
    }
}
