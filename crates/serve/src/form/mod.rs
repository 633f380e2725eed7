//! The OpenAPI document: what `utoipa` makes of the code, with the form of everything that is sent.
//!
//! `utoipa` knows names, types and descriptions. Lengths, patterns, bounds and which fields exclude each other stand in
//! [`rushes_plan::form`] for plans and in the files here for everything else, made from the constants that the code
//! checks by. A generator of requests in the tests holds document and code against each other, both ways.

#![allow(clippy::needless_pass_by_value, reason = "forms are put together by value")]

mod bins;
mod bodies;
mod lines;
mod links;
mod parameters;
mod turns;

use rushes_plan::form::{id, or_null, reference};
use serde_json::{Map, Value, json};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// The document, complete.
#[must_use]
pub(crate) fn document() -> Value {
    let (_, generated) = crate::api::routes().split_for_parts();
    let mut document = serde_json::to_value(generated).unwrap_or_default();
    let forms = [
        rushes_plan::form::schemas(),
        lines::schemas(),
        bodies::schemas(),
        bins::schemas(),
        turns::schemas(),
    ];
    if let Some(components) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        for (name, form) in forms.into_iter().flatten() {
            let known = components.entry(name).or_insert_with(|| json!({}));
            *known = described(known, form);
        }
        beside_words(components);
        without_clauses(components);
    }
    parameters::apply(&mut document);
    each_operation(&mut document, bodies::contents);
    each_operation(&mut document, |_, operation| failures(operation));
    links::apply(&mut document);
    document
}

/// Does something to each operation; it is told `METHOD path`.
fn each_operation(document: &mut Value, mut change: impl FnMut(&str, &mut Value)) {
    for (path, item) in document["paths"].as_object_mut().into_iter().flatten() {
        for method in METHODS {
            if let Some(operation) = item.get_mut(method) {
                change(&format!("{} {path}", method.to_uppercase()), operation);
            }
        }
    }
}

/// The form with the descriptions of what `utoipa` made.
fn described(known: &Value, mut form: Value) -> Value {
    let describe = |form: &mut Value| {
        for (name, property) in form["properties"].as_object_mut().into_iter().flatten() {
            let words = &known["properties"][name.as_str()]["description"];
            if let (Some(fields), Some(words)) = (property.as_object_mut(), words.as_str())
                && fields.get("type") != Some(&json!("null"))
            {
                fields.entry("description").or_insert_with(|| json!(words));
            }
        }
    };
    if form["properties"].is_object() {
        describe(&mut form);
    }
    for kind in form["anyOf"].as_array_mut().into_iter().flatten().filter(|k| k["type"] == "object") {
        describe(kind);
    }
    if let (Some(fields), Some(words)) = (form.as_object_mut(), known["description"].as_str()) {
        fields.entry("description").or_insert_with(|| json!(words));
    }
    form
}

/// A search is a plan with a question beside it, which then names what is looked for.
fn beside_words(components: &mut Map<String, Value>) {
    let Some(plan) = components.get("Plan").cloned() else { return };
    let Some(search) = components.get_mut("SearchDocument") else { return };
    let description = search["description"].clone();
    *search = plan;
    search["description"] = description;
    let words = json!({"type": ["string", "null"], "maxLength": rushes_types::limits::QUERY_BYTES_MAX,
        "x-max-bytes": rushes_types::limits::QUERY_BYTES_MAX,
        "x-rules": ["with the clauses beside it, names something to look for"],
        "description": "Free words: \"Joey in the kitchen\". Their clauses are added to the plan's."});
    search["properties"]["q"] = words;
    search["properties"]["typing"] = json!({"type": ["boolean", "null"],
        "description": "Are the words still being typed? Then the last may be the beginning of a name, or of a word that is said."});
    search["properties"]["profile"] = or_null(id());
    search["properties"]["ranking"] = or_null(reference("RankingDocument"));
    if let Some(asks) = search["anyOf"].as_array_mut() {
        asks.push(json!({"required": ["q"], "properties": {"q": {"type": "string"}}}));
    }
    let mut preview = search.clone();
    if let Some(properties) = preview["properties"].as_object_mut() {
        properties.remove("profile");
    }
    components.insert("PreviewRequest".to_owned(), preview);
}

/// A profile is a plan without clauses, and without what belongs to one request.
fn without_clauses(components: &mut Map<String, Value>) {
    let Some(mut plan) = components.get("Plan").cloned() else { return };
    if let Some(properties) = plan["properties"].as_object_mut() {
        properties.retain(|name, _| !rushes_profile::NOT_IN_PROFILES.contains(&name.as_str()));
    }
    if let Some(fields) = plan.as_object_mut() {
        fields.remove("anyOf");
        fields.insert("description".to_owned(), json!("The fields of a plan that say how to ask, not what."));
    }
    components.insert("ProfilePlan".to_owned(), plan);
}

/// What every operation may answer, whatever it does.
fn failures(operation: &mut Value) {
    let media_type = crate::PROBLEM_JSON;
    let problem = |description: &str| {
        let schema = json!({"$ref": "#/components/schemas/Problem"});
        json!({"description": description, "content": {media_type: {"schema": schema}}})
    };
    if let Some(responses) = operation["responses"].as_object_mut() {
        responses.entry("4XX").or_insert_with(|| problem("The request is refused."));
        responses.entry("5XX").or_insert_with(|| problem("The server, its disk or an engine fails."));
    }
}
