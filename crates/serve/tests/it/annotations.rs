//! Taking annotations in and giving them back.

use serde_json::json;

use crate::support::{LINES, Server};

#[tokio::test]
async fn what_is_sent_comes_back_byte_for_byte() {
    let server = Server::new();
    let first = server.post_lines("/v1/annotations?wait=true", LINES).await.ok();
    assert_eq!(
        (&first["accepted"], &first["duplicates"], &first["rejected"]),
        (&json!(3), &json!(0), &json!(0))
    );
    assert_eq!(first["registered_assets"], json!(["film"]));
    assert_eq!(first["searchable"], true);
    assert!(first["commit"].as_u64().is_some());
    let again = server.post_lines("/v1/annotations", LINES).await.ok();
    assert_eq!((&again["accepted"], &again["duplicates"]), (&json!(0), &json!(3)));
    assert!(again.get("searchable").is_none());
    for path in ["/v1/annotations", "/v1/annotations?asset=film", "/v1/annotations?movie=cinema"] {
        let export = server.get(path).await;
        assert_eq!(export.header("content-type"), "application/x-ndjson");
        let mut sent: Vec<&str> = LINES.lines().collect();
        let mut back: Vec<&str> = export.text().lines().collect();
        sent.sort_unstable();
        back.sort_unstable();
        assert_eq!(back, sent, "{path}");
    }
    assert_eq!(server.get("/v1/annotations?movie=other").await.text(), "");
    server.get("/v1/annotations?asset=other").await.problem(404);
}

#[tokio::test]
async fn refused_lines_are_named_and_strict_takes_all_or_nothing() {
    let server = Server::new();
    let lines = format!("{LINES}not json\n{{\"model\":\"m@1\"}}\n");
    let strict = server.post_lines("/v1/annotations?strict=true", &lines).await.problem(422);
    assert_eq!(strict["errors"][0]["line"], 4);
    assert_eq!(server.get("/v1/assets").await.ok()["assets"], json!([]));
    let dry = server.post_lines("/v1/annotations?dry_run=true", &lines).await.ok();
    assert_eq!((&dry["accepted"], &dry["rejected"], &dry["commit"]), (&json!(3), &json!(2), &json!(null)));
    assert_eq!(server.get("/v1/assets").await.ok()["assets"], json!([]));
    let loose = server.post_lines("/v1/annotations", &lines).await.ok();
    assert_eq!((&loose["accepted"], &loose["rejected"]), (&json!(3), &json!(2)));
    assert_eq!(loose["errors"][0]["line"], 4);
    assert!(!loose["errors"][1]["detail"].as_str().unwrap().is_empty());
}

#[tokio::test]
async fn counts_reach_the_metrics() {
    let server = Server::new();
    server.post_lines("/v1/annotations", LINES).await.ok();
    let text = server.get("/metrics").await;
    let text = text.text();
    assert!(text.contains("rushes_ingest_annotations_total{outcome=\"accepted\"} 3\n"), "{text}");
    assert!(text.contains(&format!("rushes_ingest_bytes_total {}\n", LINES.len())));
    assert!(text.contains(
        "rushes_http_requests_total{route=\"/v1/annotations\",method=\"POST\",status=\"200\"} 1\n"
    ));
}
