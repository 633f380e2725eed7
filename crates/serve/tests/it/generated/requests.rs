//! Requests to the operations of a document: what it allows, or what it forbids by one mistake.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::forbidden::mistake;
use super::random::odd_text;
use super::values::Maker;
use crate::schema::fits;

const NDJSON: &str = "application/x-ndjson";

/// An operation of the document.
#[derive(Clone)]
pub struct Operation {
    pub id: String,
    pub method: String,
    pub path: String,
    pub about: Value,
}

/// Where a request's mistake is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mistaken {
    Body {
        pointer: String,
        removed: bool,
    },
    /// In a line of a body of lines, from 1.
    Line {
        line: usize,
        pointer: String,
        removed: bool,
    },
    Parameter(String),
}

/// A request.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    pub target: String,
    pub content_type: String,
    pub body: String,
    /// The JSON of the body, where it is one document.
    pub json: Option<Value>,
    /// Are lines answered one by one?
    pub lines: bool,
    pub mistake: Option<Mistaken>,
}

/// What answers gave, for requests to come: by operation and place, as the links of the document say.
#[derive(Default)]
pub struct Known {
    pub values: BTreeMap<(String, String), Vec<String>>,
    /// Asset and model of each run.
    pub runs: BTreeMap<String, (String, String)>,
    /// Where backups may go.
    pub folder: String,
}

/// The operations of a document.
pub fn operations(document: &Value) -> Vec<Operation> {
    let paths = document["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, item)| {
        item.as_object().unwrap().iter().map(move |(method, about)| Operation {
            id: about["operationId"].as_str().unwrap().to_owned(),
            method: method.to_uppercase(),
            path: path.clone(),
            about: about.clone(),
        })
    });
    all.collect()
}

/// A part of an address, as it is sent.
fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'~');
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

fn as_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Does a text of the address fit the parameter's schema?
fn text_fits(document: &Value, schema: &Value, text: &str) -> bool {
    let value = match schema["type"].as_str() {
        Some("integer") => text.parse::<i64>().map(Value::from).ok(),
        Some("boolean") => text.parse::<bool>().map(Value::from).ok(),
        _ => Some(json!(text)),
    };
    value.is_some_and(|value| fits(document, schema, &value))
}

/// Makes a request; `None` where no mistake could be made.
pub fn request(maker: &mut Maker<'_>, known: &Known, operation: &Operation, wrong: bool) -> Option<Request> {
    let mut parameters = parameters(maker, known, operation);
    let (content_type, mut bodies) = body(maker, known, operation, &parameters);
    let mut mistaken = None;
    if wrong {
        let in_address = bodies.is_none() || maker.random.once_in(3);
        mistaken = if in_address {
            Some(Mistaken::Parameter(break_parameter(maker, operation, &mut parameters)?))
        } else {
            Some(break_body(maker, operation, &content_type, bodies.as_mut()?)?)
        };
    }
    let mut path = operation.path.clone();
    let mut query = Vec::new();
    for (place, name, text) in &parameters {
        if place == "path" {
            path = path.replace(&format!("{{{name}}}"), &encoded(text));
        } else {
            query.push(format!("{}={}", encoded(name), encoded(text)));
        }
    }
    let target = if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) };
    let lines = operation.about["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
        .as_str()
        .is_some_and(|r| r.ends_with("/RegisteredDocument") || r.ends_with("/IngestDocument"));
    let json = bodies.as_ref().filter(|_| content_type != NDJSON).and_then(|all| all.first().cloned());
    let texts: Vec<String> = bodies.into_iter().flatten().map(|value| value.to_string()).collect();
    let method = operation.method.clone();
    Some(Request { method, target, content_type, body: texts.join("\n"), json, lines, mistake: mistaken })
}

/// Place, name and text of each parameter.
type Parameters = Vec<(String, String, String)>;

fn parameters(maker: &mut Maker<'_>, known: &Known, operation: &Operation) -> Parameters {
    let mut all = Parameters::new();
    for parameter in operation.about["parameters"].as_array().into_iter().flatten() {
        let text = |field: &str| parameter[field].as_str().unwrap_or_default().to_owned();
        let (place, name) = (text("in"), text("name"));
        if place == "header" || (parameter["required"] != json!(true) && !maker.random.once_in(3)) {
            continue;
        }
        let linked = known.values.get(&(operation.id.clone(), format!("{place}.{name}")));
        let value = match linked {
            Some(values) if !values.is_empty() && !maker.random.once_in(3) => {
                maker.random.pick(values).clone()
            }
            _ => as_text(&maker.allowed(&parameter["schema"])),
        };
        all.push((place, name, value));
    }
    all
}

fn body(
    maker: &mut Maker<'_>,
    known: &Known,
    operation: &Operation,
    parameters: &[(String, String, String)],
) -> (String, Option<Vec<Value>>) {
    let content = operation.about["requestBody"]["content"].as_object();
    let types: Vec<&String> =
        content.into_iter().flat_map(|c| c.keys()).filter(|t| !t.contains("arrow")).collect();
    if types.is_empty() {
        return (String::new(), None);
    }
    let media_type = (*maker.random.pick(&types)).clone();
    let schema = &operation.about["requestBody"]["content"][&media_type]["schema"];
    let count = if media_type == NDJSON { 1 + maker.random.below(3) } else { 1 };
    let mut bodies: Vec<Value> = (0..count).map(|_| maker.allowed(schema)).collect();
    for body in &mut bodies {
        // Most pinned runs that are made up are not there: what else is asked would not be looked at.
        if body["runs"].is_array() && !maker.random.once_in(6) {
            body["runs"] = Value::Null;
        }
        link(maker, known, operation, body);
        if operation.id == "append_run" {
            let run =
                parameters.iter().find(|(place, ..)| place == "path").and_then(|(.., id)| known.runs.get(id));
            if let Some((asset, model)) = run {
                body["asset_id"] = json!(asset);
                body["model"] = json!(model);
                body["embedding_vector"] = Value::Null;
            }
        }
        if operation.id == "backup" {
            maker.fresh += 1;
            body["to"] = json!(format!("{}/backup-{}", known.folder, maker.fresh));
        }
        assert!(fits(maker.document, schema, body), "{}: {body}", operation.id);
    }
    (media_type, Some(bodies))
}

/// Puts what earlier answers gave where the links of the document say.
fn link(maker: &mut Maker<'_>, known: &Known, operation: &Operation, body: &mut Value) {
    for ((to, place), values) in &known.values {
        let Some(field) = place.strip_prefix("#/").filter(|_| *to == operation.id) else { continue };
        if values.is_empty() || maker.random.once_in(3) {
            continue;
        }
        let value = json!(maker.random.pick(values));
        match field.split_once('/') {
            Some((list, _)) => body[list] = json!([value]),
            None => body[field] = value,
        }
    }
}

fn break_parameter(
    maker: &mut Maker<'_>,
    operation: &Operation,
    parameters: &mut Parameters,
) -> Option<String> {
    let known = operation.about["parameters"].as_array().cloned().unwrap_or_default();
    let of = |place: &str| known.iter().filter(|p| p["in"] == place).cloned().collect::<Vec<_>>();
    let (queries, paths) = (of("query"), of("path"));
    // Login providers add parameters of their own.
    let is_closed = operation.id != "end_oidc";
    if is_closed && !queries.is_empty() && maker.random.once_in(6) {
        parameters.push(("query".to_owned(), "zz_unknown".to_owned(), "1".to_owned()));
        return Some("zz_unknown".to_owned());
    }
    let all = [queries, paths].concat();
    if all.is_empty() {
        return None;
    }
    let parameter = maker.random.pick(&all).clone();
    let (place, name) = (parameter["in"].as_str()?.to_owned(), parameter["name"].as_str()?.to_owned());
    let wrong = |text: &String| {
        let leads_elsewhere = place == "path" && text.is_empty();
        !leads_elsewhere && !text_fits(maker.document, &parameter["schema"], text)
    };
    let texts: Vec<String> = (0..30).map(|_| odd_text(&mut maker.random)).collect();
    let text = texts.into_iter().find(wrong)?;
    parameters.retain(|(_, known, _)| *known != name);
    parameters.push((place, name.clone(), text));
    Some(name)
}

fn break_body(
    maker: &mut Maker<'_>,
    operation: &Operation,
    content_type: &str,
    bodies: &mut [Value],
) -> Option<Mistaken> {
    let schema = &operation.about["requestBody"]["content"][content_type]["schema"];
    let at = maker.random.below(bodies.len());
    let wrong = mistake(maker.document, schema, &bodies[at], &mut maker.random)?;
    let several = wrong.value.is_array();
    bodies[at] = wrong.value;
    let (pointer, removed) = (wrong.pointer, wrong.removed);
    if content_type == NDJSON {
        return Some(Mistaken::Line { line: at + 1, pointer, removed });
    }
    let one_by_one = operation.about["requestBody"]["content"].get(NDJSON).is_some();
    if !one_by_one {
        return Some(Mistaken::Body { pointer, removed });
    }
    // One document, or an array of them, is answered as lines are.
    let inside = pointer.strip_prefix('/').filter(|_| several);
    let (first, rest) = match inside.map(|p| p.split_once('/').unwrap_or((p, ""))) {
        Some((n, rest)) => (n.parse().unwrap_or(0), rest),
        None => {
            return Some(Mistaken::Line {
                line: 1,
                pointer: if several { String::new() } else { pointer },
                removed,
            });
        }
    };
    let pointer = if rest.is_empty() { String::new() } else { format!("/{rest}") };
    Some(Mistaken::Line { line: first + 1, pointer, removed })
}
