//! The form of lines: assets, models, labels, annotations, as `rushes_wire` reads them.

use rushes_plan::form::{NO_CONTROLS, id, integer, number_in, or_null, reference, vector};
use rushes_types::limits::{DIMENSIONS_MAX, ID_BYTES_MAX, LABEL_BYTES_MAX, LINE_BYTES_MAX, TIME_NS_MAX};
use rushes_types::{FrameRate, ModelRef};
use serde_json::{Map, Value, json};

/// White space may end a line or indent; no other control character is taken in text.
const PLAIN_TEXT: &str = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$";
/// A BCP 47 tag, as far as it is checked; an empty one is none.
const LANGUAGE: &str = "^[A-Za-z0-9_-]{0,35}$";

/// A model's `name@version`; without `@` it is version 1.
pub(super) fn model_name() -> Value {
    let short = ID_BYTES_MAX - ModelRef::FIRST_VERSION.len();
    json!({"type": "string", "minLength": 1, "anyOf": [
        {"pattern": r"^[^@\x00-\x1f\x7f-\x9f]+$", "maxLength": short, "x-max-bytes": short},
        {"pattern": r"^[^\x00-\x1f\x7f-\x9f]+@[^@\x00-\x1f\x7f-\x9f]+$", "maxLength": ID_BYTES_MAX,
         "x-max-bytes": ID_BYTES_MAX}
    ]})
}

/// An instant of the media in nanoseconds.
pub(super) fn instant_ns() -> Value {
    json!({"type": "integer", "format": "int64", "minimum": 0, "maximum": TIME_NS_MAX})
}

/// An id that counts as none where it is empty.
fn id_or_empty() -> Value {
    json!({"type": ["string", "null"], "maxLength": ID_BYTES_MAX, "x-max-bytes": ID_BYTES_MAX, "pattern": NO_CONTROLS})
}

fn any_text() -> Value {
    json!({"type": ["string", "null"]})
}

fn label() -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": LABEL_BYTES_MAX, "x-max-bytes": LABEL_BYTES_MAX})
}

/// A line: an object of which the fields that are not known are kept.
fn line(required: &[&str], properties: Value) -> Value {
    json!({"type": "object", "required": required, "properties": properties, "x-max-bytes": LINE_BYTES_MAX})
}

pub(super) fn schemas() -> Map<String, Value> {
    let mut all = Map::new();
    let mut add = |name: &str, form: Value| drop(all.insert(name.to_owned(), form));
    add("AssetDocument", asset());
    add("ModelDocument", model());
    add("SpaceDocument", space());
    let mut label_line = line(
        &["type", "label"],
        json!({"type": id(), "label": label(), "aliases": {"type": ["array", "null"], "items": label()}}),
    );
    label_line["additionalProperties"] = json!(false);
    add("LabelDocument", label_line);
    add("AnnotationDocument", annotation());
    add("WordDocument", word());
    let mut span = line(
        &["start_time_ns", "end_time_ns"],
        json!({"start_time_ns": instant_ns(), "end_time_ns": instant_ns()}),
    );
    span["x-rules"] = json!([ORDERED, LASTS]);
    add("SpanDocument", span);
    all
}

/// What a span must be beside its bounds.
pub(super) const ORDERED: &str = "`start_time_ns` is not after `end_time_ns`";
const LASTS: &str = "lasts at most 48 hours";

fn asset() -> Value {
    let rate = json!({"anyOf": [
        {"type": "string", "pattern": FrameRate::PATTERN, "x-rules": ["from 1 to 1000 frames a second"]},
        {"type": "integer", "minimum": 1, "maximum": FrameRate::NOMINAL_MAX},
        {"type": "number", "enum": [23.976, 23.98, 29.97, 47.95, 47.952, 59.94]},
        {"type": "null"}
    ]});
    let mut form = line(
        &["asset_id"],
        json!({
            "asset_id": id(), "movie_id": id_or_empty(), "collection": any_text(), "series": any_text(),
            "season": or_null(integer()), "episode": or_null(integer()), "title": any_text(),
            "duration_ns": {"type": ["integer", "null"], "format": "int64", "minimum": 0, "maximum": i64::MAX},
            "frame_rate": rate, "start_timecode": any_text(), "drop_frame": {"type": ["boolean", "null"]},
            "reel": any_text(), "scene": any_text(), "take": any_text(), "camera": any_text(),
            "circled": {"type": ["boolean", "null"]}, "language": any_text(), "path": any_text(),
            "attributes": {"type": ["object", "null"]}
        }),
    );
    form["x-rules"] = json!([
        "`start_timecode` is timecode at `frame_rate`, where that is known",
        "`drop_frame` at 30000/1001 and 60000/1001 only"
    ]);
    form
}

fn model() -> Value {
    let mut form = line(
        &["model"],
        json!({"model": model_name(), "types": {"type": ["array", "null"], "items": id()},
               "language": any_text(), "space": or_null(reference("SpaceDocument"))}),
    );
    form["additionalProperties"] = json!(false);
    form
}

fn space() -> Value {
    let metrics = json!({"type": ["string", "null"], "enum": ["cosine", "l2", "euclidean", "", null]});
    let mut form = line(
        &["dimensions"],
        json!({"id": id_or_empty(), "dimensions": {"type": "integer", "minimum": 1, "maximum": DIMENSIONS_MAX},
               "metric": metrics, "encoder": any_text()}),
    );
    form["additionalProperties"] = json!(false);
    form
}

fn annotation() -> Value {
    let text = json!({"type": ["string", "null"], "pattern": PLAIN_TEXT});
    let mut label = text.clone();
    label["maxLength"] = json!(LABEL_BYTES_MAX);
    label["x-max-bytes"] = json!(LABEL_BYTES_MAX);
    let mut form = line(
        &["asset_id", "model", "type", "time_range"],
        json!({
            "asset_id": id(), "movie_id": id_or_empty(), "model": model_name(), "type": id(),
            "time_range": reference("SpanDocument"), "annotation_id": or_null(id()), "label": label, "text": text,
            "words": {"type": ["array", "null"], "items": reference("WordDocument")},
            "language": {"type": ["string", "null"], "pattern": LANGUAGE},
            "embedding_vector": or_null(vector()), "confidence_score": or_null(number_in(0.0, 1.0)),
            "attributes": {"type": ["object", "null"]}
        }),
    );
    form["x-rules"] = json!([
        "`embedding_vector` has as many numbers as the model's space, and is not of zeros where its metric is cosine",
        "`annotation_id` is not that of another annotation",
        "in a run, `asset_id` and `model` are the run's"
    ]);
    form
}

fn word() -> Value {
    let text = json!({"type": "string", "pattern": PLAIN_TEXT});
    let mut form = line(
        &["start_time_ns", "end_time_ns"],
        json!({"text": text, "word": text, "start_time_ns": instant_ns(), "end_time_ns": instant_ns(),
               "confidence": or_null(number_in(0.0, 1.0))}),
    );
    form["properties"]["word"]["description"] = json!("The same as `text`, where there is none.");
    // One of the two names, not both.
    form["oneOf"] = json!([{"required": ["text"]}, {"required": ["word"]}]);
    form["x-rules"] = json!([ORDERED, LASTS]);
    form
}
