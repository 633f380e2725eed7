use super::*;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use rushes_types::{Error, ErrorKind};
use serde_json::json;

#[test]
fn an_address_is_one_of_http() {
    assert_eq!(address("http://127.0.0.1:9200/").unwrap(), "http://127.0.0.1:9200");
    for wrong in ["", "host", "ftp://host", "http://host?x=1"] {
        assert!(address(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_silent_server_is_reported_after_the_patience() {
    let config = ElasticConfig {
        urls: vec!["http://127.0.0.1:9".to_owned(), "http://127.0.0.1:10".to_owned()],
        patience_ms: 200,
        ..ElasticConfig::at("http://127.0.0.1:9")
    };
    let error: Error = Client::new(&config).unwrap().bytes(&ApiRequest::get("/")).unwrap_err().into();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("http://127.0.0.1:10"), "{error}");
}

/// A server that gives these answers in turn, the last one for ever; and how many it has given.
pub(crate) fn scripted(answers: Vec<(u16, Value)>) -> (String, Arc<Mutex<usize>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let given = Arc::new(Mutex::new(0));
    let count = given.clone();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let Ok(mut connection) = connection else { return };
            let mut lines = BufReader::new(connection.try_clone().unwrap());
            let (mut line, mut length) = (String::new(), 0);
            while lines.read_line(&mut line).is_ok_and(|read| read > 2) {
                if let Some(bytes) = line.to_lowercase().strip_prefix("content-length:") {
                    length = bytes.trim().parse().unwrap();
                }
                line.clear();
            }
            let mut body = vec![0; length];
            lines.read_exact(&mut body).unwrap();
            let mut given = count.lock().unwrap();
            let (status, body) = &answers[(*given).min(answers.len() - 1)];
            *given += 1;
            let body = body.to_string();
            let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close", body.len());
            let _ = connection.write_all(format!("{head}\r\n\r\n{body}").as_bytes());
        }
    });
    (url, given)
}

/// A client of a scripted server.
pub(crate) fn client_of(answers: Vec<(u16, Value)>, patience_ms: u64) -> (Client, Arc<Mutex<usize>>) {
    let (url, given) = scripted(answers);
    (Client::new(&ElasticConfig { patience_ms, ..ElasticConfig::at(&url) }).unwrap(), given)
}

fn refusal(status: u16, kind: &str) -> (u16, Value) {
    (
        status,
        json!({"status": status, "error": {"type": kind, "reason": "r", "root_cause": [{"type": kind}]}}),
    )
}

#[test]
fn a_request_is_sent_again_while_shards_nodes_or_the_master_are_not_ready() {
    let not_ready = vec![
        refusal(503, "cluster_block_exception"),
        refusal(503, "master_not_discovered_exception"),
        refusal(404, "illegal_index_shard_state_exception"),
        refusal(503, "search_phase_execution_exception"),
        refusal(500, "node_disconnected_exception"),
        refusal(429, "circuit_breaking_exception"),
    ];
    let count = not_ready.len();
    let (client, given) = client_of([not_ready, vec![(200, json!({"ok": true}))]].concat(), 60_000);
    assert_eq!(client.json(&ApiRequest::get("/a")).unwrap(), json!({"ok": true}));
    assert_eq!(*given.lock().unwrap(), count + 1);
}

#[test]
fn what_waiting_does_not_mend_is_an_error_at_once() {
    for (status, kind, expected) in [
        (403, "cluster_block_exception", ErrorKind::Misconfigured),
        (404, "index_not_found_exception", ErrorKind::NotFound),
        (500, "null_pointer_exception", ErrorKind::Unavailable),
        (400, "parsing_exception", ErrorKind::Bug),
    ] {
        let (client, given) = client_of(vec![refusal(status, kind)], 60_000);
        let error = Error::from(client.json(&ApiRequest::get("/a")).unwrap_err());
        assert_eq!((error.kind(), *given.lock().unwrap()), (expected, 1), "{error}");
    }
}

#[test]
fn a_document_of_a_shard_that_starts_is_asked_for_again_and_then_unavailable() {
    let error = json!({"type": "illegal_index_shard_state_exception", "reason": "CurrentState[RECOVERING]"});
    let starting = (200, json!({"docs": [{"_id": "a", "found": true}, {"_id": "b", "error": error}]}));
    let whole = (200, json!({"docs": [{"_id": "a", "found": true}, {"_id": "b", "found": false}]}));
    let ask = ApiRequest::post("/i/_mget");
    let (client, given) = client_of(vec![starting.clone(), starting.clone(), whole], 60_000);
    assert_eq!(client.documents(&ask).unwrap().len(), 2);
    assert_eq!(*given.lock().unwrap(), 3);
    let (client, _) = client_of(vec![starting], 100);
    let error = Error::from(client.documents(&ask).unwrap_err());
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
}

#[test]
fn a_document_whose_shard_starts_is_not_taken_for_missing() {
    let (client, _) = client_of(vec![refusal(404, "illegal_index_shard_state_exception")], 100);
    let error = Error::from(client.find(&ApiRequest::get("/i/_doc/a")).unwrap_err());
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    let (client, _) = client_of(vec![(404, json!({"found": false}))], 100);
    assert_eq!(client.find(&ApiRequest::get("/i/_doc/a")).unwrap(), None);
}

/// A server that takes requests and never answers.
fn silent() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        for connection in listener.incoming() {
            kept.push(connection);
        }
    });
    url
}

#[test]
fn waits_end_soon_after_the_caller_has_gone_away() {
    let second = Duration::from_secs(1);
    let limits = rushes_index::BudgetLimits { cpu: second, memory_bytes: 1, answer_bytes: 1, long: second };
    // One does not answer, one is not there and is asked again.
    for url in [silent(), "http://127.0.0.1:9".to_owned()] {
        let config =
            ElasticConfig { patience_ms: 60_000, request_ms: 30_000, ..ElasticConfig::at(url.as_str()) };
        let client = Client::new(&config).unwrap();
        let begun = Instant::now();
        let is_gone = move || begun.elapsed() > Duration::from_millis(200);
        let budget = rushes_index::Budget::new(limits, || Duration::ZERO).given_up_when(is_gone);
        let waits = crate::waits::ForCaller::of(&budget);
        assert!(client.bytes(&ApiRequest::get("/")).is_err(), "{url}");
        let took = begun.elapsed();
        assert!((200..2_000).contains(&took.as_millis()), "{url}: {took:?}");
        drop(waits);
        assert!(!crate::waits::is_gone(), "what comes then on this thread waits for somebody else");
    }
}
