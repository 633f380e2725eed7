//! Status, health, long work.

use std::sync::Arc;

use rushes_archive::{Archive, BackupSchedule, OpenOptions};
use rushes_serve::ServeConfig;
use serde_json::json;

use crate::support::{LINES, Server};

#[tokio::test]
async fn the_server_says_how_the_archive_fares() {
    let server = Server::new();
    server.post_lines("/v1/annotations?wait=true", LINES).await.ok();
    let status = server.get("/v1/status").await.ok();
    assert!(status["last_commit"].is_u64() && status["read_point"].is_u64());
    assert_eq!(server.get("/healthz").await.text(), "ok\n");
    assert_eq!(server.get("/readyz").await.text(), "ready\n");
    let metrics = server.get("/metrics").await;
    assert!(metrics.header("content-type").starts_with("text/plain; version=0.0.4"));
    for name in ["rushes_read_point", "rushes_bytes{part=\"index\"}", "rushes_up 1"] {
        assert!(metrics.text().contains(name), "{name}");
    }
}

#[tokio::test]
async fn long_work_streams_its_progress_and_ends_with_its_result() {
    let server = Server::new();
    server.post_lines("/v1/annotations?wait=true", LINES).await.ok();
    for (path, body) in [
        ("/v1/verify", json!({})),
        ("/v1/purge", json!({})),
        ("/v1/rebuild", json!({"what": "all"})),
        ("/v1/rebuild", json!({"what": "index"})),
        ("/v1/backup", json!({"to": server.dir.path().join("backup")})),
    ] {
        let answer = server.post(path, &body).await;
        assert_eq!(answer.header("content-type"), "application/x-ndjson", "{path}: {}", answer.text());
        let lines = answer.lines();
        let (last, before) = lines.split_last().unwrap();
        assert!(last["result"].is_object(), "{path}: {last}");
        assert!(before.iter().all(|l| l["progress"]["what"].is_string()), "{path}");
        if path == "/v1/verify" {
            assert_eq!(last["result"]["problem_count"], 0, "{last}");
        }
    }
}

#[tokio::test]
async fn long_work_that_fails_ends_with_a_problem() {
    let server = Server::new();
    let there = server.dir.path().join("media");
    std::fs::write(there.join("x"), "x").unwrap();
    let lines = server.post("/v1/backup", &json!({"to": there})).await.lines();
    let problem = &lines.last().unwrap()["problem"];
    assert_eq!(problem["status"], 409);
    assert!(problem["instance"].as_str().unwrap().starts_with("urn:rushes:request:"));
    let relative = server.post("/v1/backup", &json!({"to": "backup"})).await.problem(400);
    assert_eq!(relative["pointer"], "/to");
    server.post("/v1/rebuild", &json!({"what": "everything"})).await.problem(400);
    let all = server.post("/v1/rebuild", &json!({"what": "all", "online": true})).await.problem(400);
    assert_eq!(all["pointer"], "/online");
    let lines = server.post("/v1/rebuild", &json!({"what": "index", "online": true})).await.lines();
    let problem = &lines.last().unwrap()["problem"];
    assert!(problem["detail"].as_str().unwrap().contains("rushes rebuild --index"), "{problem}");
}

#[tokio::test]
async fn backups_of_a_set_are_made_and_checked() {
    let server = Server::new();
    server.post_lines("/v1/annotations?wait=true", LINES).await.ok();
    let set = server.dir.path().join("set");
    let result = |lines: Vec<serde_json::Value>| lines.last().unwrap()["result"].clone();
    let made = result(server.post("/v1/backup", &json!({"to": set, "set": true, "keep": 3})).await.lines());
    assert!(made["commit"].as_u64() > Some(0) && made["frozen_ms"].is_u64(), "{made}");
    let found = result(server.post("/v1/backup/verify", &json!({"backup": set})).await.lines());
    assert_eq!((&found["problem_count"], &found["backups"][0]["commit"]), (&json!(0), &made["commit"]));
    std::fs::write(std::path::Path::new(made["path"].as_str().unwrap()).join("planted"), "x").unwrap();
    let found = result(server.post("/v1/backup/verify", &json!({"backup": set})).await.lines());
    assert_eq!(found["backups"][0]["problems"], json!(["`planted` is not in the list"]));

    let lines = server.post("/v1/backup/verify", &json!({"backup": "/nowhere/at/all"})).await.lines();
    assert_eq!(lines.last().unwrap()["problem"]["status"], 404);
    assert_eq!(
        server.post("/v1/backup/verify", &json!({"backup": "set"})).await.problem(400)["pointer"],
        "/backup"
    );
    for wrong in [json!({"to": set, "set": true, "keep": 0}), json!({"to": set, "keep": 1})] {
        assert_eq!(server.post("/v1/backup", &wrong).await.problem(400)["pointer"], "/keep", "{wrong}");
    }
    let inside = json!({"to": server.archive.dir().join("copy")});
    let lines = server.post("/v1/backup", &inside).await.lines();
    assert_eq!(lines.last().unwrap()["problem"]["status"], 400);
    assert_eq!(server.get("/v1/status").await.ok()["backups"], json!(null));
}

#[tokio::test]
async fn status_and_metrics_say_how_scheduled_backups_fare() {
    let dir = tempfile::tempdir().unwrap();
    let set = dir.path().join("set");
    let schedule = BackupSchedule {
        every: std::time::Duration::from_secs(3600),
        to: set.clone(),
        keep: 2,
        with_tokens: false,
        with_config: false,
        runs_here: false,
    };
    let options = OpenOptions { backups: Some(schedule), ..OpenOptions::default() };
    let archive = Archive::open(&dir.path().join("archive"), options).unwrap();
    let router = rushes_serve::router(Arc::clone(&archive), ServeConfig::default());
    let server = Server { dir, archive, router };
    server.post_lines("/v1/annotations?wait=true", LINES).await.ok();
    let backups = server.get("/v1/status").await.ok()["backups"].clone();
    assert_eq!(
        (&backups["last"], &backups["every_s"], &backups["keep"]),
        (&json!(null), &json!(3600), &json!(2))
    );
    assert!(!server.get("/metrics").await.text().contains("rushes_backup_age_seconds"));
    server.post("/v1/backup", &json!({"to": set, "set": true})).await;
    let status = server.get("/v1/status").await.ok();
    assert_eq!(status["backups"]["last"]["commit"], status["last_commit"]);
    let metrics = server.get("/metrics").await;
    for name in ["rushes_backup_age_seconds", "rushes_backup_commit", "rushes_backup_failing 0"] {
        assert!(metrics.text().contains(name), "{name}");
    }
}

#[tokio::test]
async fn what_verifying_found_is_in_status_and_metrics_and_outlasts_a_restart() {
    let server = Server::new();
    server.post_lines("/v1/annotations?wait=true", LINES).await.ok();
    let result = |lines: Vec<serde_json::Value>| lines.last().unwrap()["result"].clone();
    assert_eq!(server.get("/v1/status").await.ok()["verify"]["last"], json!(null));
    assert!(!server.get("/metrics").await.text().contains("rushes_verify_age_seconds"));
    let quick = result(server.post("/v1/verify?quick=true", &json!({})).await.lines());
    assert_eq!((&quick["problem_count"], &quick["assets"]), (&json!(0), &json!(1)));
    // Only a whole one is kept.
    assert_eq!(server.get("/v1/status").await.ok()["verify"]["last"], json!(null));
    result(server.post("/v1/verify", &json!({})).await.lines());
    let status = server.get("/v1/status").await.ok();
    let last = &status["verify"]["last"];
    assert_eq!((&last["problem_count"], &last["commit"]), (&json!(0), &status["last_commit"]));
    let metrics = server.get("/metrics").await;
    for name in ["rushes_verify_age_seconds", "rushes_verify_problems 0", "rushes_verify_running 0"] {
        assert!(metrics.text().contains(name), "{name}");
    }
    assert!(server.archive.dir().join("verify.json").is_file());
}

#[tokio::test]
async fn what_is_erased_is_gone() {
    let server = Server::new();
    server.post_lines("/v1/annotations?wait=true", LINES).await.ok();
    for (body, pointer) in [
        (json!({"target": "asset", "asset_id": ""}), "/asset_id"),
        (json!({"target": "model", "model": "@"}), "/model"),
    ] {
        assert_eq!(server.post("/v1/erase", &body).await.problem(400)["pointer"], pointer);
    }
    server.post("/v1/erase", &json!({"target": "planet", "asset_id": "film"})).await.problem(400);
    server.post("/v1/erase", &json!({"target": "asset", "colour": "film"})).await.problem(400);
    let erased = server.post("/v1/erase", &json!({"target": "movie", "movie_id": "cinema"})).await.ok();
    assert!(erased["commit"].as_u64().is_some());
}
