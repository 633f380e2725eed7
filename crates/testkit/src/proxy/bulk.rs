//! A proxy that reads HTTP, and makes bulk requests to Elasticsearch fail: completely, in part, or without an answer.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use super::{Door, Proxy};

/// The longest head of a request or an answer, in bytes.
const HEAD_BYTES_MAX: usize = 64 << 10;
/// The longest body; a client that sends more is disconnected.
const BODY_BYTES_MAX: usize = 64 << 20;

/// Faults for the next bulk requests. A request takes the first kind, in this order, that is not used up.
#[derive(Default)]
struct Faults {
    refuse: usize,
    lose_answers: usize,
    fail: usize,
    one_in: usize,
    status: u16,
    seen: BulkCounts,
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

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
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

/// A request or an answer.
struct Message {
    /// Its first line, and its headers except those about the body's length.
    head: Vec<String>,
    body: Vec<u8>,
}

/// The value of the header of that name.
fn header<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let (key, value) = line.split_once(':')?;
    key.eq_ignore_ascii_case(name).then(|| value.trim())
}

fn is_length(line: &str) -> bool {
    header(line, "content-length").or_else(|| header(line, "transfer-encoding")).is_some()
}

impl Message {
    fn json(status: &str, body: &Value) -> Self {
        // By the second header clients recognise Elasticsearch.
        let head = [
            &format!("HTTP/1.1 {status}"),
            "content-type: application/json",
            "x-elastic-product: Elasticsearch",
        ];
        Self { head: head.map(str::to_owned).to_vec(), body: body.to_string().into_bytes() }
    }

    fn first(&self) -> &str {
        self.head.first().map_or("", String::as_str)
    }

    fn path(&self) -> &str {
        self.first().split(' ').nth(1).unwrap_or_default().split('?').next().unwrap_or_default()
    }

    fn is_bulk(&self) -> bool {
        self.path().ends_with("/_bulk")
    }

    /// The index that the path names.
    fn index(&self) -> Option<&str> {
        self.path().strip_suffix("/_bulk")?.strip_prefix('/').filter(|index| !index.is_empty())
    }

    /// The next message; `None` where the other end has closed. `is_head` for the answer to a request for the head.
    fn read(from: &mut impl BufRead, is_head: bool) -> io::Result<Option<Self>> {
        let mut head = Vec::new();
        let mut left = HEAD_BYTES_MAX;
        loop {
            let line = line(from, &mut left)?;
            match line {
                None if head.is_empty() => return Ok(None),
                None => return Err(io::ErrorKind::UnexpectedEof.into()),
                Some(line) if line.is_empty() => break,
                Some(line) => head.push(line),
            }
        }
        let of = |name: &str| head.iter().find_map(|line| header(line, name));
        let is_answer = head.first().is_some_and(|first| first.starts_with("HTTP/"));
        let has_none = is_head || head.first().is_some_and(|f| f.contains(" 204") || f.contains(" 304"));
        let mut body = Vec::new();
        if has_none {
            return Ok(Some(Self { head, body }));
        }
        if of("transfer-encoding").is_some_and(|how| how.eq_ignore_ascii_case("chunked")) {
            chunks(from, &mut body, &mut left)?;
        } else if let Some(length) = of("content-length") {
            let length: usize = length.parse().map_err(|_| broken("a length is no number"))?;
            take(from, &mut body, length)?;
        } else if is_answer {
            from.take(BODY_BYTES_MAX as u64).read_to_end(&mut body)?;
        }
        head.retain(|line| !is_length(line));
        Ok(Some(Self { head, body }))
    }

    /// Sends it. The answer to a request for the head has a length, and no body.
    fn write(&self, mut to: &TcpStream, is_head: bool) -> io::Result<()> {
        let mut bytes = self.head.join("\r\n").into_bytes();
        if !is_head && !self.head.iter().any(|line| is_length(line)) {
            bytes.extend_from_slice(format!("\r\ncontent-length: {}", self.body.len()).as_bytes());
        }
        bytes.extend_from_slice(b"\r\n\r\n");
        bytes.extend_from_slice(&self.body);
        to.write_all(&bytes)
    }
}

/// A line without its end; `None` at the end of the stream. `left` bounds all lines of a message.
fn line(from: &mut impl BufRead, left: &mut usize) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    let read = from.take(*left as u64).read_until(b'\n', &mut line)?;
    *left -= read;
    if read == 0 {
        return if *left == 0 { Err(broken("a head is too long")) } else { Ok(None) };
    }
    if line.pop() != Some(b'\n') {
        return Err(broken("a line has no end"));
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    String::from_utf8(line).map(Some).map_err(|_| broken("a line is no UTF-8"))
}

/// Reads `length` more bytes of a body.
fn take(from: &mut impl BufRead, body: &mut Vec<u8>, length: usize) -> io::Result<()> {
    if length > BODY_BYTES_MAX.saturating_sub(body.len()) {
        return Err(broken("a body is too long"));
    }
    let start = body.len();
    body.resize(start + length, 0);
    from.read_exact(&mut body[start..])
}

fn chunks(from: &mut impl BufRead, body: &mut Vec<u8>, left: &mut usize) -> io::Result<()> {
    loop {
        // Lines between chunks are no part of the head, and each is short.
        *left = HEAD_BYTES_MAX;
        let size = line(from, left)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        let size = size.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(|_| broken("a chunk's size is no number"))?;
        if size > 0 {
            take(from, body, size)?;
        }
        // After the last chunk headers may follow, up to an empty line.
        while line(from, left)?.is_some_and(|line| !line.is_empty()) {}
        if size == 0 {
            return Ok(());
        }
    }
}
