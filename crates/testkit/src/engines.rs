//! Servers for a single test, which it may stop, kill and wipe without affecting others: `cargo xtask engines` with its
//! own folder and ports.
//!
//! Each takes a JVM's memory (up to 1.1 GB) and 10 to 25 seconds to start, so a suite has few tests that need one.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::servers;
use crate::skips::skipped;

/// Exit status of `xtask` if the machine lacks a tool or cannot get the servers' jars.
const UNAVAILABLE: i32 = 3;

/// One server, until it is dropped; its data are deleted then.
pub struct TestServer {
    name: &'static str,
    home: PathBuf,
    port: u16,
}

/// A Cassandra node of the test's own.
#[must_use]
pub fn cassandra() -> Option<TestServer> {
    servers::cassandra().and_then(|_| TestServer::start("cassandra"))
}

/// A Kafka broker of the test's own.
#[must_use]
pub fn kafka() -> Option<TestServer> {
    servers::kafka().and_then(|_| TestServer::start("kafka"))
}

/// An Elasticsearch node of the test's own.
#[must_use]
pub fn elasticsearch() -> Option<TestServer> {
    servers::elasticsearch().and_then(|_| TestServer::start("elasticsearch"))
}

/// A Cassandra node of the test's own that asks for a user (`cassandra`, with that as its password) and speaks TLS.
#[must_use]
pub fn secure_cassandra() -> Option<TestServer> {
    servers::cassandra().and_then(|_| TestServer::start_with("cassandra", &["--secure"]))
}

/// A Kafka broker of the test's own that asks for a user (`rushes`, `rushes-secret`); ten ports above it speaks TLS.
#[must_use]
pub fn secure_kafka() -> Option<TestServer> {
    servers::kafka().and_then(|_| TestServer::start_with("kafka", &["--secure"]))
}

impl TestServer {
    fn start(name: &'static str) -> Option<Self> {
        Self::start_with(name, &[])
    }

    /// `None`, and a counted skip, if the machine cannot run it.
    fn start_with(name: &'static str, more: &[&str]) -> Option<Self> {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let number = STARTED.fetch_add(1, Ordering::SeqCst);
        let home = std::env::temp_dir().join(format!("rushes-own-{}-{number}", std::process::id()));
        let [port, peer_port] = free_ports();
        let own = Self { name, home, port };
        let (port, peer_port) = (format!("{name}={port}"), format!("{name}={peer_port}"));
        let mut words = vec!["--port", &port, "--peer-port", &peer_port];
        words.extend(more);
        let output = own.xtask("up", &words);
        if output.status.code() == Some(UNAVAILABLE) {
            let why = String::from_utf8_lossy(&output.stderr);
            let variable = format!("RUSHES_TEST_{}", name.to_uppercase());
            let what = format!("tests that end a {name} of their own: {}", why.trim());
            skipped(&variable, &what);
            return None;
        }
        own.must(&output, "up");
        Some(own)
    }

    /// Its address for clients: `host:port`, or a URL.
    #[must_use]
    pub fn address(&self) -> String {
        let scheme = if self.name == "elasticsearch" { "http://" } else { "" };
        format!("{scheme}127.0.0.1:{}", self.port)
    }

    /// Its address over TLS, of a secure Kafka.
    #[must_use]
    pub fn tls_address(&self) -> String {
        format!("127.0.0.1:{}", self.port + 10)
    }

    /// A file beside its configuration: of a secure server `ca.pem`, `client.pem`, `client.key`.
    #[must_use]
    pub fn config(&self, file: &str) -> PathBuf {
        self.home.join(self.name).join("config").join(file)
    }

    /// Its data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.home.join(self.name).join("data")
    }

    /// Stops it gracefully and waits.
    pub fn stop(&self) {
        self.must(&self.xtask("stop", &[]), "stop");
    }

    /// Kills it, as a loss of power would.
    pub fn kill(&self) {
        self.must(&self.xtask("kill", &[]), "kill");
    }

    /// Stops it as a debugger does: it is there, its connections stand, and it does nothing.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Lets it go on after [`TestServer::freeze`].
    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let pid = std::fs::read_to_string(self.home.join(self.name).join("pid"));
        let pid = pid.unwrap_or_else(|error| panic!("{} does not run: {error}", self.name));
        let status = Command::new("kill").args([signal, pid.trim()]).status();
        assert!(status.is_ok_and(|status| status.success()), "{} cannot be signalled", self.name);
    }

    /// Starts it again with its data, on the same port, and waits until it answers.
    pub fn start_again(&self) {
        self.must(&self.xtask("start", &[]), "start");
    }

    fn xtask(&self, action: &str, more: &[&str]) -> Output {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let jars = std::env::var_os("RUSHES_ENGINES_JARS").map_or_else(
            || {
                let target = std::env::var_os("CARGO_TARGET_DIR");
                target.map_or_else(|| root.join("target"), PathBuf::from).join("engines")
            },
            PathBuf::from,
        );
        Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(["run", "--quiet", "--package", "xtask", "--", "engines", action, self.name, "--home"])
            .arg(&self.home)
            .arg("--jars")
            .arg(jars)
            .args(more)
            .current_dir(&root)
            .output()
            .unwrap_or_else(|error| panic!("cargo does not start: {error}"))
    }

    fn must(&self, output: &Output, action: &str) {
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "`engines {action} {}` failed: {said}", self.name);
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        // A failing test drops this too: no second panic.
        let _ = self.xtask("wipe", &[]);
        let _ = std::fs::remove_dir_all(&self.home);
    }
}

/// Two free ports. Both are bound until both are found, so that they differ.
fn free_ports() -> [u16; 2] {
    let held = [0; 2].map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
    held.map(|listener| listener.local_addr().unwrap().port())
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_kafka_of_its_own_is_killed_and_comes_back() {
        let Some(own) = super::kafka() else { return };
        let is_there = || std::net::TcpStream::connect(own.address()).is_ok();
        assert!(is_there());
        own.kill();
        assert!(!is_there());
        own.start_again();
        assert!(is_there());
    }
}
