//! The form of parameters of the address.

use rushes_export::{Format, Length, START_PATTERN};
use rushes_footage::limits::{FRAME_HEIGHT_MAX, FRAME_HEIGHT_MIN};
use rushes_plan::form::id;
use rushes_plan::time::CLOCK_PATTERN;
use rushes_types::FrameRate;
use rushes_types::limits::{QUERY_BYTES_MAX, TIME_NS_MAX};
use serde_json::{Map, Value, json};

use super::each_operation;
use crate::limits::{AUDIT_LINES_MAX, BUCKETS_MAX, LIST_MAX, SUGGESTIONS_MAX};

fn count(most: usize) -> Value {
    json!({"type": "integer", "minimum": 1, "maximum": most})
}

fn time() -> Value {
    let timecode = "^[0-9]{1,3}[:;][0-9]{1,3}[:;][0-9]{1,3}[:;][0-9]{1,3}$";
    json!({"type": "string", "anyOf": [
        {"pattern": CLOCK_PATTERN},
        {"pattern": timecode, "x-rules": ["is timecode at the asset's rate, which is known"]}
    ], "x-rules": ["`from` is not after `to`, and both lie within 10000 hours"]})
}

/// The schemas by operation and name; `*` stands for every operation.
fn forms() -> Vec<(&'static str, &'static str, Value)> {
    let nanoseconds = json!({"type": "integer", "format": "int64", "minimum": 0, "maximum": TIME_NS_MAX});
    let height = json!({"type": "integer", "minimum": FRAME_HEIGHT_MIN, "maximum": FRAME_HEIGHT_MAX});
    let typed = json!({"type": "string", "maxLength": QUERY_BYTES_MAX, "x-max-bytes": QUERY_BYTES_MAX});
    let number = json!({"type": "integer", "format": "int64", "minimum": 0, "maximum": i64::MAX});
    let instant = json!({"type": "string",
        "pattern": r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2}(T[0-9]{2}(:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,3})?)?)?)?)?)?Z?$"});
    vec![
        ("GET /v1/audit", "after", number),
        ("*", "asset", id()),
        ("*", "movie", id()),
        ("*", "id", id()),
        ("*", "after", id()),
        ("*", "name", id()),
        ("GET /v1/assets", "limit", count(LIST_MAX)),
        ("GET /v1/runs", "limit", count(LIST_MAX)),
        ("GET /v1/buckets/{asset}", "limit", count(BUCKETS_MAX)),
        ("GET /v1/buckets/{asset}", "from", time()),
        ("GET /v1/buckets/{asset}", "to", time()),
        ("GET /v1/media/{asset}/frame", "at_ns", nanoseconds),
        ("GET /v1/media/{asset}/frame", "height", height),
        ("GET /v1/suggest", "q", typed),
        ("GET /v1/audit", "limit", count(AUDIT_LINES_MAX)),
        ("GET /v1/audit", "from", instant.clone()),
        ("GET /v1/audit", "to", instant),
        ("GET /v1/suggest", "limit", count(SUGGESTIONS_MAX)),
    ]
    .into_iter()
    .chain(exports())
    .collect()
}

/// How files for other programs are written, whatever route writes them.
fn exports() -> Vec<(&'static str, &'static str, Value)> {
    let choice = |names: &[&str]| json!({"type": "string", "enum": names});
    let length = json!({"type": "string", "pattern": Length::PATTERN});
    let title = json!({"type": "string", "maxLength": QUERY_BYTES_MAX, "x-max-bytes": QUERY_BYTES_MAX});
    let start = json!({"type": "string", "pattern": START_PATTERN,
        "x-rules": ["is timecode at the rate of the timeline"]});
    let rate = json!({"type": "string", "anyOf": [
        {"enum": ["each"]},
        {"pattern": FrameRate::PATTERN, "x-rules": ["from 1 to 1000 frames a second"]},
    ]});
    vec![
        ("*", "format", choice(&Format::names())),
        ("*", "title", title),
        ("*", "handles", length.clone()),
        ("*", "gap", length),
        ("*", "notes", choice(&["true", "false"])),
        ("*", "start", start),
        ("*", "rate", rate),
        ("*", "drop_frame", choice(&["true", "false"])),
        ("*", "tracks", choice(&["both", "video", "audio"])),
        ("*", "reels", choice(&["eight", "file"])),
        ("*", "place", choice(&["sequence", "source"])),
    ]
}

pub(super) fn apply(document: &mut Value) {
    let forms = forms();
    each_operation(document, |operation_name, operation| {
        for parameter in operation["parameters"].as_array_mut().into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap_or_default().to_owned();
            let form =
                forms.iter().find(|(of, named, _)| (*of == "*" || *of == operation_name) && *named == name);
            if let Some((_, _, form)) = form {
                parameter["schema"] = form.clone();
            }
            if let Some(schema) = parameter["schema"].as_object_mut() {
                without_null(schema);
            }
        }
    });
}

/// An address has no null: a parameter is there or not.
fn without_null(schema: &mut Map<String, Value>) {
    if let Some(Value::Array(kinds)) = schema.get("type") {
        let named = kinds.iter().find(|kind| *kind != "null").cloned();
        schema.extend(named.map(|kind| ("type".to_owned(), kind)));
    }
}
