//! The document and the server, held against each other by requests that are made from the document.
//!
//! 1. What the document allows (its schemas, `x-max-bytes`, `x-rules`) is not refused for its form: it is answered with
//!    success, or with 401, 403, 404, 409, 410 or 429 where what it names is not there, not allowed, taken or gone, or where
//!    such work is under way.
//! 2. What it forbids is refused with the place: by a status of 400 to 499 and the JSON pointer, or the parameter's
//!    name; of lines that are answered one by one, by an entry in `errors`.
//! 3. Every status and media type of an answer is in the document, every answer fits its schema, and none is a failure
//!    of the server: none is 500 or more, but that of `/readyz`, which is asked for just that.
//!
//! `RUSHES_GENERATED_REQUESTS` asks for more requests than a test run has, `RUSHES_GENERATED_SEED` for others.

mod forbidden;
mod laws;
mod random;
mod requests;
mod rules;
mod values;

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{Answer, LINES, Server};
use forbidden::names_the_place;
use random::Random;
use requests::{Known, Operation, Request, operations, request};
use values::Maker;

/// Requests of a test run.
const REQUESTS: usize = 2_000;
/// Requests to one archive, so that it stays small.
const PART: usize = 4_000;
/// Values kept of each link.
const KEPT: usize = 50;
/// Failures that are told.
const TOLD: usize = 40;

fn number(variable: &str, usual: usize) -> usize {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// How often an operation's turn is passed over: long work and pages that never change are asked seldom.
fn passed_over(operation: &Operation) -> usize {
    match operation.id.as_str() {
        "rebuild" | "backup" | "purge" => 150,
        "verify" => 60,
        "start_page" | "healthz" | "openapi" | "page_file" | "metrics" => 8,
        "erase" => 3,
        _ => 1,
    }
}

#[tokio::test]
async fn what_the_document_allows_is_taken_and_what_it_forbids_is_refused_with_its_place() {
    let (count, seed) = (number("RUSHES_GENERATED_REQUESTS", REQUESTS), number("RUSHES_GENERATED_SEED", 1));
    let mut tally = Tally::default();
    for part in 0..count.div_ceil(PART) {
        ask(PART.min(count - part * PART), seed + part, &mut tally).await;
    }
    println!("{}", tally.report());
    assert!(tally.broken.is_empty(), "seed {seed}, {count} requests:\n{}", tally.told());
    let reached = |id: &&str| tally.counts.iter().any(|((of, kind), _)| of == id && *kind == "taken");
    let linked =
        ["get_run", "commit_run", "revoke_token", "buckets", "append_run", "search", "export", "get_asset"];
    let missed: Vec<&str> = linked.iter().filter(|id| !reached(id)).copied().collect();
    assert!(missed.is_empty(), "no request was taken by {missed:?}");
}

/// Requests to a server on a new archive.
async fn ask(count: usize, seed: usize, tally: &mut Tally) {
    let server = Server::with(|config| config.limits.wait_time_max = Duration::from_secs(2));
    server.post_lines("/v1/annotations?wait=true", LINES).await.ok();
    let document = server.get("/openapi.json").await.ok();
    let all = operations(&document);
    let random = Random::new(u64::try_from(seed).unwrap());
    let mut maker = Maker { document: &document, random, fresh: 0 };
    let mut known = Known { folder: server.dir.path().display().to_string(), ..Known::default() };
    let mut sent = 0;
    while sent < count {
        let operation = maker.random.pick(&all).clone();
        let wrong = maker.random.once_in(2);
        if !maker.random.once_in(passed_over(&operation)) {
            continue;
        }
        let Some(request) = request(&mut maker, &known, &operation, wrong) else { continue };
        sent += 1;
        let answer = send(&server, &request).await;
        let found = laws::broken(&document, &operation, &request, &answer);
        tally.count(&operation, &request, &answer, found);
        if request.mistake.is_none() && answer.status.is_success() {
            remember(&mut known, &operation, &answer);
            // A cursor is of the same plan, and soon: later, names may mean something else.
            if let Some(next) = next_page(&operation, &request, &answer) {
                let answer = send(&server, &next).await;
                let found = laws::broken(&document, &operation, &next, &answer);
                tally.count(&operation, &next, &answer, found);
            }
        }
    }
}

async fn send(server: &Server, request: &Request) -> Answer {
    let method = Method::from_bytes(request.method.as_bytes()).unwrap();
    server.call(method, &request.target, &request.content_type, request.body.clone()).await
}

/// The request for the page after an answer.
fn next_page(operation: &Operation, request: &Request, answer: &Answer) -> Option<Request> {
    let body: Value = serde_json::from_slice(&answer.bytes).ok()?;
    let cursor = body["next_cursor"].as_str().filter(|_| operation.id == "search")?;
    let mut asked = request.json.clone()?;
    asked["cursor"] = json!(cursor);
    Some(Request { body: asked.to_string(), json: Some(asked), ..request.clone() })
}

/// Keeps what the links of the document name.
fn remember(known: &mut Known, operation: &Operation, answer: &Answer) {
    let Ok(body) = serde_json::from_slice::<Value>(&answer.bytes) else { return };
    if operation.id == "open_run" {
        let text = |field: &str| body[field].as_str().unwrap_or_default().to_owned();
        known.runs.insert(text("run"), (text("asset_id"), text("model")));
    }
    let links = operation.about["responses"]["200"]["links"].as_object();
    for link in links.into_iter().flatten().map(|(_, link)| link) {
        let to = link["operationId"].as_str().unwrap();
        let places = [("", &link["parameters"]), ("#", &link["x-body"])];
        for (sign, (place, expression)) in places
            .into_iter()
            .flat_map(|(sign, of)| of.as_object().into_iter().flatten().map(move |p| (sign, p)))
        {
            let pointer = expression.as_str().unwrap().strip_prefix("$response.body#").unwrap();
            if let Some(value) = body.pointer(pointer).and_then(Value::as_str) {
                let values = known.values.entry((to.to_owned(), format!("{sign}{place}"))).or_default();
                values.insert(0, value.to_owned());
                values.truncate(KEPT);
            }
        }
    }
}

/// What was asked and answered.
#[derive(Default)]
struct Tally {
    counts: BTreeMap<(String, &'static str), usize>,
    statuses: BTreeMap<u16, usize>,
    /// Answers of 500 and more, by operation.
    failures: BTreeMap<(String, u16), usize>,
    /// Answers to the question whether the server is ready, that it is not yet: no failures.
    not_ready: usize,
    broken: Vec<String>,
    kinds: BTreeMap<String, usize>,
}

impl Tally {
    fn count(&mut self, operation: &Operation, request: &Request, answer: &Answer, found: Vec<String>) {
        let kind = match (&request.mistake, answer.status.is_success()) {
            (None, true) => "taken",
            (None, false) => "not there",
            (Some(_), _) => "refused",
        };
        *self.counts.entry((operation.id.clone(), kind)).or_default() += 1;
        *self.statuses.entry(answer.status.as_u16()).or_default() += 1;
        if laws::is_not_ready(operation, answer) {
            self.not_ready += 1;
        } else if answer.status.is_server_error() {
            *self.failures.entry((operation.id.clone(), answer.status.as_u16())).or_default() += 1;
        }
        for law in found {
            // The same thing is told three times at most.
            let short: String = law.chars().take(40).collect();
            let told = self.kinds.entry(format!("{} {short}", operation.id)).or_default();
            *told += 1;
            if *told <= 3 {
                let cut = |text: &str| text.chars().take(500).collect::<String>();
                let (asked, said) = (cut(&request.body), cut(&String::from_utf8_lossy(&answer.bytes)));
                let target = cut(&request.target);
                let what = &request.mistake;
                self.broken.push(format!(
                    "{} {target}: {law}\n  mistake {what:?}\n  sent {asked}\n  answered {} {said}",
                    request.method,
                    answer.status.as_u16()
                ));
            }
        }
    }

    fn told(&self) -> String {
        format!(
            "{} kinds\n{}",
            self.kinds.len(),
            self.broken.iter().take(TOLD).cloned().collect::<Vec<_>>().join("\n")
        )
    }

    fn report(&self) -> String {
        let sum =
            |kind: &str| self.counts.iter().filter(|((_, k), _)| *k == kind).map(|(_, n)| n).sum::<usize>();
        format!(
            "{} taken, {} not there, {} with a mistake; statuses {:?}; failures {:?}; asked whether it is ready, {} times not yet",
            sum("taken"),
            sum("not there"),
            sum("refused"),
            self.statuses,
            self.failures,
            self.not_ready
        )
    }
}
