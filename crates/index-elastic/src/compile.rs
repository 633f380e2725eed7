//! A clause as a request: pure functions from what is asked to JSON. What the request finds holds every match and may hold
//! more: the shared matcher has the last word.

use rushes_plan::matching::primary_tag;
use rushes_plan::{AttributeTest, Clause, ClauseMatcher, Filter, Pin, Test, ValueTest};
use rushes_text::{Analyzer, Language, TermMatcher};
use rushes_types::{AssetId, ReadPoint, known_types};
use serde_json::{Value, json};

use crate::document::{LABEL_BYTES_MAX, attribute_name_term, attribute_term, commit_number, form_term};
use crate::names::beginning;

/// More assets than this are not listed in a request: the matcher leaves out the others.
const ASSET_TERMS_MAX: usize = 20_000;

/// A query all of whose parts must hold, without scores.
pub(crate) fn all_of(parts: Vec<Value>) -> Value {
    json!({"bool": {"filter": parts}})
}

/// A query of whose parts one must hold.
pub(crate) fn any_of(parts: Vec<Value>) -> Value {
    match <[Value; 1]>::try_from(parts) {
        Ok([only]) => only,
        Err(parts) if parts.is_empty() => json!({"match_none": {}}),
        Err(parts) => json!({"bool": {"should": parts, "minimum_should_match": 1}}),
    }
}

fn none_of(parts: Vec<Value>) -> Value {
    json!({"bool": {"must_not": parts}})
}

fn term(field: &str, value: impl Into<Value>) -> Value {
    json!({"term": {field: value.into()}})
}

fn is_pinned(pin: &Pin) -> Value {
    all_of(vec![term("asset", pin.asset.as_str()), term("model_name", pin.model_name.as_str())])
}

/// What is not an empty stone in the place of something erased.
pub(crate) fn is_annotation() -> Value {
    json!({"exists": {"field": "born"}})
}

/// What is current at a read point. Exact while no commit is in flight.
pub(crate) fn current(at: &ReadPoint) -> Value {
    let upto = commit_number(at.upto);
    match at.in_flight.first() {
        None => term("lifetimes", upto),
        // A death in flight counts as not yet: whatever was alive just before the first of them may still be.
        Some(first) => {
            let before = commit_number(*first).saturating_sub(1);
            json!({"range": {"lifetimes": {"gte": before, "lte": upto, "relation": "intersects"}}})
        }
    }
}

/// What a reader sees under the pins of a filter. Exact while no commit is in flight.
fn seen(filter: &Filter, at: &ReadPoint) -> Value {
    if filter.pins.is_empty() {
        return current(at);
    }
    let unpinned = json!({"bool": {
        "filter": [current(at)], "must_not": filter.pins.iter().map(is_pinned).collect::<Vec<_>>(),
    }});
    let kept = json!({"range": {"born": {"lte": commit_number(at.upto)}}});
    let kept = all_of(vec![term("kept", true), kept]);
    let of_run = |pin: &Pin| {
        all_of(vec![is_pinned(pin), term("run", pin.run.as_str()), any_of(vec![current(at), kept.clone()])])
    };
    any_of(std::iter::once(unpinned).chain(filter.pins.iter().map(of_run)).collect())
}

/// These assets; `None` where they are too many to be listed.
pub(crate) fn of_assets<'a>(assets: impl ExactSizeIterator<Item = &'a AssetId>) -> Option<Value> {
    let listed = assets.len() <= ASSET_TERMS_MAX;
    listed.then(|| json!({"terms": {"asset": assets.map(AssetId::as_str).collect::<Vec<_>>()}}))
}

/// What passes a filter at a read point.
pub(crate) fn filtered(filter: &Filter, at: &ReadPoint) -> Vec<Value> {
    let mut parts = vec![seen(filter, at)];
    parts.extend(filter.assets.as_ref().and_then(|assets| of_assets(assets.iter())));
    let tags = |list: &[String]| {
        let tags: Vec<String> = list.iter().map(|tag| primary_tag(tag)).collect();
        json!({"terms": {"language": tags}})
    };
    if !filter.languages.is_empty() {
        let unknown = none_of(vec![json!({"exists": {"field": "language"}})]);
        parts.push(any_of(vec![tags(&filter.languages), unknown]));
    }
    if !filter.languages_excluded.is_empty() {
        parts.push(none_of(vec![tags(&filter.languages_excluded)]));
    }
    parts
}

fn attribute(asked: &AttributeTest) -> Value {
    match &asked.test {
        ValueTest::In(values) => {
            let terms: Vec<String> = values.iter().map(|value| attribute_term(&asked.name, value)).collect();
            json!({"terms": {"attributes": terms}})
        }
        ValueTest::Range(..) => term("attributes", attribute_name_term(&asked.name)),
    }
}

/// What passes all of a clause but what the annotation must say, and the filter.
pub(crate) fn limits(clause: &Clause, filter: &Filter, at: &ReadPoint) -> Vec<Value> {
    let mut parts = filtered(filter, at);
    parts.extend(clause.kind.as_ref().map(|kind| term("type", kind.as_str())));
    if let Some(model) = &clause.model {
        parts.push(any_of(vec![term("model", model.as_str()), term("model_name", model.as_str())]));
    }
    if clause.min_confidence > 0.0 {
        parts.push(json!({"range": {"confidence": {"gte": clause.min_confidence}}}));
    }
    parts.extend(clause.attributes.iter().map(attribute));
    parts
}

/// What says a word: as it is, as a beginning, in another form, with typing mistakes.
pub(crate) fn word(word: &TermMatcher) -> Value {
    if word.exact().is_empty() {
        return any_of(Vec::new());
    }
    let mut ways = vec![term("words", word.exact())];
    if let Some(prefix) = word.prefix() {
        ways.push(json!({"prefix": {"words": prefix}}));
    }
    let languages = Language::ALL.iter().copied().chain([Language::Und]);
    let forms: Vec<String> = languages
        .filter_map(|language| Some((language, word.forms(language)?)))
        .flat_map(|(language, forms)| forms.iter().map(move |form| form_term(language, form)))
        .collect();
    if !forms.is_empty() {
        ways.push(json!({"terms": {"forms": forms}}));
    }
    if word.max_edits() > 0 {
        ways.push(json!({"fuzzy": {"words": {
            "value": word.exact(), "fuzziness": word.max_edits(), "transpositions": true, "rewrite": "constant_score",
        }}}));
    }
    any_of(ways)
}

/// The words of a phrase in one annotation, in a row where the engine can see that without missing any.
fn row(matcher: &ClauseMatcher, slop: u32) -> Vec<Value> {
    let words = matcher.terms();
    let mut parts: Vec<Value> = words.iter().map(|term| word(term)).collect();
    let plain = |w: &&TermMatcher| {
        let options = w.options();
        !options.analysed && w.prefix().is_none() && w.max_edits() == 0 && !w.exact().is_empty()
    };
    let mut distinct: Vec<&str> = words.iter().map(|w| w.exact()).collect();
    distinct.sort_unstable();
    distinct.dedup();
    // With a slop, an engine may miss a phrase that repeats a word.
    if words.len() > 1 && words.iter().all(plain) && (slop == 0 || distinct.len() == words.len()) {
        let text: Vec<&str> = words.iter().map(|w| w.exact()).collect();
        parts.push(json!({"match_phrase": {"said": {"query": text.join(" "), "slop": slop}}}));
    }
    parts
}

/// Only dialogue, or all but dialogue.
pub(crate) fn dialogue(is: bool) -> Value {
    let dialogue = term("type", known_types::DIALOGUE);
    if is { dialogue } else { none_of(vec![dialogue]) }
}

/// The request for a clause other than a vector clause; of a phrase, for what is in one annotation.
pub(crate) fn compile(clause: &Clause, filter: &Filter, at: &ReadPoint, analyzer: &Analyzer) -> Value {
    let matcher = ClauseMatcher::new(clause, analyzer);
    let mut parts = limits(clause, filter, at);
    match &clause.test {
        Test::Any | Test::Nearest(_) => {}
        Test::Label(labels) => {
            let labels: Vec<&str> = labels.iter().map(|label| beginning(label, LABEL_BYTES_MAX)).collect();
            parts.push(json!({"terms": {"label": labels}}));
        }
        Test::Words(test) => {
            let words: Vec<Value> = matcher.terms().into_iter().map(word).collect();
            if test.every {
                parts.extend(words);
            } else {
                parts.push(any_of(words));
            }
        }
        Test::Phrase(test) => {
            parts.push(dialogue(false));
            parts.extend(row(&matcher, test.slop));
        }
    }
    all_of(parts)
}

/// What of a phrase is looked for in dialogue, where it may go on from line to line: the limits, and each word.
pub(crate) struct Lines {
    /// All lines that count.
    pub all: Vec<Value>,
    /// For each word, what a line says that has it.
    pub words: Vec<Value>,
}

impl Lines {
    pub fn of(clause: &Clause, filter: &Filter, at: &ReadPoint, analyzer: &Analyzer) -> Self {
        let matcher = ClauseMatcher::new(clause, analyzer);
        let mut all = limits(clause, filter, at);
        all.push(dialogue(true));
        Self { all, words: matcher.terms().into_iter().map(word).collect() }
    }

    /// How many lines have each word.
    pub fn counts(&self) -> Value {
        json!({
            "size": 0, "track_total_hits": false, "query": all_of(self.all.clone()),
            "aggs": {"words": {"filters": {"filters": self.words}}},
        })
    }

    /// The lines that have a word.
    pub fn with_word(&self, word: usize) -> Value {
        let mut parts = self.all.clone();
        parts.extend(self.words.get(word).cloned());
        all_of(parts)
    }

    /// The lines that begin in one of these stretches, first and last instant each.
    pub fn within(&self, stretches: &[(AssetId, i64, i64)]) -> Value {
        let stretch = |(asset, from, to): &(AssetId, i64, i64)| {
            all_of(vec![
                term("asset", asset.as_str()),
                json!({"range": {"start_ns": {"gte": from, "lte": to}}}),
            ])
        };
        let mut parts = self.all.clone();
        parts.push(any_of(stretches.iter().map(stretch).collect()));
        all_of(parts)
    }
}
