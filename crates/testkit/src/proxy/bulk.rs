//! A proxy that reads HTTP. It makes bulk requests to Elasticsearch fail, completely, in part, or without an answer, and
//! answers any request in the cluster's place.

use std::io::{self, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use super::http::{Message, broken, header};
use super::{Door, Proxy};

/// Faults for the next bulk requests. A request takes the first kind, in this order, that is not used up.
#[derive(Default)]
struct Faults {
    refuse: usize,
    lose_answers: usize,
    fail: usize,
    one_in: usize,
    status: u16,
    seen: BulkCounts,
    /// Answers in the server's place.
    given: Vec<GivenAnswer>,
    /// The requests that were passed on, while they are counted.
    asked: Option<Vec<String>>,
}

/// An answer to the next requests whose path contains a text.
struct GivenAnswer {
    part: String,
    left: usize,
    status: u16,
    body: Value,
}

/// What the proxy has counted so far.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct BulkCounts {
    /// Bulk requests received.
    pub requests: usize,
    /// Those that were answered with 429.
    pub refused: usize,
    /// Those that were executed but not answered.
    pub unanswered: usize,
    /// Items that were taken out of a request and answered with an error.
    pub failed_items: usize,
}

enum Fault {
    None,
    Refuse,
    LoseAnswer,
    FailItems { one_in: usize, status: u16 },
}

/// A proxy before an HTTP server. Other requests pass unchanged.
pub struct BulkProxy {
    door: Door,
    network: Arc<Proxy>,
    faults: Arc<Mutex<Faults>>,
}

impl BulkProxy {
    /// A proxy before the server at that URL, such as `http://127.0.0.1:9200`.
    ///
    /// # Errors
    ///
    /// If the URL is not plain HTTP, or no port is free.
    pub fn before(url: &str) -> io::Result<Self> {
        let server = url.trim_end_matches('/').strip_prefix("http://").ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidInput, format!("`{url}` does not begin with `http://`"))
        })?;
        let network = Arc::new(Proxy::before(server)?);
        let faults = Arc::new(Mutex::new(Faults::default()));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let (server, for_each) = (network.address(), Arc::clone(&faults));
        let door = Door::open(listener, move |client| serve(&client, server, &for_each))?;
        Ok(Self { door, network, faults })
    }

    /// The URL for clients, instead of the server's.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.door.address)
    }

    /// The network between this proxy and the server, to cut and to stall.
    #[must_use]
    pub fn network(&self) -> &Proxy {
        &self.network
    }

    /// Answers the next `requests` bulk requests with 429, without passing them on.
    pub fn refuse(&self, requests: usize) {
        self.set(|faults| faults.refuse = requests);
    }

    /// Passes the next `requests` bulk requests on, and closes the connection instead of answering.
    pub fn lose_answers(&self, requests: usize) {
        self.set(|faults| faults.lose_answers = requests);
    }

    /// In the next `requests` bulk requests, every `one_in`th item is taken out, and answered with that status: 429 as
    /// by a full queue, 400 as by a mapping conflict, 503 as by an unavailable shard.
    pub fn fail_items(&self, requests: usize, one_in: usize, status: u16) {
        self.set(|faults| (faults.fail, faults.one_in, faults.status) = (requests, one_in.max(1), status));
    }

    /// Answers the next `requests` requests whose path contains `part` with this status and body, without passing them on.
    pub fn answer(&self, part: &str, requests: usize, status: u16, body: &Value) {
        let given = GivenAnswer { part: part.to_owned(), left: requests, status, body: body.clone() };
        self.set(|faults| faults.given.push(given));
    }

    /// How many of these answers were not given; none are given any more.
    pub fn answers_left(&self) -> usize {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut faults.given).iter().map(|given| given.left).sum()
    }

    /// The requests passed on since the last call, each with method and path; from the first call on.
    pub fn asked(&self) -> Vec<String> {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        faults.asked.replace(Vec::new()).unwrap_or_default()
    }

    /// What the proxy has counted so far.
    #[must_use]
    pub fn seen(&self) -> BulkCounts {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).seen
    }

    fn set(&self, change: impl FnOnce(&mut Faults)) {
        change(&mut self.faults.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Faults {
    /// The answer to a request in the server's place, if there is one.
    fn given(&mut self, request: &Message) -> Option<Message> {
        let path = request.path();
        if let Some(asked) = &mut self.asked {
            asked.push(request.first().split(['?', ' ']).take(2).collect::<Vec<_>>().join(" "));
        }
        let given = self.given.iter_mut().find(|given| given.left > 0 && path.contains(&given.part))?;
        given.left -= 1;
        Some(Message::json(&format!("{} X", given.status), &given.body))
    }

    fn next(&mut self) -> Fault {
        self.seen.requests += 1;
        let used = |left: &mut usize| {
            let any = *left > 0;
            *left = left.saturating_sub(1);
            any
        };
        if used(&mut self.refuse) {
            self.seen.refused += 1;
            Fault::Refuse
        } else if used(&mut self.lose_answers) {
            self.seen.unanswered += 1;
            Fault::LoseAnswer
        } else if used(&mut self.fail) {
            Fault::FailItems { one_in: self.one_in, status: self.status }
        } else {
            Fault::None
        }
    }
}

/// One client's connection, request by request.
fn serve(client: &TcpStream, server: SocketAddr, faults: &Mutex<Faults>) -> io::Result<()> {
    client.set_nodelay(true)?;
    let server = TcpStream::connect(server)?;
    server.set_nodelay(true)?;
    let (mut from_client, mut from_server) = (BufReader::new(client), BufReader::new(&server));
    while let Some(request) = Message::read(&mut from_client, false)? {
        let is_head = request.first().starts_with("HEAD ");
        let mut forward = |request: &Message| -> io::Result<Message> {
            request.write(&server, false)?;
            Message::read(&mut from_server, is_head)?.ok_or_else(super::gone)
        };
        let given = faults.lock().unwrap_or_else(PoisonError::into_inner).given(&request);
        if let Some(answer) = given {
            answer.write(client, is_head)?;
            continue;
        }
        let fault = match request.is_bulk() {
            true => faults.lock().unwrap_or_else(PoisonError::into_inner).next(),
            false => Fault::None,
        };
        let answer = match fault {
            Fault::None => forward(&request)?,
            Fault::Refuse => refusal(),
            Fault::LoseAnswer => {
                forward(&request)?;
                return client.shutdown(std::net::Shutdown::Both);
            }
            Fault::FailItems { one_in, status } => {
                let (rest, failed) = without_some(&request, one_in, status)?;
                faults.lock().unwrap_or_else(PoisonError::into_inner).seen.failed_items +=
                    failed.iter().flatten().count();
                with_failures(rest.map(|rest| forward(&rest)).transpose()?.as_ref(), failed)?
            }
        };
        answer.write(client, is_head)?;
        if request.head.iter().any(|line| header(line, "connection").is_some_and(|how| how == "close")) {
            break;
        }
    }
    Ok(())
}

fn error_of(status: u16) -> Value {
    let kind = match status {
        400 => "document_parsing_exception",
        429 => "es_rejected_execution_exception",
        503 => "unavailable_shards_exception",
        _ => "exception",
    };
    json!({"type": kind, "reason": "a fault of a test"})
}

fn refusal() -> Message {
    let error = error_of(429);
    Message::json("429 Too Many Requests", &json!({"error": error, "status": 429}))
}

/// An item that was taken out and its answer; `None` for one that stays.
type Failed = Vec<Option<Value>>;

/// The request without every `one_in`th item, if any item is left.
fn without_some(request: &Message, one_in: usize, status: u16) -> io::Result<(Option<Message>, Failed)> {
    let (mut body, mut failed) = (Vec::new(), Vec::new());
    let mut lines = request.body.split_inclusive(|byte| *byte == b'\n').filter(|line| *line != b"\n");
    while let Some(line) = lines.next() {
        let action: Value = serde_json::from_slice(line).map_err(|_| broken("a bulk action is no JSON"))?;
        let (kind, about) = action
            .as_object()
            .and_then(|action| action.iter().next())
            .ok_or_else(|| broken("a bulk action is no object"))?;
        let source = match kind.as_str() {
            "delete" => None,
            _ => Some(lines.next().ok_or_else(|| broken("a bulk action has no source"))?),
        };
        if failed.len() % one_in == one_in - 1 {
            let index = about["_index"].as_str().or_else(|| request.index()).unwrap_or_default();
            let item =
                json!({"_index": index, "_id": about["_id"], "status": status, "error": error_of(status)});
            failed.push(Some(json!({ kind: item })));
        } else {
            failed.push(None);
            body.extend_from_slice(line);
            body.extend_from_slice(source.unwrap_or_default());
        }
    }
    let mut rest = Message { head: request.head.clone(), body };
    rest.head.retain(|line| header(line, "accept-encoding").is_none());
    // A filter would remove fields that are needed below.
    if let Some((path, query)) = rest.head[0].split_once('?') {
        let kept = query.split_once(' ').map(|(query, version)| {
            let kept: Vec<&str> = query.split('&').filter(|p| !p.starts_with("filter_path=")).collect();
            format!("{path}?{} {version}", kept.join("&"))
        });
        rest.head[0] = kept.unwrap_or_else(|| rest.head[0].clone());
    }
    let is_empty = failed.iter().all(Option::is_some);
    Ok(((!is_empty).then_some(rest), failed))
}

/// The server's answer to the remaining items, with the answers to the removed ones inserted in their places.
fn with_failures(answer: Option<&Message>, failed: Failed) -> io::Result<Message> {
    let mut whole = match answer {
        None => json!({"took": 0, "errors": true, "items": []}),
        // Rejected as a whole: so are the removed items.
        Some(answer) if !answer.first().contains(" 200") => {
            return Ok(Message { head: answer.head.clone(), body: answer.body.clone() });
        }
        Some(answer) => {
            serde_json::from_slice(&answer.body).map_err(|_| broken("a bulk answer is no JSON"))?
        }
    };
    let mut done = match whole["items"].take() {
        Value::Array(items) => items.into_iter(),
        _ => return Err(broken("a bulk answer has no items")),
    };
    let mut items = Vec::new();
    for item in failed {
        whole["errors"] = Value::Bool(whole["errors"] == true || item.is_some());
        items.push(match item {
            Some(item) => item,
            None => done.next().ok_or_else(|| broken("a bulk answer has too few items"))?,
        });
    }
    whole["items"] = Value::Array(items);
    Ok(Message::json("200 OK", &whole))
}
