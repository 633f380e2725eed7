//! `rushes mcp`: lines of the Model Context Protocol, relayed to the route that answers it.

use std::io::{BufRead, Read};

use anyhow::Context;
use axum::http::Method;
use serde_json::{Value, json};

use crate::client::{Client, Payload, Reply};
use crate::config::Config;
use crate::exit::Outcome;
use crate::output;

/// Where agents ask.
const PATH: &str = "/mcp";
/// Longest message, in bytes; the server takes no longer one.
const MESSAGE_BYTES_MAX: u64 = 4 << 20;
/// What a message says of its revision of the protocol.
const REVISION: &str = "io.modelcontextprotocol/protocolVersion";
/// JSON-RPC: the message is no JSON, or cannot be answered.
const NO_JSON: i64 = -32_700;
const NO_ANSWER: i64 = -32_603;

/// Runs the command.
pub fn run(config: &Config, quiet: bool) -> Outcome {
    let client = Client::reader(config)?;
    super::wait::before_reading(&client, quiet)?;
    let mut input = std::io::stdin().lock();
    // Agreed on by clients of earlier revisions, which say it only once.
    let mut agreed: Option<String> = None;
    let mut line = Vec::new();
    loop {
        line.clear();
        let n = input.by_ref().take(MESSAGE_BYTES_MAX + 1).read_until(b'\n', &mut line);
        if n.context("reading standard input")? == 0 {
            return Ok(());
        }
        if line.len() as u64 > MESSAGE_BYTES_MAX {
            output::bytes(&with_newline(&failed(&Value::Null, NO_JSON, "the message is too long")))?;
            return Ok(());
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let Ok(message) = serde_json::from_slice::<Value>(&line) else {
            output::bytes(&with_newline(&failed(&Value::Null, NO_JSON, "the message is no JSON")))?;
            continue;
        };
        let (id, headers) = (message.get("id").cloned(), headers(&message, agreed.as_deref()));
        let reply = client.send(Method::POST, PATH, Payload::Message(message, headers))?;
        if let Some(answer) = answer(&reply, id.as_ref()) {
            if let Some(revision) = answer.pointer("/result/protocolVersion").and_then(Value::as_str) {
                agreed = Some(revision.to_owned());
            }
            output::bytes(&with_newline(&answer))?;
        }
    }
}

/// Over HTTP some of a message stands in headers, too.
fn headers(message: &Value, agreed: Option<&str>) -> Vec<(&'static str, String)> {
    let text = |pointer: &str| message.pointer(pointer).and_then(Value::as_str);
    let own = message.pointer("/params/_meta").and_then(|meta| meta.get(REVISION)).and_then(Value::as_str);
    let mut headers = Vec::new();
    let mut add = |name: &'static str, value: Option<&str>| {
        // What no header may hold, the message alone says.
        let sound = value.filter(|value| value.bytes().all(|b| (0x20..0x7f).contains(&b)));
        headers.extend(sound.map(|value| (name, value.to_owned())));
    };
    add("mcp-protocol-version", own.or(agreed));
    if own.is_some() {
        add("mcp-method", text("/method"));
        add("mcp-name", text("/params/name").or_else(|| text("/params/uri")));
    }
    headers
}

/// What is written back: the answer, or that there is none. A notification is not answered.
fn answer(reply: &Reply, id: Option<&Value>) -> Option<Value> {
    match serde_json::from_slice::<Value>(&reply.body) {
        Ok(answer) if answer.get("jsonrpc").is_some() => Some(answer),
        Ok(problem) => {
            let detail = problem.get("detail").and_then(Value::as_str).unwrap_or("the server refuses");
            id.map(|id| failed(id, NO_ANSWER, detail))
        }
        Err(_) if reply.status.is_success() && reply.body.is_empty() => None,
        Err(_) => {
            let said = String::from_utf8_lossy(&reply.body).trim().to_owned();
            id.map(|id| failed(id, NO_ANSWER, &said))
        }
    }
}

fn failed(id: &Value, code: i64, message: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}})
}

fn with_newline(message: &Value) -> Vec<u8> {
    let mut bytes = message.to_string().into_bytes();
    bytes.push(b'\n');
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_say_what_the_message_says() {
        let message =
            json!({"method": "tools/call", "params": {"name": "search", "_meta": {REVISION: "2026-07-28"}}});
        let said = headers(&message, Some("2025-11-25"));
        let expected =
            [("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/call"), ("mcp-name", "search")];
        assert_eq!(said, expected.map(|(name, value)| (name, value.to_owned())));
        let earlier = json!({"method": "tools/list", "params": {"name": "é"}});
        assert_eq!(
            headers(&earlier, Some("2025-11-25")),
            [("mcp-protocol-version", "2025-11-25".to_owned())]
        );
        assert!(headers(&earlier, None).is_empty());
    }
}
