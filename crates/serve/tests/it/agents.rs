//! Agents: the protocol's revisions, the tools, and what an agent must never be led to believe.

use axum::http::{Method, StatusCode};
use rushes_archive::Right;
use serde_json::{Value, json};

use crate::support::{Answer, LINES, Server, request};

/// The current revision, and the one before it.
const CURRENT: &str = "2026-07-28";
const BEFORE: &str = "2025-11-25";

async fn server() -> Server {
    let server = Server::new();
    let bare = r#"{"asset_id":"unseen","movie_id":"cinema","title":"Nobody looked"}"#;
    server.post_lines("/v1/assets", bare).await.ok();
    server.post_lines("/v1/annotations?wait=true", LINES).await.ok();
    server
}

/// A request over a connection, with headers.
async fn remote(server: &Server, body: &Value, headers: &[(&str, &str)]) -> Answer {
    let headers = [&[("host", "localhost"), ("content-type", "application/json")], headers].concat();
    server.remote(request(Method::POST, "/mcp", &headers, body.to_string())).await
}

/// A call in the revision before the current one, which needs nothing but itself.
async fn call(server: &Server, method: &str, params: Value) -> Value {
    let body = json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params});
    let answer = server.post("/mcp", &body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let answer = answer.json();
    assert_eq!((answer["jsonrpc"].as_str(), answer["id"].as_i64()), (Some("2.0"), Some(7)));
    answer
}

async fn tool(server: &Server, name: &str, arguments: Value) -> Value {
    call(server, "tools/call", json!({"name": name, "arguments": arguments})).await["result"].clone()
}

#[tokio::test]
async fn clients_of_both_revisions_are_told_the_tools() {
    let server = server().await;
    let hello =
        json!({"protocolVersion": BEFORE, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
    let hello = call(&server, "initialize", hello).await;
    assert_eq!(hello["result"]["protocolVersion"], BEFORE);
    assert!(hello["result"]["instructions"].as_str().unwrap().contains("coverage"));
    let listed = call(&server, "tools/list", json!({})).await;
    let names: Vec<&str> =
        listed["result"]["tools"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap()).collect();
    // Who has no token only reads.
    assert_eq!(names, ["search", "refine", "similar", "moment", "look", "facets", "export"]);
    let meta = json!({"io.modelcontextprotocol/protocolVersion": CURRENT, "io.modelcontextprotocol/clientCapabilities": {},
                      "io.modelcontextprotocol/clientInfo": {"name": "t", "version": "1"}});
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": {"_meta": meta}});
    let headers = [("mcp-protocol-version", CURRENT), ("mcp-method", "server/discover")];
    let answer = remote(&server, &body, &headers).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert!(answer.json()["result"]["supportedVersions"].as_array().unwrap().contains(&json!(CURRENT)));
}

#[tokio::test]
async fn no_answer_lets_an_agent_take_for_absent_what_nobody_looked_for() {
    let server = server().await;
    let found = tool(&server, "search", json!({"q": "Joey"})).await;
    let told = &found["structuredContent"];
    assert_eq!((told["total"].as_u64(), told["moments"][0]["number"].as_u64()), (Some(1), Some(1)));
    assert_eq!(told["coverage"]["assets"], 2);
    assert_eq!(told["coverage"]["says"][0], "CHARACTER_SEARCH never ran on 1 of 2 assets");
    assert_eq!(told["coverage"]["types"]["CHARACTER_SEARCH"]["such_as"][0], "unseen");
    // A committed run that found nothing has looked.
    let run = json!({"asset_id": "unseen", "model": "faces@3"});
    server.post_lines("/v1/models", r#"{"model":"faces@3","types":["CHARACTER_SEARCH"]}"#).await.ok();
    let run = server.post("/v1/runs", &run).await.ok();
    server
        .post(&format!("/v1/runs/{}/commit?wait=true", run["run"].as_str().unwrap()), &json!({}))
        .await
        .ok();
    let found = tool(&server, "search", json!({"q": "Joey"})).await;
    assert_eq!(found["structuredContent"]["coverage"]["says"], json!([]));
}

#[tokio::test]
async fn the_tools_think_in_moments() {
    let server = server().await;
    let found = tool(&server, "search", json!({"q": "Joey"})).await["structuredContent"].clone();
    let first = &found["moments"][0];
    let stretch =
        json!({"asset_id": first["asset_id"], "start_ns": first["start_ns"], "end_ns": first["end_ns"]});
    let refined = json!({"plan": found["plan"], "say": "in the kitchen", "shown": found["moments"]});
    let refined = tool(&server, "refine", refined).await["structuredContent"].clone();
    assert_eq!((refined["step"].as_str(), refined["found"]["total"].as_u64()), (Some("refines"), Some(1)));
    assert!(refined["found"]["coverage"]["assets"].is_u64() && refined["patch"].is_array());
    let around = tool(&server, "moment", stretch.clone()).await["structuredContent"].clone();
    assert_eq!(around["lanes"]["DIALOGUE_SEARCH"][0]["text"], "I'm starving");
    let alike = tool(&server, "similar", stretch.clone()).await["structuredContent"].clone();
    assert_eq!(alike["moments"][0]["asset_id"], "film", "{alike}");
    let names = tool(&server, "facets", json!({"beginning": "Jo", "types": ["CHARACTER_SEARCH"]})).await;
    assert_eq!(names["structuredContent"]["names"][0]["text"], "Joey");
    let file =
        tool(&server, "export", json!({"q": "Joey", "format": "csv"})).await["structuredContent"].clone();
    assert!(file["text"].as_str().unwrap().contains("film"), "{file}");
    // Where there is no film, there is no picture, and the agent is told why.
    let look = tool(&server, "look", stretch).await;
    assert_eq!(look["isError"], true);
    assert!(look["content"][0]["text"].as_str().is_some_and(|text| !text.is_empty()));
}

#[tokio::test]
async fn what_an_agent_sends_wrongly_is_said_with_the_mend() {
    let server = server().await;
    for (name, arguments, says) in [
        ("search", json!({"question": "Joey"}), "`question` is no argument of `search`"),
        ("search", json!({"q": "Joey", "limit": 5_000}), "from 1 to 50"),
        ("search", json!({"plan": {"all": [{"label": 3}]}}), "/all/0/label"),
        ("moment", json!({"asset_id": "film"}), "`start_ns` is missing"),
        ("moment", json!({"asset_id": "film", "start_ns": 9, "end_ns": 3}), "swap them"),
        ("moment", json!({"asset_id": "nowhere", "start_ns": 0, "end_ns": 3}), "nowhere"),
        ("refine", json!({"plan": {"none": []}, "say": "Joey"}), "/turns/0/plan"),
        (
            "select",
            json!({"moments": [{"asset_id": "film", "start_ns": 0, "end_ns": 1}], "name": "x"}),
            "only read",
        ),
    ] {
        let result = tool(&server, name, arguments.clone()).await;
        assert_eq!(result["isError"], true, "{name} {arguments}: {result}");
        let text = result["content"][0]["text"].as_str().unwrap();
        assert!(text.contains(says), "{name} {arguments}: {text}");
    }
    let unknown = call(&server, "tools/call", json!({"name": "erase", "arguments": {}})).await;
    assert!(unknown["error"]["message"].as_str().unwrap().contains("erase"));
    for wrong in [json!([]), json!({}), json!({"jsonrpc": "2.0", "id": 1, "method": 3}), json!("x")] {
        let answer = server.post("/mcp", &wrong).await;
        assert!(
            answer.status.is_client_error() || answer.json()["error"].is_object(),
            "{wrong}: {}",
            answer.text()
        );
    }
    assert_eq!(server.get("/mcp").await.status, 405);
}

#[tokio::test]
async fn a_token_says_what_an_agent_sees_and_whether_it_keeps_moments() {
    let server = server().await;
    let secret = r#"{"asset_id":"secret","movie_id":"theirs","model":"faces@3","type":"CHARACTER_SEARCH","time_range":{"start_time_ns":0,"end_time_ns":9},"label":"Phantom"}"#;
    server.post_lines("/v1/annotations?wait=true", secret).await.ok();
    let token = server.token("agent", &[Right::Read], Some(&["cinema"]));
    let authorization = format!("Bearer {token}");
    let ask = |name: &str, arguments: Value| json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}});
    let headers = [("authorization", authorization.as_str())];
    let seen =
        remote(&server, &ask("search", json!({"plan": {"all": [{"type": "CHARACTER_SEARCH"}]}})), &headers)
            .await
            .ok();
    let told = &seen["result"]["structuredContent"];
    assert_eq!((told["total"].as_u64(), told["coverage"]["assets"].as_u64()), (Some(1), Some(2)));
    assert!(!seen.to_string().contains("secret") && !seen.to_string().contains("Phantom"));
    let kept =
        json!({"name": "finds", "moments": [{"asset_id": "film", "start_ns": 0, "end_ns": 1_000_000_000}]});
    let kept = remote(&server, &ask("select", kept), &headers).await.ok();
    assert!(kept["result"]["structuredContent"]["bin"].is_string(), "{kept}");
    let not_theirs =
        json!({"name": "finds", "moments": [{"asset_id": "secret", "start_ns": 0, "end_ns": 1}]});
    let refused = remote(&server, &ask("select", not_theirs), &headers).await.ok();
    assert_eq!(refused["result"]["isError"], true);
    let unknown = remote(&server, &ask("facets", json!({})), &[]).await;
    assert_eq!(unknown.status, StatusCode::UNAUTHORIZED, "once there are tokens");
}
