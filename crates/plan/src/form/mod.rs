//! The form of a plan as JSON Schema: what the readers beside it take and refuse, from the same constants.
//!
//! `utoipa` gives each object its names and descriptions; it knows neither lengths nor which fields exclude each other.
//! Here each property has its whole schema. Two words of our own say what JSON Schema cannot:
//!
//! * `x-max-bytes`: most bytes of a text in UTF-8;
//! * `x-rules`: conditions between fields, or on the words of a text, in words.
//!
//! `null` counts as left out, everywhere but in a field that is needed.

#![allow(clippy::needless_pass_by_value, reason = "forms are put together by value")]

mod clauses;

use rushes_types::limits::{
    CLAUSES_MAX, DIMENSIONS_MAX, ID_BYTES_MAX, PAGE_MAX, PLAN_LIST_MAX, QUERY_BYTES_MAX, TIME_NS_MAX,
};
use serde_json::{Map, Value as Json, json};

use crate::leaf::{DURATION_NS_MAX, WEIGHT_MAX};
use crate::moments::{ATTRIBUTE_LEVEL, LEVELS_MAX, RANKS, TOP_MAX};
use crate::plan::CURSOR_BYTES_MAX;
use crate::predicate::TESTED_SECONDS_MAX;
use crate::time::CLOCK_PATTERN;

/// Somewhere in the text is a character that is no white space.
pub const NOT_BLANK: &str = r"[^\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]";
/// No control character.
pub const NO_CONTROLS: &str = r"^[^\x00-\x1f\x7f-\x9f]*$";
/// The largest 32-bit float as it is written in short. Read with 64 bits this is a little more; it becomes the same again.
const FLOAT_MAX: f64 = 3.402_823_5e38;
/// Seconds before which every instant lies.
const INSTANT_SECONDS_MAX: f64 = 4.0e9;

/// A reference to a named schema of the document.
#[must_use]
pub fn reference(name: &str) -> Json {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// The schema, or null.
#[must_use]
pub fn or_null(schema: Json) -> Json {
    match schema {
        Json::Object(mut fields) if fields.get("type").is_some_and(Json::is_string) => {
            let kind = fields.remove("type").unwrap_or_default();
            fields.insert("type".to_owned(), json!([kind, "null"]));
            if let Some(Json::Array(values)) = fields.get_mut("enum") {
                values.push(Json::Null);
            }
            Json::Object(fields)
        }
        other => json!({"anyOf": [other, {"type": "null"}]}),
    }
}

/// An id: any text without control characters.
#[must_use]
pub fn id() -> Json {
    json!({"type": "string", "minLength": 1, "maxLength": ID_BYTES_MAX, "x-max-bytes": ID_BYTES_MAX,
           "pattern": NO_CONTROLS})
}

/// A text that is not only white space.
#[must_use]
pub fn filled(bytes_max: usize) -> Json {
    json!({"type": "string", "minLength": 1, "maxLength": bytes_max, "x-max-bytes": bytes_max, "pattern": NOT_BLANK})
}

/// A list of at most `most` items.
#[must_use]
pub fn list(items: Json, most: usize) -> Json {
    json!({"type": "array", "items": items, "maxItems": most})
}

/// A number between two.
#[must_use]
pub fn number_in(low: f64, high: f64) -> Json {
    json!({"type": "number", "minimum": low, "maximum": high})
}

/// A whole number of 64 bits.
#[must_use]
pub fn integer() -> Json {
    json!({"type": "integer", "format": "int64", "minimum": i64::MIN, "maximum": i64::MAX})
}

/// The numbers of a vector.
#[must_use]
pub fn vector() -> Json {
    json!({"type": "array", "minItems": 1, "maxItems": DIMENSIONS_MAX,
           "items": {"type": "number", "format": "float", "minimum": -FLOAT_MAX, "maximum": FLOAT_MAX}})
}

fn flag() -> Json {
    json!({"type": "boolean"})
}

fn choice(of: &[&str]) -> Json {
    json!({"type": "string", "enum": of})
}

fn count(low: usize, high: usize) -> Json {
    json!({"type": "integer", "minimum": low, "maximum": high})
}

fn weight() -> Json {
    json!({"type": "number", "exclusiveMinimum": 0, "maximum": WEIGHT_MAX})
}

fn free_names(value: Json) -> Json {
    json!({"type": "object", "additionalProperties": value, "maxProperties": PLAN_LIST_MAX})
}

/// A text of which the words are looked for.
fn words() -> Json {
    let mut text = filled(QUERY_BYTES_MAX);
    text["x-rules"] = json!(["holds a word"]);
    text
}

/// An object: its needed fields, and those that may be left out or null.
fn object(needed: Json, optional: Json) -> Json {
    let mut properties = Map::new();
    let mut required: Vec<String> = Vec::new();
    if let (Json::Object(needed), Json::Object(optional)) = (needed, optional) {
        required.extend(needed.keys().cloned());
        properties.extend(needed);
        properties.extend(optional.into_iter().map(|(name, schema)| (name, or_null(schema))));
    }
    json!({"type": "object", "additionalProperties": false, "properties": properties, "required": required})
}

fn with(mut schema: Json, more: Json) -> Json {
    if let (Some(fields), Json::Object(more)) = (schema.as_object_mut(), more) {
        fields.extend(more);
    }
    schema
}

/// One of the fields is given.
fn given(names: &[&str]) -> Json {
    let one = |name: &&str| json!({"required": [name], "properties": {*name: {"not": {"type": "null"}}}});
    Json::Array(names.iter().map(one).collect())
}

/// The schemas by name: whole ones of the objects, with the names of their properties as `utoipa` has them.
#[must_use]
pub fn schemas() -> Map<String, Json> {
    let mut all = Map::new();
    all.extend(plan());
    all.extend(scope());
    all.extend(clauses::schemas());
    all.extend(values());
    all
}

fn plan() -> Vec<(String, Json)> {
    let group = || list(reference("PlanClause"), PLAN_LIST_MAX);
    let asks = json!([
        {"required": ["all"], "properties": {"all": {"type": "array", "minItems": 1}}},
        {"required": ["any"], "properties": {"any": {"type": "array", "minItems": 1}}}
    ]);
    let ids = || list(id(), PLAN_LIST_MAX);
    let plan = object(
        json!({}),
        json!({
            "all": group(), "any": group(), "none": group(),
            "then": list(reference("PlanStep"), CLAUSES_MAX),
            "scope": reference("Scope"),
            "mode": choice(&["intersection", "union"]),
            "min_confidence": number_in(0.0, 1.0),
            "require_analysed": ids(),
            "weights": free_names(weight()),
            "fusion": choice(&["weighted", "rrf"]),
            "merge_gap": reference("Duration"),
            "max_span": with(reference("Duration"), json!({"x-rules": ["above 0"]})),
            "snap": choice(&["frame", "shot", "cue"]),
            "where": {"anyOf": [list(reference("Predicate"), CLAUSES_MAX), reference("Predicate")]},
            "rank_by": reference("RankBy"),
            "fold": reference("Fold"),
            "group_by": {"anyOf": [list(reference("GroupBy"), LEVELS_MAX), reference("GroupBy")]},
            "top": reference("Top"),
            "limit": count(0, PAGE_MAX),
            "cursor": with(filled(CURSOR_BYTES_MAX), json!({"x-rules": ["`next_cursor` of an answer to the same plan"]})),
            "explain": flag(),
            "pad": reference("Pad"),
            "runs": list(json!({"anyOf": [id(), reference("PinnedRun")]}), PLAN_LIST_MAX)
        }),
    );
    let rules = json!([
        format!("at most {CLAUSES_MAX} clauses in all"),
        "`top` has as many numbers as `group_by` has levels, at least one",
        "a clause's weight times the factor of its type is above 0 and at most 1000000"
    ]);
    let step = object(
        json!({}),
        json!({"all": group(), "any": group(), "none": group(), "within": reference("Duration")}),
    );
    vec![
        ("Plan".into(), with(plan, json!({"anyOf": asks, "x-rules": rules}))),
        ("PlanStep".into(), with(step, json!({"anyOf": asks}))),
        ("PinnedRun".into(), object(json!({"run": id()}), json!({"asset": id(), "model": id()}))),
        ("Predicate".into(), predicate()),
        ("Stretch".into(), stretch()),
        ("Coverage".into(), bounds(0.0, 1.0, json!({"clause": reference("ClauseRef")}))),
        ("Bounds".into(), bounds(f64::MIN, f64::MAX, json!({}))),
        (
            "Near".into(),
            object(
                json!({"clause": reference("ClauseRef"), "within": reference("Duration")}),
                json!({"negate": flag()}),
            ),
        ),
    ]
}

fn stretch() -> Json {
    let instant = || json!({"type": "integer", "minimum": 0, "maximum": TIME_NS_MAX});
    let fields = object(json!({"asset_id": id(), "start_ns": instant(), "end_ns": instant()}), json!({}));
    with(fields, json!({"x-rules": ["`start_ns` is not after `end_ns`"]}))
}

fn scope() -> Vec<(String, Json)> {
    let ids = || list(id(), PLAN_LIST_MAX);
    let lists = json!({
        "movies": ids(), "assets": ids(),
        "collections": list(filled(ID_BYTES_MAX), PLAN_LIST_MAX), "series": list(filled(ID_BYTES_MAX), PLAN_LIST_MAX),
        "languages": list(filled(ID_BYTES_MAX), PLAN_LIST_MAX),
        "seasons": list(integer(), PLAN_LIST_MAX), "episodes": list(integer(), PLAN_LIST_MAX),
        "time": list(reference("Window"), PLAN_LIST_MAX),
        "attributes": free_names(reference("AttributeAsk"))
    });
    let excluded = object(json!({}), lists.clone());
    let scope = object(json!({}), with(lists, json!({"exclude": excluded})));
    let window = object(json!({}), json!({"from": reference("Instant"), "to": reference("Instant")}));
    let windows = json!({"anyOf": given(&["from", "to"]), "x-rules": ["`from` is not after `to`"]});
    vec![("Scope".into(), scope), ("Window".into(), with(window, windows))]
}

/// Bounds of a number, at least one, beside needed fields.
fn bounds(low: f64, high: f64, needed: Json) -> Json {
    let names = ["gt", "gte", "lt", "lte"];
    let each = |name: &&str| ((*name).to_owned(), number_in(low, high));
    let optional: Map<String, Json> = names.iter().map(each).collect();
    with(object(needed, Json::Object(optional)), json!({"anyOf": given(&names)}))
}

fn predicate() -> Json {
    object(
        json!({}),
        json!({
            "duration": bounds(0.0, TESTED_SECONDS_MAX, json!({})),
            "coverage": reference("Coverage"),
            "near": reference("Near"),
            "other_than": reference("Stretch")
        }),
    )
}

/// The schema of an object that is one of several kinds. Each kind has all fields; those of the other kinds are null.
#[must_use]
pub fn kinds(common: &Json, kinds: &[(Json, Json)]) -> Json {
    let names =
        |fields: &Json| fields.as_object().map(|o| o.keys().cloned().collect::<Vec<_>>()).unwrap_or_default();
    let all: Vec<String> =
        kinds.iter().flat_map(|(needed, own)| [names(needed), names(own)].concat()).collect();
    let one = |(needed, own): &(Json, Json)| {
        let mut kind = object(needed.clone(), with(common.clone(), own.clone()));
        for name in &all {
            if kind["properties"].get(name).is_none() {
                kind["properties"][name] = json!({"type": "null"});
            }
        }
        kind
    };
    json!({"anyOf": kinds.iter().map(one).collect::<Vec<_>>()})
}

fn values() -> Vec<(String, Json)> {
    #[allow(clippy::cast_precision_loss)] // whole hours
    let longest = DURATION_NS_MAX as f64 / 1.0e9;
    let rule = format!("at most {longest} seconds");
    let duration = json!({"anyOf": [
        number_in(0.0, longest),
        {"type": "string", "pattern": CLOCK_PATTERN, "x-rules": [rule]}
    ]});
    let timecode = r"^[0-9]{1,3}[:;][0-9]{1,3}[:;][0-9]{1,3}[:;][0-9]{1,3}$";
    let instant = json!({"anyOf": [
        {"type": "number", "minimum": 0, "exclusiveMaximum": INSTANT_SECONDS_MAX},
        {"type": "string", "pattern": CLOCK_PATTERN},
        {"type": "string", "pattern": timecode}
    ]});
    let scalar = json!({"anyOf": [{"type": "string"}, {"type": "number"}, flag()]});
    let several = list(scalar, PLAN_LIST_MAX);
    let attribute = json!({"anyOf": [
        {"type": "string"}, {"type": "number"}, flag(), several,
        object(json!({"in": several}), json!({})),
        bounds(f64::MIN, f64::MAX, json!({}))
    ]});
    let level = format!("^(movie|collection|series|season|episode|asset|{ATTRIBUTE_LEVEL}[\\s\\S]+)$");
    let level_bytes = ATTRIBUTE_LEVEL.len() + ID_BYTES_MAX;
    let level =
        json!({"type": "string", "pattern": level, "maxLength": level_bytes, "x-max-bytes": level_bytes});
    let order =
        object(json!({"attribute": filled(ID_BYTES_MAX)}), json!({"order": choice(&["asc", "desc"])}));
    let share = json!({"type": "number", "exclusiveMinimum": 0, "maximum": 1});
    let levels =
        json!({"type": "array", "minItems": 1, "maxItems": LEVELS_MAX, "items": or_null(count(1, TOP_MAX))});
    let around = object(json!({}), json!({"before": reference("Duration"), "after": reference("Duration")}));
    let fuzziness = json!({"anyOf": [count(0, 2), {"type": "string", "pattern": "^[aA][uU][tT][oO]$"}]});
    vec![
        ("Duration".into(), duration),
        ("Instant".into(), instant),
        ("Fuzziness".into(), fuzziness),
        ("AttributeAsk".into(), attribute),
        ("GroupBy".into(), level),
        ("RankBy".into(), json!({"anyOf": [choice(&RANKS), order]})),
        ("Fold".into(), object(json!({}), json!({"overlap": share}))),
        ("Top".into(), json!({"anyOf": [count(1, TOP_MAX), levels]})),
        ("Pad".into(), json!({"anyOf": [reference("Duration"), around]})),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::object::FromObject;
    use crate::plan::{PinnedRun, Plan, PlanStep};
    use crate::plan_clause::{ClauseCommon, PhraseAsk, PlanWord, TextAsk};
    use crate::scope::{Scope, Window};
    use crate::vector_ask::{Like, SpaceVector, VectorOptions};

    /// The fields that a schema names, in whichever of its kinds.
    fn named(schema: &Json) -> BTreeSet<String> {
        let own = schema["properties"].as_object().into_iter().flat_map(Map::keys).cloned();
        let kinds = schema["anyOf"].as_array().into_iter().flatten().filter(|kind| kind["type"] == "object");
        own.chain(kinds.flat_map(named)).collect()
    }

    #[test]
    fn every_object_has_the_fields_that_its_reader_takes() {
        let all = schemas();
        let asks = ["label", "labels", "words", "vector"];
        let clause = [ClauseCommon::FIELDS, TextAsk::FIELDS, PhraseAsk::FIELDS, &asks].concat();
        let sources = ["text", "values", "image", "like", "min_similarity", "max_distance", "vectors"];
        let vector = [VectorOptions::FIELDS, &sources].concat();
        for (name, fields) in [
            ("Plan", Plan::FIELDS),
            ("PlanStep", PlanStep::FIELDS),
            ("PinnedRun", PinnedRun::FIELDS),
            ("Scope", Scope::FIELDS),
            ("Window", Window::FIELDS),
            ("PlanWord", PlanWord::FIELDS),
            ("SpaceVector", SpaceVector::FIELDS),
            ("Like", Like::FIELDS),
            ("PlanClause", &clause),
            ("VectorAsk", &vector),
        ] {
            let read: BTreeSet<String> = fields.iter().map(|field| (*field).to_owned()).collect();
            assert_eq!(named(&all[name]), read, "{name}");
        }
    }
}
