//! How fast? Tiny in every run; `RUSHES_SPEED=1` (with `--release --nocapture`) measures and prints.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rushes_index::AssetUpdate;
use rushes_index::Budget;
use rushes_plan::{Clause, Filter, Fuzziness};
use rushes_testkit::index_history::Dice;
use rushes_testkit::index_suite::{
    IndexFixture, current, label, labelled, line, near, phrase, put, update, vectored, words,
};
use rushes_types::{Change, Commit, Metric};
use serde_json::{Value, json};

use crate::fixtures::Elastic;
use crate::rest::{must, raw};

const WORDS: [&str; 16] = [
    "how", "you", "doing", "the", "kitchen", "is", "on", "fire", "running", "home", "we", "were", "a",
    "break", "sandwich", "pivot",
];
const NAMES: [&str; 8] = ["Joey", "Ross", "Rachel", "Monica", "Chandler", "Phoebe", "Gunther", "Janice"];
const DIMENSIONS: usize = 128;

fn changes(asset: &str, count: i64, dice: &mut Dice) -> Vec<Change> {
    let mut annotation = |n: i64| {
        let id = format!("{n:06}");
        match n % 3 {
            0 => labelled(asset, &id, n, dice.one_of(&NAMES)),
            1 => {
                let said: Vec<&str> = (0..8).map(|_| dice.one_of(&WORDS)).collect();
                line(asset, &id, n, &said.join(" "))
            }
            _ => {
                let vector: Vec<f32> =
                    (0..DIMENSIONS).map(|_| dice.number(2_001) as f32 / 1e3 - 1.0).collect();
                vectored(asset, &id, n, &vector)
            }
        }
    };
    (0..count).map(|n| put(&current(annotation(n), 1))).collect()
}

/// Passes requests on to a cluster, and keeps the bodies of bulk requests.
fn recorder(url: &str) -> (String, Arc<Mutex<Vec<Vec<u8>>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let own = format!("http://{}", listener.local_addr().unwrap());
    let kept = Arc::new(Mutex::new(Vec::new()));
    let (keep, url) = (kept.clone(), url.to_owned());
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let (keep, url) = (keep.clone(), url.clone());
            std::thread::spawn(move || pass_on(connection.unwrap(), &url, &keep));
        }
    });
    (own, kept)
}

fn pass_on(connection: TcpStream, url: &str, keep: &Mutex<Vec<Vec<u8>>>) {
    let mut answers = connection.try_clone().unwrap();
    let mut questions = BufReader::new(connection);
    loop {
        let mut first = String::new();
        if questions.read_line(&mut first).unwrap_or(0) == 0 {
            return;
        }
        let (mut length, mut kind) = (0, "application/json".to_owned());
        loop {
            let mut header = String::new();
            questions.read_line(&mut header).unwrap();
            let Some((name, value)) = header.trim().split_once(": ") else { break };
            match name.to_lowercase().as_str() {
                "content-length" => length = value.parse().unwrap(),
                "content-type" => value.clone_into(&mut kind),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        questions.read_exact(&mut body).unwrap();
        let mut words = first.split_whitespace();
        let (method, path) = (words.next().unwrap(), words.next().unwrap());
        if path.starts_with("/_bulk") {
            keep.lock().unwrap().push(body.clone());
        }
        let (status, answer) = raw(method, &format!("{url}{path}"), &kind, body);
        let answer = answer.to_string();
        let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n", answer.len());
        answers.write_all(format!("{head}{answer}").as_bytes()).unwrap();
    }
}

/// The bulk requests of an index of annotations, for another index, and its mapping.
fn recorded(updates: &[AssetUpdate], to: &str) -> (Vec<Vec<u8>>, Value) {
    let url = rushes_testkit::servers::elasticsearch().unwrap();
    let (recorder, kept) = recorder(&url);
    let fixture = Elastic::with(|config| (config.urls, config.buckets) = (vec![recorder], false)).unwrap();
    for one in updates {
        fixture.index().apply(std::slice::from_ref(one)).unwrap();
    }
    let own = format!("\"_index\":\"{}-annotations\"", fixture.config.prefix);
    let kept = kept.lock().unwrap();
    let texts = kept.iter().map(|body| String::from_utf8(body.clone()).unwrap());
    let of_annotations = texts.filter(|text| text.contains(&own));
    let other = format!("\"_index\":\"{to}\"");
    let moved = |text: String| {
        text.replace(&own, &other).replace("\"require_alias\":true", "\"require_alias\":false")
    };
    let state = must("GET", &format!("{url}/{}-annotations", fixture.config.prefix), &Value::Null);
    let (_, index) = state.as_object().unwrap().iter().next().unwrap();
    (of_annotations.map(|text| moved(text).into_bytes()).collect(), index["mappings"].clone())
}

/// Waits until the cluster merges nothing any more: what one measurement began is not another's to wait for.
fn quiet(url: &str) {
    for _ in 0..100 {
        let stats =
            must("GET", &format!("{url}/_stats/merge?filter_path=_all.total.merges.current"), &Value::Null);
        if stats.pointer("/_all/total/merges/current") == Some(&json!(0)) {
            return;
        }
        std::thread::sleep(Duration::from_millis(300));
    }
}

/// How long the plainest bulk client takes for the same bytes, into an index of the same mapping.
fn bare(fixture: &Elastic, updates: &[AssetUpdate]) -> Duration {
    let (url, prefix) = (&fixture.config.urls[0], &fixture.config.prefix);
    let name = format!("{prefix}-bare");
    let settings = json!({"number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": "-1"});
    let (bodies, mapping) = recorded(updates, &name);
    let made = json!({"mappings": mapping, "settings": {"index": settings}});
    must("PUT", &format!("{url}/{name}"), &made);
    quiet(url);
    let begun = Instant::now();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let work = || {
            while let Some(body) = bodies.get(next.fetch_add(1, Ordering::SeqCst)) {
                let to = format!("{url}/_bulk?filter_path=errors");
                let (status, answer) = raw("POST", &to, "application/x-ndjson", body.clone());
                assert!(status == 200 && answer["errors"] == json!(false), "{status} {answer}");
            }
        };
        (0..fixture.config.in_flight).for_each(|_| drop(scope.spawn(work)));
    });
    must("POST", &format!("{url}/{name}/_refresh"), &Value::Null);
    let took = begun.elapsed();
    must("DELETE", &format!("{url}/{name}"), &Value::Null);
    took
}

#[test]
fn writing_and_asking_are_measured() {
    let large = std::env::var_os("RUSHES_SPEED").is_some();
    let (assets, per_asset, rounds) = if large { (10, 6_000, 101) } else { (2, 60, 3) };
    let Some(fixture) = Elastic::with(|config| config.buckets = false) else { return };
    let mut dice = Dice(11);
    let updates: Vec<_> = (0..assets)
        .map(|no| {
            let asset = format!("asset-{no}");
            update(&asset, 0, 1, changes(&asset, per_asset, &mut dice))
        })
        .collect();
    let bare = bare(&fixture, &updates);
    quiet(&fixture.config.urls[0]);
    let begun = Instant::now();
    for one in &updates {
        fixture.index().apply(std::slice::from_ref(one)).unwrap();
    }
    fixture.index().publish(Commit(1)).unwrap();
    let ours = begun.elapsed();
    let count = usize::try_from(assets * per_asset).unwrap();
    let per_second = |took: Duration| count as f64 / took.as_secs_f64();
    println!(
        "{count} annotations: {:.0}/s by apply and publish, {:.0}/s by bare bulk of the same documents: {:.2}",
        per_second(ours),
        per_second(bare),
        bare.as_secs_f64() / ours.as_secs_f64()
    );
    while fixture.index().maintain().unwrap() {}
    let counts = fixture.index().counts().unwrap();
    println!("{counts:?}: {} bytes an annotation", counts.bytes / count as u64);
    let vector: Vec<f32> = (0..DIMENSIONS).map(|n| n as f32 - 50.0).collect();
    let kinds: [(&str, Clause); 7] = [
        ("label", label(&["joey"])),
        ("word", words(&["sandwich"], false, Fuzziness::Exact)),
        ("two words in any form", words(&["run", "sandwich"], true, Fuzziness::Exact)),
        ("word with typos", words(&["sandwhich"], false, Fuzziness::Auto)),
        ("phrase", phrase(&["how", "you", "doing"], 0)),
        ("phrase with slop", phrase(&["pivot", "sandwich"], 2)),
        ("50 nearest, exact", near(&vector, Some(50), Metric::Cosine, None)),
    ];
    for (name, clause) in kinds {
        let mut times = Vec::new();
        let mut hits = 0;
        for _ in 0..rounds {
            let begun = Instant::now();
            let reader = fixture.index().reader(None).unwrap();
            let found = if name.contains("nearest") {
                reader.nearest(&clause, &Filter::default(), None, Budget::of_maintenance())
            } else {
                reader.hits(&clause, &Filter::default(), Budget::of_maintenance())
            };
            hits = found.unwrap().hits.len();
            times.push(begun.elapsed());
        }
        times.sort();
        println!(
            "{name}: {hits} hits, p50 {:.1} ms, p95 {:.1} ms",
            times[times.len() / 2].as_secs_f64() * 1e3,
            times[times.len() * 95 / 100].as_secs_f64() * 1e3
        );
    }
}
