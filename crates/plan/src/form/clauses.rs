//! The form of clauses: what one may ask, and where a vector comes from.

use rushes_types::limits::{K_MAX, PLAN_LIST_MAX, QUERY_BYTES_MAX, REQUEST_BYTES_MAX};
use serde_json::{Value as Json, json};

use super::{
    choice, count, filled, flag, free_names, given, id, kinds, list, number_in, object, reference, vector,
    weight, with, words,
};
use crate::plan_clause::SLOP_MAX;

/// What a clause may ask, with the fields that go with it: those that it needs and those that it may have.
fn asks() -> Vec<(Json, Json)> {
    let fuzzy = json!({"prefix": flag(), "fuzziness": reference("Fuzziness"), "analysed": flag(),
                       "words": with(list(reference("PlanWord"), PLAN_LIST_MAX), json!({"minItems": 1}))});
    let labels = with(list(json!({"type": "string"}), PLAN_LIST_MAX), json!({"minItems": 1}));
    vec![
        (json!({"label": filled(QUERY_BYTES_MAX)}), json!({"labels": labels})),
        (json!({"text": words()}), with(fuzzy.clone(), json!({"operator": choice(&["and", "or"])}))),
        (json!({"phrase": words()}), with(fuzzy, json!({"slop": count(0, SLOP_MAX)}))),
        (json!({"vector": reference("VectorAsk")}), json!({})),
    ]
}

pub(super) fn schemas() -> Vec<(String, Json)> {
    let common = json!({
        "type": id(), "model": id(), "min_confidence": number_in(0.0, 1.0),
        "attributes": free_names(reference("AttributeAsk")), "weight": weight()
    });
    let mut clause = kinds(&common, &[asks(), vec![(json!({}), json!({}))]].concat());
    // The kind that asks nothing more says at least what it is about.
    if let Some(bare) = clause.pointer_mut("/anyOf/4").and_then(Json::as_object_mut) {
        let said = json!({"required": ["attributes"], "properties": {"attributes": {"type": "object", "minProperties": 1}}});
        let mut says = given(&["type", "model"]);
        says.as_array_mut().into_iter().for_each(|list| list.push(said.clone()));
        bare.insert("anyOf".to_owned(), says);
    }
    let mut all = vec![("PlanClause".to_owned(), clause)];
    all.extend(vectors());
    all
}

/// A vector to be near to: from one source, with at most one threshold, which goes with the metric.
fn vectors() -> Vec<(String, Json)> {
    let shared = json!({"space": id(), "exact": flag(), "k": count(1, K_MAX), "words": words(), "phrase": words(),
                        "vectors": list(reference("SpaceVector"), PLAN_LIST_MAX)});
    let metrics = ["cosine", "l2", "euclidean"];
    let mut sources = Vec::new();
    for (least, most) in [(false, false), (true, false), (false, true)] {
        for (name, schema) in [
            ("text", words()),
            ("values", vector()),
            ("image", filled(REQUEST_BYTES_MAX)),
            ("like", reference("Like")),
        ] {
            let mut needed = json!({name: schema});
            let mut own = shared.clone();
            own["metric"] = choice(if least {
                &metrics[..1]
            } else if most {
                &metrics[1..]
            } else {
                &metrics[..]
            });
            if least {
                needed["min_similarity"] = number_in(-1.0, 1.0);
            }
            if most {
                needed["max_distance"] = json!({"type": "number", "minimum": 0});
            }
            sources.push((needed, own));
        }
    }
    let rules = json!([
        "`values` has as many numbers as the space, and where several have, `space` names one",
        "the threshold goes with the space's metric",
        "no vector of zeros where the metric is cosine"
    ]);
    let like = kinds(
        &json!({}),
        &[
            (json!({"asset_id": id(), "annotation_id": id()}), json!({})),
            (json!({"asset_id": id(), "start_ns": from_zero(), "end_ns": from_zero()}), json!({})),
        ],
    );
    vec![
        ("VectorAsk".into(), with(kinds(&json!({}), &sources), json!({"x-rules": rules}))),
        (
            "SpaceVector".into(),
            with(
                object(json!({"space": id(), "metric": choice(&metrics), "values": vector()}), json!({})),
                json!({"x-rules": ["`values` has as many numbers as the space"]}),
            ),
        ),
        ("Like".into(), with(like, json!({"x-rules": ["`start_ns` is not after `end_ns`"]}))),
        (
            "PlanWord".into(),
            object(json!({"text": filled(QUERY_BYTES_MAX), "weight": weight()}), json!({"prefix": flag()})),
        ),
        (
            "ClauseRef".into(),
            json!({"anyOf": [
                with(filled(QUERY_BYTES_MAX), json!({"x-rules": ["names a clause of the plan, such as `/all/0`"]})),
                reference("PlanClause")
            ]}),
        ),
    ]
}

fn from_zero() -> Json {
    json!({"type": "integer", "format": "int64", "minimum": 0, "maximum": i64::MAX})
}
