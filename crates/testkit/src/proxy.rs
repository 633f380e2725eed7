//! A proxy for fault tests: it sits between a worker and its engine and simulates network faults.
//!
//! [`Proxy`] handles bytes: it cuts, stalls, delays, or passes requests and holds answers back, so that a client cannot
//! know the outcome of a write. [`Proxy::kafka`] replaces the broker's address in answers by its own, because clients
//! connect to the advertised address. [`bulk::BulkProxy`] reads HTTP and answers requests with errors, as
//! [`cql::CqlProxy`] does for Cassandra.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

pub mod bulk;
pub mod cql;
mod http;
pub mod tls;

/// Buffer size for a stream, in bytes.
const PIECE_BYTES: usize = 16 << 10;
/// The largest of Kafka's answers that is searched for an address, in bytes; larger ones hold records.
const KAFKA_FRAME_BYTES_MAX: usize = 1 << 20;
/// How long a server may take to accept.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// What happens to arriving bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Mode {
    Open,
    Cut,
    Stalled,
    AnswersStalled,
}

/// Which way bytes go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Direction {
    Question,
    Answer,
}

struct LinkState {
    mode: Mode,
    delay: Duration,
    /// Both ends of what is open, by number.
    open: HashMap<u64, [TcpStream; 2]>,
    next: u64,
}

struct State {
    server: SocketAddr,
    /// The address to look for in a broker's answers, and the one to put there; of the same length.
    names: Option<(Vec<u8>, Vec<u8>)>,
    link: Mutex<LinkState>,
    changed: Condvar,
    accepted: AtomicU64,
}

/// A proxy on its own loopback port. It starts in the open mode, and stops when dropped.
pub struct Proxy {
    // Dropped first, so that no connection arrives after the others were closed.
    door: Door,
    state: Arc<State>,
}

impl Proxy {
    /// A proxy before the server at `host:port`.
    ///
    /// # Errors
    ///
    /// If the address is invalid, or no port is free.
    pub fn before(server: &str) -> io::Result<Self> {
        Self::new(server, false)
    }

    /// A proxy before a Kafka broker at `host:port`, which must be the broker's advertised address.
    ///
    /// # Errors
    ///
    /// As [`Proxy::before`].
    pub fn kafka(broker: &str) -> io::Result<Self> {
        Self::new(broker, true)
    }

    fn new(server: &str, is_kafka: bool) -> io::Result<Self> {
        let unknown = || io::Error::new(io::ErrorKind::InvalidInput, format!("`{server}` is no host:port"));
        let resolved = server.to_socket_addrs()?.find(SocketAddr::is_ipv4).ok_or_else(unknown)?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let own = listener.local_addr()?;
        let (host, _) = server.rsplit_once(':').ok_or_else(unknown)?;
        let names = is_kafka.then(|| (kafka_name(host, resolved.port()), kafka_name(host, own.port())));
        let link = LinkState { mode: Mode::Open, delay: Duration::ZERO, open: HashMap::new(), next: 0 };
        let state = Arc::new(State {
            server: resolved,
            names,
            link: Mutex::new(link),
            changed: Condvar::new(),
            accepted: AtomicU64::new(0),
        });
        let for_each = Arc::clone(&state);
        let door = Door::open(listener, move |client| serve(&for_each, &client))?;
        Ok(Self { door, state })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.door.address
    }

    /// How many connections it has accepted so far, without those that a cut rejected.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.state.accepted.load(Ordering::SeqCst)
    }

    /// How many connections are open.
    #[must_use]
    pub fn open(&self) -> usize {
        self.state.link().open.len()
    }

    /// Drops every connection, and closes new ones at once.
    pub fn cut(&self) {
        self.state.set(Mode::Cut);
    }

    /// Accepts new connections, but passes nothing either way; what arrives meanwhile passes after [`Proxy::heal`].
    pub fn stall(&self) {
        self.state.set(Mode::Stalled);
    }

    /// Passes requests and holds the answers back: the server has done it, but the client does not know.
    pub fn stall_answers(&self) {
        self.state.set(Mode::AnswersStalled);
    }

    /// Passes everything again, without delay.
    pub fn heal(&self) {
        self.delay(Duration::ZERO);
        self.state.set(Mode::Open);
    }

    /// Delays each piece of a stream, either way.
    pub fn delay(&self, each: Duration) {
        self.state.link().delay = each;
    }

    /// Drops the open connections, and accepts new ones, as if the other end restarted.
    pub fn drop_connections(&self) {
        self.state.drop_all(&mut self.state.link());
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.cut();
    }
}

impl State {
    fn link(&self) -> MutexGuard<'_, LinkState> {
        self.link.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, mode: Mode) {
        let mut link = self.link();
        link.mode = mode;
        if mode == Mode::Cut {
            self.drop_all(&mut link);
        }
        self.changed.notify_all();
    }

    fn drop_all(&self, link: &mut LinkState) {
        for (_, ends) in link.open.drain() {
            for end in ends {
                // It may be closed already.
                let _ = end.shutdown(Shutdown::Both);
            }
        }
        self.changed.notify_all();
    }

    /// Registers a connection; `None` if the mode is cut.
    fn enter(&self, ends: [TcpStream; 2]) -> Option<u64> {
        let mut link = self.link();
        if link.mode == Mode::Cut {
            return None;
        }
        link.next += 1;
        let number = link.next;
        link.open.insert(number, ends);
        self.accepted.fetch_add(1, Ordering::SeqCst);
        Some(number)
    }

    /// Waits until bytes may pass in that direction; `false` if their connection is gone.
    fn pass(&self, number: u64, direction: Direction) -> bool {
        let mut link = self.link();
        loop {
            if !link.open.contains_key(&number) {
                return false;
            }
            let waits = match link.mode {
                Mode::Stalled => true,
                Mode::AnswersStalled => direction == Direction::Answer,
                Mode::Open | Mode::Cut => false,
            };
            if !waits {
                break;
            }
            link = self.changed.wait(link).unwrap_or_else(PoisonError::into_inner);
        }
        let delay = link.delay;
        drop(link);
        if !delay.is_zero() {
            std::thread::sleep(delay);
        }
        true
    }
}

/// One connection, to its end.
fn serve(state: &Arc<State>, client: &TcpStream) -> io::Result<()> {
    if state.link().mode == Mode::Cut {
        return Ok(());
    }
    let server = TcpStream::connect_timeout(&state.server, CONNECT_LIMIT)?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let Some(number) = state.enter([client.try_clone()?, server.try_clone()?]) else { return Ok(()) };
    let (from, to, questions) = (client.try_clone()?, server.try_clone()?, Arc::clone(state));
    let there = std::thread::spawn(move || {
        let ended =
            pump(&from, &to, |buffer| questions.pass(number, Direction::Question) && !buffer.is_empty());
        finish(&to, &from, ended.is_ok());
    });
    let may = |_: &[u8]| state.pass(number, Direction::Answer);
    let ended = match &state.names {
        Some(names) => pump_frames(&server, client, names, may),
        None => pump(&server, client, may),
    };
    finish(client, &server, ended.is_ok());
    let _ = there.join();
    state.link().open.remove(&number);
    Ok(())
}

/// After one direction has ended: if cleanly, the reader sees the end; otherwise both ends are closed.
fn finish(to: &TcpStream, from: &TcpStream, in_peace: bool) {
    let _ = to.shutdown(if in_peace { Shutdown::Write } else { Shutdown::Both });
    if !in_peace {
        let _ = from.shutdown(Shutdown::Both);
    }
}

fn gone() -> io::Error {
    io::ErrorKind::ConnectionReset.into()
}

/// Passes bytes until one end closes. `may` waits until they may pass.
fn pump(mut from: &TcpStream, mut to: &TcpStream, may: impl Fn(&[u8]) -> bool) -> io::Result<()> {
    let mut buffer = vec![0; PIECE_BYTES];
    loop {
        let read = from.read(&mut buffer)?;
        if read == 0 {
            return Ok(());
        }
        if !may(&buffer[..read]) {
            return Err(gone());
        }
        to.write_all(&buffer[..read])?;
    }
}

/// Passes Kafka's length-prefixed answers, with one address replaced by another.
fn pump_frames(
    mut from: &TcpStream,
    mut to: &TcpStream,
    (name, own): &(Vec<u8>, Vec<u8>),
    may: impl Fn(&[u8]) -> bool,
) -> io::Result<()> {
    let mut buffer = Vec::new();
    loop {
        let mut length = [0; 4];
        if let Err(error) = from.read_exact(&mut length) {
            return if error.kind() == io::ErrorKind::UnexpectedEof { Ok(()) } else { Err(error) };
        }
        let mut left = u32::from_be_bytes(length) as usize;
        let is_searched = left <= KAFKA_FRAME_BYTES_MAX;
        buffer.clear();
        buffer.extend_from_slice(&length);
        while left > 0 {
            let piece = left.min(if is_searched { KAFKA_FRAME_BYTES_MAX } else { PIECE_BYTES });
            let start = buffer.len();
            buffer.resize(start + piece, 0);
            from.read_exact(&mut buffer[start..])?;
            left -= piece;
            if is_searched {
                replace(&mut buffer, name, own);
            }
            if !may(&buffer) {
                return Err(gone());
            }
            to.write_all(&buffer)?;
            buffer.clear();
        }
    }
}

/// An address as encoded in Kafka's answers: the host's letters, then the port in four bytes.
fn kafka_name(host: &str, port: u16) -> Vec<u8> {
    [host.as_bytes(), &u32::from(port).to_be_bytes()].concat()
}

/// Replaces every `old` by `new`, which is as long.
fn replace(bytes: &mut [u8], old: &[u8], new: &[u8]) {
    let mut at = 0;
    while at + old.len() <= bytes.len() {
        if bytes[at..].starts_with(old) {
            bytes[at..at + old.len()].copy_from_slice(new);
            at += old.len();
        } else {
            at += 1;
        }
    }
}

/// A listening port, with a thread for each connection.
struct Door {
    address: SocketAddr,
    closed: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Door {
    fn open(
        listener: TcpListener,
        serve: impl Fn(TcpStream) -> io::Result<()> + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let closed = Arc::new(AtomicBool::new(false));
        let (is_closed, serve) = (Arc::clone(&closed), Arc::new(serve));
        let thread = std::thread::spawn(move || {
            for client in listener.incoming() {
                if is_closed.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(client) = client else { continue };
                let serve = Arc::clone(&serve);
                // An error of a connection closes it, which its client sees.
                std::thread::spawn(move || serve(client));
            }
        });
        Ok(Self { address, closed, thread: Some(thread) })
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::SeqCst);
        // A thread that blocks in `accept` needs one more connection to wake up.
        if TcpStream::connect_timeout(&self.address, CONNECT_LIMIT).is_ok()
            && let Some(thread) = self.thread.take()
        {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests;
