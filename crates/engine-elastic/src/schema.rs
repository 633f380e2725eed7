//! Mappings and settings of the indices, and checks against the actual ones.

use rushes_types::Metric;
use serde_json::{Map, Value, json};

use crate::config::ElasticConfig;

/// Rises with every change of these mappings or of what is written into their fields.
pub(crate) const MAPPING_VERSION: u64 = 1;

/// More positions than any phrase may span: label and text never form a phrase together.
const POSITION_GAP: u32 = 1_000;
/// How long the engine remembers a deleted document's version, so that a delayed older write still loses.
const REMEMBER_DELETED: &str = "1h";
/// Widest vectors that the engine's graphs take.
pub(crate) const GRAPH_DIMENSIONS_MAX: usize = 4_096;

/// Settings of annotations and buckets. Only a publish refreshes.
pub(crate) fn settings(config: &ElasticConfig) -> Value {
    json!({
        "number_of_shards": config.shards,
        "number_of_replicas": config.replicas,
        "refresh_interval": "-1",
        "gc_deletes": REMEMBER_DELETED,
        // A purge must rewrite every segment with deleted documents.
        "merge.policy.expunge_deletes_allowed": 0,
        "mapping.total_fields.limit": 10_000,
        "analysis": analysis(),
    })
}

/// Settings of the small indices: one shard.
pub(crate) fn small_settings(config: &ElasticConfig) -> Value {
    json!({
        "number_of_shards": 1,
        "number_of_replicas": config.replicas,
        "refresh_interval": "-1",
        "merge.policy.expunge_deletes_allowed": 0,
    })
}

fn analysis() -> Value {
    json!({
        "filter": {
            "beginnings": {"type": "edge_ngram", "min_gram": 1, "max_gram": 20},
            "stems": {"type": "stemmer", "language": "english"},
        },
        "analyzer": {
            "stemmed": {"type": "custom", "tokenizer": "standard", "filter": ["lowercase", "asciifolding", "stems"]},
            "beginnings": {
                "type": "custom", "tokenizer": "standard", "filter": ["lowercase", "asciifolding", "beginnings"]
            },
            "words": {"type": "custom", "tokenizer": "standard", "filter": ["lowercase", "asciifolding"]},
        },
        "normalizer": {
            "folded": {"type": "custom", "filter": ["lowercase", "asciifolding"]},
        },
    })
}

/// One document per annotation. Only what is returned is stored: `body` is the annotation in the product's codec
/// without its vector, `vector` the vector as it was sent; neither needs number parsing.
pub(crate) fn annotations() -> Value {
    let index_only = json!({"type": "keyword", "doc_values": false});
    json!({
        "dynamic": "strict",
        "_source": {"enabled": false},
        "properties": {
            "asset": {"type": "keyword"},
            "commit": {"type": "long"},
            "type": {"type": "keyword"},
            "model": index_only,
            "model_name": index_only,
            "run": index_only,
            "annotation_id": index_only,
            "start_ns": {"type": "long"},
            "end_ns": {"type": "long"},
            "lifetimes": {"type": "long_range"},
            "born": {"type": "long"},
            "died": {"type": "long"},
            "kept": {"type": "boolean"},
            "label": {"type": "keyword"},
            "label_written": {"type": "keyword", "index": false},
            "label_starts": index_only,
            "words": {"type": "keyword"},
            "forms": index_only,
            "said": {
                "type": "text", "norms": false, "position_increment_gap": POSITION_GAP, "analyzer": "whitespace"
            },
            "confidence": {"type": "double"},
            "attributes": index_only,
            "language": index_only,
            "space": {"type": "keyword"},
            "vector_field": {"type": "keyword"},
            "odd_vector": {"type": "boolean"},
            "body": {"type": "binary", "doc_values": true},
            "vector": {"type": "binary", "doc_values": true},
        },
    })
}

/// The bucket documents as they are published, and the commit that wrote each.
pub(crate) fn buckets() -> Value {
    let text = || {
        json!({
            "type": "text", "analyzer": "words",
            "fields": {
                "stemmed": {"type": "text", "analyzer": "stemmed"},
                "beginnings": {"type": "text", "analyzer": "beginnings", "search_analyzer": "words"},
                "folded": {"type": "keyword", "ignore_above": 8_000, "normalizer": "folded"},
            },
        })
    };
    json!({
        "dynamic": "strict",
        // The searchable copies of vectors are not shown.
        "_source": {"excludes": ["source_annotations.v*"]},
        "properties": {
            "associated_ids": {
                "properties": {"MOVIE_ID": {"type": "keyword"}, "ASSET_ID": {"type": "keyword"}},
            },
            "time_bucket_start_ns": {"type": "long"},
            "time_bucket_end_ns": {"type": "long"},
            "part": {"type": "integer"},
            "parts": {"type": "integer"},
            "commit": {"type": "long"},
            "source_annotations": {
                "type": "nested",
                "properties": {
                    "annotation_id": {"type": "keyword"},
                    "annotation_type": {"type": "keyword"},
                    "label": text(),
                    "text": text(),
                    "words": {"type": "object", "enabled": false},
                    "language": {"type": "keyword"},
                    "time_range": {
                        "properties": {"start_time_ns": {"type": "long"}, "end_time_ns": {"type": "long"}},
                    },
                    "confidence_score": {"type": "double"},
                    "attributes": {"type": "object", "enabled": false},
                    "model": {"type": "keyword"},
                    "run": {"type": "keyword"},
                    // Exactly as published: a list of numbers, whatever its space. The searchable copy has its space's name.
                    "embedding_vector": {"type": "object", "enabled": false},
                },
            },
        },
    })
}

/// One document per asset.
pub(crate) fn assets() -> Value {
    json!({
        "dynamic": "strict",
        "properties": {
            "progress": {"type": "long"},
            "floor": {"type": "long"},
            "erasing": {"type": "boolean"},
            "parts": {"type": "integer", "index": false, "doc_values": false},
            "documents": {"type": "object", "enabled": false},
        },
    })
}

/// Documents that are only read by `_id`.
pub(crate) fn meta() -> Value {
    json!({"enabled": false})
}

/// The field of a space. Without a graph it only keeps the numbers for exact searches.
pub(crate) fn dense_vector(dimensions: usize, metric: Metric, graph: bool) -> Value {
    if !graph {
        return json!({"type": "dense_vector", "dims": dimensions, "index": false});
    }
    let similarity = match metric {
        Metric::Cosine => "cosine",
        Metric::L2 => "l2_norm",
    };
    json!({
        "type": "dense_vector", "dims": dimensions, "index": true, "similarity": similarity,
        "index_options": {"type": "int8_hnsw", "m": 16, "ef_construction": 100},
    })
}

/// The first difference of a mapping, as `field.parameter: actual, expected`; `None` if there is none. `grows` decides
/// which additional fields are allowed.
pub(crate) fn difference(wanted: &Value, found: &Value, grows: &dyn Fn(&str) -> bool) -> Option<String> {
    differ("", wanted, found, grows)
}

fn differ(at: &str, wanted: &Value, found: &Value, grows: &dyn Fn(&str) -> bool) -> Option<String> {
    let (Value::Object(wanted), Value::Object(found)) = (wanted, found) else {
        return (as_text(wanted) != as_text(found))
            .then(|| format!("`{at}` is {found}, it should be {wanted}"));
    };
    let missing = wanted.keys().find(|name| !found.contains_key(*name) && !is_default(name, &wanted[*name]));
    if let Some(name) = missing {
        return Some(format!("`{}` is missing", join(at, name)));
    }
    let in_properties = at.rsplit('.').next() == Some("properties");
    let added = |(name, value): (&String, &Value)| {
        let allowed = wanted.contains_key(name) || in_properties && grows(name) || is_default(name, value);
        (!allowed).then(|| format!("`{}` was added", join(at, name)))
    };
    if let Some(difference) = found.iter().find_map(added) {
        return Some(difference);
    }
    let both = |(name, value): (&String, &Value)| differ(&join(at, name), value, found.get(name)?, grows);
    wanted.iter().find_map(both)
}

/// As text: engines return numbers and booleans either typed or as strings.
fn as_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Parameters that an engine leaves out, or adds, where they have this value.
fn is_default(name: &str, value: &Value) -> bool {
    matches!(
        (name, as_text(value).as_str()),
        ("type", "object") | ("properties", "{}") | ("index" | "doc_values" | "enabled", "true")
    )
}

fn join(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}

/// A `properties` object of fields.
pub(crate) fn properties(fields: impl IntoIterator<Item = (String, Value)>) -> Value {
    json!({"properties": fields.into_iter().collect::<Map<_, _>>()})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference_of(change: impl Fn(&mut Value)) -> Option<String> {
        let mut found = annotations();
        change(&mut found);
        difference(&annotations(), &found, &|name| name.starts_with('v'))
    }

    #[test]
    fn a_changed_field_is_named() {
        assert_eq!(difference_of(|_| ()), None);
        assert_eq!(difference_of(|m| m["properties"]["v2_ab"] = json!({"type": "dense_vector"})), None);
        let changed = difference_of(|m| m["properties"]["label"]["type"] = json!("text")).unwrap();
        assert_eq!(changed, r#"`properties.label.type` is "text", it should be "keyword""#);
        let added = difference_of(|m| m["properties"]["genre"] = json!({"type": "keyword"})).unwrap();
        assert_eq!(added, "`properties.genre` was added");
        let gone = difference_of(|m| drop(m["properties"].as_object_mut().unwrap().remove("body"))).unwrap();
        assert_eq!(gone, "`properties.body` is missing");
        assert_eq!(
            difference_of(|m| m["dynamic"] = json!("true")).unwrap(),
            r#"`dynamic` is "true", it should be "strict""#
        );
    }

    #[test]
    fn defaults_that_engines_leave_out_are_no_difference() {
        assert_eq!(difference_of(|m| m["properties"]["asset"]["doc_values"] = json!(true)), None);
        let graph = dense_vector(3, Metric::Cosine, true);
        let mut found = graph.clone();
        found.as_object_mut().unwrap().remove("index");
        assert_eq!(difference(&graph, &found, &|_| false), None);
    }
}
