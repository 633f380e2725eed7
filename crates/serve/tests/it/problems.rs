//! Every mistake is answered with a problem document that names its place and its mend.

use axum::http::Method;
use serde_json::json;

use crate::support::Server;

#[tokio::test]
async fn unknown_paths_and_methods_are_problems() {
    let server = Server::new();
    let problem = server.get("/v1/nothing").await.problem(404);
    assert!(problem["detail"].as_str().unwrap().contains("/v1/nothing"));
    let answer = server.call(Method::DELETE, "/v1/search", "", "").await;
    answer.problem(405);
    assert_eq!(answer.header("allow"), "POST");
    server.get("/v1/search/more").await.problem(404);
}

#[tokio::test]
async fn a_json_body_that_cannot_be_read_is_named_with_its_place() {
    let server = Server::new();
    let syntax = server.call(Method::POST, "/v1/runs", "application/json", "{\n  \"asset_id\" \"a\"}").await;
    assert!(syntax.problem(400)["detail"].as_str().unwrap().contains("line 2 column 14"));
    let unknown =
        server.post("/v1/runs", &json!({"asset_id": "a", "model": "m@1", "colour": 1})).await.problem(400);
    assert!(unknown["detail"].as_str().unwrap().contains("unknown field `colour`"), "{unknown}");
    assert_eq!(unknown["pointer"], "/colour");
    let wrong = server
        .post(
            "/v1/runs",
            &json!({"asset_id": "a", "model": "m@1", "coverage": {"start_time_ns": "x", "end_time_ns": 1}}),
        )
        .await
        .problem(400);
    assert_eq!(wrong["pointer"], "/coverage/start_time_ns");
    let bad = server.post("/v1/runs", &json!({"asset_id": "", "model": "m@1"})).await.problem(400);
    assert_eq!(bad["pointer"], "/asset_id");
    assert_eq!(bad["mend"], "give it at least one character");
    let reversed =
        json!({"asset_id": "a", "model": "m@1", "coverage": {"start_time_ns": 2, "end_time_ns": 1}});
    assert_eq!(server.post("/v1/runs", &reversed).await.problem(400)["pointer"], "/coverage");
}

#[tokio::test]
async fn media_types_are_checked() {
    let server = Server::new();
    let wrong = server.call(Method::POST, "/v1/runs", "text/plain", "{}").await.problem(415);
    assert!(wrong["mend"].as_str().unwrap().contains("application/json"));
    server.call(Method::POST, "/v1/annotations", "application/json", "{}").await.problem(415);
    server.call(Method::POST, "/v1/assets", "text/csv", "a").await.problem(415);
    let with_parameter = "application/json; charset=utf-8";
    let opened =
        server.call(Method::POST, "/v1/runs", with_parameter, r#"{"asset_id":"a","model":"m"}"#).await;
    opened.problem(404);
}

#[tokio::test]
async fn queries_of_the_address_are_checked() {
    let server = Server::new();
    for path in [
        "/v1/assets?limit=0",
        "/v1/assets?limit=1001",
        "/v1/assets?limit=x",
        "/v1/assets?colour=1",
        "/v1/runs?after=",
        "/v1/suggest",
        "/v1/suggest?q=a&limit=999",
        "/v1/buckets/film?limit=0",
    ] {
        server.get(path).await.problem(400);
    }
    server.post_lines("/v1/annotations?mode=upsert", "").await.problem(400);
    server.post_lines("/v1/annotations?strict=perhaps", "").await.problem(400);
    let long = format!("/v1/suggest?q={}", "a".repeat(9000));
    server.get(&long).await.problem(413);
}

#[tokio::test]
async fn a_semicolon_in_a_value_makes_no_mend() {
    let server = Server::new();
    let odd = json!({"all": [{"label": "Joey"}], "mode": "a; b"});
    let problem = server.post("/v1/search", &odd).await.problem(400);
    assert!(problem["detail"].as_str().unwrap().contains("`a; b`"), "{problem}");
    assert!(!problem["mend"].as_str().unwrap().contains("b`"), "{problem}");
    let reversed =
        json!({"asset_id": "a", "model": "m@1", "coverage": {"start_time_ns": 2, "end_time_ns": 1}});
    assert_eq!(server.post("/v1/runs", &reversed).await.problem(400)["mend"], "swap them or mend the end");
    assert_eq!(
        server.get("/v1/assets?limit=0").await.problem(400)["detail"].as_str().unwrap().matches("; ").count(),
        1
    );
}

#[tokio::test]
async fn odd_ids_in_the_address_are_decoded_or_refused() {
    let server = Server::new();
    server.post("/v1/assets", &json!({"asset_id": "a/b c?é", "movie_id": "m"})).await.ok();
    let found = server.get("/v1/assets/a%2Fb%20c%3F%C3%A9").await.ok();
    assert_eq!(found["asset_id"], "a/b c?é");
    server.get("/v1/assets/%00").await.problem(400);
    server.get("/v1/assets/%FF").await.problem(400);
    server.get("/v1/assets/a%2Fb").await.problem(404);
}

#[tokio::test]
async fn the_parameter_of_the_address_that_is_wrong_is_named() {
    let server = Server::new();
    for (path, parameter) in [
        ("/v1/assets?limit=0", "limit"),
        ("/v1/assets?limit=x", "limit"),
        ("/v1/assets?after=", "after"),
        ("/v1/assets?colour=1", "colour"),
        ("/v1/suggest", "q"),
        ("/v1/buckets/film?from=soon", "from"),
        ("/v1/runs/a%01b", "id"),
        ("/v1/media/film/frame?height=9", "height"),
    ] {
        let problem = server.get(path).await.problem(400);
        assert_eq!(problem["parameter"], parameter, "{path}: {problem}");
    }
}

#[tokio::test]
async fn an_erasure_names_the_field_that_is_wrong() {
    let server = Server::new();
    for (body, pointer) in [
        (json!({"target": "asset"}), "/asset_id"),
        (json!({"target": "run", "run": "-"}), "/run"),
        (json!({"target": "movie", "movie_id": "m", "asset_id": "a"}), "/asset_id"),
        (json!({"target": "all"}), "/target"),
        (json!({"asset_id": "a"}), "/target"),
        (json!({"target": "asset", "asset_id": 1}), "/asset_id"),
    ] {
        assert_eq!(server.post("/v1/erase", &body).await.problem(400)["pointer"], pointer, "{body}");
    }
}
