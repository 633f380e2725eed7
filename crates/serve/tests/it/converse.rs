//! Conversations over HTTP: what is said changes the plan that was sent, and nothing is kept.

use rushes_converse::TURNS_MAX;
use serde_json::{Value, json};

use crate::support::{LINES, Server};

async fn server() -> Server {
    let server = Server::new();
    server.post_lines("/v1/annotations?wait=true", LINES).await.ok();
    server
}

/// What was said before, as turns.
fn turns(plans: &[Value]) -> Value {
    plans.iter().map(|plan| json!({"say": "before", "plan": plan})).collect()
}

#[tokio::test]
async fn a_talk_is_led_turn_by_turn_and_each_plan_can_be_searched() {
    let server = server().await;
    let first = server.post("/v1/converse", &json!({"say": "Joey"})).await.ok();
    assert_eq!(first["step"], "anew");
    assert_eq!(first["plan"]["all"][0]["label"], "Joey");
    let found = server.post("/v1/search", &first["plan"]).await.ok();
    let shown = json!([{"asset_id": found["moments"][0]["asset_id"], "start_ns": found["moments"][0]["start_ns"],
                        "end_ns": found["moments"][0]["end_ns"]}]);
    let said = json!({"say": "in the kitchen", "turns": turns(&[first["plan"].clone()]), "shown": shown});
    let second = server.post("/v1/converse", &said).await.ok();
    assert_eq!((second["step"].as_str(), second["patch"][0]["op"].as_str()), (Some("refines"), Some("add")));
    assert_eq!(second["alternative"]["step"], "anew");
    let narrowed = server.post("/v1/search", &second["plan"]).await.ok();
    assert_eq!(
        (narrowed["moments"][0]["start_ns"].as_i64(), narrowed["total"].as_u64()),
        (Some(4_000_000_000), Some(1))
    );
    // A moment that was shown is left out, and then it is not found.
    let plans = [first["plan"].clone(), second["plan"].clone()];
    let said = json!({"say": "not that one", "turns": turns(&plans), "shown": shown});
    let third = server.post("/v1/converse", &said).await.ok();
    assert_eq!(third["plan"]["where"][0]["other_than"]["asset_id"], "film");
    assert_eq!(server.post("/v1/search", &third["plan"]).await.ok()["total"], 0);
    let back = json!({"say": "go back", "turns": turns(&plans)});
    let back = server.post("/v1/converse", &back).await.ok();
    assert_eq!(
        (back["step"].as_str(), back["at"].as_u64(), &back["plan"]),
        (Some("back"), Some(1), &first["plan"])
    );
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_with_its_place() {
    let server = server().await;
    let many: Vec<Value> = (0..=TURNS_MAX).map(|_| json!({})).collect();
    for (body, pointer) in [
        (json!({"say": ""}), "/say"),
        (json!({"say": "x ".repeat(8 << 10)}), "/say"),
        (json!({"say": "Joey", "at": 3}), "/at"),
        (json!({"say": "Joey", "turns": many}), "/turns"),
        (json!({"say": "Joey", "turns": [{"plan": {"all": [{"label": 3}]}}]}), "/turns/0/plan/all/0/label"),
        (json!({"say": "Joey", "shown": [{"asset_id": "film", "start_ns": 9, "end_ns": 3}]}), "/shown/0"),
    ] {
        let answer = server.post("/v1/converse", &body).await;
        assert!(answer.status.is_client_error(), "{body}");
        let problem = answer.problem(answer.status.as_u16());
        assert_eq!(problem["pointer"], pointer, "{problem}");
    }
    let all: Vec<Value> = (0..TURNS_MAX).map(|_| json!({"plan": {"all": [{"label": "Joey"}]}})).collect();
    let last = server.post("/v1/converse", &json!({"say": "in the kitchen", "turns": all})).await.ok();
    assert_eq!(last["step"], "refines");
    assert_eq!(server.get("/v1/converse").await.status, 405);
}
