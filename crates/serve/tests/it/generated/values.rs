//! JSON values that a schema allows.

use serde_json::{Map, Value, json};

use super::random::{Random, allowed_text};
use super::rules;
use crate::schema::{fits, misfits};

/// Objects in objects are made only this deep.
const DEPTH_MAX: usize = 7;

/// Makes values.
pub struct Maker<'d> {
    pub document: &'d Value,
    pub random: Random,
    /// Counts what must be different each time.
    pub fresh: u64,
}

impl<'d> Maker<'d> {
    /// A value that fits the schema and holds its rules.
    pub fn allowed(&mut self, schema: &Value) -> Value {
        for _ in 0..50 {
            let value = self.make(schema, 0);
            if fits(self.document, schema, &value) {
                return value;
            }
        }
        let value = self.make(schema, 0);
        panic!("no value is found for {schema}: {:?}", misfits(self.document, schema, &value));
    }

    /// A value that mostly fits: alternatives may have been taken that exclude each other.
    fn make(&mut self, schema: &Value, depth: usize) -> Value {
        let mut value = Value::Null;
        for _ in 0..20 {
            let flat = self.flat(schema);
            value = self.plain(&flat, depth);
            for rule in flat["x-rules"].as_array().into_iter().flatten() {
                rules::hold(rule.as_str().unwrap(), &mut value, self);
            }
            if fits(self.document, schema, &value) {
                break;
            }
        }
        value
    }

    /// The schema without references and choices: one alternative of each is taken.
    fn flat(&mut self, schema: &Value) -> Value {
        let mut flat = schema.clone();
        loop {
            let fields = flat.as_object_mut().unwrap();
            let part = if let Some(reference) = fields.remove("$ref") {
                let target = self.document.pointer(reference.as_str().unwrap().trim_start_matches('#'));
                target.unwrap().clone()
            } else if let Some(Value::Array(choices)) =
                fields.remove("anyOf").or_else(|| fields.remove("oneOf"))
            {
                self.random.pick(&choices).clone()
            } else {
                return flat;
            };
            flat = merged(flat, part);
        }
    }

    fn plain(&mut self, schema: &Value, depth: usize) -> Value {
        if let Some(values) = schema["enum"].as_array() {
            return self.random.pick(values).clone();
        }
        let kind = match &schema["type"] {
            Value::String(one) => one.clone(),
            Value::Array(several) if self.random.once_in(6) && several.contains(&json!("null")) => {
                "null".into()
            }
            Value::Array(several) => several[0].as_str().unwrap().to_owned(),
            _ if schema.get("properties").is_some() => "object".into(),
            _ => (*self.random.pick(&["null", "boolean", "integer", "string"])).to_owned(),
        };
        match kind.as_str() {
            "null" => Value::Null,
            "boolean" => json!(self.random.once_in(2)),
            "integer" => self.integer(schema),
            "number" => self.number(schema),
            "string" => allowed_text(self.document, &only_text(schema), &mut self.random),
            "array" => self.list(schema, depth),
            "object" => self.object(schema, depth),
            other => panic!("unknown type {other}"),
        }
    }

    fn integer(&mut self, schema: &Value) -> Value {
        let bound = |word: &str| schema[word].as_i64();
        let (low, high) = (bound("minimum").unwrap_or(-9), bound("maximum").unwrap_or(99_999));
        let small = i64::try_from(self.random.below(60)).unwrap();
        let near = low.max(0).saturating_add(small).min(high);
        json!(*self.random.pick(&[
            low,
            high,
            low.saturating_add(1).min(high),
            high.saturating_sub(1).max(low),
            near,
            near,
            near
        ]))
    }

    fn number(&mut self, schema: &Value) -> Value {
        let bound = |word: &str| schema[word].as_f64();
        let low = bound("minimum").or(bound("exclusiveMinimum").map(|low| low + 0.001)).unwrap_or(-1e9);
        let high = bound("maximum").or(bound("exclusiveMaximum").map(|high| high - 0.5)).unwrap_or(1e9);
        let usual = (low.max(-4.0) + 0.125).min(high);
        json!(*self.random.pick(&[low, high, usual, usual, usual]))
    }

    fn list(&mut self, schema: &Value, depth: usize) -> Value {
        let bound = |word: &str| schema[word].as_u64().map(|n| usize::try_from(n).unwrap());
        let (least, most) = (bound("minItems").unwrap_or(0), bound("maxItems").unwrap_or(3));
        let deep = if depth >= DEPTH_MAX { 0 } else { 3 };
        let count = (least + self.random.below(deep + 1)).min(most);
        let items = schema.get("items").cloned().unwrap_or_else(|| json!({}));
        Value::Array((0..count).map(|_| self.make(&items, depth + 1)).collect())
    }

    fn object(&mut self, schema: &Value, depth: usize) -> Value {
        let mut fields = Map::new();
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let one_in = if depth == 0 { 3 } else { 4 };
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let needed = required.contains(&json!(name));
            if needed || (depth < DEPTH_MAX && self.random.once_in(one_in)) {
                let value = self.make(property, depth + 1);
                fields.insert(name.clone(), value);
            }
        }
        let more = schema.get("additionalProperties").cloned().unwrap_or_else(|| json!({}));
        let names = ["mood", "zz other", "é/~x"];
        if more.is_object() && depth < DEPTH_MAX {
            for name in names {
                if self.random.once_in(if schema["properties"].is_object() { 20 } else { 3 }) {
                    let value = self.make(&more, depth + 1);
                    fields.insert(name.to_owned(), value);
                }
            }
        }
        Value::Object(fields)
    }
}

/// What the schema says of a text: the type is taken, and what may stand beside it is not asked again.
fn only_text(schema: &Value) -> Value {
    let mut schema = schema.clone();
    schema["type"] = json!("string");
    schema
}

/// Both schemas at once. Where both say something of a type or a bound, the second one is narrower.
pub fn merged(a: Value, b: Value) -> Value {
    let (mut fields, more) = match (a, b) {
        (Value::Object(fields), Value::Object(more)) => (fields, more),
        (a, _) => return a,
    };
    for (name, value) in more {
        match fields.get_mut(&name) {
            Some(Value::Array(list)) if name == "required" || name == "x-rules" => {
                list.extend(value.as_array().cloned().unwrap_or_default());
            }
            Some(known) if known.is_object() && value.is_object() => {
                *known = merged(known.take(), value);
            }
            _ => {
                fields.insert(name, value);
            }
        }
    }
    Value::Object(fields)
}
