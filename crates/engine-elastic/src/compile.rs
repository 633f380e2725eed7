//! Compiles a clause to a request: pure functions from clauses to JSON. The hits of the request contain every match and
//! may contain more; the shared matcher decides.

use rushes_plan::matching::primary_tag;
use rushes_plan::{AttributeTest, Clause, ClauseMatcher, Filter, Fuzziness, Pin, Test, ValueTest};
use rushes_text::{Analyzer, Language, TermMatcher};
use rushes_types::{AssetId, ReadPoint, known_types};
use serde_json::{Value, json};

use crate::document::{LABEL_BYTES_MAX, attribute_name_term, attribute_term, commit_number, form_term};
use crate::names::beginning;

/// Most assets listed in a request; above it the matcher filters by asset.
const ASSET_TERMS_MAX: usize = 20_000;

/// Most pins in a request, because engines bound the number of clauses; more are left to the matcher.
const PINS_MAX: usize = 100;
/// Most words in a request; more are left to the matcher.
const WORDS_MAX: usize = 100;

/// A query whose parts must all match, without scores.
pub(crate) fn all_of(parts: Vec<Value>) -> Value {
    object("bool", object("filter", Value::Array(parts)))
}

/// An object with one member, without copying the value.
fn object(name: &str, value: Value) -> Value {
    Value::Object(std::iter::once((name.to_owned(), value)).collect())
}

/// A query of whose parts at least one must match.
pub(crate) fn any_of(parts: Vec<Value>) -> Value {
    match <[Value; 1]>::try_from(parts) {
        Ok([only]) => only,
        Err(parts) if parts.is_empty() => json!({"match_none": {}}),
        Err(parts) => json!({"bool": {"should": parts, "minimum_should_match": 1}}),
    }
}

fn none_of(parts: Vec<Value>) -> Value {
    object("bool", object("must_not", Value::Array(parts)))
}

fn term(field: &str, value: impl Into<Value>) -> Value {
    json!({"term": {field: value.into()}})
}

fn is_pinned(pin: &Pin) -> Value {
    all_of(vec![term("asset", pin.asset.as_str()), term("model_name", pin.model_name.as_str())])
}

/// Excludes the tombstones of erased annotations.
pub(crate) fn is_annotation() -> Value {
    json!({"exists": {"field": "born"}})
}

/// What is current at a read point. Exact while no commit is in flight.
pub(crate) fn current(at: &ReadPoint) -> Value {
    let upto = commit_number(at.upto);
    match at.in_flight.first() {
        None => term("lifetimes", upto),
        // An end of validity by a commit in flight does not count yet: whatever was current just before the first
        // commit in flight may still be current.
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
    let kept = json!({"range": {"born": {"lte": commit_number(at.upto)}}});
    let kept = all_of(vec![term("kept", true), kept]);
    if filter.pins.len() > PINS_MAX {
        return any_of(vec![current(at), kept]);
    }
    let unpinned = json!({"bool": {
        "filter": [current(at)], "must_not": filter.pins.iter().map(is_pinned).collect::<Vec<_>>(),
    }});
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

/// Is the compiled filter exact at the read point, with no false positives?
pub(crate) fn is_exact(filter: &Filter, at: &ReadPoint) -> bool {
    let listed = filter.assets.as_ref().is_none_or(|assets| assets.len() <= ASSET_TERMS_MAX);
    at.in_flight.is_empty() && filter.pins.len() <= PINS_MAX && listed
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

/// What passes the filter and all of a clause except its test of the content.
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

/// Matches a word: exactly, as a prefix, in another form, or with typos.
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

/// The words of a phrase in one annotation; as a phrase query where the engine cannot miss a match.
fn row(matcher: &ClauseMatcher, slop: u32) -> Vec<Value> {
    let words = matcher.terms();
    let mut parts: Vec<Value> = words.iter().take(WORDS_MAX).map(|term| word(term)).collect();
    let plain = |w: &&TermMatcher| {
        let options = w.options();
        !options.analysed && w.prefix().is_none() && w.max_edits() == 0 && !w.exact().is_empty()
    };
    let mut distinct: Vec<&str> = words.iter().map(|w| w.exact()).collect();
    distinct.sort_unstable();
    distinct.dedup();
    // With a slop, an engine may miss a phrase that repeats a word.
    if (2..=WORDS_MAX).contains(&words.len())
        && words.iter().all(plain)
        && (slop == 0 || distinct.len() == words.len())
    {
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

/// The request for a clause other than a vector clause; for a phrase, only the matches within one annotation.
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
            let words: Vec<Value> = matcher.terms().into_iter().take(WORDS_MAX).map(word).collect();
            if test.every {
                parts.extend(words);
            } else if words.len() < test.words.len() {
                parts.push(json!({"exists": {"field": "words"}}));
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

/// Does the request for a clause find its matches and nothing else, under a filter that [`is_exact`]? Where this is not
/// known it is denied: then the matcher decides.
pub(crate) fn decides(clause: &Clause) -> bool {
    let plain = clause.attributes.is_empty() && clause.min_confidence <= 0.0 && clause.model.is_none();
    plain
        && match &clause.test {
            Test::Any => true,
            Test::Label(labels) => labels.iter().all(|label| label.len() < LABEL_BYTES_MAX),
            Test::Words(test) => {
                !test.analysed && test.fuzziness == Fuzziness::Exact && test.words.len() <= WORDS_MAX
            }
            Test::Phrase(_) | Test::Nearest(_) => false,
        }
}

/// The queries for a phrase in dialogue, where it may continue from line to line: the limits, and each word.
pub(crate) struct Lines {
    /// All lines within the limits.
    pub all: Vec<Value>,
    /// For each word (or the first of very many), the query for the lines that contain it.
    pub words: Vec<Value>,
}

impl Lines {
    pub fn of(clause: &Clause, filter: &Filter, at: &ReadPoint, analyzer: &Analyzer) -> Self {
        let matcher = ClauseMatcher::new(clause, analyzer);
        let mut all = limits(clause, filter, at);
        all.push(dialogue(true));
        Self { all, words: matcher.terms().into_iter().take(WORDS_MAX).map(word).collect() }
    }

    /// The aggregation that counts the lines with each word.
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

    /// The lines that begin within one of these stretches (first and last instant, inclusive).
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

#[cfg(test)]
mod tests {
    use super::*;
    use rushes_plan::{PhraseTest, Word, WordsTest};
    use rushes_types::{AnnotationType, Commit, RunId};

    fn clause(test: Test) -> Clause {
        Clause {
            no: 0,
            pointer: "/all/0".to_owned(),
            kind: Some(AnnotationType::new(known_types::CHARACTER).unwrap()),
            model: None,
            test,
            min_confidence: 0.0,
            attributes: Vec::new(),
            weight: 1.0,
        }
    }

    fn asked(text: &str) -> Word {
        Word { text: text.to_owned(), weight: 1.0, prefix: false }
    }

    fn compiled(clause: &Clause, filter: &Filter, at: &ReadPoint) -> String {
        compile(clause, filter, at, &Analyzer::new(Language::Und)).to_string()
    }

    #[test]
    fn a_label_is_one_of_its_terms_among_what_is_current() {
        let joey = clause(Test::Label(std::iter::once("joey".to_owned()).collect()));
        assert_eq!(
            compiled(&joey, &Filter::default(), &ReadPoint::at(Commit(7))),
            r#"{"bool":{"filter":[{"term":{"lifetimes":7}},{"term":{"type":"CHARACTER_SEARCH"}},{"terms":{"label":["joey"]}}]}}"#
        );
    }

    #[test]
    fn deaths_in_flight_count_as_not_yet() {
        let at = ReadPoint { upto: Commit(9), in_flight: vec![Commit(4), Commit(8)] };
        assert_eq!(
            current(&at).to_string(),
            r#"{"range":{"lifetimes":{"gte":3,"lte":9,"relation":"intersects"}}}"#
        );
    }

    #[test]
    fn a_word_is_met_in_each_way_that_is_asked_for() {
        let words = vec![Word { prefix: true, ..asked("kitch") }];
        let test = WordsTest { words, every: true, analysed: false, fuzziness: Fuzziness::One };
        let compiled = compiled(&clause(Test::Words(test)), &Filter::default(), &ReadPoint::at(Commit(1)));
        for way in [
            r#"{"term":{"words":"kitch"}}"#,
            r#"{"prefix":{"words":"kitch"}}"#,
            r#""fuzziness":1"#,
            r#""minimum_should_match":1"#,
        ] {
            assert!(compiled.contains(way), "{way}: {compiled}");
        }
        let test =
            WordsTest { words: vec![asked("ran")], every: true, analysed: true, fuzziness: Fuzziness::Exact };
        let matcher = ClauseMatcher::new(&clause(Test::Words(test)), &Analyzer::new(Language::Und));
        let forms = word(matcher.terms()[0]).to_string();
        assert!(forms.contains(r#""en:run""#) && forms.contains(r#"{"term":{"words":"ran"}}"#), "{forms}");
    }

    #[test]
    fn a_phrase_is_left_to_the_engine_where_it_misses_none() {
        let of = |words: &[&str], slop, analysed| {
            let words = words.iter().map(|w| asked(w)).collect();
            let test = PhraseTest { words, slop, analysed, fuzziness: Fuzziness::Exact };
            compiled(&clause(Test::Phrase(test)), &Filter::default(), &ReadPoint::at(Commit(1)))
        };
        let row = r#"{"match_phrase":{"said":{"query":"how you","slop":2}}}"#;
        assert!(of(&["how", "you"], 2, false).contains(row));
        assert!(of(&["no", "no"], 0, false).contains("match_phrase"));
        assert!(!of(&["no", "no"], 1, false).contains("match_phrase"));
        assert!(!of(&["how", "you"], 0, true).contains("match_phrase"));
    }

    #[test]
    fn a_pinned_run_stands_in_place_of_what_is_current() {
        let pin = Pin {
            run: RunId::new("r1").unwrap(),
            asset: AssetId::new("a").unwrap(),
            model_name: "faces".to_owned(),
        };
        let filter = Filter { pins: vec![pin], ..Filter::default() };
        let parts = filtered(&filter, &ReadPoint::at(Commit(3)));
        let text = parts[0].to_string();
        assert!(text.contains(r#""must_not":[{"bool":{"filter":[{"term":{"asset":"a"}}"#), "{text}");
        assert!(text.contains(r#"{"term":{"run":"r1"}}"#) && text.contains(r#"{"term":{"kept":true}}"#));
    }

    #[test]
    fn nothing_asked_finds_nothing() {
        assert_eq!(any_of(Vec::new()).to_string(), r#"{"match_none":{}}"#);
        let many: Vec<AssetId> =
            (0..=ASSET_TERMS_MAX).map(|n| AssetId::new(&n.to_string()).unwrap()).collect();
        assert!(of_assets(many.iter()).is_none());
    }
}
