//! The requests of a query, for people to read and to send by hand: each clause as it is sent, and each step of the
//! plan as one nested request to the bucket documents, as another program would search them.

use rushes_index::{EngineRequest, IndexReader};
use rushes_plan::matching::primary_tag;
use rushes_plan::{Clause, Criterion, Filter, Query, Step, Test, Word};
use rushes_text::fold_word;
use rushes_types::ReadPoint;
use serde_json::{Value, json};

use crate::compile::{Lines, all_of, any_of, compile, limits};
use crate::names::vector_field;
use crate::nearest::exact_query;
use crate::reader::ElasticReader;

/// Assets in an answer about buckets, and for each the number of first seconds.
const ASSETS_MAX: usize = 1_000;
const FIRST_MAX: usize = 3;
/// Neighbours per shard for a vector clause without a number of its own.
const NEIGHBOURS: usize = 100;

const PATH: &str = "source_annotations";

fn field(name: &str) -> String {
    format!("{PATH}.{name}")
}

/// A word in label or text, by the analysed sub-fields.
fn word(word: &Word, analysed: bool, fuzzy: bool) -> Value {
    let folded = fold_word(&word.text);
    let ways = ["label", "text"].into_iter().flat_map(|name| {
        let of = |sub: &str| field(&if sub.is_empty() { name.to_owned() } else { format!("{name}.{sub}") });
        let mut ways = Vec::new();
        if word.prefix {
            ways.push(json!({"match": {of("beginnings"): {"query": folded}}}));
        } else if fuzzy {
            ways.push(json!({"match": {of(""): {"query": folded, "fuzziness": "AUTO"}}}));
        } else {
            ways.push(json!({"match": {of(""): {"query": folded}}}));
        }
        if analysed {
            ways.push(json!({"match": {of("stemmed"): {"query": folded}}}));
        }
        ways
    });
    any_of(ways.collect())
}

/// The nested query of a clause on a bucket's annotations.
fn nested(clause: &Clause) -> Value {
    let mut parts = Vec::new();
    parts.extend(clause.kind.as_ref().map(|kind| json!({"term": {field("annotation_type"): kind.as_str()}})));
    if let Some(model) = &clause.model {
        let versions = json!({"prefix": {field("model"): format!("{model}@")}});
        parts.push(any_of(vec![json!({"term": {field("model"): model}}), versions]));
    }
    if clause.min_confidence > 0.0 {
        let missing = json!({"bool": {"must_not": [{"exists": {"field": field("confidence_score")}}]}});
        let sure = json!({"range": {field("confidence_score"): {"gte": clause.min_confidence}}});
        parts.push(any_of(vec![sure, missing]));
    }
    match &clause.test {
        Test::Any => {}
        Test::Label(labels) => parts.push(json!({"terms": {field("label.folded"): labels}})),
        Test::Words(test) => {
            let fuzzy = test.fuzziness != rushes_plan::Fuzziness::Exact;
            let words: Vec<Value> = test.words.iter().map(|w| word(w, test.analysed, fuzzy)).collect();
            if test.every { parts.extend(words) } else { parts.push(any_of(words)) }
        }
        Test::Phrase(test) => {
            let text: Vec<String> = test.words.iter().map(|w| fold_word(&w.text)).collect();
            let sub = if test.analysed { ".stemmed" } else { "" };
            let phrase = |name: &str| {
                let of = field(&format!("{name}{sub}"));
                json!({"match_phrase": {of: {"query": text.join(" "), "slop": test.slop}}})
            };
            parts.push(any_of(vec![phrase("label"), phrase("text")]));
        }
        Test::Nearest(test) => {
            let k = test.k.unwrap_or(NEIGHBOURS).clamp(1, 10_000);
            let of = field(&vector_field(&test.space, test.query.len()));
            let candidates = k.saturating_mul(2).min(10_000);
            // The limits of the annotation go outside: inside the search for neighbours the engine would apply them to
            // the whole bucket.
            let near = json!({"knn": {
                "field": of, "query_vector": test.query, "k": k, "num_candidates": candidates,
            }});
            let query = json!({"bool": {"must": [near], "filter": parts}});
            return json!({"nested": {"path": PATH, "query": query, "score_mode": "max"}});
        }
    }
    json!({"nested": {"path": PATH, "query": all_of(parts), "score_mode": "max"}})
}

fn of_criterion(criterion: &Criterion) -> Value {
    any_of(criterion.parts.iter().map(nested).collect())
}

/// A step of a plan as one request to the bucket documents: the seconds in which all of its clauses match, their
/// assets, and the first seconds of each. Buckets only find candidates: negations are left to the matcher.
pub(crate) fn compile_buckets(query: &Query, step: &Step, filter: &Filter) -> Value {
    let of = |no: &usize| query.criteria.get(*no).map(of_criterion);
    let mut must: Vec<Value> = step.all.iter().filter_map(of).collect();
    if !step.any.is_empty() {
        must.push(any_of(step.any.iter().filter_map(of).collect()));
    }
    let mut limits = Vec::new();
    if let Some(assets) = &filter.assets {
        let ids: Vec<&str> = assets.iter().map(rushes_types::AssetId::as_str).collect();
        limits.push(json!({"terms": {"associated_ids.ASSET_ID": ids}}));
    }
    if !filter.languages.is_empty() {
        let tags: Vec<String> = filter.languages.iter().map(|tag| primary_tag(tag)).collect();
        let spoken = json!({"terms": {field("language"): tags}});
        limits.push(json!({"nested": {"path": PATH, "query": spoken}}));
    }
    json!({
        "size": 0,
        "query": {"bool": {"must": must, "filter": limits}},
        "aggs": {"assets": {
            "terms": {"field": "associated_ids.ASSET_ID", "size": ASSETS_MAX},
            "aggs": {"first": {"top_hits": {
                "size": FIRST_MAX, "sort": [{"time_bucket_start_ns": "asc"}],
                "_source": ["time_bucket_start_ns", "time_bucket_end_ns"],
            }}},
        }},
    })
}

/// The request for one clause, without the parts that depend on the hits of other clauses.
fn of_clause(clause: &Clause, filter: &Filter, at: &ReadPoint, analyzer: &rushes_text::Analyzer) -> Value {
    match &clause.test {
        Test::Nearest(test) => {
            let field = vector_field(&test.space, test.query.len());
            exact_query(&field, test, limits(clause, filter, at))
        }
        Test::Phrase(_) if clause.kind.as_ref().is_some_and(rushes_types::AnnotationType::is_dialogue) => {
            let lines = Lines::of(clause, filter, at, analyzer);
            let words = lines.words.clone();
            json!({"bool": {"filter": lines.all, "should": words, "minimum_should_match": 1}})
        }
        _ => compile(clause, filter, at, analyzer),
    }
}

impl ElasticReader {
    pub(crate) fn requests_of(&self, query: &Query, filter: &Filter) -> Vec<EngineRequest> {
        let request = |what: String, path: &str, body: Value| EngineRequest {
            what,
            path: path.to_owned(),
            body: body.to_string(),
        };
        let mut requests = Vec::new();
        for criterion in &query.criteria {
            for part in &criterion.parts {
                let body = json!({"query": of_clause(part, filter, self.read_point(), &self.analyzer)});
                let path = format!("/{}-annotations/_search", self.config.prefix);
                requests.push(request(criterion.pointer.clone(), &path, body));
            }
        }
        if self.config.buckets {
            for (no, step) in query.steps.iter().enumerate() {
                let path = format!("/{}-buckets/_search", self.config.prefix);
                requests.push(request(
                    format!("buckets of step {no}"),
                    &path,
                    compile_buckets(query, step, filter),
                ));
            }
        }
        requests
    }
}
