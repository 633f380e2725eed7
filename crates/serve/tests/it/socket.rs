//! Over a real socket: discovery, keep-alive, slow clients, the end.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rushes_archive::{Archive, OpenOptions, Right, TokenSpec};
use rushes_serve::{Discovery, ServeConfig, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

struct Running {
    _dir: tempfile::TempDir,
    folder: PathBuf,
    archive: Arc<Archive>,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<rushes_types::Result<()>>,
}

async fn start(change: impl FnOnce(&mut ServeConfig)) -> Running {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("archive");
    let archive = Archive::open(&folder, OpenOptions::default()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut config = ServeConfig::default();
    change(&mut config);
    let (stop, stopped) = oneshot::channel::<()>();
    let task = tokio::spawn(serve(listener, Arc::clone(&archive), config, async {
        let _ = stopped.await;
    }));
    for _ in 0..200 {
        if Discovery::read(&folder).unwrap().is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Running { _dir: dir, folder, archive, address, stop: Some(stop), task }
}

impl Running {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends bytes and reads until the server closes.
    async fn exchange(&self, bytes: &str) -> String {
        let mut stream = self.connect().await;
        stream.write_all(bytes.as_bytes()).await.unwrap();
        read_all(&mut stream).await
    }

    /// Waits until the server has a request besides the one that asks.
    async fn until_another_is_in_flight(&self) {
        let is_in_flight = async {
            while !self.get("/metrics", "").await.contains("rushes_http_requests_in_flight 2") {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), is_in_flight).await.unwrap();
    }

    async fn get(&self, path: &str, more: &str) -> String {
        let host = self.address;
        self.exchange(&format!("GET {path} HTTP/1.1\r\nhost: {host}\r\n{more}connection: close\r\n\r\n"))
            .await
    }
}

async fn read_all(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut answer)).await;
    assert!(read.is_ok(), "the server did not close: {}", String::from_utf8_lossy(&answer));
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_server_is_found_spoken_to_and_goes_without_a_trace() {
    let mut running = start(|_| {}).await;
    let discovery = Discovery::read(&running.folder).unwrap().unwrap();
    assert_eq!(discovery.url, format!("http://{}", running.address));
    assert!(running.get("/healthz", "").await.starts_with("HTTP/1.1 200 OK"));
    assert!(running.get("/v1/status", "").await.contains("\"last_commit\""));
    // Two requests on one connection.
    let host = running.address;
    let twice = format!(
        "GET /healthz HTTP/1.1\r\nhost: {host}\r\n\r\nGET /healthz HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"
    );
    assert_eq!(running.exchange(&twice).await.matches("HTTP/1.1 200 OK").count(), 2);
    running.stop.take().unwrap().send(()).unwrap();
    running.task.await.unwrap().unwrap();
    assert!(!running.folder.join(rushes_serve::DISCOVERY_FILE).try_exists().unwrap());
    assert!(TcpStream::connect(running.address).await.is_err());
}

#[tokio::test]
async fn the_owner_s_secret_opens_what_tokens_close() {
    let running = start(|_| {}).await;
    let spec = TokenSpec {
        name: "anna".into(),
        movies: Some(["m".to_owned()].into()),
        rights: [Right::Read].into(),
        ..TokenSpec::default()
    };
    let secret = running.archive.tokens().create(&spec).unwrap();
    assert!(running.get("/v1/tokens", "").await.starts_with("HTTP/1.1 401"));
    let with = |secret: &str| format!("authorization: Bearer {secret}\r\n");
    assert!(running.get("/v1/tokens", &with(&secret)).await.starts_with("HTTP/1.1 403"));
    let owner = Discovery::read(&running.folder).unwrap().unwrap().secret;
    assert!(running.get("/v1/tokens", &with(&owner)).await.starts_with("HTTP/1.1 200"));
    let almost = format!("{}0", &owner[..owner.len() - 1]);
    if almost != owner {
        assert!(running.get("/v1/tokens", &with(&almost)).await.starts_with("HTTP/1.1 401"));
    }
}

#[tokio::test]
async fn nothing_in_a_request_makes_it_a_call_from_within() {
    let running = start(|_| {}).await;
    let spec = TokenSpec { name: "anna".into(), rights: [Right::Admin].into(), ..TokenSpec::default() };
    running.archive.tokens().create(&spec).unwrap();
    for more in [
        "x-in-process: 1\r\n",
        "x-caller: local\r\n",
        "forwarded: for=127.0.0.1\r\n",
        "x-forwarded-for: ::1\r\n",
    ] {
        assert!(running.get("/v1/status", more).await.starts_with("HTTP/1.1 401"), "{more}");
    }
}

#[tokio::test]
async fn requests_in_flight_may_end_and_idle_connections_are_closed() {
    let mut running = start(|_| {}).await;
    let mut idle = running.connect().await;
    let mut busy = running.connect().await;
    let host = running.address;
    let body = "{\"asset_id\":\"a\"}";
    let head = format!(
        "POST /v1/assets HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    busy.write_all(head.as_bytes()).await.unwrap();
    running.until_another_is_in_flight().await;
    running.stop.take().unwrap().send(()).unwrap();
    assert_eq!(read_all(&mut idle).await, "");
    busy.write_all(body.as_bytes()).await.unwrap();
    assert!(read_all(&mut busy).await.starts_with("HTTP/1.1 200 OK"));
    running.task.await.unwrap().unwrap();
}

#[tokio::test]
async fn what_does_not_end_in_time_is_cut() {
    let mut running = start(|c| c.limits.drain_time_max = Duration::from_millis(200)).await;
    let mut busy = running.connect().await;
    let host = running.address;
    let head = format!(
        "POST /v1/assets HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n"
    );
    busy.write_all(head.as_bytes()).await.unwrap();
    running.until_another_is_in_flight().await;
    running.stop.take().unwrap().send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(5), running.task).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn slow_and_oversized_headers_are_given_up() {
    let running = start(|c| c.limits.header_time_max = Duration::from_millis(200)).await;
    let mut slow = running.connect().await;
    slow.write_all(b"GET /healthz HT").await.unwrap();
    let answer = read_all(&mut slow).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
    let mut silent = running.connect().await;
    assert_eq!(read_all(&mut silent).await, "");
    let host = running.address;
    let many = "x: y\r\n".repeat(100);
    let answer = running.exchange(&format!("GET /healthz HTTP/1.1\r\nhost: {host}\r\n{many}\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    assert!(running.exchange("nonsense\r\n\r\n").await.starts_with("HTTP/1.1 400"));
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_their_turn() {
    let running = start(|c| c.limits.connections_max = 1).await;
    let mut first = running.connect().await;
    // Answered, so it is the one that is accepted.
    let host = running.address;
    first.write_all(format!("GET /healthz HTTP/1.1\r\nhost: {host}\r\n\r\n").as_bytes()).await.unwrap();
    first.read_u8().await.unwrap();
    let waiting = running.get("/healthz", "");
    let mut waiting = std::pin::pin!(waiting);
    assert!(tokio::time::timeout(Duration::from_millis(200), &mut waiting).await.is_err());
    drop(first);
    assert!(waiting.await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_server_that_others_could_reach_is_not_started_without_tokens() {
    let dir = tempfile::tempdir().unwrap();
    let archive = Archive::open(&dir.path().join("archive"), OpenOptions::default()).unwrap();
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let config = ServeConfig::default();
    let refused = serve(listener, archive, config, std::future::pending()).await.unwrap_err();
    assert!(refused.message().contains("rushes token create"), "{refused}");
}
