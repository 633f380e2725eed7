//! Runs: open, append, commit, abort, restore, visibility.

use serde_json::json;

use crate::support::Server;

const LINE: &str = concat!(
    r#"{"asset_id":"film","model":"faces@3","type":"CHARACTER_SEARCH","#,
    r#""time_range":{"start_time_ns":0,"end_time_ns":1000000000},"label":"Joey"}"#
);

#[tokio::test]
async fn a_run_is_opened_filled_and_committed() {
    let server = Server::new();
    let spec = json!({"run": "pass 1", "asset_id": "film", "model": "faces@3"});
    server.post("/v1/runs", &spec).await.problem(404);
    server.post("/v1/assets", &json!({"asset_id": "film"})).await.ok();
    let run = server.post("/v1/runs", &spec).await.ok();
    assert_eq!((&run["state"], &run["mode"]), (&json!("open"), &json!("replace")));
    let added = server.post_lines("/v1/runs/pass%201/annotations", LINE).await.ok();
    assert_eq!(added["accepted"], 1);
    let strict = format!("{LINE}\nnot json\n");
    let refused = server.post_lines("/v1/runs/pass%201/annotations?strict=true", &strict).await.problem(422);
    assert_eq!(refused["errors"][0]["line"], 2);
    let committed = server.post("/v1/runs/pass%201/commit?wait=true", &json!({})).await.ok();
    assert!(committed["commit"].as_u64().is_some());
    assert_eq!(committed["searchable"], true);
    assert_eq!(server.get("/v1/runs/pass%201").await.ok()["state"], "committed");
    server.post("/v1/runs/pass%201/abort", &json!({})).await.problem(409);
    assert_eq!(server.get("/v1/runs?asset=film").await.ok()["runs"][0]["run"], "pass 1");
    server.post("/v1/runs/pass%201/visibility", &json!({"visibility": "hidden"})).await.problem(400);
    server.post("/v1/runs/pass%201/restore", &json!({})).await.ok();
    server.post("/v1/runs/pass%201/visibility", &json!({"visibility": "archived"})).await.ok();
}

#[tokio::test]
async fn an_aborted_run_is_gone_for_good() {
    let server = Server::new();
    server.post("/v1/assets", &json!({"asset_id": "film"})).await.ok();
    let spec = json!({
        "asset_id": "film", "model": "faces@3", "mode": "append",
        "coverage": {"start_time_ns": 0, "end_time_ns": 5_000_000_000_i64}
    });
    let run = server.post("/v1/runs", &spec).await.ok();
    let id = run["run"].as_str().unwrap();
    assert_eq!(run["coverage"]["end_time_ns"], 5_000_000_000_i64);
    server.post(&format!("/v1/runs/{id}/abort"), &json!({})).await.ok();
    server.post(&format!("/v1/runs/{id}/commit"), &json!({})).await.problem(409);
    server.get("/v1/runs/nothing").await.problem(404);
    server.post("/v1/runs/nothing/commit", &json!({})).await.problem(404);
}
