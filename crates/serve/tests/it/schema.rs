//! Does a JSON value fit a schema of the OpenAPI document? The part of JSON Schema that ours uses.

use serde_json::Value;

/// Says where the value does not fit; nothing where it does.
pub fn misfits(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(document, schema, value, "", &mut found);
    found
}

fn check(document: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = document.pointer(reference.trim_start_matches('#'));
        let target = target.unwrap_or_else(|| panic!("the document lacks {reference}"));
        return check(document, target, value, at, found);
    }
    for (word, exactly_one) in [("oneOf", true), ("anyOf", false)] {
        if let Some(choices) = schema[word].as_array() {
            let fitting = choices.iter().filter(|s| misfits(document, s, value).is_empty()).count();
            if fitting == 0 || (exactly_one && fitting > 1) {
                found.push(format!("{at}: {fitting} of {word} fit {value}"));
            }
        }
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        check(document, part, value, at, found);
    }
    check_type(schema, value, at, found);
    if let Some(allowed) = schema["enum"].as_array()
        && !allowed.contains(value)
    {
        found.push(format!("{at}: {value} is none of {allowed:?}"));
    }
    check_object(document, schema, value, at, found);
    if let (Some(items), Some(elements)) = (schema.get("items"), value.as_array()) {
        for (i, element) in elements.iter().enumerate() {
            check(document, items, element, &format!("{at}/{i}"), found);
        }
    }
    if let (Some(minimum), Some(number)) = (schema["minimum"].as_f64(), value.as_f64())
        && number < minimum
    {
        found.push(format!("{at}: {number} is below {minimum}"));
    }
}

fn check_type(schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => return,
    };
    let fits = types.iter().any(|t| match *t {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("unknown type {other}"),
    });
    if !fits {
        found.push(format!("{at}: {value} is none of {types:?}"));
    }
}

fn check_object(document: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let Some(fields) = value.as_object() else { return };
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !fields.contains_key(name) {
            found.push(format!("{at}: `{name}` is missing"));
        }
    }
    let properties = schema["properties"].as_object();
    for (name, field) in fields {
        let at = format!("{at}/{name}");
        match properties.and_then(|p| p.get(name)) {
            Some(schema) => check(document, schema, field, &at, found),
            None if schema["additionalProperties"] == Value::Bool(false) => {
                found.push(format!("{at}: unknown"));
            }
            None => {
                if let Some(more) = schema.get("additionalProperties").filter(|m| m.is_object()) {
                    check(document, more, field, &at, found);
                }
            }
        }
    }
}

#[test]
fn the_checker_finds_what_does_not_fit() {
    let document = serde_json::json!({"components": {"schemas": {"A": {
        "type": "object", "required": ["n"], "properties": {"n": {"type": "integer", "minimum": 0}}
    }}}});
    let schema = serde_json::json!({"type": "array", "items": {"$ref": "#/components/schemas/A"}});
    assert!(misfits(&document, &schema, &serde_json::json!([{"n": 1}])).is_empty());
    for wrong in [
        serde_json::json!([{}]),
        serde_json::json!([{"n": -1}]),
        serde_json::json!([{"n": "1"}]),
        serde_json::json!(1),
    ] {
        assert!(!misfits(&document, &schema, &wrong).is_empty(), "{wrong}");
    }
}
