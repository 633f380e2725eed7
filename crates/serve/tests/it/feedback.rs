//! Feedback and ranking over HTTP.

use rushes_archive::{FeedbackOptions, Right};
use serde_json::{Value, json};

use crate::support::{LINES, Server, request};

async fn filled() -> Server {
    let server = Server::new();
    server.post_lines("/v1/annotations?wait=true", LINES).await.ok();
    server
}

fn event(action: &str, more: &Value) -> Value {
    let mut event = json!({"impression": "i", "event": action, "asset_id": "film", "start_ns": 2_000_000_000_u64,
                           "end_ns": 8_000_000_000_u64, "read_point": "3", "at_ms": 1});
    event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    event
}

#[tokio::test]
async fn what_a_search_says_of_a_moment_is_taken_back_as_feedback() {
    let server = filled().await;
    let asked = json!({"all": [{"label": "Joey"}], "ranking": {"features": true, "team": "trailer"}});
    let answer = server.post("/v1/search", &asked).await.ok();
    let moment = &answer["moments"][0];
    let features = &moment["ranking"]["features"];
    assert!(features["confidence"].as_f64().unwrap() > 0.9, "{answer}");
    let shown = json!({"rank": 1, "score": moment["score"], "features": features, "team": "trailer",
                       "read_point": answer["read_point"]});
    let events = json!({"events": [event("shown", &shown), event("kept", &json!({"team": "trailer"}))]});
    let first = server.post("/v1/feedback", &events).await.ok();
    assert_eq!((&first["accepted"], &first["duplicates"]), (&json!(2), &json!(0)), "{first}");
    let again = server.post("/v1/feedback", &events).await.ok();
    assert_eq!((&again["accepted"], &again["duplicates"]), (&json!(0), &json!(2)));
    let lines = server.get("/v1/feedback?team=trailer").await.lines();
    assert_eq!(lines.len(), 2);
    assert!(lines.iter().any(|line| line["event"] == events["events"][1] && line.get("who").is_none()));
    let made = server.post("/v1/ranking/fit", &json!({})).await.ok();
    assert_eq!((&made["version"], &made["events"]), (&json!(1), &json!(2)));
    assert_eq!(made["teams"]["trailer"]["used"], false, "one choice proves nothing");
    assert_eq!(server.get("/v1/ranking").await.ok()["in_use"], 1);
    assert_eq!(server.post("/v1/ranking/use", &json!({"version": 0})).await.ok()["in_use"], Value::Null);
    server.post("/v1/ranking/use", &json!({"version": 7})).await.problem(404);
    let report = server.get("/v1/ranking/report").await.ok();
    assert_eq!(report["teams"]["trailer"]["impressions"], 1, "{report}");
    assert_eq!(server.post("/v1/feedback/erase", &json!({"team": "trailer"})).await.ok()["erased"], 2);
    assert_eq!(server.post("/v1/feedback/expire", &json!({})).await.ok()["erased"], 0);
    server.post("/v1/feedback/erase", &json!({})).await.problem(400);
}

#[tokio::test]
async fn without_a_word_on_ranking_an_answer_is_what_it_was() {
    let server = filled().await;
    let plain = server.post("/v1/search", &json!({"all": [{"label": "Joey"}]})).await.ok();
    assert!(plain.get("ranking").is_none() && plain["moments"][0].get("ranking").is_none(), "{plain}");
    let by_hand = json!({"all": [{"label": "Joey"}], "ranking": {"mode": "hand_set"}});
    let mut answer = server.post("/v1/search", &by_hand).await.ok();
    answer["took_ms"] = plain["took_ms"].clone();
    assert_eq!(answer, plain);
}

#[tokio::test]
async fn bad_feedback_is_named_and_bounded() {
    let server = filled().await;
    let bad = [
        (event("liked", &json!({})), "/events/0/event"),
        (event("kept", &json!({"asset_id": "nowhere"})), "/events/0/asset_id"),
        (event("kept", &json!({"at_ms": 9_000_000_000_000_000_u64})), "/events/0/at_ms"),
        (event("kept", &json!({"end_ns": 1})), "/events/0/end_ns"),
        (json!("kept"), "/events/0"),
    ];
    for (event, pointer) in bad {
        let report = server.post("/v1/feedback", &json!({"events": [event]})).await.ok();
        assert_eq!(
            (&report["accepted"], &report["errors"][0]["pointer"]),
            (&json!(0), &json!(pointer)),
            "{report}"
        );
        assert!(!report["errors"][0]["detail"].as_str().unwrap().is_empty());
    }
    let many = vec![event("kept", &json!({})); 1_001];
    let problem = server.post("/v1/feedback", &json!({"events": many})).await.problem(413);
    assert_eq!(problem["pointer"], "/events");
    server.post("/v1/feedback", &json!({"event": "kept"})).await.problem(400);
    for ranking in [
        json!({"mode": "best"}),
        json!({"seed": -1}),
        json!({"seed": 1_u64 << 60}),
        json!({"team": ""}),
        json!(3),
    ] {
        let asked = json!({"all": [{"label": "Joey"}], "ranking": ranking});
        let problem = server.post("/v1/search", &asked).await.problem(400);
        assert!(problem["pointer"].as_str().unwrap().starts_with("/ranking"), "{problem}");
    }
}

#[tokio::test]
async fn who_may_read_may_tell_and_only_who_may_do_everything_learns() {
    let server = filled().await;
    let token = server.token("anna", &[Right::Read], Some(&["cinema"]));
    let bearer = format!("Bearer {token}");
    let headers = [
        ("host", "localhost:7890"),
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
    ];
    let post = async |path: &str, body: Value| {
        server.remote(request(axum::http::Method::POST, path, &headers, body.to_string())).await
    };
    let told = post("/v1/feedback", json!({"events": [event("kept", &json!({}))]})).await.ok();
    assert_eq!(told["accepted"], 1);
    for (path, body) in [
        ("/v1/feedback/erase", json!({"team": "x"})),
        ("/v1/feedback/expire", json!({})),
        ("/v1/ranking/fit", json!({})),
        ("/v1/ranking/use", json!({"version": 0})),
    ] {
        post(path, body).await.problem(403);
    }
    for path in ["/v1/feedback", "/v1/ranking", "/v1/ranking/report"] {
        server.remote(request(axum::http::Method::GET, path, &headers, "")).await.problem(403);
    }
}

#[tokio::test]
async fn a_server_that_takes_no_feedback_says_so() {
    let server =
        Server::on(|options| options.feedback = FeedbackOptions { on: false, ..FeedbackOptions::default() });
    let problem = server.post("/v1/feedback", &json!({"events": []})).await.problem(501);
    assert!(problem["mend"].as_str().unwrap().contains("feedback.on"));
}
