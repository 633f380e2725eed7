//! As much of HTTP as the benchmark needs: one connection that is kept, answers of known length, and leaving in between.

use std::io::{ErrorKind as IoKind, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rushes_types::{Error, ErrorKind, Result};

/// How often a client that waits looks whether it should leave.
const LOOK: Duration = Duration::from_millis(10);
/// How long an answer may take.
const ANSWER_MAX: Duration = Duration::from_secs(120);
/// Longest head of an answer.
const HEAD_MAX: usize = 64 << 10;

/// An answer.
pub(super) struct HttpAnswer {
    pub status: u16,
    pub body: Vec<u8>,
}

/// A client with one connection, made when it is needed.
pub(super) struct HttpClient {
    address: String,
    secret: String,
    stream: Option<TcpStream>,
}

impl HttpClient {
    pub fn new(address: &str, secret: &str) -> Self {
        Self { address: address.to_owned(), secret: secret.to_owned(), stream: None }
    }

    pub fn get(&mut self, path: &str) -> Result<HttpAnswer> {
        self.ask("GET", path, "", &|| false)?.ok_or_else(never_left)
    }

    pub fn post(&mut self, path: &str, body: &str) -> Result<HttpAnswer> {
        self.ask("POST", path, body, &|| false)?.ok_or_else(never_left)
    }

    /// As [`HttpClient::post`]; leaves, with `None`, once `stop` is set.
    pub fn post_until(&mut self, path: &str, body: &str, stop: &AtomicBool) -> Result<Option<HttpAnswer>> {
        self.ask("POST", path, body, &|| stop.load(Ordering::Relaxed))
    }

    /// As [`HttpClient::post`]; leaves, with `None`, at a time.
    pub fn post_before(&mut self, path: &str, body: &str, at: Instant) -> Result<Option<HttpAnswer>> {
        self.ask("POST", path, body, &|| Instant::now() >= at)
    }

    fn ask(
        &mut self,
        method: &str,
        path: &str,
        body: &str,
        leaves: &dyn Fn() -> bool,
    ) -> Result<Option<HttpAnswer>> {
        let failed = |e| Error::io("asking the server to measure", e);
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => TcpStream::connect(&self.address).map_err(failed)?,
        };
        stream.set_nodelay(true).map_err(failed)?;
        stream.set_read_timeout(Some(LOOK)).map_err(failed)?;
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n",
            self.address,
            self.secret,
            body.len()
        );
        let mut request = head.into_bytes();
        request.extend_from_slice(body.as_bytes());
        stream.write_all(&request).map_err(failed)?;
        let Some(answer) = read(&mut stream, leaves).map_err(failed)? else { return Ok(None) };
        self.stream = Some(stream);
        Ok(Some(answer))
    }
}

fn never_left() -> Error {
    Error::new(ErrorKind::Bug, "a client left that waits")
}

/// Reads an answer; `None` where the client leaves before.
fn read(stream: &mut TcpStream, leaves: &dyn Fn() -> bool) -> std::io::Result<Option<HttpAnswer>> {
    let bad = |what: &str| std::io::Error::new(IoKind::InvalidData, what);
    let until = Instant::now() + ANSWER_MAX;
    let (mut bytes, mut piece) = (Vec::new(), vec![0; 64 << 10]);
    let mut head: Option<(usize, u16, usize)> = None;
    loop {
        if let Some((end, status, length)) = head
            && bytes.len() >= end + length
        {
            return Ok(Some(HttpAnswer { status, body: bytes.split_off(end) }));
        }
        match stream.read(&mut piece) {
            Ok(0) => return Err(IoKind::UnexpectedEof.into()),
            Ok(count) => bytes.extend_from_slice(piece.get(..count).unwrap_or_default()),
            Err(e) if matches!(e.kind(), IoKind::WouldBlock | IoKind::TimedOut | IoKind::Interrupted) => {
                if leaves() {
                    return Ok(None);
                }
                if Instant::now() > until {
                    return Err(IoKind::TimedOut.into());
                }
            }
            Err(e) => return Err(e),
        }
        if head.is_none() {
            head = head_of(&bytes)?;
            if head.is_none() && bytes.len() > HEAD_MAX {
                return Err(bad("the head of an answer does not end"));
            }
        }
    }
}

/// Where the head ends, the status, and the body's length; `None` while it is not whole.
fn head_of(bytes: &[u8]) -> std::io::Result<Option<(usize, u16, usize)>> {
    let bad = |what: &str| std::io::Error::new(IoKind::InvalidData, what);
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let text = String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).to_ascii_lowercase();
    let mut lines = text.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
    let length = lines.find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    let status = status.ok_or_else(|| bad("an answer has no status"))?;
    Ok(Some((end + 4, status, length.ok_or_else(|| bad("an answer has no length"))?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_of_an_answer_says_status_and_length() {
        assert_eq!(head_of(b"HTTP/1.1 200 OK\r\nContent-Le").unwrap(), None);
        let whole = b"HTTP/1.1 413 Too Large\r\nContent-Length: 7\r\na: b\r\n\r\n{\"a\":1}";
        assert_eq!(head_of(whole).unwrap(), Some((whole.len() - 7, 413, 7)));
        assert!(head_of(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
    }
}
