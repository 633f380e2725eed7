//! Moments as files.

use axum::http::Method;
use rushes_archive::Right;
use serde_json::json;

use crate::support::{LINES, Server, request};

async fn filled() -> Server {
    let server = Server::new();
    server.post_lines("/v1/annotations?wait=true", LINES).await.ok();
    server
        .post("/v1/assets", &json!({"asset_id": "film", "movie_id": "cinema", "frame_rate": "25"}))
        .await
        .ok();
    server
}

#[tokio::test]
async fn moments_become_a_table_and_an_edit_list() {
    let server = filled().await;
    let body =
        json!({"all": [{"type": "CHARACTER_SEARCH", "label": "Joey"}, {"label": "kitchen"}], "limit": 5});
    let table = server.post("/v1/export?format=csv", &body).await;
    assert_eq!((table.status.as_u16(), table.header("x-rushes-left-out")), (200, "0"));
    assert!(table.header("content-type").starts_with("text/csv"));
    assert_eq!(table.header("content-disposition"), "attachment; filename=\"moments.csv\"");
    let row = table.text().split("\r\n").nth(1).unwrap();
    assert!(row.starts_with("1,film,cinema,") && row.contains("\"kitchen; Joey\""), "{row}");
    assert!(row.ends_with(",4000000000,8000000000"), "{row}");
    let list = server.post("/v1/export?format=edl", &body).await;
    assert!(
        list.text().contains("001  FILM     AA/V  C        00:00:04:00 00:00:08:00 01:00:00:00 01:00:04:00"),
        "{}",
        list.text()
    );
}

#[tokio::test]
async fn every_format_is_written_with_its_type_and_its_count() {
    let server = filled().await;
    let body = json!({"all": [{"type": "CHARACTER_SEARCH", "label": "Joey"}]});
    for (format, content_type, name) in [
        ("otio", "application/json", "moments.otio"),
        ("otioz", "application/zip", "moments.otioz"),
        ("fcpxml", "application/xml", "moments.fcpxml"),
        ("xmeml", "application/xml", "moments.xml"),
        ("ale", "text/plain", "moments.ale"),
        ("webvtt", "text/vtt", "moments.vtt"),
        ("web-annotation", "application/ld+json", "moments.jsonld"),
    ] {
        let file = server.post(&format!("/v1/export?format={format}&handles=1&notes=true"), &body).await;
        assert_eq!((file.status.as_u16(), file.header("x-rushes-written")), (200, "1"), "{format}");
        assert!(file.header("content-type").starts_with(content_type), "{format}");
        assert_eq!(file.header("content-disposition"), format!("attachment; filename=\"{name}\""));
    }
}

#[tokio::test]
async fn what_is_left_out_is_named_and_a_wrong_option_too() {
    let server = filled().await;
    let line = LINES.lines().next().unwrap().replace("\"film\"", "\"roll-ü\"");
    server.post_lines("/v1/annotations?wait=true", &format!("{line}\n")).await.ok();
    let body = json!({"all": [{"type": "CHARACTER_SEARCH", "label": "Joey"}]});
    let list = server.post("/v1/export?format=edl", &body).await;
    assert_eq!((list.header("x-rushes-written"), list.header("x-rushes-left-out")), ("1", "1"));
    assert_eq!(list.header("x-rushes-left-out-why"), "1: the frame rate is not known (roll-\\u{fc})");
    for (options, parameter) in
        [("handles=x", "handles"), ("start=01:00:00:25", "start"), ("rate=0", "rate"), ("notes=yes", "notes")]
    {
        let wrong = server.post(&format!("/v1/export?format=edl&{options}"), &body).await.problem(400);
        assert_eq!(wrong["parameter"], parameter, "{wrong}");
    }
    let wrong = server.post("/v1/export?format=aaf", &body).await.problem(400);
    assert_eq!(wrong["parameter"], "format");
}

#[tokio::test]
async fn an_export_takes_what_a_search_takes_and_names_what_is_wrong() {
    let server = filled().await;
    let words = server.post("/v1/export?format=csv", &json!({"q": "\"starving\""})).await;
    assert!(words.text().contains("I'm starving"), "{}", words.text());
    server.post("/v1/export?format=aaf", &json!({"q": "Joey"})).await.problem(400);
    server.post("/v1/export", &json!({"q": "Joey"})).await.problem(400);
    let wrong = server.post("/v1/export?format=csv", &json!({"all": [{"lable": "x"}]})).await.problem(400);
    assert_eq!(wrong["pointer"], "/all/0/lable");
    let none = server.post("/v1/export?format=edl", &json!({"q": "nobody"})).await;
    assert_eq!((none.status.as_u16(), none.header("x-rushes-left-out")), (200, "0"));
}

#[tokio::test]
async fn an_export_shows_only_what_the_caller_may_see() {
    let server = filled().await;
    let bearer = format!("Bearer {}", server.token("other", &[Right::Read], Some(&["else"])));
    let headers = [
        ("host", "localhost:7890"),
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
    ];
    let asked = request(Method::POST, "/v1/export?format=csv", &headers, r#"{"q":"Joey"}"#);
    let answer = server.remote(asked).await;
    assert_eq!((answer.status.as_u16(), answer.text().lines().count()), (200, 1), "{}", answer.text());
}

#[tokio::test]
async fn the_words_that_matched_are_marked_in_the_line() {
    let server = filled().await;
    let answer = server.post("/v1/search", &json!({"all": [{"text": "starve"}]})).await.ok();
    let evidence = &answer["moments"][0]["evidence"][0];
    assert_eq!(evidence["text"], "I'm starving");
    assert_eq!(evidence["marks"], json!([[4, 12]]));
    let label = server.post("/v1/search", &json!({"all": [{"label": "Joey"}]})).await.ok();
    assert!(label["moments"][0]["evidence"][0]["marks"].is_null());
}
