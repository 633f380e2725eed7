//! Assets, models, labels.

use axum::http::Method;
use serde_json::json;

use crate::support::Server;

#[tokio::test]
async fn assets_are_registered_in_any_form_and_listed_in_pages() {
    let server = Server::new();
    let lines = "{\"asset_id\":\"a\",\"movie_id\":\"m\"}\n\n{\"asset_id\":\"b\",\"movie_id\":\"m\"}";
    let answer = server.post_lines("/v1/assets", lines).await.ok();
    assert_eq!((&answer["accepted"], &answer["rejected"]), (&json!(2), &json!(0)));
    assert!(answer["commit"].as_u64().is_some());
    assert_eq!(server.post("/v1/assets", &json!({"asset_id": "c"})).await.ok()["accepted"], 1);
    let array = json!([{"asset_id": "d"}, {"asset_id": "e"}]);
    assert_eq!(server.post("/v1/assets", &array).await.ok()["accepted"], 2);
    let first = server.get("/v1/assets?limit=3").await.ok();
    assert_eq!(first["next"], "c");
    let ids = |page: &serde_json::Value| -> Vec<String> {
        page["assets"]
            .as_array()
            .unwrap()
            .iter()
            .map(|a| a["asset_id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(ids(&first), ["a", "b", "c"]);
    let second = server.get("/v1/assets?limit=3&after=c").await.ok();
    assert_eq!(ids(&second), ["d", "e"]);
    assert_eq!(second["next"], json!(null));
    assert_eq!(server.get("/v1/assets/a").await.ok()["movie_id"], "m");
    server.get("/v1/assets/zz").await.problem(404);
}

#[tokio::test]
async fn lines_that_are_refused_are_named_and_the_others_go_in() {
    let server = Server::new();
    let lines = "{\"asset_id\":\"a\"}\nnot json\n{\"asset_id\":\"\"}\n{\"asset_id\":\"b\"}\n";
    let answer = server.post_lines("/v1/assets", lines).await.ok();
    assert_eq!((&answer["accepted"], &answer["rejected"]), (&json!(2), &json!(2)));
    assert_eq!(answer["errors"][0]["line"], 2);
    assert_eq!(answer["errors"][1]["line"], 3);
    assert!(!answer["errors"][1]["detail"].as_str().unwrap().is_empty());
    server.call(Method::POST, "/v1/assets", "application/json", "[{]").await.problem(400);
    server.call(Method::POST, "/v1/assets", "application/json", "{}{}").await.problem(400);
    assert_eq!(server.post_lines("/v1/assets", "").await.ok()["accepted"], 0);
}

#[tokio::test]
async fn models_and_labels_are_kept() {
    let server = Server::new();
    let model = json!({"model": "faces@3", "types": ["CHARACTER_SEARCH"]});
    assert_eq!(server.post("/v1/models", &model).await.ok()["accepted"], 1);
    assert_eq!(server.get("/v1/models").await.ok()["models"][0]["model"], "faces@3");
    let label = json!({"type": "CHARACTER_SEARCH", "label": "Joey", "aliases": ["Joey Tribbiani"]});
    assert_eq!(server.post("/v1/labels", &label).await.ok()["accepted"], 1);
    assert_eq!(server.get("/v1/labels").await.ok()["labels"][0]["aliases"][0], "Joey Tribbiani");
}
