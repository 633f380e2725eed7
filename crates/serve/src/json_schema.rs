//! JSON Schemas of what people and programs write: annotation, asset, model and label lines, and plans.
//!
//! They are extracted from the OpenAPI document, which is made from the code: so they always agree with the interface.
//! OpenAPI 3.1 writes its schemas as JSON Schema of 2020; only the targets of references differ.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// Where the OpenAPI document keeps its schemas.
const COMPONENTS: &str = "#/components/schemas/";
/// Where a JSON Schema keeps them.
const DEFINITIONS: &str = "#/$defs/";

/// What a schema describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaOf {
    /// An annotation line.
    Annotation,
    /// An asset line.
    Asset,
    /// A model line.
    Model,
    /// A label line.
    Label,
    /// A structured query.
    Plan,
}

impl SchemaOf {
    const fn component(self) -> &'static str {
        match self {
            Self::Annotation => "AnnotationDocument",
            Self::Asset => "AssetDocument",
            Self::Model => "ModelDocument",
            Self::Label => "LabelDocument",
            Self::Plan => "Plan",
        }
    }
}

/// The self-contained JSON Schema (draft 2020-12): referenced schemas are included.
#[must_use]
pub fn json_schema(of: SchemaOf) -> Value {
    let document = crate::openapi();
    let mut schema = json!({"$schema": "https://json-schema.org/draft/2020-12/schema"});
    let mut definitions = Map::new();
    let mut wanted = BTreeSet::from([of.component().to_owned()]);
    while let Some(name) = wanted.pop_first() {
        let mut found = document["components"]["schemas"][name.as_str()].clone();
        point_inside(&mut found, &mut wanted);
        definitions.insert(name, found);
        wanted.retain(|name| !definitions.contains_key(name));
    }
    schema["$ref"] = json!(format!("{DEFINITIONS}{}", of.component()));
    schema["$defs"] = Value::Object(definitions);
    schema
}

/// Rewrites references to point inside the same document, and collects their names.
fn point_inside(value: &mut Value, wanted: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let target = value.as_str().and_then(|t| t.strip_prefix(COMPONENTS)).map(str::to_owned);
                match target {
                    Some(target) if name == "$ref" => {
                        *value = json!(format!("{DEFINITIONS}{target}"));
                        wanted.insert(target);
                    }
                    _ => point_inside(value, wanted),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| point_inside(item, wanted)),
        _ => {}
    }
}
