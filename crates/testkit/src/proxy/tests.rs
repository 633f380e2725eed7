use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use super::bulk::{BulkCounts, BulkProxy};
use super::{Proxy, kafka_name, replace};

/// Long enough for anything that shall happen, on a busy machine.
const LONG: Duration = Duration::from_secs(20);
/// Long enough to see that something does not happen.
const SHORT: Duration = Duration::from_millis(150);

/// A server that sends back what it gets, and tells of it.
fn echo() -> (String, Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let tell = tell.clone();
            std::thread::spawn(move || {
                let mut buffer = [0; 1024];
                while let Ok(read @ 1..) = stream.read(&mut buffer) {
                    let _ = tell.send(buffer[..read].to_vec());
                    if stream.write_all(&buffer[..read]).is_err() {
                        return;
                    }
                }
            });
        }
    });
    (address, told)
}

fn client(proxy: &Proxy) -> TcpStream {
    let stream = TcpStream::connect(proxy.address()).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    stream
}

fn ask(stream: &mut TcpStream, what: &[u8]) -> std::io::Result<Vec<u8>> {
    stream.write_all(what)?;
    let mut answer = vec![0; what.len()];
    stream.read_exact(&mut answer)?;
    Ok(answer)
}

/// Does nothing come for a while?
fn is_silent(stream: &mut TcpStream) -> bool {
    stream.set_read_timeout(Some(SHORT)).unwrap();
    let read = stream.read(&mut [0; 1]);
    stream.set_read_timeout(Some(LONG)).unwrap();
    read.is_err_and(|e| matches!(e.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut))
}

#[test]
fn what_is_sent_passes_both_ways_and_the_end_too() {
    let (server, _told) = echo();
    let proxy = Proxy::before(&server).unwrap();
    let mut stream = client(&proxy);
    assert_eq!(ask(&mut stream, b"hello").unwrap(), b"hello");
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(stream.read(&mut [0; 1]).unwrap(), 0);
    assert_eq!(proxy.accepted(), 1);
}

#[test]
fn a_cut_drops_what_is_open_and_takes_nothing_new_until_it_heals() {
    let (server, _told) = echo();
    let proxy = Proxy::before(&server).unwrap();
    let mut before = client(&proxy);
    ask(&mut before, b"a").unwrap();
    proxy.cut();
    assert!(ask(&mut before, b"b").is_err());
    assert!(ask(&mut client(&proxy), b"c").is_err());
    assert_eq!((proxy.accepted(), proxy.open()), (1, 0));
    proxy.heal();
    assert_eq!(ask(&mut client(&proxy), b"d").unwrap(), b"d");
    assert!(ask(&mut before, b"e").is_err(), "what was cut stays cut");
}

#[test]
fn what_was_stalled_passes_in_order_after_healing() {
    let (server, told) = echo();
    let proxy = Proxy::before(&server).unwrap();
    let mut before = client(&proxy);
    ask(&mut before, b"a").unwrap();
    proxy.stall();
    let mut new = client(&proxy);
    before.write_all(b"bc").unwrap();
    new.write_all(b"x").unwrap();
    assert!(is_silent(&mut before) && is_silent(&mut new));
    assert_eq!(told.try_iter().count(), 1, "the server heard of nothing but the first");
    proxy.heal();
    let mut answer = [0; 2];
    before.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"bc");
    new.read_exact(&mut answer[..1]).unwrap();
    assert_eq!(&answer[..1], b"x");
}

#[test]
fn a_stall_can_end_in_a_cut() {
    let (server, told) = echo();
    let proxy = Proxy::before(&server).unwrap();
    proxy.stall();
    let mut stream = client(&proxy);
    stream.write_all(b"never").unwrap();
    assert!(is_silent(&mut stream));
    proxy.cut();
    proxy.heal();
    assert!(!matches!(stream.read(&mut [0; 1]), Ok(1..)));
    assert!(told.recv_timeout(SHORT).is_err(), "what was held is gone with its connection");
}

#[test]
fn answers_alone_can_be_held_back() {
    let (server, told) = echo();
    let proxy = Proxy::before(&server).unwrap();
    proxy.stall_answers();
    let mut stream = client(&proxy);
    stream.write_all(b"write").unwrap();
    assert_eq!(told.recv_timeout(LONG).unwrap(), b"write", "the server has done it");
    assert!(is_silent(&mut stream), "and the client does not know");
    proxy.drop_connections();
    assert!(!matches!(stream.read(&mut [0; 1]), Ok(1..)));
}

#[test]
fn a_delay_is_felt_both_ways_and_healed() {
    let (server, _told) = echo();
    let proxy = Proxy::before(&server).unwrap();
    let mut stream = client(&proxy);
    let each = Duration::from_millis(400);
    proxy.delay(each);
    let started = Instant::now();
    ask(&mut stream, b"a").unwrap();
    assert!(started.elapsed() >= each * 2);
    proxy.heal();
    // A busy machine has delays of its own, but not each time.
    let is_quick = |_| {
        let started = Instant::now();
        ask(&mut stream, b"b").unwrap();
        started.elapsed() < each * 2
    };
    assert!((0..20).any(is_quick));
}

#[test]
fn a_server_that_is_away_is_a_closed_connection() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let proxy = Proxy::before(&port.to_string()).unwrap();
    assert!(ask(&mut client(&proxy), b"a").is_err());
    assert!(Proxy::before("nothing").is_err());
}

#[test]
fn a_broker_is_made_to_name_the_proxy() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let proxy = Proxy::kafka(&format!("127.0.0.1:{port}")).unwrap();
    let mut stream = client(&proxy);
    let (mut broker, _) = listener.accept().unwrap();
    // Two answers in one piece, the second cut in two; then one that is too large to be looked through.
    let answer = [b"\0\0\0\x01".to_vec(), kafka_name("127.0.0.1", port), b"rest".to_vec()].concat();
    let framed = |body: &[u8]| [&u32::try_from(body.len()).unwrap().to_be_bytes()[..], body].concat();
    let two = [framed(&answer), framed(&answer)].concat();
    let (first, second) = two.split_at(framed(&answer).len() + 9);
    broker.write_all(first).unwrap();
    std::thread::sleep(SHORT);
    broker.write_all(second).unwrap();
    let mut expected = two.clone();
    replace(&mut expected, &kafka_name("127.0.0.1", port), &kafka_name("127.0.0.1", proxy.address().port()));
    assert_ne!(expected, two);
    let mut got = vec![0; two.len()];
    stream.read_exact(&mut got).unwrap();
    assert_eq!(got, expected);

    let large = framed(&vec![7; super::KAFKA_FRAME_BYTES_MAX + 1]);
    let copy = large.clone();
    let sender = std::thread::spawn(move || broker.write_all(&copy));
    let mut got = vec![0; large.len()];
    stream.read_exact(&mut got).unwrap();
    assert!(got == large);
    sender.join().unwrap().unwrap();
}

/// What [`web`] was asked, and its answers' items.
type Requests = Receiver<(String, String)>;

/// A server that answers every bulk request with one item for each of its lines' pairs, in chunks.
fn web() -> (String, Requests) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let tell = tell.clone();
            std::thread::spawn(move || {
                let mut reader = BufReader::new(&stream);
                while let Some((first, body)) = request(&mut reader) {
                    let ids = body.lines().filter(|line| line.contains("_id"));
                    let items: Vec<String> = ids
                        .map(|line| format!("{{\"index\":{{\"status\":201,\"of\":{}}}}}", line.trim()))
                        .collect();
                    let json = format!("{{\"took\":1,\"errors\":false,\"items\":[{}]}}", items.join(","));
                    let answer = match first.starts_with("HEAD") {
                        true => "HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n".to_owned(),
                        false => format!(
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{json}\r\n0\r\n\r\n",
                            json.len()
                        ),
                    };
                    let _ = tell.send((first, body));
                    if (&stream).write_all(answer.as_bytes()).is_err() {
                        return;
                    }
                }
            });
        }
    });
    (url, told)
}

fn request(reader: &mut impl BufRead) -> Option<(String, String)> {
    let (mut first, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return None;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
        if first.is_empty() {
            first = line.trim().to_owned();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    Some((first, String::from_utf8(body).unwrap()))
}

/// Asks on a connection of its own; the status and the body.
fn http(url: &str, method: &str, path: &str, body: &str) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://"))?;
    stream.set_read_timeout(Some(LONG))?;
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nConnection: close\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(super::gone)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(super::gone)?;
    Ok((status, body.to_owned()))
}

/// A bulk body that writes the documents of these numbers.
fn bulk(ids: std::ops::Range<u32>) -> String {
    ids.map(|id| format!("{{\"index\":{{\"_id\":\"{id}\"}}}}\n{{\"n\":{id}}}\n")).collect()
}

/// The status of each item of an answer.
fn statuses(body: &str) -> Vec<u64> {
    let whole: serde_json::Value = serde_json::from_str(body).unwrap();
    let items = whole["items"].as_array().unwrap();
    let statuses: Vec<u64> = items.iter().map(|item| item["index"]["status"].as_u64().unwrap()).collect();
    assert_eq!(whole["errors"], statuses.iter().any(|status| *status > 299));
    statuses
}

#[test]
fn requests_that_no_fault_is_meant_for_pass() {
    let (server, told) = web();
    let proxy = BulkProxy::before(&server).unwrap();
    proxy.refuse(1);
    assert_eq!(http(&proxy.url(), "POST", "/i/_search", "{}").unwrap().0, 200);
    assert_eq!(told.recv_timeout(LONG).unwrap().1, "{}");
    assert_eq!(proxy.seen(), BulkCounts::default());
    assert!(BulkProxy::before("https://x").is_err());
}

#[test]
fn one_connection_serves_many_requests_and_heads_have_no_body() {
    let (server, _told) = web();
    let proxy = BulkProxy::before(&server).unwrap();
    let mut stream = TcpStream::connect(proxy.url().trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    for _ in 0..3 {
        stream.write_all(b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let mut answer = [0; 39];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(&answer[..], b"HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n");
    }
}

#[test]
fn a_bulk_request_is_refused_as_often_as_was_said() {
    let (server, told) = web();
    let proxy = BulkProxy::before(&server).unwrap();
    proxy.refuse(2);
    for _ in 0..2 {
        let (status, body) = http(&proxy.url(), "POST", "/i/_bulk", &bulk(0..2)).unwrap();
        assert_eq!(status, 429);
        assert!(body.contains("es_rejected_execution_exception"), "{body}");
    }
    assert!(told.try_recv().is_err(), "nothing of it was passed");
    let (status, body) = http(&proxy.url(), "POST", "/i/_bulk", &bulk(0..2)).unwrap();
    assert_eq!((status, statuses(&body)), (200, vec![201, 201]));
    assert_eq!(proxy.seen(), BulkCounts { requests: 3, refused: 2, ..BulkCounts::default() });
}

#[test]
fn items_that_fail_are_not_done_and_stand_in_their_places() {
    let (server, told) = web();
    let proxy = BulkProxy::before(&server).unwrap();
    proxy.fail_items(1, 3, 429);
    let path = "/some-index/_bulk?filter_path=errors&refresh=true";
    let (status, body) = http(&proxy.url(), "POST", path, &bulk(0..7)).unwrap();
    assert_eq!((status, statuses(&body)), (200, vec![201, 201, 429, 201, 201, 429, 201]));
    assert!(body.contains("\"_id\":\"2\"") && body.contains("\"_index\":\"some-index\""), "{body}");
    let (first, passed) = told.recv_timeout(LONG).unwrap();
    assert_eq!(first, "POST /some-index/_bulk?refresh=true HTTP/1.1");
    assert_eq!(passed, [bulk(0..2), bulk(3..5), bulk(6..7)].concat());
    assert_eq!(proxy.seen(), BulkCounts { requests: 1, failed_items: 2, ..BulkCounts::default() });

    proxy.fail_items(1, 1, 400);
    let (_, body) = http(&proxy.url(), "POST", "/_bulk", &bulk(0..2)).unwrap();
    assert_eq!(statuses(&body), [400, 400]);
    assert!(told.try_recv().is_err(), "nothing was left to pass");
}

#[test]
fn an_answer_can_be_lost_after_the_work_was_done() {
    let (server, told) = web();
    let proxy = BulkProxy::before(&server).unwrap();
    proxy.lose_answers(1);
    assert!(http(&proxy.url(), "POST", "/i/_bulk", &bulk(0..1)).is_err());
    assert_eq!(told.recv_timeout(LONG).unwrap().1, bulk(0..1));
    assert_eq!(proxy.seen().unanswered, 1);
}

#[test]
fn the_network_behind_the_bulk_proxy_can_be_cut_too() {
    let (server, _told) = web();
    let proxy = BulkProxy::before(&server).unwrap();
    proxy.network().cut();
    assert!(http(&proxy.url(), "GET", "/", "").is_err());
    proxy.network().heal();
    assert_eq!(http(&proxy.url(), "GET", "/", "").unwrap().0, 200);
}

/// A unique name.
fn own_name() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    format!("rushes-proxy-{}-{}", std::process::id(), now.as_nanos())
}

#[test]
fn elasticsearch_has_what_it_acknowledged_and_not_what_failed() {
    let Some(url) = crate::servers::elasticsearch() else { return };
    let proxy = BulkProxy::before(&url).unwrap();
    let index = own_name();
    proxy.fail_items(1, 4, 429);
    let path = format!("/{index}/_bulk?refresh=true");
    let (status, body) = http(&proxy.url(), "POST", &path, &bulk(0..10)).unwrap();
    assert_eq!((status, statuses(&body).iter().filter(|s| **s == 201).count()), (200, 8), "{body}");
    let (_, count) = http(&proxy.url(), "GET", &format!("/{index}/_count"), "").unwrap();
    assert!(count.contains("\"count\":8,"), "{count}");
    assert_eq!(http(&proxy.url(), "DELETE", &format!("/{index}"), "").unwrap().0, 200);
}

#[test]
fn a_real_broker_names_the_proxy() {
    let Some(broker) = crate::servers::kafka() else { return };
    let proxy = Proxy::kafka(&broker).unwrap();
    let mut stream = client(&proxy);
    // Request 3, version 4, asks for the brokers; of no topic, and makes none.
    stream.write_all(&[0, 0, 0, 15, 0, 3, 0, 4, 0, 0, 0, 9, 0xff, 0xff, 0, 0, 0, 0, 0]).unwrap();
    let mut length = [0; 4];
    stream.read_exact(&mut length).unwrap();
    let mut answer = vec![0; u32::from_be_bytes(length) as usize];
    stream.read_exact(&mut answer).unwrap();
    let (host, _) = broker.rsplit_once(':').unwrap();
    let name = kafka_name(host, proxy.address().port());
    assert!(answer.windows(name.len()).any(|window| window == name), "{answer:?}");
}
