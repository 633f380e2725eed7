//! Does a JSON value fit a schema of the OpenAPI document? The part of JSON Schema that ours uses, with `x-max-bytes`.

use std::cell::RefCell;
use std::cmp::Ordering::{Equal, Greater, Less};
use std::collections::HashMap;

use regex::Regex;
use serde_json::Value;

/// Says where the value does not fit; nothing where it does.
pub fn misfits(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(document, schema, value, "", &mut found);
    found
}

/// Does the value fit?
pub fn fits(document: &Value, schema: &Value, value: &Value) -> bool {
    misfits(document, schema, value).is_empty()
}

fn check(document: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = document.pointer(reference.trim_start_matches('#'));
        let target = target.unwrap_or_else(|| panic!("the document lacks {reference}"));
        check(document, target, value, at, found);
    }
    for (word, exactly_one) in [("oneOf", true), ("anyOf", false)] {
        if let Some(choices) = schema[word].as_array() {
            let fitting = choices.iter().filter(|s| fits(document, s, value)).count();
            if fitting == 0 || (exactly_one && fitting > 1) {
                found.push(format!("{at}: {fitting} of {word} fit {}", short(value)));
            }
        }
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        check(document, part, value, at, found);
    }
    if schema.get("not").is_some_and(|not| fits(document, not, value)) {
        found.push(format!("{at}: {} is excluded", short(value)));
    }
    check_type(schema, value, at, found);
    if let Some(allowed) = schema["enum"].as_array()
        && !allowed.contains(value)
    {
        found.push(format!("{at}: {} is none of {allowed:?}", short(value)));
    }
    check_object(document, schema, value, at, found);
    check_list(document, schema, value, at, found);
    check_text(schema, value, at, found);
    check_number(schema, value, at, found);
}

/// A value in a few letters.
pub fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() > 200 {
        format!("{}…", text.chars().take(200).collect::<String>())
    } else {
        text
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
        found.push(format!("{at}: {} is none of {types:?}", short(value)));
    }
}

fn check_object(document: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let Some(fields) = value.as_object() else { return };
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !fields.contains_key(name) {
            found.push(format!("{at}: `{name}` is missing"));
        }
    }
    count(schema, ["minProperties", "maxProperties"], fields.len(), at, found);
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

fn check_list(document: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let Some(elements) = value.as_array() else { return };
    count(schema, ["minItems", "maxItems"], elements.len(), at, found);
    if let Some(items) = schema.get("items") {
        for (i, element) in elements.iter().enumerate() {
            check(document, items, element, &format!("{at}/{i}"), found);
        }
    }
}

fn count(schema: &Value, words: [&str; 2], n: usize, at: &str, found: &mut Vec<String>) {
    let limit = |word: &str| schema[word].as_u64().and_then(|limit| usize::try_from(limit).ok());
    if limit(words[0]).is_some_and(|least| n < least) || limit(words[1]).is_some_and(|most| n > most) {
        found.push(format!("{at}: {n} is not within {words:?}"));
    }
}

fn check_text(schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let Some(text) = value.as_str() else { return };
    count(schema, ["minLength", "maxLength"], text.chars().count(), at, found);
    count(schema, ["", "x-max-bytes"], text.len(), at, found);
    if let Some(pattern) = schema["pattern"].as_str()
        && !matches(pattern, text)
    {
        found.push(format!("{at}: {} does not match {pattern}", short(value)));
    }
}

fn matches(pattern: &str, text: &str) -> bool {
    thread_local!(static KNOWN: RefCell<HashMap<String, Regex>> = RefCell::default());
    KNOWN.with_borrow_mut(|known| {
        known.entry(pattern.to_owned()).or_insert_with(|| Regex::new(pattern).unwrap()).is_match(text)
    })
}

fn check_number(schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    // Whole numbers are compared as such: near 2^63 floats have no ones.
    let whole = |v: &Value| v.as_i64().map(i128::from).or_else(|| v.as_u64().map(i128::from));
    let order = |limit: &Value| match (whole(value), whole(limit)) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        _ => value.as_f64()?.partial_cmp(&limit.as_f64()?),
    };
    for (word, wrong) in [
        ("minimum", &[Less][..]),
        ("maximum", &[Greater]),
        ("exclusiveMinimum", &[Less, Equal]),
        ("exclusiveMaximum", &[Greater, Equal]),
    ] {
        if let Some(order) = schema.get(word).and_then(order)
            && wrong.contains(&order)
        {
            found.push(format!("{at}: {value} is beyond the {word} {}", schema[word]));
        }
    }
}

#[test]
fn the_checker_finds_what_does_not_fit() {
    let document = serde_json::json!({"components": {"schemas": {"A": {
        "type": "object", "required": ["n"], "properties": {
            "n": {"type": "integer", "minimum": 0, "exclusiveMaximum": 9},
            "t": {"type": "string", "minLength": 1, "maxLength": 3, "x-max-bytes": 3, "pattern": "^[^\\x00-\\x1f]*$",
                  "not": {"enum": ["-"]}}
        }
    }}}});
    let schema =
        serde_json::json!({"type": "array", "maxItems": 2, "items": {"$ref": "#/components/schemas/A"}});
    assert!(misfits(&document, &schema, &serde_json::json!([{"n": 1, "t": "éa"}])).is_empty());
    for wrong in [
        serde_json::json!([{}]),
        serde_json::json!([{"n": -1}]),
        serde_json::json!([{"n": 9}]),
        serde_json::json!([{"n": 1.5}]),
        serde_json::json!([{"n": "1"}]),
        serde_json::json!([{"n": 1, "t": ""}]),
        serde_json::json!([{"n": 1, "t": "éé"}]),
        serde_json::json!([{"n": 1, "t": "a\u{1}"}]),
        serde_json::json!([{"n": 1, "t": "-"}]),
        serde_json::json!([{"n": 1}, {"n": 1}, {"n": 1}]),
        serde_json::json!(1),
    ] {
        assert!(!misfits(&document, &schema, &wrong).is_empty(), "{wrong}");
    }
}
