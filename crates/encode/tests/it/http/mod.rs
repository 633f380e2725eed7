//! An endpoint on this machine that answers as it is told.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rushes_encode::Encoder;
use rushes_encode::http::{Endpoint, EndpointConfig};
use rushes_types::{ErrorKind, Metric};
use serde_json::{Value, json};

/// Answers one connection after the other; gives what was asked, head and body.
fn serve(answers: Vec<(u16, String)>) -> (String, Receiver<(String, Value)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (asked, requests) = channel();
    std::thread::spawn(move || {
        for (status, body) in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let request = read(&mut stream);
            let answer = format!(
                "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\nlocation: /elsewhere\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(answer.as_bytes()).unwrap();
            if asked.send(request).is_err() {
                return;
            }
        }
    });
    (url, requests)
}

fn read(stream: &mut TcpStream) -> (String, Value) {
    let mut bytes = Vec::new();
    let mut some = [0; 4096];
    loop {
        let n = stream.read(&mut some).unwrap();
        bytes.extend_from_slice(&some[..n]);
        let Some(at) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else { continue };
        let head = String::from_utf8(bytes[..at].to_vec()).unwrap().to_lowercase();
        let length = head.lines().find_map(|l| l.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
        if bytes.len() >= at + 4 + length {
            return (head, serde_json::from_slice(&bytes[at + 4..]).unwrap());
        }
    }
}

fn config(url: &str) -> EndpointConfig {
    EndpointConfig {
        name: "studio".into(),
        url: url.into(),
        model: "small".into(),
        key: Some("secret".into()),
        dimensions: None,
        metric: Metric::Cosine,
        timeout: Duration::from_secs(5),
    }
}

fn endpoint(url: &str) -> Endpoint {
    Endpoint::new(config(url)).unwrap()
}

fn embeddings(vectors: &[(usize, [f32; 2])]) -> String {
    let data: Vec<Value> = vectors.iter().map(|(i, v)| json!({"index": i, "embedding": v})).collect();
    json!({"object": "list", "data": data, "model": "small"}).to_string()
}

#[test]
fn texts_are_asked_for_together_and_come_back_in_their_order() {
    let (url, requests) = serve(vec![(200, embeddings(&[(1, [0.0, 1.0]), (0, [1.0, 0.0])]))]);
    let made = endpoint(&url).encode_texts(&["kitchen", " ", "galley"]).unwrap();
    assert_eq!(made, [Some(vec![1.0, 0.0]), None, Some(vec![0.0, 1.0])]);
    let (head, body) = requests.recv().unwrap();
    assert!(head.starts_with("post /v1/embeddings "), "{head}");
    assert!(head.contains("authorization: bearer secret"), "{head}");
    assert_eq!(body, json!({"model": "small", "input": ["kitchen", "galley"], "encoding_format": "float"}));
}

#[test]
fn what_may_succeed_later_is_asked_again_a_few_times() {
    let busy = || (503, "{}".to_owned());
    let (url, requests) = serve(vec![busy(), busy(), (200, embeddings(&[(0, [1.0, 0.0])]))]);
    assert!(endpoint(&url).encode_texts(&["a"]).is_ok());
    assert_eq!(requests.iter().take(3).count(), 3);
    let (url, _requests) = serve(vec![busy(), busy(), busy()]);
    let error = endpoint(&url).encode_texts(&["a"]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.message().contains("503"), "{}", error.message());
}

#[test]
fn what_will_not_succeed_is_said_at_once_and_the_key_is_not() {
    for (status, body, part) in [
        (401, json!({"error": {"message": "no such key"}}).to_string(), "no such key"),
        (302, "{}".to_owned(), "302"),
        (200, "<html>".to_owned(), "no list of embeddings"),
        (200, embeddings(&[(1, [1.0, 0.0])]), "lacks a vector"),
        (200, r#"{"data":[]}"#.to_owned(), "lacks a vector"),
    ] {
        let (url, _requests) = serve(vec![(status, body)]);
        let endpoint = endpoint(&url);
        let error = endpoint.encode_texts(&["a"]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{part}");
        assert!(error.message().contains(part), "{}", error.message());
        assert!(!format!("{error} {endpoint:?}").contains("secret"));
    }
}

#[test]
fn no_call_waits_longer_than_was_configured() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let timeout = Duration::from_millis(300);
    let endpoint = Endpoint::new(EndpointConfig { timeout, ..config(&url) }).unwrap();
    let begun = Instant::now();
    assert_eq!(endpoint.encode_texts(&["a"]).unwrap_err().kind(), ErrorKind::Unavailable);
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    drop(silent);
    assert_eq!(
        endpoint.encode_texts(&["a"]).unwrap_err().kind(),
        ErrorKind::Unavailable,
        "no server is there"
    );
}
