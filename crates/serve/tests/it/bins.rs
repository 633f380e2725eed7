//! Bins: made, changed, shared, exported, erased.

use axum::http::Method;
use rushes_archive::Right;
use serde_json::{Value, json};

use crate::support::{Answer, LINES, Server, request};

async fn filled() -> Server {
    let server = Server::new();
    server.post_lines("/v1/annotations?wait=true", LINES).await.ok();
    let film = json!({"asset_id": "film", "movie_id": "cinema", "frame_rate": "25", "start_timecode": "10:00:00:00"});
    server.post("/v1/assets", &film).await.ok();
    server
        .post("/v1/assets", &json!({"asset_id": "other", "movie_id": "elsewhere", "frame_rate": "25"}))
        .await
        .ok();
    server
}

fn moments() -> Value {
    json!([{"asset_id": "film", "start_ns": 2_000_000_000_i64, "end_ns": 4_000_000_000_i64, "note": "the look", "colour": "red"},
           {"asset_id": "other", "start_ns": 0, "end_ns": 1_000_000_000},
           {"asset_id": "film", "start_ns": 3_000_000_000_i64, "end_ns": 5_000_000_000_i64}])
}

async fn made(server: &Server) -> (String, Value) {
    let made = server.post("/v1/bins", &json!({"name": "Mara", "add": moments()})).await.ok();
    (made["bin"].as_str().unwrap().to_owned(), made)
}

async fn as_somebody(
    server: &Server,
    name: &str,
    movies: Option<&[&str]>,
    asks: &[(Method, &str, Option<&str>, Value)],
) -> Vec<Answer> {
    let bearer = format!("Bearer {}", server.token(name, &[Right::Read], movies));
    let mut answers = Vec::new();
    for (method, path, version, body) in asks {
        let mut headers = vec![
            ("host", "localhost:7890"),
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
        ];
        headers.extend(version.map(|version| ("if-match", version)));
        let body = if body.is_null() { String::new() } else { body.to_string() };
        answers.push(server.remote(request(method.clone(), path, &headers, body)).await);
    }
    answers
}

#[tokio::test]
async fn a_bin_keeps_moments_in_order_and_says_what_it_is() {
    let server = filled().await;
    let (id, bin) = made(&server).await;
    assert_eq!(
        (&bin["version"], &bin["owner"], &bin["sharing"]),
        (&json!(1), &json!("local"), &json!("private"))
    );
    assert_eq!(bin["overview"]["duration_ns"], 5_000_000_000_i64);
    assert_eq!(
        bin["overview"]["overlaps"],
        json!([{"item": 1, "with": 3, "shared_ns": 1_000_000_000, "same": false}])
    );
    let change =
        json!({"remove": [3], "change": [{"item": 1, "rating": 5, "circled": true}], "order": [2, 1]});
    let changed = server
        .call(Method::PATCH, &format!("/v1/bins/{id}"), "application/json", change.to_string())
        .await
        .ok();
    assert_eq!(changed["items"][0]["asset_id"], "other");
    assert_eq!(
        (&changed["items"][1]["rating"], &changed["items"][1]["note"]),
        (&json!(5), &json!("the look"))
    );
    assert_eq!(changed["history"][1]["what"], "removed 1 moment, changed 1 moment, ordered 2 moments");
    let listed = server.get("/v1/bins").await.ok();
    assert_eq!((&listed["bins"][0]["bin"], &listed["bins"][0]["moments"]), (&json!(id), &json!(2)));
}

#[tokio::test]
async fn of_two_who_change_one_bin_the_second_is_told_who_was_first() {
    let server = filled().await;
    let (id, _) = made(&server).await;
    let path = format!("/v1/bins/{id}");
    server.call(Method::PATCH, &path, "application/json", json!({"sharing": "write"}).to_string()).await.ok();
    let name = |name: &str| json!({"name": name});
    let asks = [
        (Method::PATCH, path.as_str(), Some("\"2\""), name("First")),
        (Method::PATCH, path.as_str(), Some("2"), name("Second")),
    ];
    let answers = as_somebody(&server, "ben", None, &asks).await;
    assert_eq!(answers[0].ok()["version"], 3);
    let problem = answers[1].problem(409);
    assert!(
        problem["detail"].as_str().unwrap().contains("version 3, changed by `ben`: named `First`"),
        "{problem}"
    );
    // What only adds goes on without a version.
    let add = json!({"add": [{"asset_id": "film", "start_ns": 0, "end_ns": 1}]});
    assert_eq!(
        server.call(Method::PATCH, &path, "application/json", add.to_string()).await.ok()["version"],
        4
    );
}

#[tokio::test]
async fn a_bin_is_its_owners_until_it_is_shared_and_shows_only_titles_that_may_be_seen() {
    let server = filled().await;
    let (id, _) = made(&server).await;
    let path = format!("/v1/bins/{id}");
    let read = (Method::GET, path.as_str(), None, Value::Null);
    let answers =
        as_somebody(&server, "ben", None, &[read.clone(), (Method::GET, "/v1/bins", None, Value::Null)])
            .await;
    answers[0].problem(404);
    assert_eq!(answers[1].ok()["bins"], json!([]));
    server.call(Method::PATCH, &path, "application/json", json!({"sharing": "read"}).to_string()).await.ok();
    let wrong = json!({"change": [{"item": 2, "note": "x"}]});
    let asks = [read.clone(), (Method::PATCH, path.as_str(), None, json!({"name": "mine"}))];
    let answers = as_somebody(&server, "cleo", Some(&["cinema"]), &asks).await;
    let seen = answers[0].ok();
    assert_eq!((seen["items"].as_array().unwrap().len(), seen["overview"]["assets"].as_u64()), (2, Some(1)));
    answers[1].problem(403);
    server.call(Method::PATCH, &path, "application/json", json!({"sharing": "write"}).to_string()).await.ok();
    let elsewhere = json!({"add": [{"asset_id": "other", "start_ns": 0, "end_ns": 1}]});
    let asks = [
        (Method::PATCH, path.as_str(), None, wrong),
        (Method::PATCH, path.as_str(), None, elsewhere),
        (Method::PATCH, path.as_str(), None, json!({"sharing": "private"})),
        (Method::PATCH, path.as_str(), None, json!({"order": [3]})),
    ];
    let answers = as_somebody(&server, "dora", Some(&["cinema"]), &asks).await;
    answers[0].problem(404);
    assert_eq!(answers[1].problem(404)["pointer"], "/add/0/asset_id");
    answers[2].problem(403);
    answers[3].ok();
    // What somebody could not see is still there.
    let items = server.get(&path).await.ok()["items"].clone();
    let numbers: Vec<u64> =
        items.as_array().unwrap().iter().map(|item| item["item"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [3, 1, 2]);
}

#[tokio::test]
async fn a_bin_goes_to_the_trash_and_comes_back_or_goes_for_good() {
    let server = filled().await;
    let (id, _) = made(&server).await;
    let path = format!("/v1/bins/{id}");
    let call = |method: Method, path: String, body: String| {
        let server = &server;
        async move { server.call(method, &path, "application/json", body).await }
    };
    assert_eq!(call(Method::DELETE, path.clone(), String::new()).await.status.as_u16(), 204);
    assert_eq!(server.get("/v1/bins").await.ok()["bins"], json!([]));
    assert_eq!(server.get("/v1/bins?trashed=true").await.ok()["bins"][0]["bin"], json!(id));
    call(Method::PATCH, path.clone(), json!({"trashed": false}).to_string()).await.ok();
    assert_eq!(server.get(&path).await.ok()["items"].as_array().unwrap().len(), 3);
    assert_eq!(
        call(Method::DELETE, format!("{path}?forever=true"), String::new()).await.status.as_u16(),
        204
    );
    server.get(&path).await.problem(404);
}

#[tokio::test]
async fn a_bin_is_exported_in_its_order_with_its_notes() {
    let server = filled().await;
    let (id, _) = made(&server).await;
    let list = server.get(&format!("/v1/bins/{id}/export?format=edl&notes=true&tracks=video")).await;
    let text = list.text();
    assert!(text.starts_with("TITLE: Mara\r\n"), "{text}");
    assert!(
        text.contains("001  FILM     V     C        10:00:02:00 10:00:04:00 01:00:00:00 01:00:02:00"),
        "{text}"
    );
    assert!(text.contains("* LOC: 01:00:00:00 RED     the look"), "{text}");
    assert_eq!(list.header("x-rushes-written"), "3");
    let paper = server.get(&format!("/v1/bins/{id}/export?format=paper")).await;
    assert!(
        paper.text().starts_with(
            "Mara\n3 moments, 0:00:05.0\n\n  1  10:00:02:00 - 10:00:04:00  (0:00:02.0)  film\n     the look\n"
        ),
        "{}",
        paper.text()
    );
    server.get("/v1/bins/nowhere/export?format=edl").await.problem(404);
}

#[tokio::test]
async fn what_is_erased_is_in_no_bin_and_a_rebuild_leaves_bins_alone() {
    let server = filled().await;
    let (id, _) = made(&server).await;
    server.post("/v1/rebuild", &json!({"what": "all"})).await.lines();
    assert_eq!(server.get(&format!("/v1/bins/{id}")).await.ok()["items"].as_array().unwrap().len(), 3);
    server.post("/v1/erase", &json!({"target": "asset", "asset_id": "film"})).await.ok();
    let kept = server.archive.engines().store.document("bin", &id).unwrap().unwrap();
    let text = String::from_utf8(kept.bytes).unwrap();
    assert!(!text.contains("\"film\"") && !text.contains("the look") && text.contains("other"), "{text}");
    server.post("/v1/erase", &json!({"target": "movie", "movie_id": "elsewhere"})).await.ok();
    assert_eq!(server.get(&format!("/v1/bins/{id}")).await.ok()["items"], json!([]));
}

#[tokio::test]
async fn a_wrong_change_names_its_place() {
    let server = filled().await;
    server.post("/v1/bins", &json!({"sharing": "read"})).await.problem(400);
    let (id, _) = made(&server).await;
    for (body, pointer, status) in [
        (json!({"add": [{"asset_id": "nowhere", "start_ns": 0, "end_ns": 1}]}), "/add/0/asset_id", 404),
        (json!({"add": [{"asset_id": "film", "start_ns": 2, "end_ns": 1}]}), "/add/0/end_ns", 400),
        (json!({"change": [{"item": 9}]}), "/change/0/item", 404),
        (json!({"colour": 1}), "/colour", 400),
    ] {
        let answer =
            server.call(Method::PATCH, &format!("/v1/bins/{id}"), "application/json", body.to_string()).await;
        assert_eq!(answer.problem(status)["pointer"], pointer, "{}", answer.text());
    }
}
