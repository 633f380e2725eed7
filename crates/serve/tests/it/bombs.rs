//! Lines meant as bombs: refused with the field and the mend, or bounded.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::Server;

/// A line with one part exchanged.
fn line(part: &str) -> String {
    let fields = [
        r#""type":"SCENE_SEARCH""#,
        r#""time_range":{"start_time_ns":4000000000,"end_time_ns":9000000000}"#,
        r#""label":"kitchen""#,
    ];
    let name = part.split(':').next().unwrap_or("");
    let mut all = vec![r#""asset_id":"film","model":"scene-clip@1""#.to_owned()];
    all.extend(fields.iter().filter(|f| !f.starts_with(name)).map(ToString::to_string));
    all.push(part.to_owned());
    format!("{{{}}}", all.join(","))
}

fn numbers(count: usize, number: &str) -> String {
    vec![number; count].join(",")
}

/// Bombs, with the field that is named and a word of the mend.
fn bombs() -> Vec<(String, &'static str, &'static str)> {
    let range = |start: &str, end: &str| {
        line(&format!(r#""time_range":{{"start_time_ns":{start},"end_time_ns":{end}}}"#))
    };
    let vector = |numbers: &str| line(&format!(r#""embedding_vector":[{numbers}]"#));
    let deep = |open: &str, close: &str| {
        line(&format!(r#""attributes":{{"a":{}1{}}}"#, open.repeat(10_000), close.repeat(10_000)))
    };
    vec![
        (range("0", "9223372036854775807"), "/time_range", "(48 h); cut it"),
        (range("9223372036854775806", "9223372036854775807"), "/time_range", ""),
        (range("0", "9223372036854775808"), "/time_range", ""),
        (range("-1", "5"), "/time_range", ""),
        (range("9", "5"), "/time_range", ""),
        (range("0", "1e300"), "/time_range", ""),
        (line(&format!(r#""label":"{}""#, "x".repeat(1 << 20))), "", "1048576"),
        (line(&format!(r#""label":"{}""#, "x".repeat(1 << 19))), "/label", "16384"),
        (deep("[", "]"), "", ""),
        (deep(r#"{"a":"#, "}"), "", ""),
        (vector(&numbers(4097, "0.5")), "/embedding_vector", "4096"),
        (vector("0.5,NaN"), "", ""),
        (vector("0.5,1e999"), "/embedding_vector", ""),
        (vector("0.5,-1e39"), "/embedding_vector", ""),
        (vector("0,0,0.0"), "/embedding_vector", "leave"),
        (vector(""), "/embedding_vector", "leave"),
        (line(r#""confidence_score":1e308"#), "/confidence_score", "between 0 and 1"),
    ]
}

#[tokio::test]
async fn every_bomb_is_refused_by_its_field_and_the_line_beside_it_goes_in() {
    let server = Server::new();
    let bombs = bombs();
    let mut body = String::new();
    for (bomb, ..) in &bombs {
        body.push_str(bomb);
        body.push('\n');
    }
    body.push_str(&line(r#""label":"harmless""#));
    body.push('\n');
    let answer = server.post_lines("/v1/annotations?wait=true", &body).await.ok();
    let errors = answer["errors"].as_array().unwrap();
    for (number, (bomb, pointer, mend)) in (1..).zip(&bombs) {
        let short: String = bomb.chars().take(150).collect();
        let error = errors.iter().find(|e| e["line"] == number);
        let error = error.unwrap_or_else(|| panic!("line {number} was taken: {short}"));
        let named = error["pointer"].as_str().unwrap();
        let detail = error["detail"].as_str().unwrap();
        assert!(named.starts_with(pointer), "{short}: `{named}` {detail}");
        assert!(!detail.is_empty() && detail.contains(mend), "{short}: {detail}");
        assert!(detail.len() < 1_000, "an error repeats no bomb: {} bytes", detail.len());
    }
    assert_eq!((&answer["accepted"], &answer["rejected"]), (&json!(1), &json!(bombs.len())));
    let found = server.post("/v1/search", &json!({"all": [{"type": "SCENE_SEARCH"}]})).await.ok();
    assert_eq!(found["total"], 1);
    // Alone, with all or nothing, each is a problem.
    for (bomb, ..) in &bombs {
        server.post_lines("/v1/annotations?strict=true", bomb).await.problem(422);
    }
}

#[tokio::test]
async fn ten_thousand_annotations_in_one_second_are_taken_and_bounded() {
    let server = Server::new();
    let body: String = (0..10_000)
        .map(|n| {
            let range = format!(
                r#""time_range":{{"start_time_ns":{},"end_time_ns":{}}}"#,
                4_000_000_000u64 + n,
                4_900_000_000u64 + n
            );
            line(&range) + "\n"
        })
        .collect();
    let began = Instant::now();
    let answer = server.post_lines("/v1/annotations?wait=true", &body).await.ok();
    assert_eq!((&answer["accepted"], &answer["searchable"]), (&json!(10_000), &json!(true)));
    let found = server.post("/v1/search", &json!({"all": [{"label": "kitchen"}]})).await.ok();
    assert_eq!(found["total"], 1, "they all meet: one moment");
    assert!(found.to_string().len() < 1 << 20, "its evidence is bounded");
    let buckets = server.get("/v1/buckets/film").await.ok();
    let parts: Vec<usize> = buckets.as_array().unwrap().iter().map(annotations).collect();
    assert_eq!(parts.iter().sum::<usize>(), 10_000);
    assert!(parts.iter().all(|n| *n <= 5_000), "{parts:?}");
    let report = server.call(axum::http::Method::POST, "/v1/verify", "application/json", "").await;
    assert_eq!(report.lines().last().unwrap()["result"]["problem_count"], 0);
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
}

fn annotations(bucket: &Value) -> usize {
    bucket["source_annotations"].as_array().unwrap().len()
}
