//! Requests and answers of HTTP 1.1, as far as the proxies need them.

use std::io::{self, BufRead, Read, Write};
use std::net::TcpStream;

use serde_json::Value;

/// The longest head of a request or an answer, in bytes.
const HEAD_BYTES_MAX: usize = 64 << 10;
/// The longest body; a client that sends more is disconnected.
const BODY_BYTES_MAX: usize = 64 << 20;

pub(super) fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

/// A request or an answer.
pub(super) struct Message {
    /// Its first line, and its headers except those about the body's length.
    pub head: Vec<String>,
    pub body: Vec<u8>,
}

/// The value of the header of that name.
pub(super) fn header<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let (key, value) = line.split_once(':')?;
    key.eq_ignore_ascii_case(name).then(|| value.trim())
}

fn is_length(line: &str) -> bool {
    header(line, "content-length").or_else(|| header(line, "transfer-encoding")).is_some()
}

impl Message {
    pub fn json(status: &str, body: &Value) -> Self {
        // By the second header clients recognise Elasticsearch.
        let head = [
            &format!("HTTP/1.1 {status}"),
            "content-type: application/json",
            "x-elastic-product: Elasticsearch",
        ];
        Self { head: head.map(str::to_owned).to_vec(), body: body.to_string().into_bytes() }
    }

    pub fn first(&self) -> &str {
        self.head.first().map_or("", String::as_str)
    }

    pub fn path(&self) -> &str {
        self.first().split(' ').nth(1).unwrap_or_default().split('?').next().unwrap_or_default()
    }

    pub fn is_bulk(&self) -> bool {
        self.path().ends_with("/_bulk")
    }

    /// The index that the path names.
    pub fn index(&self) -> Option<&str> {
        self.path().strip_suffix("/_bulk")?.strip_prefix('/').filter(|index| !index.is_empty())
    }

    /// The next message; `None` where the other end has closed. `is_head` for the answer to a request for the head.
    pub fn read(from: &mut impl BufRead, is_head: bool) -> io::Result<Option<Self>> {
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
    pub fn write(&self, mut to: &TcpStream, is_head: bool) -> io::Result<()> {
        let mut bytes = Vec::new();
        self.bytes(&mut bytes, is_head);
        to.write_all(&bytes)
    }

    /// What [`Message::write`] sends.
    pub fn bytes(&self, bytes: &mut Vec<u8>, is_head: bool) {
        bytes.extend_from_slice(self.head.join("\r\n").as_bytes());
        if !is_head && !self.head.iter().any(|line| is_length(line)) {
            bytes.extend_from_slice(format!("\r\ncontent-length: {}", self.body.len()).as_bytes());
        }
        bytes.extend_from_slice(b"\r\n\r\n");
        bytes.extend_from_slice(&self.body);
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
