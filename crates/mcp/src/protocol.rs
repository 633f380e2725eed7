//! The Model Context Protocol, as far as a server of tools needs it: JSON-RPC, one message, one answer, no sessions.
//!
//! Written here: the official library was tried first, with the same tests. A program of nothing but its server is 3.3 MB
//! long, it brings eleven crates, and the one binary has no room for what is a page of code. The official client of another
//! language asks in the tests.
//!
//! In the current revision each message says its revision in `_meta`, over HTTP in headers as well, which must agree. Clients
//! of earlier ones begin with `initialize`; they are answered without a session, each message by itself.

use serde_json::{Map, Value, json};

use crate::answers::Told;
use crate::{Asking, INSTRUCTIONS, described, tools};

/// The revision in which each message stands for itself.
const CURRENT: &str = "2026-07-28";
/// Those before it, the newest first: agreed on by `initialize`.
const EARLIER: [&str; 4] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];
/// What a message says of its revision.
const REVISION: &str = "io.modelcontextprotocol/protocolVersion";
/// Where an answer names its server.
const SERVER: &str = "io.modelcontextprotocol/serverInfo";
/// How long what is offered may be taken for unchanged, in milliseconds.
const FRESH_MS: u64 = 60_000;

const PARSE_ERROR: i64 = -32_700;
const INVALID_REQUEST: i64 = -32_600;
const METHOD_NOT_FOUND: i64 = -32_601;
const INVALID_PARAMS: i64 = -32_602;
const HEADER_MISMATCH: i64 = -32_020;
const UNSUPPORTED_REVISION: i64 = -32_022;

/// What the headers of a request over HTTP say of its message.
#[derive(Debug, Clone, Copy, Default)]
pub struct Headers<'h> {
    /// `mcp-protocol-version`.
    pub revision: Option<&'h str>,
    /// `mcp-method`.
    pub method: Option<&'h str>,
    /// `mcp-name`.
    pub name: Option<&'h str>,
}

/// What a message is answered with.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// The status over HTTP.
    pub status: u16,
    /// The answer; none to a notification.
    pub body: Option<Value>,
}

/// Why a message is refused.
struct Refused {
    status: u16,
    code: i64,
    message: String,
    data: Option<Value>,
}

impl Refused {
    fn new(status: u16, code: i64, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), data: None }
    }

    fn reply(self, id: &Value) -> Reply {
        let mut error = json!({"code": self.code, "message": self.message});
        if let Some(data) = self.data {
            error["data"] = data;
        }
        Reply { status: self.status, body: Some(json!({"jsonrpc": "2.0", "id": id, "error": error})) }
    }
}

/// Answers a message, for one caller.
pub async fn answer(asking: &dyn Asking, headers: Headers<'_>, message: &[u8]) -> Reply {
    let Ok(message) = serde_json::from_slice::<Value>(message) else {
        return Refused::new(400, PARSE_ERROR, "the message is no JSON").reply(&Value::Null);
    };
    let id = message.get("id").filter(|id| id.is_string() || id.is_number());
    let method = message.get("method").and_then(Value::as_str);
    let (Some(method), Some("2.0")) = (method, message.get("jsonrpc").and_then(Value::as_str)) else {
        let what = "the message is no single request of JSON-RPC 2.0";
        return Refused::new(400, INVALID_REQUEST, what).reply(id.unwrap_or(&Value::Null));
    };
    let Some(id) = id else { return Reply { status: 202, body: None } };
    let empty = Map::new();
    let params = message.get("params").and_then(Value::as_object).unwrap_or(&empty);
    match request(asking, headers, method, params).await {
        Ok(result) => {
            Reply { status: 200, body: Some(json!({"jsonrpc": "2.0", "id": id, "result": result})) }
        }
        Err(refused) => refused.reply(id),
    }
}

async fn request(
    asking: &dyn Asking,
    headers: Headers<'_>,
    method: &str,
    params: &Map<String, Value>,
) -> Result<Value, Refused> {
    let own = params.get("_meta").and_then(|meta| meta.get(REVISION)).and_then(Value::as_str);
    let is_current = own.is_some();
    if let Some(own) = own {
        agree(headers, own, method, params)?;
    } else if headers.revision == Some(CURRENT) {
        return Err(Refused::new(400, INVALID_PARAMS, format!("the message lacks `{REVISION}` in `_meta`")));
    } else if let Some(revision) = headers.revision.filter(|revision| !EARLIER.contains(revision)) {
        return Err(unsupported(revision));
    }
    let mut result = match method {
        "initialize" => initialize(params),
        "server/discover" => {
            offered(json!({"supportedVersions": revisions(), "capabilities": capabilities(),
                                            "instructions": INSTRUCTIONS}))
        }
        "ping" => json!({}),
        "tools/list" => {
            let listed = json!({"tools": described::list(asking.may_change())});
            if is_current { offered(listed) } else { listed }
        }
        "tools/call" => call(asking, params).await?,
        other => {
            return Err(Refused::new(
                if is_current { 404 } else { 200 },
                METHOD_NOT_FOUND,
                format!("there is no `{other}`"),
            ));
        }
    };
    if is_current {
        result["resultType"] = json!("complete");
        result["_meta"] = json!({SERVER: server()});
    }
    Ok(result)
}

/// The headers say again what the message says.
fn agree(headers: Headers<'_>, own: &str, method: &str, params: &Map<String, Value>) -> Result<(), Refused> {
    if own != CURRENT {
        return Err(unsupported(own));
    }
    let name = params.get("name").or_else(|| params.get("uri")).and_then(Value::as_str);
    let named = if method == "tools/call" { name } else { None };
    for (header, said, wanted) in [
        ("mcp-protocol-version", headers.revision, Some(own)),
        ("mcp-method", headers.method, Some(method)),
        ("mcp-name", headers.name, named),
    ] {
        if wanted.is_some() && said != wanted {
            let message = format!("the header `{header}` does not say what the message says");
            return Err(Refused::new(400, HEADER_MISMATCH, message));
        }
    }
    Ok(())
}

fn unsupported(revision: &str) -> Refused {
    let data = json!({"requested": revision, "supported": revisions()});
    Refused { data: Some(data), ..Refused::new(400, UNSUPPORTED_REVISION, "this revision is not known here") }
}

fn revisions() -> Vec<&'static str> {
    std::iter::once(CURRENT).chain(EARLIER).collect()
}

fn capabilities() -> Value {
    json!({"tools": {"listChanged": false}})
}

fn server() -> Value {
    json!({"name": "rushes", "version": env!("CARGO_PKG_VERSION")})
}

/// What may be kept for a while, by who asked.
fn offered(mut result: Value) -> Value {
    result["ttlMs"] = json!(FRESH_MS);
    result["cacheScope"] = json!("private");
    result
}

/// Agrees on a revision: the client's where it is known, else the newest that begins so.
fn initialize(params: &Map<String, Value>) -> Value {
    let asked = params.get("protocolVersion").and_then(Value::as_str).unwrap_or_default();
    let agreed = EARLIER.iter().find(|known| **known == asked).unwrap_or(&EARLIER[0]);
    json!({"protocolVersion": agreed, "capabilities": capabilities(), "serverInfo": server(), "instructions": INSTRUCTIONS})
}

async fn call(asking: &dyn Asking, params: &Map<String, Value>) -> Result<Value, Refused> {
    let name = params.get("name").and_then(Value::as_str).unwrap_or_default();
    if described::described(name).is_none() {
        return Err(Refused::new(200, INVALID_PARAMS, format!("there is no tool `{name}`")));
    }
    let empty = Map::new();
    let arguments = params.get("arguments").and_then(Value::as_object).unwrap_or(&empty);
    Ok(match tools::call(asking, name, arguments).await {
        Ok(told) => result(told),
        // The agent reads it and mends its call.
        Err(refused) => json!({"content": [{"type": "text", "text": refused}], "isError": true}),
    })
}

fn result(told: Told) -> Value {
    let picture = |data: String| json!({"type": "image", "data": data, "mimeType": "image/jpeg"});
    let text = json!({"type": "text", "text": told.json.to_string()});
    let content: Vec<Value> = std::iter::once(text).chain(told.pictures.into_iter().map(picture)).collect();
    json!({"content": content, "structuredContent": told.json, "isError": false})
}
