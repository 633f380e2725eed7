//! The OpenAPI document says what the server does, and no more.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::schema::misfits;
use crate::support::{Answer, LINES, Server};

fn document() -> Value {
    rushes_serve::openapi()
}

/// Method and path of every operation.
fn operations(document: &Value) -> BTreeSet<(String, String)> {
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, item)| {
        item.as_object().unwrap().keys().map(move |method| (method.to_uppercase(), path.clone()))
    });
    operations.collect()
}

#[test]
fn the_document_names_exactly_these_operations() {
    let names: Vec<String> = operations(&document()).iter().map(|(m, p)| format!("{m} {p}")).collect();
    insta::assert_snapshot!(names.join("\n"));
}

/// A path with something in the place of each parameter.
fn some(path: &str) -> String {
    path.split('/').map(|part| if part.starts_with('{') { "x" } else { part }).collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn every_operation_of_the_document_is_served() {
    let server = Server::new();
    for (method, path) in operations(&document()) {
        let path = some(&path);
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let answer = server.call(method.clone(), &path, "text/odd", "").await;
        assert_ne!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
        if answer.status == StatusCode::NOT_FOUND {
            assert_ne!(answer.json()["type"], "urn:rushes:problem:no-such-path", "{method} {path}");
        }
    }
}

#[tokio::test]
async fn no_route_is_served_that_the_document_does_not_name() {
    // Routes are counted under their pattern: what was answered under a pattern that the document does not name
    // would show here.
    let server = Server::new();
    let document = document();
    for (method, path) in operations(&document) {
        let path = some(&path);
        server.call(Method::from_bytes(method.as_bytes()).unwrap(), &path, "text/odd", "").await;
    }
    let metrics = server.get("/metrics").await;
    for line in metrics.text().lines().filter(|l| l.starts_with("rushes_http_requests_total")) {
        let route = line.split("route=\"").nth(1).unwrap().split('"').next().unwrap();
        assert!(document["paths"].get(route).is_some(), "{route}");
    }
    // And there is one place where routes come from: the macro that takes route and documentation together.
    for file in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/api")).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        assert!(!text.contains(".route("));
    }
}

/// The schema of an operation's answer.
fn schema_of<'a>(document: &'a Value, method: &str, path: &str, media_type: &str) -> &'a Value {
    let schema = &document["paths"][path][method]["responses"]["200"]["content"][media_type]["schema"];
    assert!(schema.is_object(), "{method} {path} has no schema of {media_type}");
    schema
}

fn fits(document: &Value, method: &str, path: &str, answer: &Answer) {
    let schema = schema_of(document, method, path, "application/json");
    let found = misfits(document, schema, &answer.ok());
    assert!(found.is_empty(), "{method} {path}: {found:?}\n{}", answer.text());
}

#[tokio::test]
async fn answers_are_as_the_document_says() {
    let document = document();
    let server = Server::new();
    let asset = json!({"asset_id": "film", "movie_id": "cinema", "frame_rate": "24000/1001"});
    fits(&document, "post", "/v1/assets", &server.post("/v1/assets", &asset).await);
    let ingest = server.post_lines("/v1/annotations?wait=true", &format!("{LINES}x\n")).await;
    fits(&document, "post", "/v1/annotations", &ingest);
    fits(&document, "get", "/v1/assets", &server.get("/v1/assets").await);
    fits(&document, "get", "/v1/assets/{id}", &server.get("/v1/assets/film").await);
    fits(&document, "get", "/v1/models", &server.get("/v1/models").await);
    let label = json!({"type": "CHARACTER_SEARCH", "label": "Joey", "aliases": ["Joe"]});
    fits(&document, "post", "/v1/labels", &server.post("/v1/labels", &label).await);
    fits(&document, "get", "/v1/labels", &server.get("/v1/labels").await);
    let run = server.post("/v1/runs", &json!({"run": "r", "asset_id": "film", "model": "faces@3"})).await;
    fits(&document, "post", "/v1/runs", &run);
    fits(&document, "get", "/v1/runs", &server.get("/v1/runs").await);
    fits(&document, "post", "/v1/runs/{id}/commit", &server.post("/v1/runs/r/commit", &json!({})).await);
    fits(&document, "get", "/v1/status", &server.get("/v1/status").await);
    fits(&document, "get", "/v1/buckets/{asset}", &server.get("/v1/buckets/film").await);
    fits(&document, "get", "/v1/suggest", &server.get("/v1/suggest?q=jo").await);
    fits(&document, "post", "/v1/search", &server.post("/v1/search", &json!({"q": "Joey"})).await);
    fits(&document, "post", "/v1/plan", &server.post("/v1/plan", &json!({"q": "Joey"})).await);
    let token = json!({"name": "anna", "rights": ["read"]});
    fits(&document, "post", "/v1/tokens", &server.post("/v1/tokens", &token).await);
    fits(&document, "get", "/v1/tokens", &server.get("/v1/tokens").await);
    let erase = json!({"target": "asset", "asset_id": "film"});
    fits(&document, "post", "/v1/erase", &server.post("/v1/erase", &erase).await);
}

#[tokio::test]
async fn lines_and_problems_are_as_the_document_says() {
    let document = document();
    let server = Server::new();
    for (path, body) in
        [("/v1/verify", json!({})), ("/v1/purge", json!({})), ("/v1/rebuild", json!({"what": "all"}))]
    {
        let schema = schema_of(&document, "post", path, "application/x-ndjson");
        for line in server.post(path, &body).await.lines() {
            let found = misfits(&document, schema, &line);
            assert!(found.is_empty(), "{path}: {found:?}\n{line}");
        }
    }
    let problem = &document["components"]["schemas"]["Problem"];
    for answer in [
        server.get("/nowhere").await,
        server.post_lines("/v1/annotations?strict=true", "x\n").await,
        server.post("/v1/runs", &json!({"colour": 1})).await,
    ] {
        let found = misfits(&document, problem, &answer.problem(answer.status.as_u16()));
        assert!(found.is_empty(), "{found:?}");
    }
    let export = schema_of(&document, "get", "/v1/annotations", "application/x-ndjson");
    server.post_lines("/v1/annotations", LINES).await.ok();
    for line in server.get("/v1/annotations").await.lines() {
        let found = misfits(&document, export, &line);
        assert!(found.is_empty(), "{found:?}\n{line}");
    }
}

#[test]
fn every_reference_of_the_document_leads_somewhere() {
    let document = document();
    let mut stack = vec![&document];
    let mut seen = 0;
    while let Some(value) = stack.pop() {
        match value {
            Value::Object(fields) => {
                if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
                    seen += 1;
                    assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
                }
                stack.extend(fields.values());
            }
            Value::Array(elements) => stack.extend(elements),
            _ => {}
        }
    }
    assert!(seen > 20);
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["components"]["securitySchemes"]["token"]["scheme"], "bearer");
}

#[test]
fn each_json_schema_stands_alone_and_fits_what_is_written() {
    use rushes_serve::{SchemaOf, json_schema};
    let plan = json!({"all": [{"type": "CHARACTER_SEARCH", "label": "Joey"}], "mode": "union", "limit": 5});
    let words = json!({"asset_id": "a", "model": "m@1", "type": "DIALOGUE_SEARCH", "text": "Hello", "mine": [1],
                       "time_range": {"start_time_ns": 0, "end_time_ns": 5},
                       "words": [{"text": "Hello", "start_time_ns": 0, "end_time_ns": 5}]});
    let mut fitting: Vec<(SchemaOf, Value)> =
        LINES.lines().map(|l| (SchemaOf::Annotation, serde_json::from_str(l).unwrap())).collect();
    fitting.extend([
        (SchemaOf::Annotation, words),
        (SchemaOf::Asset, json!({"asset_id": "a", "frame_rate": "25/1", "year": 1994, "duration_ns": 5})),
        (SchemaOf::Model, json!({"model": "m@1", "space": {"dimensions": 2}})),
        (SchemaOf::Label, json!({"type": "CHARACTER_SEARCH", "label": "Joey", "aliases": ["Joe"]})),
        (SchemaOf::Plan, plan),
    ]);
    for (of, value) in fitting {
        let schema = json_schema(of);
        assert_eq!(misfits(&schema, &schema, &value), [""; 0], "{of:?}");
        assert!(!schema.to_string().contains("components"), "{of:?} points outside of itself");
    }
    for (of, value) in [
        (SchemaOf::Annotation, json!({"asset_id": "a", "model": "m@1", "type": "SHOT"})),
        (
            SchemaOf::Annotation,
            json!({"asset_id": 1, "model": "m@1", "type": "SHOT",
                                      "time_range": {"start_time_ns": 0, "end_time_ns": 5}}),
        ),
        (SchemaOf::Asset, json!({"movie_id": "a"})),
        (SchemaOf::Plan, json!({"mode": "sideways"})),
    ] {
        let schema = json_schema(of);
        assert!(!misfits(&schema, &schema, &value).is_empty(), "{of:?}");
    }
}
