//! The laws that each answer is held against.

use serde_json::Value;

use super::names_the_place;
use super::requests::{Mistaken, Operation, Request};
use crate::schema::misfits;
use crate::support::Answer;

/// The kind of problem that a server that is not ready answers with.
const NOT_READY: &str = "urn:rushes:problem:not-ready";

/// What is wrong with an answer; nothing where all laws hold.
pub fn broken(document: &Value, operation: &Operation, request: &Request, answer: &Answer) -> Vec<String> {
    let mut found = as_documented(document, operation, answer);
    found.extend(match &request.mistake {
        None => taken(request, answer),
        Some(mistake) => refused(mistake, answer),
    });
    found
}

/// Law 3: the status, the media type and the content are in the document, and the server did not fail.
fn as_documented(document: &Value, operation: &Operation, answer: &Answer) -> Vec<String> {
    let status = answer.status.as_u16();
    let responses = &operation.about["responses"];
    let exact = responses.get(status.to_string());
    if status >= 500 && (exact.is_none() || !is_not_ready(operation, answer)) {
        return vec![format!("the server fails: {status}")];
    }
    let Some(response) = exact.or_else(|| responses.get(format!("{}XX", status / 100))) else {
        return vec![format!("the status {status} is not in the document")];
    };
    let media_type = answer.header("content-type").split(';').next().unwrap_or_default();
    let Some(content) = response["content"].as_object() else { return Vec::new() };
    let Some(schema) = content.get(media_type).map(|content| &content["schema"]) else {
        return vec![format!("`{media_type}` is not in the document for {status}")];
    };
    if media_type == "application/x-ndjson" {
        let lines = answer.text().lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        return lines
            .flat_map(|l| misfits(document, schema, &l))
            .map(|m| format!("a line misfits: {m}"))
            .collect();
    }
    if media_type.ends_with("json") {
        return match serde_json::from_slice(&answer.bytes) {
            Ok(json) => misfits(document, schema, &json)
                .into_iter()
                .map(|m| format!("the answer misfits: {m}"))
                .collect(),
            Err(e) => vec![format!("the answer is no JSON: {e}")],
        };
    }
    Vec::new()
}

/// The one answer of 500 and more that is no failure: the server was asked whether it is ready, and says that it is not yet.
pub fn is_not_ready(operation: &Operation, answer: &Answer) -> bool {
    operation.id == "readyz" && answer.status.as_u16() == 503 && answer.json()["type"] == NOT_READY
}

/// Law 1.
fn taken(request: &Request, answer: &Answer) -> Vec<String> {
    let status = answer.status.as_u16();
    if !matches!(status, 200..=299 | 304 | 401 | 403 | 404 | 409 | 410 | 429) && status < 500 {
        return vec![format!("what is allowed is refused: {status} {}", detail(answer))];
    }
    if request.lines && status == 200 && answer.json()["rejected"] != 0 {
        return vec![format!("a line that is allowed is rejected: {}", answer.json()["errors"])];
    }
    Vec::new()
}

fn detail(answer: &Answer) -> String {
    let problem: Value = serde_json::from_slice(&answer.bytes).unwrap_or_default();
    format!("{} at {}", problem["detail"].as_str().unwrap_or("?"), problem["pointer"])
}

/// Law 2.
fn refused(mistake: &Mistaken, answer: &Answer) -> Vec<String> {
    let status = answer.status.as_u16();
    let problem: Value = serde_json::from_slice(&answer.bytes).unwrap_or_default();
    let is_refused = (400..500).contains(&status);
    match mistake {
        Mistaken::Parameter(name) if is_refused && problem["parameter"] == *name => Vec::new(),
        Mistaken::Parameter(name) if is_refused => {
            vec![format!("the parameter `{name}` is not named: {}", detail(answer))]
        }
        Mistaken::Body { pointer, removed } if is_refused => match problem["pointer"].as_str() {
            Some(at) if names_the_place(at, pointer, *removed) => Vec::new(),
            at => vec![format!("`{pointer}` is not named but {at:?}: {}", detail(answer))],
        },
        Mistaken::Line { line, pointer, removed } => {
            // A run that is not there, or takes nothing more, is told before its lines are read; and of lines of which
            // another one clashes with what is there, that is told.
            if matches!(status, 404 | 409) {
                return Vec::new();
            }
            let all = problem["errors"].as_array().cloned().unwrap_or_default();
            let named = all.iter().any(|e| {
                e["line"] == *line
                    && e["pointer"].as_str().is_some_and(|at| names_the_place(at, pointer, *removed))
            });
            if named { Vec::new() } else { vec![format!("line {line} `{pointer}` is not among {all:?}")] }
        }
        other => vec![format!("what is forbidden is taken: {status} {other:?}")],
    }
}
