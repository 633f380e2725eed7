//! The bucket documents are searchable as they are published.

use std::sync::Arc;

use rushes_index::{AssetUpdate, BucketContent};
use rushes_plan::{Filter, Plan, Query, resolve};
use rushes_testkit::archive::Archive;
use rushes_testkit::index_suite::{
    IndexFixture, SECOND, annotation, asset_id, current, labelled, line, put, update, vectored,
};
use rushes_types::{BucketNo, Commit, FusedAnnotation, TimeRange, known_types};
use serde_json::{Value, json};

use crate::fixtures::Elastic;
use crate::rest::must;

fn bucket(no: u64, annotations: &[&FusedAnnotation]) -> BucketContent {
    let start = i64::try_from(no).unwrap() * SECOND;
    let range = TimeRange::new(start, start + SECOND).unwrap();
    let annotations = annotations.iter().map(|fused| Arc::new((*fused).clone())).collect();
    BucketContent { no: BucketNo(no), range, annotations }
}

/// Joey in second 2 and 3, the kitchen in 3 and 4, a line in 4.
fn filled(fixture: &Elastic) {
    let joey = current(labelled("a", "joey", 2, "Joey"), 1);
    let mut kitchen = vectored("a", "kitchen", 3, &[1.0, 0.0]);
    kitchen.label = Some("kitchen".to_owned());
    let kitchen = current(kitchen, 1);
    let starving = current(line("a", "line", 4, "I'm starving"), 1);
    let all = [&joey, &kitchen, &starving];
    let buckets = vec![
        bucket(2, &[&joey]),
        bucket(3, &[&joey, &kitchen]),
        bucket(4, &[&kitchen, &starving]),
        bucket(5, &[]),
    ];
    let changes = all.into_iter().map(put).collect();
    fixture.index().apply(&[AssetUpdate { buckets, ..update("a", 0, 1, changes) }]).unwrap();
    fixture.index().publish(Commit(1)).unwrap();
}

fn found(fixture: &Elastic, body: &Value) -> Vec<String> {
    let url = format!("{}/{}-buckets/_search", fixture.config.urls[0], fixture.config.prefix);
    let answer = must("POST", &url, body);
    let hits = answer.pointer("/hits/hits").and_then(Value::as_array).unwrap();
    let mut ids: Vec<String> = hits.iter().map(|hit| hit["_id"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

#[test]
fn a_bucket_is_found_by_two_of_its_annotations_in_one_nested_query() {
    let Some(fixture) = Elastic::new() else { return };
    filled(&fixture);
    let of = |label: &str| {
        json!({"nested": {"path": "source_annotations", "query": {
            "term": {"source_annotations.label.folded": label},
        }}})
    };
    let both = json!({"query": {"bool": {"must": [of("joey"), of("kitchen")]}}});
    assert_eq!(found(&fixture, &both), ["a:3"]);
    let stem = json!({"query": {"nested": {"path": "source_annotations", "query": {
        "match": {"source_annotations.text.stemmed": "starve"},
    }}}});
    assert_eq!(found(&fixture, &stem), ["a:4"]);
    let beginning = json!({"query": {"nested": {"path": "source_annotations", "query": {
        "match": {"source_annotations.label.beginnings": "kit"},
    }}}});
    assert_eq!(found(&fixture, &beginning), ["a:3", "a:4"]);
}

#[test]
fn a_bucket_document_is_as_it_is_published() {
    let Some(fixture) = Elastic::new() else { return };
    filled(&fixture);
    let url = format!("{}/{}-buckets/_doc/a:3", fixture.config.urls[0], fixture.config.prefix);
    let source = must("GET", &url, &Value::Null)["_source"].clone();
    assert_eq!(source["associated_ids"], json!({"MOVIE_ID": "movie", "ASSET_ID": "a"}));
    assert_eq!(source["time_bucket_start_ns"], json!(3 * SECOND));
    assert_eq!(source["time_bucket_end_ns"], json!(4 * SECOND));
    let annotations = source["source_annotations"].as_array().unwrap();
    assert_eq!(annotations.len(), 2);
    assert_eq!(annotations[0]["label"], "Joey");
    assert_eq!(annotations[1]["embedding_vector"], json!([1.0, 0.0]));
    assert_eq!(annotations[1]["time_range"]["start_time_ns"], json!(3 * SECOND));
    let names: Vec<&String> = annotations[1].as_object().unwrap().keys().collect();
    assert!(!names.iter().any(|name| name.starts_with('v')), "{names:?}");
}

#[test]
fn the_requests_of_a_plan_find_its_seconds_and_its_annotations() {
    let Some(fixture) = Elastic::new() else { return };
    filled(&fixture);
    let reader = fixture.index().reader(None).unwrap();
    let plan = json!({"all": [
        {"type": known_types::CHARACTER, "label": "Joey"},
        {"type": known_types::SCENE, "vector": {"values": [1.0, 0.1], "space": "clip-space", "k": 5}},
    ]});
    let mut archive = Archive { annotations: Vec::new(), ..Archive::default() };
    archive.documents.push(rushes_testkit::index_suite::document("a"));
    archive.annotations.push(current(vectored("a", "kitchen", 3, &[1.0, 0.0]), 1));
    let resolved = resolve(&Plan::read(&plan).unwrap(), &archive, None).unwrap();
    let query = Query::compile(&resolved.plan).unwrap();
    let requests = reader.requests(&query, &Filter::default());
    let what: Vec<&str> = requests.iter().map(|request| request.what.as_str()).collect();
    assert_eq!(what, ["/all/0", "/all/1", "buckets of step 0"]);
    let answers = requests.iter().map(|request| {
        let body = serde_json::from_str(&request.body).unwrap();
        must("POST", &format!("{}{}", fixture.config.urls[0], request.path), &body)
    });
    let answers: Vec<Value> = answers.collect();
    assert_eq!(answers[0].pointer("/hits/total/value"), Some(&json!(1)));
    assert_eq!(answers[1].pointer("/hits/total/value"), Some(&json!(1)));
    let asset = answers[2].pointer("/aggregations/assets/buckets/0").unwrap();
    assert_eq!((&asset["key"], &asset["doc_count"]), (&json!("a"), &json!(1)));
    let first = asset.pointer("/first/hits/hits/0/_source/time_bucket_start_ns");
    assert_eq!(first, Some(&json!(3 * SECOND)));
}

#[test]
fn an_emptied_bucket_and_the_parts_of_a_crowded_one_leave_nothing_behind() {
    let Some(fixture) = Elastic::new() else { return };
    let crowd: Vec<FusedAnnotation> = (0..5_001)
        .map(|n| current(annotation("a", "m@1", "r1", &format!("{n:05}"), known_types::OBJECT, 7), 1))
        .collect();
    let many = bucket(7, &crowd.iter().collect::<Vec<_>>());
    fixture.index().apply(&[AssetUpdate { buckets: vec![many], ..update("a", 0, 1, Vec::new()) }]).unwrap();
    fixture.index().publish(Commit(1)).unwrap();
    let object = json!({"query": {"nested": {"path": "source_annotations", "query": {
        "term": {"source_annotations.annotation_type": known_types::OBJECT},
    }}}});
    assert_eq!(found(&fixture, &object), ["a:7", "a:7:2"]);
    let few = bucket(7, &[&crowd[0]]);
    fixture.index().apply(&[AssetUpdate { buckets: vec![few], ..update("a", 1, 2, Vec::new()) }]).unwrap();
    fixture.index().publish(Commit(2)).unwrap();
    assert_eq!(found(&fixture, &object), ["a:7"]);
    let gone = AssetUpdate { document: None, ..update("a", 2, 3, Vec::new()) };
    fixture.index().apply(&[gone]).unwrap();
    fixture.index().publish(Commit(3)).unwrap();
    assert!(found(&fixture, &json!({"query": {"match_all": {}}})).is_empty());
    assert_eq!(fixture.index().progress(&asset_id("a")).unwrap(), Commit(3));
}
