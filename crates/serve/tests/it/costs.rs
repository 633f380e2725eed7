//! What a search may cost: refused before it runs, ended while it runs, given up with its client, and its answer bounded.

use std::fmt::Write as _;

use axum::http::Method;
use rushes_archive::{Caller, Right, Searches};
use rushes_serve::in_process;
use serde_json::{Value, json};

use crate::support::{LINES, Server, read, request};

/// Lines of dialogue of many words, a second each.
fn spoken(lines: usize) -> String {
    let mut text = String::new();
    for line in 0..lines {
        let start = line as u64 * 1_000_000_000;
        let words = format!("apple{line} banana{line} cherry{line} date and so on");
        let _ = writeln!(
            text,
            r#"{{"asset_id":"film","movie_id":"cinema","model":"asr@1","type":"DIALOGUE_SEARCH","time_range":{{"start_time_ns":{start},"end_time_ns":{}}},"text":"{words}"}}"#,
            start + 900_000_000
        );
    }
    text
}

/// Many words, forgiving two mistakes each.
fn monstrous() -> Value {
    let clause = |no: usize| {
        let words: Vec<String> = (0..60).map(|word| format!("appel{no}x{word}")).collect();
        json!({"text": words.join(" "), "fuzziness": 2, "operator": "or"})
    };
    json!({"any": (0..64).map(clause).collect::<Vec<_>>()})
}

#[tokio::test]
async fn what_would_cost_too_much_is_refused_before_it_runs() {
    let server = Server::searching(|limits| limits.cpu_ms_max = 60);
    server.post_lines("/v1/annotations?wait=true", &spoken(600)).await.ok();
    let problem = server.post("/v1/search", &monstrous()).await.problem(413);
    assert_eq!(problem["type"], "urn:rushes:problem:too-large");
    let detail = problem["detail"].as_str().unwrap();
    assert!(
        detail.starts_with("fuzziness on 64 clauses of 3840 words would cost more than the 60 ms"),
        "{detail}"
    );
    assert_eq!(problem["mend"], "ask for fewer words, or set `fuzziness` to 0");
    assert!(problem["pointer"].as_str().is_some_and(|at| at.starts_with("/any/")), "{problem}");
    server.post("/v1/search", &json!({"all": [{"text": "aple7", "fuzziness": 1}]})).await.ok();
    assert_eq!((server.archive.searches().refused, server.archive.searches().running), (1, 0));
    assert!(server.get("/metrics").await.text().contains("rushes_searches_ended_total{why=\"refused\"} 1"));
}

#[tokio::test]
async fn what_finds_more_than_it_may_hold_ends_while_it_runs() {
    let server = Server::searching(|limits| limits.memory_bytes_max = 30_000);
    server.post_lines("/v1/annotations?wait=true", &spoken(400)).await.ok();
    // A phrase whose hits no table tells before.
    let phrase = json!({"all": [{"phrase": "and so on"}]});
    let problem = server.post("/v1/search", &phrase).await.problem(413);
    assert!(
        problem["detail"].as_str().unwrap().starts_with("the search finds more than it may hold"),
        "{problem}"
    );
    server.post("/v1/search", &json!({"all": [{"phrase": "banana7 cherry7"}]})).await.ok();
}

#[tokio::test]
async fn what_takes_more_cpu_time_than_it_may_ends_while_it_runs() {
    // A single look is more than none.
    let server = Server::searching(|limits| limits.cpu_ms_max = 0);
    server.post_lines("/v1/annotations?wait=true", LINES).await.ok();
    let plan = json!({"all": [{"label": "Joey"}]});
    let problem = server.post("/v1/search", &plan).await.problem(413);
    assert!(problem["detail"].as_str().unwrap().contains("CPU time"), "{problem}");
    assert!(problem["mend"].as_str().unwrap().contains("fewer"), "{problem}");
}

#[tokio::test]
async fn planning_and_suggesting_have_a_budget_too() {
    let server = Server::searching(|limits| limits.cpu_ms_max = 0);
    server.post_lines("/v1/annotations?wait=true", LINES).await.ok();
    server.post("/v1/plan", &json!({"all": [{"label": "Joey"}]})).await.problem(413);
    server.get("/v1/suggest?q=jo").await.problem(413);
    server.post("/v1/export?format=csv", &json!({"all": [{"label": "Joey"}]})).await.problem(413);
    let token = server.token("few", &[Right::Read], Some(&["friends"]));
    for path in ["/v1/status", "/v1/labels"] {
        let bearer = format!("Bearer {token}");
        let headers = [("host", "localhost"), ("authorization", bearer.as_str())];
        let asked = request(Method::GET, path, &headers, String::new());
        assert_ne!(server.remote(asked).await.status, 500, "{path}");
    }
    assert_eq!(server.archive.searches().running, 0);
}

#[tokio::test]
async fn a_token_with_too_many_searches_is_answered_429_and_another_is_not() {
    let server = Server::searching(|limits| limits.per_token_max = 0);
    server.post_lines("/v1/annotations?wait=true", LINES).await.ok();
    let refused = server.post("/v1/search", &json!({"all": [{"label": "Joey"}]})).await;
    let problem = refused.problem(429);
    assert_eq!(refused.header("retry-after"), "1");
    assert!(problem["detail"].as_str().unwrap().starts_with("`local` has 0 searches running"), "{problem}");
}

/// Asks as the client that it aborts; waits until that search waits for its place.
async fn asked_and_left(server: &Server) {
    let headers = [("content-type", "application/json")];
    let plan = json!({"all": [{"label": "Joey"}]}).to_string();
    let asked = request(Method::POST, "/v1/search", &headers, plan);
    let router = server.router.clone();
    let client = tokio::spawn(async move { read(in_process(&router, Caller::local(), asked).await).await });
    while server.archive.searches().waiting == 0 {
        tokio::task::yield_now().await;
    }
    client.abort();
    assert!(client.await.err().is_some_and(|ended| ended.is_cancelled()));
}

#[tokio::test]
async fn a_search_ends_when_its_client_goes() {
    // Every search is a long one, and there is no place for any.
    let server = Server::searching(|limits| (limits.long_cpu_ms, limits.long_max) = (0, 0));
    server.post_lines("/v1/annotations?wait=true", LINES).await.ok();
    asked_and_left(&server).await;
    let ended = |searches: Searches| searches.given_up + searches.refused;
    while ended(server.archive.searches()) == 0 {
        tokio::task::yield_now().await;
    }
    let searches = server.archive.searches();
    assert_eq!((searches.given_up, searches.running, searches.waiting, searches.held_bytes), (1, 0, 0, 0));
    assert_eq!(server.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn the_plan_shows_what_a_search_would_cost_to_those_who_see_everything() {
    let server = Server::new();
    server.post_lines("/v1/annotations?wait=true", &spoken(50)).await.ok();
    let plan = json!({"all": [{"type": "DIALOGUE_SEARCH", "text": "banana7 cherry7"}]});
    let cost = server.post("/v1/plan", &plan).await.ok()["cost"].clone();
    assert_eq!((&cost["clauses"][0]["clause"], &cost["clauses"][0]["words"]), (&json!("/all/0"), &json!(2)));
    assert!(cost["cpu_us"].as_u64().is_some_and(|us| (1..10_000).contains(&us)), "{cost}");
    let token = server.token("few", &[Right::Read], Some(&["cinema"]));
    let bearer = format!("Bearer {token}");
    let headers =
        [("host", "localhost"), ("content-type", "application/json"), ("authorization", bearer.as_str())];
    let asked = request(Method::POST, "/v1/plan", &headers, plan.to_string());
    let shown = server.remote(asked).await.ok();
    assert!(shown["plan"].is_object() && shown.get("cost").is_none(), "{shown}");
}

#[tokio::test]
async fn an_answer_that_would_be_too_long_becomes_pages_that_leave_nothing_out() {
    let server = Server::searching(|limits| limits.answer_bytes_max = 40_000);
    server.post_lines("/v1/annotations?wait=true", &spoken(200)).await.ok();
    let steps: Vec<Value> = (0..8).map(|_| json!({"all": [{"text": "and"}]})).collect();
    let mut plan = json!({"all": [{"text": "so"}], "then": steps, "limit": 1_000});
    let (mut starts, mut pages) = (Vec::new(), 0);
    let total = loop {
        let answer = server.post("/v1/search", &plan).await;
        assert!(answer.bytes.len() <= 40_000, "{}", answer.bytes.len());
        let answer = answer.ok();
        let moments = answer["moments"].as_array().unwrap();
        starts.extend(moments.iter().map(|moment| moment["start_ns"].as_i64().unwrap()));
        pages += 1;
        if answer["next_cursor"].is_null() {
            break answer["total"].as_u64().unwrap();
        }
        assert_eq!(answer["warnings"].as_array().unwrap().last().unwrap()["code"], "page_cut");
        plan["cursor"] = answer["next_cursor"].clone();
    };
    starts.sort_unstable();
    starts.dedup();
    assert!(pages > 2 && starts.len() as u64 == total, "{pages} pages, {} of {total}", starts.len());
}

#[tokio::test]
async fn one_moment_that_is_longer_than_an_answer_is_refused_with_what_to_change() {
    let server = Server::searching(|limits| limits.answer_bytes_max = 2_000);
    server.post_lines("/v1/annotations?wait=true", LINES).await.ok();
    let plan =
        json!({"all": [{"label": "Joey"}, {"label": "kitchen"}, {"text": "starving"}], "explain": true});
    let problem = server.post("/v1/search", &plan).await.problem(413);
    assert!(problem["mend"].as_str().unwrap().contains("`limit`"), "{problem}");
}
