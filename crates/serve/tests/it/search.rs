//! Asking: search, plan, suggest, buckets.

use serde_json::json;

use crate::support::{LINES, Server};

#[tokio::test]
async fn a_search_answers_with_moments_and_its_plan() {
    let server = Server::new();
    server.post_lines("/v1/annotations?wait=true", LINES).await.ok();
    let plan = json!({"all": [
        {"type": "CHARACTER_SEARCH", "label": "Joey"}, {"type": "SCENE_SEARCH", "label": "kitchen"}
    ]});
    let answer = server.post("/v1/search", &plan).await.ok();
    let moment = &answer["moments"][0];
    assert_eq!(moment["asset_id"], "film");
    assert_eq!(
        (&moment["start_ns"], &moment["end_ns"]),
        (&json!(4_000_000_000_i64), &json!(8_000_000_000_i64))
    );
    assert!(answer["plan"].is_object());
    let union = json!({"all": plan["all"], "mode": "union"});
    let answer = server.post("/v1/search", &union).await.ok();
    assert_eq!(answer["moments"][0]["start_ns"], 2_000_000_000_i64);
    server.post("/v1/search", &json!({"q": "Joey in the kitchen"})).await.ok();
}

#[tokio::test]
async fn a_plan_is_shown_without_searching() {
    let server = Server::new();
    server.post_lines("/v1/annotations?wait=true", LINES).await.ok();
    assert!(server.post("/v1/plan", &json!({"q": "Joey"})).await.ok().is_object());
    server.post("/v1/plan", &json!({"al": []})).await.problem(400);
    server.post("/v1/search", &json!({"limit": "many"})).await.problem(400);
}

#[tokio::test]
async fn labels_are_suggested() {
    let server = Server::new();
    server.post_lines("/v1/annotations?wait=true", LINES).await.ok();
    let answer = server.get("/v1/suggest?q=Jo").await.ok();
    assert_eq!(
        answer["suggestions"][0],
        json!({"text": "Joey", "type": "CHARACTER_SEARCH", "group": "label", "count": 1, "from": 0})
    );
}

#[tokio::test]
async fn joey_and_the_kitchen_meet_in_five_buckets() {
    let server = Server::new();
    server.post_lines("/v1/annotations?wait=true", LINES).await.ok();
    let all = server.get("/v1/buckets/film").await.ok();
    let all = all.as_array().unwrap();
    assert_eq!(all.len(), 8);
    let both = all.iter().filter(|b| {
        let labels: Vec<_> =
            b["source_annotations"].as_array().unwrap().iter().filter_map(|a| a["label"].as_str()).collect();
        labels.contains(&"Joey") && labels.contains(&"kitchen")
    });
    let starts: Vec<i64> =
        both.map(|b| b["time_bucket_start_ns"].as_i64().unwrap() / 1_000_000_000).collect();
    assert_eq!(starts, [4, 5, 6, 7, 8]);
    let some = server.get("/v1/buckets/film?from=0:03&to=5.5&limit=2").await;
    assert_eq!(some.header("link"), "<?from=5.000000000&to=5.5&limit=2>; rel=\"next\"");
    let some = some.ok();
    assert_eq!(some.as_array().unwrap().len(), 2);
    assert_eq!(some[0]["time_bucket_start_ns"], 3_000_000_000_i64);
    assert_eq!(some[0]["associated_ids"], json!({"MOVIE_ID": "cinema", "ASSET_ID": "film"}));
    let rest = server.get("/v1/buckets/film?from=5.000000000&to=5.5&limit=2").await;
    assert_eq!((rest.header("link"), rest.ok().as_array().unwrap().len()), ("", 1));
}

#[tokio::test]
async fn times_of_buckets_are_checked() {
    let server = Server::new();
    server.post("/v1/assets", &json!({"asset_id": "film"})).await.ok();
    assert_eq!(server.get("/v1/buckets/film").await.ok(), json!([]));
    server.get("/v1/buckets/film?from=soon").await.problem(400);
    server.get("/v1/buckets/film?from=9&to=2").await.problem(400);
    server.get("/v1/buckets/film?from=01:00:00:00").await.problem(400);
    server.get("/v1/buckets/other").await.problem(404);
}

#[tokio::test]
async fn a_question_that_finds_nothing_says_what_would_find_something() {
    let server = Server::new();
    let line = |kind: &str, name: &str, start: i64, end: i64| {
        let label = json!({"asset_id": "film", "movie_id": "film", "model": format!("{}@1", kind.to_lowercase()), "type": kind,
            "label": name, "time_range": {"start_time_ns": start * 1_000_000_000, "end_time_ns": end * 1_000_000_000}});
        format!("{label}\n")
    };
    let lines = [
        line("CHARACTER_SEARCH", "Mara", 1, 4),
        line("CHARACTER_SEARCH", "Otto", 6, 9),
        line("SCENE_SEARCH", "galley", 1, 4),
        line("SCENE_SEARCH", "pier", 400, 410),
    ];
    server.post_lines("/v1/annotations?wait=true", &lines.concat()).await.ok();
    let asked = async |question: &str| server.post("/v1/search", &json!({"q": question})).await.ok();

    // Two who are never seen at once.
    let answer = asked("Mara and Otto").await;
    assert_eq!(answer["total"], 0);
    let near = &answer["remedies"][0];
    assert_eq!((&near["kind"], &near["total"]), (&json!("near"), &json!(1)));
    let again = server.post("/v1/search", &near["plan"]).await.ok();
    assert_eq!((&again["total"], &again["moments"][0]["start_ns"]), (&json!(1), &json!(1_000_000_000_i64)));

    // Too far apart to be near: one of them by itself.
    let answer = asked("Otto on the pier").await;
    let kinds: Vec<_> = answer["remedies"].as_array().unwrap().iter().map(|r| &r["kind"]).collect();
    assert_eq!(kinds, ["without", "without"]);
    assert_eq!(answer["remedies"][0]["pointer"], "/all/0");

    // What denies, and what tests, is in the way.
    let answer = asked("Mara in the galley without Mara, longer than 2 s").await;
    assert!(answer["remedies"].as_array().unwrap().iter().any(|r| r["kind"] == "allowed"), "{answer}");
    let answer = asked("Mara longer than 20 s").await;
    assert_eq!(answer["remedies"][0]["kind"], "untested");

    // Where something is found, nothing is offered.
    assert!(asked("Mara in the galley").await.get("remedies").is_none());
}
