//! One life of a server, from its start to the kill.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::http::{Reply, send};
use super::ledger::lock;
use crate::support::program;

/// How long the stages may take to catch up.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a hand of the torturer is doing at this moment.
#[derive(Debug, Default)]
pub struct Doing(Mutex<Option<&'static str>>);

impl Doing {
    /// Does something, and notes it for as long as it takes. What broke off stays noted: it was being done at the kill.
    pub fn this<T>(&self, what: &'static str, act: impl FnOnce() -> Option<T>) -> Option<T> {
        *lock(&self.0) = Some(what);
        let done = act()?;
        *lock(&self.0) = None;
        Some(done)
    }

    /// What is being done.
    pub fn now(&self) -> Option<&'static str> {
        *lock(&self.0)
    }
}

/// A server that is alive, or was.
pub struct Life {
    child: Mutex<Child>,
    address: String,
    killed: AtomicBool,
}

impl Life {
    /// Starts a server and waits until it listens.
    pub fn begin(binary: &Path, archive: &Path) -> Self {
        let mut child = Self::spawn(binary, archive);
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        let address = url.trim().strip_prefix("http://").unwrap_or_default().trim_end_matches('/').to_owned();
        if address.is_empty() {
            let output = child.wait_with_output().unwrap();
            panic!("the server did not start: {}", String::from_utf8_lossy(&output.stderr));
        }
        let mut errors = child.stderr.take().unwrap();
        // Nothing reads them, and a full pipe would stop the server.
        std::thread::spawn(move || std::io::copy(&mut errors, &mut std::io::sink()));
        Self { child: Mutex::new(child), address, killed: AtomicBool::new(false) }
    }

    /// Starts a server and does not wait.
    pub fn spawn(binary: &Path, archive: &Path) -> Child {
        let mut command = program(binary);
        command.arg("--archive").arg(archive);
        command.args(["serve", "--listen", "127.0.0.1:0", "--no-open", "--quiet"]);
        command.stdin(Stdio::null()).spawn().unwrap()
    }

    /// Kills it as nothing can be caught.
    pub fn kill(&self) {
        self.killed.store(true, Ordering::SeqCst);
        let mut child = lock(&self.child);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Ctrl-C; did it end soon?
    pub fn interrupt(&self) -> bool {
        self.killed.store(true, Ordering::SeqCst);
        let mut child = lock(&self.child);
        let asked = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
        assert!(asked.unwrap().success());
        let until = Instant::now() + PATIENCE / 4;
        while Instant::now() < until {
            if child.try_wait().unwrap().is_some() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }

    /// Where it listens.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        lock(&self.child).id()
    }

    /// Was it killed?
    pub fn is_over(&self) -> bool {
        self.killed.load(Ordering::SeqCst)
    }

    /// Sends a request; `None` where it was killed before the answer was whole.
    #[track_caller]
    pub fn ask(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> Option<Reply> {
        let reply = send(&self.address, method, path, kind, body);
        if reply.is_none() {
            assert!(self.is_over(), "{method} {path}: the server broke off by itself");
        }
        reply
    }

    /// One that must be answered 200.
    #[track_caller]
    pub fn done(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> Option<Reply> {
        let reply = self.ask(method, path, kind, body)?;
        assert_eq!(reply.status, 200, "{method} {path}: {}", String::from_utf8_lossy(&reply.body));
        Some(reply)
    }

    #[track_caller]
    pub fn post(&self, path: &str, body: &Value) -> Option<Reply> {
        self.done("POST", path, "application/json", body.to_string().as_bytes())
    }

    #[track_caller]
    pub fn lines(&self, path: &str, body: &[u8]) -> Option<Reply> {
        self.done("POST", path, "application/x-ndjson", body)
    }

    #[track_caller]
    pub fn get(&self, path: &str) -> Option<Reply> {
        self.done("GET", path, "application/json", b"")
    }

    /// The lines of an asset as they are given back; none where it is not there.
    pub fn export(&self, asset: &str) -> Vec<String> {
        let reply =
            self.ask("GET", &format!("/v1/annotations?asset={asset}"), "application/json", b"").unwrap();
        match reply.status {
            404 => Vec::new(),
            200 => String::from_utf8(reply.body).unwrap().lines().map(str::to_owned).collect(),
            other => panic!("export of {asset}: {other}"),
        }
    }

    /// Waits until every stage has done all there is.
    pub fn catch_up(&self) {
        let until = Instant::now() + PATIENCE;
        loop {
            let status = self.get("/v1/status").unwrap().json();
            let behind = status["lag"].as_array().unwrap().iter().any(|l| l["behind"] != 0);
            if status["catching_up"] == false && !behind {
                return;
            }
            assert!(Instant::now() < until, "the stages do not catch up: {status}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        let mut child = lock(&self.child);
        let _ = child.kill();
        let _ = child.wait();
    }
}
