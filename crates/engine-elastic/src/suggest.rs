//! Suggestions of labels and words while typing, counted by the engine.

use std::collections::BTreeMap;

use rushes_index::{Budget, IndexReader, LabelCounts, Suggestion, begins_word, best};
use rushes_plan::Filter;
use rushes_text::normalise_label;
use rushes_types::{AnnotationType, Result, known_types};
use serde_json::{Value, json};

use crate::compile::{all_of, any_of, dialogue, filtered, is_exact};
use crate::document::{MANY_STARTS, START_BYTES_MAX};
use crate::names::beginning;
use crate::point_in_time::Fields;
use crate::reader::ElasticReader;

/// Longest word, in bytes; engines bound expressions too.
const WORD_BYTES_MAX: usize = 400;
/// Labels counted at once.
const PAGE: usize = 5_000;

/// The labels that may begin with the typed text, under a filter.
fn labels_beginning(typed: &str, mut parts: Vec<Value>, with_dialogue: bool) -> Value {
    parts.push(json!({"exists": {"field": "label"}}));
    if !with_dialogue {
        parts.push(dialogue(false));
    }
    if !typed.is_empty() {
        let start = beginning(typed, START_BYTES_MAX);
        let any = json!({"term": {"label_starts": MANY_STARTS}});
        parts.push(any_of(vec![json!({"prefix": {"label_starts": start}}), any]));
    }
    all_of(parts)
}

/// Escapes a word for a regular expression.
fn literal(word: &str) -> String {
    let escaped = |c: char| (!c.is_alphanumeric()).then_some('\\').into_iter().chain([c]);
    word.chars().flat_map(escaped).collect()
}

impl ElasticReader {
    pub(crate) fn suggestions(
        &self,
        typed: &str,
        filter: &Filter,
        limit: usize,
        with_dialogue: bool,
        budget: &Budget,
    ) -> Result<Vec<Suggestion>> {
        let typed = normalise_label(typed);
        let query = labels_beginning(&typed, filtered(filter, &self.at), with_dialogue);
        if !is_exact(filter, &self.at) {
            let found = self.collect(&query, Fields::Body, budget)?;
            let mut all = self.over(found.annotations).suggest(&typed, filter, usize::MAX, budget)?;
            all.retain(|label| with_dialogue || label.kind.as_str() != known_types::DIALOGUE);
            all.truncate(limit);
            return Ok(all);
        }
        let mut counts: BTreeMap<(String, AnnotationType), LabelCounts> = BTreeMap::new();
        let mut after = Value::Null;
        loop {
            let mut composite = json!({"size": PAGE, "sources": [
                {"written": {"terms": {"field": "label_written"}}}, {"type": {"terms": {"field": "type"}}},
            ]});
            if !after.is_null() {
                composite["after"] = after.take();
            }
            let request = json!({
                "size": 0, "track_total_hits": false, "query": query, "aggs": {"labels": {"composite": composite}},
            });
            let mut answer = self.point.aggregate(&request, budget)?;
            let buckets = answer.pointer("/labels/buckets").and_then(Value::as_array);
            for bucket in buckets.into_iter().flatten() {
                let text = |at: &str| bucket.pointer(at).and_then(Value::as_str);
                let (Some(written), Some(kind)) = (text("/key/written"), text("/key/type")) else { continue };
                let normalised = normalise_label(written);
                if let Some(kind) =
                    AnnotationType::new(kind).ok().filter(|_| begins_word(&normalised, &typed))
                {
                    let count = bucket.get("doc_count").and_then(Value::as_u64).unwrap_or_default();
                    counts.entry((normalised, kind)).or_default().add(written, count);
                }
            }
            after = answer.pointer_mut("/labels/after_key").map(Value::take).unwrap_or_default();
            if after.is_null() {
                return Ok(best(counts, limit));
            }
        }
    }

    /// Words with this prefix, those of most annotations first, superseded ones included.
    pub(crate) fn words(&self, folded: &str, limit: usize, budget: &Budget) -> Result<Vec<String>> {
        if folded.len() > WORD_BYTES_MAX {
            return Ok(Vec::new());
        }
        let request = json!({
            "size": 0, "track_total_hits": false,
            "query": all_of(vec![json!({"prefix": {"words": folded}})]),
            "aggs": {"words": {"terms": {
                "field": "words", "size": limit.clamp(1, PAGE), "include": format!("{}.*", literal(folded)),
            }}},
        });
        let answer = self.point.aggregate(&request, budget)?;
        let buckets = answer.pointer("/words/buckets").and_then(Value::as_array);
        let words = buckets.into_iter().flatten().filter_map(|bucket| bucket.get("key")?.as_str());
        Ok(words.take(limit).map(str::to_owned).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_means_itself_in_an_expression() {
        assert_eq!(literal("jo"), "jo");
        assert_eq!(literal("3.14"), "3\\.14");
    }
}
