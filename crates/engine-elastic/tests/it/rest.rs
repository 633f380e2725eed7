//! Plain requests to the cluster, as another program would send them.

use serde_json::Value;
use ureq::http::Request;

/// Sends a request and gives the status and the answer.
pub fn send(method: &str, url: &str, body: &Value) -> (u16, Value) {
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    raw(method, url, "application/json", body)
}

/// The same with a body as it is.
pub fn raw(method: &str, url: &str, kind: &str, body: Vec<u8>) -> (u16, Value) {
    let config = ureq::Agent::config_builder().http_status_as_error(false).build();
    let agent: ureq::Agent = config.into();
    let request = Request::builder().method(method).uri(url).header("content-type", kind);
    let mut response = if body.is_empty() {
        agent.run(request.body(()).unwrap()).unwrap()
    } else {
        agent.run(request.body(body).unwrap()).unwrap()
    };
    let status = response.status().as_u16();
    let read = response.body_mut().with_config().limit(1 << 30).read_to_vec().unwrap();
    (status, serde_json::from_slice(&read).unwrap_or_default())
}

/// Sends a request that must be taken.
pub fn must(method: &str, url: &str, body: &Value) -> Value {
    let (status, answer) = send(method, url, body);
    assert!((200..=299).contains(&status), "{method} {url}: {status} {answer}");
    answer
}
