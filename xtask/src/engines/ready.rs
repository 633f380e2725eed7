//! Does a server answer? Asked in its own words, since a port is open long before.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use super::{Server, process};

/// How long a server may take to connect and to answer one question.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// A frame of Cassandra's protocol, version 4, that asks for its options; the fifth byte of an answer names its kind.
const CASSANDRA_OPTIONS: [u8; 9] = [4, 0, 0, 0, 5, 0, 0, 0, 0];
const CASSANDRA_SUPPORTED: u8 = 6;
/// Kafka's request 18, version 0, which versions it speaks: length, kind, version, a number of ours, no client's name.
const KAFKA_VERSIONS: [u8; 14] = [0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 7, 0xff, 0xff];
/// What Kafka writes when it serves.
const KAFKA_STARTED: &str = "Kafka Server started";

/// Does anything listen there?
pub fn listening(port: u16) -> bool {
    connect(port).is_some()
}

/// Does the server serve?
pub fn ready(server: Server, port: u16, dir: &Path) -> bool {
    match server {
        Server::Cassandra => {
            answer(port, &CASSANDRA_OPTIONS).is_some_and(|answer| answer[4] == CASSANDRA_SUPPORTED)
        }
        Server::Kafka => {
            let log = std::fs::read(dir.join(process::LOG)).unwrap_or_default();
            String::from_utf8_lossy(&log).contains(KAFKA_STARTED)
                && answer(port, &KAFKA_VERSIONS).is_some_and(|answer| answer[4..8] == KAFKA_VERSIONS[8..12])
        }
        Server::Elasticsearch | Server::Opensearch => {
            let request = format!(
                "GET /_cluster/health?wait_for_status=yellow&timeout=2s HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\
                 Connection: close\r\n\r\n"
            );
            answer(port, request.as_bytes()).is_some_and(|answer| &answer == b"HTTP/1.1 200")
        }
    }
}

fn connect(port: u16) -> Option<TcpStream> {
    TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), ANSWER_LIMIT).ok()
}

/// The first bytes of what comes back, as many as each of the servers sends at least.
fn answer(port: u16, question: &[u8]) -> Option<[u8; 12]> {
    let mut stream = connect(port)?;
    stream.set_read_timeout(Some(ANSWER_LIMIT)).ok()?;
    stream.set_write_timeout(Some(ANSWER_LIMIT)).ok()?;
    stream.write_all(question).ok()?;
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).ok()?;
    Some(answer)
}
