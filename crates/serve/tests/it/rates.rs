//! How many requests one token, and one address, may send.

use axum::http::Method;
use rushes_archive::Right;
use serde_json::json;

use crate::support::{Answer, Server, request};

const HOST: (&str, &str) = ("host", "localhost:7890");

async fn ask(server: &Server, token: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    server.remote(request(Method::GET, "/v1/login", &[HOST, ("authorization", &bearer)], "")).await
}

fn is_limited(answer: &Answer) {
    let problem = answer.problem(429);
    assert_eq!(problem["type"], "urn:rushes:problem:rate");
    let seconds: u64 = answer.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn a_token_that_sends_too_much_is_told_to_wait_and_another_is_not() {
    let server = Server::with(|c| (c.limits.token_rate_max, c.limits.token_burst_max) = (1, 3));
    let anna = server.token("anna", &[Right::Read], None);
    let ben = server.token("ben", &[Right::Read], None);
    for _ in 0..3 {
        assert_eq!(ask(&server, &anna).await.status, 200);
    }
    is_limited(&ask(&server, &anna).await);
    assert_eq!(ask(&server, &ben).await.status, 200);
    // Health and the owner's own commands are not counted.
    for _ in 0..10 {
        assert_eq!(server.get("/v1/status").await.status, 200);
    }
    assert!(server.get("/metrics").await.text().contains("rushes_rate_limited_total{by=\"token\"} 1"));
}

#[tokio::test]
async fn wrong_tokens_are_slowed_and_right_ones_are_not() {
    let server = Server::with(|c| c.limits.failed_logins_max = 3);
    let anna = server.token("anna", &[Right::Read], None);
    for _ in 0..3 {
        ask(&server, "wrong").await.problem(401);
    }
    is_limited(&ask(&server, "wrong").await);
    // Both ways in are counted together.
    let body = json!({"token": "wrong"}).to_string();
    let login = |body: String| {
        request(Method::POST, "/v1/login", &[HOST, ("content-type", "application/json")], body)
    };
    is_limited(&server.remote(login(body)).await);
    assert_eq!(ask(&server, &anna).await.status, 200);
    assert_eq!(server.remote(login(json!({"token": anna}).to_string())).await.status, 200);
    assert!(server.get("/metrics").await.text().contains("rushes_rate_limited_total{by=\"failed_login\"} 2"));
}
