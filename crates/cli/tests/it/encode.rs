//! Meaning: what is said becomes vectors, and is found by other words.

use std::io::{Read, Write};
use std::net::TcpListener;

use serde_json::{Value, json};

use crate::support::{Place, line};

fn said(asset: &str, start: f64, text: &str, language: &str) -> String {
    let more = json!({"text": text, "language": language});
    line(asset, "speech@2", "DIALOGUE_SEARCH", start, start + 3.0, more)
}

fn place() -> Place {
    let place = Place::new();
    let lines = [
        said("one", 10.0, "I am so hungry I could eat a horse", "en"),
        said("one", 30.0, "The train to the coast leaves at nine o'clock sharp", "en"),
        said("one", 50.0, "Will you marry me? I bought a ring and everything", "en"),
        said("one", 70.0, "Tengo muchisima hambre, vamos a comer algo ya", "es"),
        said("two", 10.0, "Call an ambulance, he is bleeding from the head", "en"),
        line("silent", "faces@3", "CHARACTER_SEARCH", 2.0, 8.0, json!({"label": "Joey"})),
    ];
    place.run_with(&["ingest", "--wait", "-"], lines.join("\n")).ok();
    place
}

fn meaning(text: &str) -> Value {
    json!({"all": [{"type": "MEANING_SEARCH", "vector": {"text": text, "k": 1}}]})
}

#[test]
fn what_is_meant_is_found_though_no_word_of_it_was_said() {
    let place = place();
    place.run(&["encode", "--wait"]).ok().says("4 vectors written for 2 assets").says("1 unchanged");
    for (asked, asset, start) in [
        ("starving, wants food", "one", 10.0),
        ("railway departure", "one", 30.0),
        ("wedding proposal", "one", 50.0),
        ("injured man needs a doctor", "two", 10.0),
    ] {
        let found = place.moments(&meaning(asked));
        assert_eq!(found, [(asset.to_owned(), start, start + 3.0)], "{asked}");
    }
}

#[test]
fn only_what_changed_is_encoded_again() {
    let place = place();
    let report = |args: &[&str]| place.run(&[&["encode", "--wait", "--json"], args].concat()).ok().json();
    let changed = |report: &Value| {
        let entries = report.as_array().unwrap().iter().filter(|e| e["changed"] == json!(true));
        entries.map(|e| e["asset_id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(changed(&report(&["--asset", "two"])), ["two"]);
    assert_eq!(changed(&report(&[])), ["one"]);
    assert_eq!(changed(&report(&[])), [] as [String; 0]);
    let more = said("two", 40.0, "Let us dance until the sun comes up again", "en");
    place.run_with(&["ingest", "--wait", "-"], more).ok();
    assert_eq!(changed(&report(&[])), ["two"]);
    assert_eq!(place.moments(&meaning("dancing all night"))[0].1, 40.0);
    // Without its dialogue an asset has no meaning any more.
    place.run(&["erase", "--model", "speech@2", "--of", "two", "--yes"]).ok();
    let gone = report(&[]);
    assert_eq!(changed(&gone), ["two"]);
    assert_eq!(changed(&report(&[])), [] as [String; 0]);
    assert_eq!(place.moments(&meaning("injured man needs a doctor"))[0].0, "one");
}

#[test]
fn lines_are_turned_to_vectors_without_an_archive() {
    let place = Place::new();
    let out = place.run_with(&["encode", "--lines"], "kitchen\n\n").ok().out;
    let vectors: Vec<Value> = out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!((vectors[0].as_array().unwrap().len(), &vectors[1]), (256, &Value::Null));
    place.run(&["encode", "--encoder", "unheard-of"]).code(2).warns("known are static-en@1");
}

#[test]
fn an_encoder_that_is_named_late_is_known_at_once() {
    let place = Place::new();
    let out =
        place.run_with(&["encode", "--lines"], "a red car in the rain\nsomebody cooks dinner\n").ok().out;
    let vectors = out.lines().map(|l| serde_json::from_str::<Value>(l).unwrap());
    let shots = (0..).zip(vectors).map(|(n, vector)| {
        let start = f64::from(n) * 10.0;
        line("one", "captions@1", "SCENE_SEARCH", start, start + 5.0, json!({"embedding_vector": vector}))
    });
    place.run_with(&["ingest", "--wait", "-"], shots.collect::<Vec<_>>().join("\n")).ok();
    let plan = json!({"all": [{"type": "SCENE_SEARCH", "vector": {"text": "automobile", "k": 1}}]});
    assert_eq!(place.moments(&plan), [], "no encoder is known yet, and no word says so");
    let model = json!({"model": "captions@1", "types": ["SCENE_SEARCH"],
        "space": {"dimensions": 256, "metric": "cosine", "encoder": "static-en@1"}});
    place.run_with(&["model", "import", "-"], model.to_string()).ok();
    assert_eq!(place.moments(&plan), [("one".to_owned(), 0.0, 5.0)]);
}

#[test]
fn a_picture_is_a_warning_where_no_encoder_takes_one() {
    let place = place();
    place.run(&["encode", "--wait"]).ok();
    let plan = json!({"all": [{"vector": {"image": "data:image/png;base64,iVBORw0KGgo="}}]}).to_string();
    let answer = place.run_with(&["search", "--json", "--plan", "-"], plan).ok().json();
    assert_eq!((&answer["warnings"][0]["code"], &answer["total"]), (&json!("no_encoder"), &json!(0)));
}

#[test]
fn an_encoder_that_does_not_answer_is_a_warning_and_the_words_are_searched() {
    let place = place();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    configure(&place, &format!("http://{silent}"));
    let model = json!({"model": "studio-space@1", "types": ["SCENE_SEARCH"],
        "space": {"dimensions": 2, "metric": "cosine", "encoder": "studio"}});
    place.run_with(&["model", "import", "-"], model.to_string()).ok();
    let shot =
        line("one", "studio-space@1", "SCENE_SEARCH", 0.0, 5.0, json!({"embedding_vector": [1.0, 0.0]}));
    place.run_with(&["ingest", "--wait", "-"], shot).ok();
    let plan = json!({"all": [{"vector": {"text": "hungry"}}]}).to_string();
    let answer = place.run_with(&["search", "--json", "--plan", "-"], plan).ok().json();
    assert_eq!(answer["warnings"][0]["code"], "encoder_failed", "{answer}");
    assert_eq!(answer["moments"][0]["start_ns"], 10_000_000_000_i64, "the word is found");
}

#[test]
fn a_configured_endpoint_encodes_lines_and_questions() {
    let place = place();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    configure(&place, &format!("http://{}", listener.local_addr().unwrap()));
    std::thread::spawn(move || {
        // A text about food points one way, all others the other way.
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let body = body(&mut stream);
            let food = |t: &Value| ["hungry", "food"].iter().any(|w| t.as_str().unwrap().contains(w));
            let texts = body["input"].as_array().unwrap().iter().enumerate();
            let vector = |t: &Value| if food(t) { [1.0, 0.1] } else { [0.1, 1.0] };
            let data: Vec<Value> = texts.map(|(i, t)| json!({"index": i, "embedding": vector(t)})).collect();
            let answer = json!({ "data": data }).to_string();
            let head =
                format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", answer.len());
            stream.write_all((head + &answer).as_bytes()).unwrap();
        }
    });
    place.run(&["encode", "--wait", "--encoder", "studio"]).ok().says("5 vectors");
    let plan = json!({"all": [{"model": "meaning-studio@1", "vector": {"text": "food", "k": 2}}]});
    let starts: Vec<f64> = place.moments(&plan).into_iter().map(|(_, start, _)| start).collect();
    assert_eq!(starts[0], 10.0);
}

fn configure(place: &Place, url: &str) {
    let text = format!("[encoder.studio]\nkind = 'openai'\nurl = '{url}'\nmodel = 'm'\ntimeout_s = 2\n");
    std::fs::write(place.archive().join("rushes.toml"), text).unwrap();
}

fn body(stream: &mut impl Read) -> Value {
    let mut bytes = Vec::new();
    let mut some = [0; 4096];
    loop {
        let n = stream.read(&mut some).unwrap();
        bytes.extend_from_slice(&some[..n]);
        let Some(at) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..at]).to_lowercase();
        let length = head.lines().find_map(|l| l.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
        if bytes.len() >= at + 4 + length {
            return serde_json::from_slice(&bytes[at + 4..]).unwrap();
        }
    }
}
