//! The form of changes of bins.

use rushes_bins::limits::{CHANGES_MAX, NAME_BYTES_MAX, NOTE_BYTES_MAX, RATING_MAX};
use rushes_plan::form::{id, or_null, reference};
use rushes_types::Colour;
use rushes_types::limits::QUERY_BYTES_MAX;
use serde_json::{Map, Value, json};

use super::bodies::body;
use super::lines::instant_ns;

const ORDERED: &str = "`start_ns` is not after `end_ns`";

pub(super) fn schemas() -> Map<String, Value> {
    let text = |most: usize| json!({"type": "string", "maxLength": most, "x-max-bytes": most});
    let list = |items: Value| json!({"type": "array", "items": items, "maxItems": CHANGES_MAX});
    let number = json!({"type": "integer", "format": "int64", "minimum": 0, "maximum": i64::MAX});
    let mut name = text(NAME_BYTES_MAX);
    name["pattern"] = json!(r"\S");
    let rating = json!({"type": ["integer", "null"], "minimum": 0, "maximum": RATING_MAX});
    let colours = |more: Value| {
        let all = Colour::ALL.iter().map(|name| json!(name)).chain([more, Value::Null]);
        json!({"type": ["string", "null"], "enum": all.collect::<Vec<_>>()})
    };
    let mut colour = colours(Value::Null);
    if let Some(all) = colour["enum"].as_array_mut() {
        all.pop();
    }
    let mut addition = body(
        &["asset_id", "start_ns", "end_ns"],
        json!({"asset_id": id(), "start_ns": instant_ns(), "end_ns": instant_ns(), "note": text(NOTE_BYTES_MAX),
               "colour": colour, "rating": rating, "circled": {"type": "boolean"},
               "question": or_null(text(QUERY_BYTES_MAX))}),
    );
    addition["x-rules"] = json!([ORDERED]);
    let mut changed = body(
        &["item"],
        json!({"item": number, "start_ns": or_null(instant_ns()), "end_ns": or_null(instant_ns()),
               "note": or_null(text(NOTE_BYTES_MAX)), "colour": colours(json!("")), "rating": rating,
               "circled": {"type": ["boolean", "null"]}}),
    );
    changed["x-rules"] = json!(["with what it leaves as it is, `start_ns` is not after `end_ns`"]);
    let change = |required: &[&str], name: Value| {
        body(
            required,
            json!({"name": name, "sharing": {"type": ["string", "null"], "enum": ["private", "read", "write", null]},
                   "trashed": {"type": ["boolean", "null"]}, "remove": list(number.clone()),
                   "change": list(reference("ItemChange")), "add": list(reference("Addition")),
                   "order": list(number.clone())}),
        )
    };
    let mut all = Map::new();
    all.insert("NewBin".to_owned(), change(&["name"], name.clone()));
    all.insert("Change".to_owned(), change(&[], or_null(name)));
    all.insert("Addition".to_owned(), addition);
    all.insert("ItemChange".to_owned(), changed);
    all
}
