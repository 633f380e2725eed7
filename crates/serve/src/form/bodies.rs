//! The form of JSON bodies, and of content that is no JSON.

use rushes_plan::form::{id, kinds, or_null, reference};
use rushes_types::RunId;
use serde_json::{Map, Value, json};

use super::lines::{ORDERED, instant_ns, model_name};
use crate::ARROW_STREAM;
use crate::limits::{EVENTS_MAX, LINK_SECONDS_MAX, PATH_BYTES_MAX};

/// What takes one JSON document or an array of them.
const ONE_OR_SEVERAL: [&str; 3] = ["POST /v1/assets", "POST /v1/models", "POST /v1/labels"];

/// The id of a run that is one: not that of all loose lines.
fn run_id() -> Value {
    let mut form = id();
    form["not"] = json!({"enum": [RunId::LOOSE]});
    form
}

pub(super) fn body(required: &[&str], properties: Value) -> Value {
    json!({"type": "object", "required": required, "properties": properties, "additionalProperties": false})
}

pub(super) fn schemas() -> Map<String, Value> {
    let mut all = Map::new();
    let mut add = |name: &str, form: Value| drop(all.insert(name.to_owned(), form));
    let mut range = body(
        &["start_time_ns", "end_time_ns"],
        json!({"start_time_ns": instant_ns(), "end_time_ns": instant_ns()}),
    );
    range["x-rules"] = json!([ORDERED]);
    add("TimeRangeDocument", range);
    let open = json!({"run": or_null(run_id()), "asset_id": id(), "model": model_name(),
                      "mode": {"type": ["string", "null"], "enum": ["replace", "append", null]},
                      "coverage": or_null(reference("TimeRangeDocument"))});
    add("OpenRunDocument", body(&["asset_id", "model"], open));
    add("EraseDocument", erase());
    let movies = json!({"type": ["array", "null"], "items": id()});
    let rights = json!({"type": "array", "minItems": 1, "items": reference("RightDocument")});
    let titles = json!({"type": "array", "items": id()});
    let grant = json!({"movies": titles, "collections": titles, "rights": rights});
    add("GrantDocument", body(&["rights"], grant));
    let seconds = json!({"type": "integer", "format": "int64", "minimum": 0, "maximum": i64::MAX});
    let token = |required: &[&str], rights: Value, grants: Value| {
        let mut form = json!({"name": id(), "movies": movies, "collections": titles, "rights": rights,
                              "grants": {"type": "array", "items": reference("GrantDocument")},
                              "expires_in_s": or_null(seconds.clone())});
        if !grants.is_null() {
            form["grants"] = grants;
        }
        body(required, form)
    };
    let some_grants = json!({"type": "array", "minItems": 1, "items": reference("GrantDocument")});
    let any_rights = json!({"type": "array", "items": reference("RightDocument")});
    // Rights on titles that are named here, or further ones in `grants`: at least one of both.
    let with_rights = token(&["name", "rights"], rights.clone(), Value::Null);
    add("TokenRequest", json!({"anyOf": [with_rights, token(&["name", "grants"], any_rights, some_grants)]}));
    add("RotateDocument", body(&[], json!({"keep_s": seconds})));
    add("RotateLinksDocument", body(&[], json!({"keep_s": seconds})));
    let life = json!({"type": "integer", "format": "int64", "minimum": 1, "maximum": LINK_SECONDS_MAX});
    add("LinkRequest", body(&[], json!({"expires_in_s": or_null(life)})));
    // Whatever is no token of the archive is answered alike.
    let token = json!({"type": "string"});
    add("LoginDocument", body(&["token"], json!({"token": token})));
    let replay =
        json!({"limit": {"type": "integer", "minimum": 1, "maximum": EVENTS_MAX, "default": EVENTS_MAX}});
    add("ReplayDocument", body(&[], replay));
    let folder = json!({"type": "string", "pattern": r"^/[^\x00]*$", "maxLength": PATH_BYTES_MAX,
                        "x-max-bytes": PATH_BYTES_MAX});
    let flag = json!({"type": "boolean"});
    let backup = |mut more: Value| {
        more["to"] = folder.clone();
        more["with_tokens"] = flag.clone();
        more["with_config"] = flag.clone();
        more
    };
    let keep = json!({"type": ["integer", "null"], "format": "int64", "minimum": 1, "maximum": i64::MAX});
    let in_set =
        body(&["to", "set"], backup(json!({"set": {"type": "boolean", "enum": [true]}, "keep": keep})));
    let alone = json!({"set": {"type": "boolean", "enum": [false]}, "keep": {"type": "null"}});
    add("BackupDocument", json!({"anyOf": [body(&["to"], backup(alone)), in_set]}));
    add("VerifyBackupDocument", body(&["backup"], json!({"backup": folder})));
    let online = |what: &str, online: Value| {
        body(&["what"], json!({"what": {"type": "string", "enum": [what]}, "online": online}))
    };
    let any = json!({"type": "boolean"});
    let never = json!({"type": "boolean", "enum": [false]});
    add("RebuildDocument", json!({"anyOf": [online("index", any), online("all", never)]}));
    all
}

fn erase() -> Value {
    let target = |name: &str, needed: Value, optional: Value| {
        let mut needed = needed;
        needed["target"] = json!({"type": "string", "enum": [name]});
        (needed, optional)
    };
    kinds(
        &json!({}),
        &[
            target("asset", json!({"asset_id": id()}), json!({})),
            target("movie", json!({"movie_id": id()}), json!({})),
            target("model", json!({"model": model_name()}), json!({"asset_id": id()})),
            target("run", json!({"run": run_id()}), json!({})),
            target(
                "annotation",
                json!({"asset_id": id(), "model": model_name(), "annotation_id": id()}),
                json!({"run": id()}),
            ),
        ],
    )
}

/// Content that is no JSON is bytes, and some JSON may be one document or several.
pub(super) fn contents(name: &str, operation: &mut Value) {
    let responses =
        operation["responses"].as_object_mut().into_iter().flatten().map(|(_, response)| response);
    for content in responses.filter_map(|r| r.get_mut("content")).filter_map(Value::as_object_mut) {
        for (media_type, content) in content {
            if media_type.starts_with("video/") || media_type.starts_with("image/") {
                content["schema"] = json!({"type": "string", "format": "binary"});
            }
        }
    }
    let Some(content) = operation.pointer_mut("/requestBody/content").and_then(Value::as_object_mut) else {
        return;
    };
    for (media_type, content) in content {
        if media_type == ARROW_STREAM {
            content["schema"] = json!({"type": "string", "format": "binary"});
        }
        if media_type == "application/json" && ONE_OR_SEVERAL.contains(&name) {
            let one = content["schema"].take();
            content["schema"] = json!({"anyOf": [one, {"type": "array", "items": one}]});
        }
    }
}
