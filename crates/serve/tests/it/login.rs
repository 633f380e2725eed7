//! Logging in on the page: a cookie for a token, and where it counts.

use axum::http::Method;
use rushes_archive::Right;

use crate::support::{Answer, Server, request};

const HOST: (&str, &str) = ("host", "localhost:7890");
const ORIGIN: (&str, &str) = ("origin", "http://localhost:7890");

async fn send(server: &Server, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut all = vec![HOST, ("content-type", "application/json")];
    all.extend_from_slice(headers);
    server.remote(request(method, path, &all, body.to_owned())).await
}

async fn log_in(server: &Server, token: &str) -> String {
    let body = serde_json::json!({"token": token}).to_string();
    let answer = send(server, Method::POST, "/v1/login", &[ORIGIN], &body).await;
    assert_eq!(answer.ok()["name"], "anna");
    let set = answer.header("set-cookie");
    assert!(set.contains("; HttpOnly; SameSite=Strict") && !set.contains(token), "{set}");
    set.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_login_opens_what_the_token_opens_until_it_ends() {
    let server = Server::new();
    let token = server.token("anna", &[Right::Read], None);
    let cookie = log_in(&server, &token).await;
    let with = [("cookie", cookie.as_str()), ORIGIN];
    assert_eq!(send(&server, Method::GET, "/v1/status", &with, "").await.status, 200);
    assert_eq!(send(&server, Method::GET, "/v1/login", &with, "").await.ok()["name"], "anna");
    let asked = send(&server, Method::POST, "/v1/search", &with, r#"{"q":"x"}"#).await;
    assert_eq!(asked.status, 200, "{}", asked.text());
    send(&server, Method::POST, "/v1/verify", &with, "").await.problem(403);
    let out = send(&server, Method::DELETE, "/v1/login", &with, "").await;
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    send(&server, Method::GET, "/v1/status", &with, "").await.problem(401);
    assert!(send(&server, Method::GET, "/v1/login", &with, "").await.ok()["name"].is_null());
}

#[tokio::test]
async fn revoking_the_token_ends_its_logins() {
    let server = Server::new();
    server.token("keeps-it-closed", &[Right::Admin], None);
    let token = server.token("anna", &[Right::Read], None);
    let cookie = log_in(&server, &token).await;
    server.call(Method::DELETE, "/v1/tokens/anna", "", "").await.ok();
    send(&server, Method::GET, "/v1/status", &[("cookie", &cookie)], "").await.problem(401);
}

#[tokio::test]
async fn a_cookie_counts_for_the_page_only() {
    let server = Server::new();
    let token = server.token("anna", &[Right::Admin], None);
    let cookie = log_in(&server, &token).await;
    let cookie = ("cookie", cookie.as_str());
    // What other sites and other ports of this machine make the browser fetch carries the cookie, too.
    for site in ["cross-site", "same-site"] {
        let from = [cookie, ("sec-fetch-site", site)];
        send(&server, Method::GET, "/v1/assets", &from, "").await.problem(401);
    }
    for site in ["same-origin", "none"] {
        let from = [cookie, ("sec-fetch-site", site)];
        assert_eq!(send(&server, Method::GET, "/v1/assets", &from, "").await.status, 200, "{site}");
    }
    // A request that changes something must prove where it comes from.
    let body = r#"{"asset_id":"a","movie_id":"m"}"#;
    send(&server, Method::POST, "/v1/assets", &[cookie], body).await.problem(401);
    send(&server, Method::POST, "/v1/assets", &[cookie, ("sec-fetch-site", "none")], body).await.problem(401);
    let foreign = [cookie, ("origin", "http://localhost:3000")];
    send(&server, Method::POST, "/v1/assets", &foreign, body).await.problem(403);
    assert_eq!(send(&server, Method::POST, "/v1/assets", &[cookie, ORIGIN], body).await.status, 200);
}

#[tokio::test]
async fn what_is_no_token_logs_no_one_in() {
    let server = Server::new();
    server.token("anna", &[Right::Admin], None);
    for body in [
        r#"{"token":"wrong"}"#.to_owned(),
        r#"{"token":""}"#.to_owned(),
        serde_json::json!({"token": "x".repeat(5000)}).to_string(),
    ] {
        let answer = send(&server, Method::POST, "/v1/login", &[ORIGIN], &body).await;
        assert_eq!(answer.header("set-cookie"), "");
        answer.problem(401);
    }
    send(&server, Method::POST, "/v1/login", &[ORIGIN], r#"{"name":"x"}"#).await.problem(400);
    let foreign = [("origin", "https://evil.example")];
    send(&server, Method::POST, "/v1/login", &foreign, r#"{"token":"x"}"#).await.problem(403);
    for cookie in ["rushes-login-7890=", "rushes-login-7890=x", "rushes-login-7890", "=", ";;"] {
        send(&server, Method::GET, "/v1/status", &[("cookie", cookie)], "").await.problem(401);
    }
}
