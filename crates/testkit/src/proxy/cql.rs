//! A proxy that reads Cassandra's protocol (version 4), and answers requests with errors in the node's place.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Door, Proxy};

/// Bytes of a frame's header: version, flags, stream, opcode, length.
const HEADER_BYTES: usize = 9;
/// The largest frame, in bytes; a client that sends more is disconnected.
const FRAME_BYTES_MAX: usize = 256 << 20;
/// The version of an answer.
const ANSWER: u8 = 0x84;
/// The opcode of an error.
const ERROR: u8 = 0x00;

/// A kind of request, by its opcode.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum CqlRequest {
    /// The beginning of a connection.
    Startup = 0x01,
    /// A statement that is not prepared.
    Query = 0x07,
    /// The preparation of a statement.
    Prepare = 0x09,
    /// A prepared statement.
    Execute = 0x0a,
    /// Several statements.
    Batch = 0x0d,
}

/// An error of the protocol.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CqlError {
    code: i32,
    message: String,
    more: Vec<u8>,
}

impl CqlError {
    /// An error that has nothing but its code and a message.
    #[must_use]
    pub fn new(code: i32, message: &str) -> Self {
        Self { code, message: message.to_owned(), more: Vec::new() }
    }

    fn with(mut self, bytes: &[u8]) -> Self {
        self.more.extend_from_slice(bytes);
        self
    }

    fn with_int(self, number: i32) -> Self {
        self.with(&number.to_be_bytes())
    }

    fn with_string(self, text: &str) -> Self {
        let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
        self.with(&length.to_be_bytes()).with(text.as_bytes())
    }

    /// `LOCAL_QUORUM`, one replica of two.
    fn with_counts(self) -> Self {
        self.with(&6_u16.to_be_bytes()).with_int(1).with_int(2)
    }

    /// One replica of two is up.
    #[must_use]
    pub fn unavailable() -> Self {
        Self::new(0x1000, "too few replicas").with(&6_u16.to_be_bytes()).with_int(2).with_int(1)
    }

    /// A write of this kind timed out, as `SIMPLE` or `CAS`.
    #[must_use]
    pub fn write_timeout(kind: &str) -> Self {
        Self::new(0x1100, "timed out").with_counts().with_string(kind)
    }

    /// A read timed out.
    #[must_use]
    pub fn read_timeout() -> Self {
        Self::new(0x1200, "timed out").with_counts().with(&[0])
    }

    /// A replica failed in a read.
    #[must_use]
    pub fn read_failure() -> Self {
        Self::new(0x1300, "failed").with_counts().with_int(1).with(&[0])
    }

    /// A replica failed in a write.
    #[must_use]
    pub fn write_failure() -> Self {
        Self::new(0x1500, "failed").with_counts().with_int(1).with_string("SIMPLE")
    }

    /// A table is there already.
    #[must_use]
    pub fn already_exists() -> Self {
        Self::new(0x2400, "exists").with_string("k").with_string("t")
    }

    /// A function failed.
    #[must_use]
    pub fn function_failure() -> Self {
        Self::new(0x1400, "failed").with_string("k").with_string("f").with(&0_u16.to_be_bytes())
    }

    /// The frame that answers a request of this stream.
    fn frame(&self, stream: [u8; 2]) -> Vec<u8> {
        let told = Self { more: Vec::new(), ..self.clone() }.with_int(self.code).with_string(&self.message);
        let body = [told.more, self.more.clone()].concat();
        let length = u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes();
        [&[ANSWER, 0, stream[0], stream[1], ERROR][..], &length, &body].concat()
    }
}

/// The error for the next requests of a kind.
#[derive(Default)]
struct Armed {
    next: Option<(CqlRequest, usize, CqlError)>,
    answered: usize,
}

impl Armed {
    fn take(&mut self, opcode: u8) -> Option<CqlError> {
        let (request, left, error) = self.next.as_mut()?;
        if *request as u8 != opcode || *left == 0 {
            return None;
        }
        *left -= 1;
        self.answered += 1;
        Some(error.clone())
    }
}

/// A proxy before a node. Requests without an error pass unchanged.
pub struct CqlProxy {
    door: Door,
    _network: Arc<Proxy>,
    armed: Arc<Mutex<Armed>>,
}

impl CqlProxy {
    /// A proxy before the node at `host:port`.
    ///
    /// # Errors
    ///
    /// If the address is invalid, or no port is free.
    pub fn before(node: &str) -> io::Result<Self> {
        let network = Arc::new(Proxy::before(node)?);
        let armed = Arc::new(Mutex::new(Armed::default()));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let (server, for_each) = (network.address(), Arc::clone(&armed));
        let door = Door::open(listener, move |client| serve(&client, server, &for_each))?;
        Ok(Self { door, _network: network, armed })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.door.address
    }

    /// Answers the next `times` requests of a kind with an error, without passing them on.
    pub fn fail(&self, request: CqlRequest, times: usize, error: CqlError) {
        let mut armed = self.armed.lock().unwrap_or_else(PoisonError::into_inner);
        *armed = Armed { next: Some((request, times, error)), answered: 0 };
    }

    /// Passes everything again; how many requests were answered with the last error.
    pub fn heal(&self) -> usize {
        std::mem::take(&mut *self.armed.lock().unwrap_or_else(PoisonError::into_inner)).answered
    }
}

/// One client's connection.
fn serve(client: &TcpStream, server: SocketAddr, armed: &Mutex<Armed>) -> io::Result<()> {
    client.set_nodelay(true)?;
    let server = TcpStream::connect(server)?;
    server.set_nodelay(true)?;
    // Answers of the node and of the proxy must not mix.
    let to_client = Arc::new(Mutex::new(client.try_clone()?));
    let (from_server, answers) = (server.try_clone()?, Arc::clone(&to_client));
    let back = std::thread::spawn(move || {
        while let Ok(Some(frame)) = read(&from_server) {
            if answers.lock().unwrap_or_else(PoisonError::into_inner).write_all(&frame).is_err() {
                break;
            }
        }
        let _ = answers.lock().unwrap_or_else(PoisonError::into_inner).shutdown(std::net::Shutdown::Both);
    });
    while let Some(frame) = read(client)? {
        let error = armed.lock().unwrap_or_else(PoisonError::into_inner).take(frame[4]);
        match error {
            Some(error) => {
                let answer = error.frame([frame[2], frame[3]]);
                to_client.lock().unwrap_or_else(PoisonError::into_inner).write_all(&answer)?;
            }
            None => (&server).write_all(&frame)?,
        }
    }
    let _ = server.shutdown(std::net::Shutdown::Both);
    let _ = back.join();
    Ok(())
}

/// The next frame; `None` where the other end has closed.
fn read(mut from: &TcpStream) -> io::Result<Option<Vec<u8>>> {
    let mut frame = vec![0; HEADER_BYTES];
    if let Err(error) = from.read_exact(&mut frame) {
        return if error.kind() == io::ErrorKind::UnexpectedEof { Ok(None) } else { Err(error) };
    }
    let length = u32::from_be_bytes([frame[5], frame[6], frame[7], frame[8]]) as usize;
    if length > FRAME_BYTES_MAX {
        return Err(super::gone());
    }
    frame.resize(HEADER_BYTES + length, 0);
    from.read_exact(&mut frame[HEADER_BYTES..])?;
    Ok(Some(frame))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_answered_in_the_node_s_place_as_often_as_said() {
        let node = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = CqlProxy::before(&node.local_addr().unwrap().to_string()).unwrap();
        let mut client = TcpStream::connect(proxy.address()).unwrap();
        let mut request = vec![4, 0, 0, 7, CqlRequest::Execute as u8, 0, 0, 0, 2];
        request.extend_from_slice(b"ab");
        proxy.fail(CqlRequest::Execute, 1, CqlError::new(0x1001, "no"));
        client.write_all(&request).unwrap();
        let mut answer = [0; HEADER_BYTES + 8];
        client.read_exact(&mut answer).unwrap();
        assert_eq!(answer, *b"\x84\0\0\x07\0\0\0\0\x08\0\0\x10\x01\0\x02no");
        // The next one passes.
        client.write_all(&request).unwrap();
        let (mut server, _) = node.accept().unwrap();
        let mut got = vec![0; request.len()];
        server.read_exact(&mut got).unwrap();
        assert_eq!(got, request);
        assert_eq!(proxy.heal(), 1);
    }
}
