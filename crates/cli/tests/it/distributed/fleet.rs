//! Serving processes, each with roles and a folder of its own, on one set of engines.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::support::rushes;
use crate::torture::http::{Reply, send};
use crate::torture::ledger::lock;

/// How long a process may take to end once it was asked to.
const DRAIN_MAX: Duration = Duration::from_secs(30);
/// How much of what a process said is shown where it did wrong.
const TAIL_BYTES: usize = 3_000;

/// What of a process's log is kept, to be shown where it did wrong.
const LOGGED: &str = "warn,scylla=error";

/// A process of the fleet: its name, also its folder's, and its roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member(pub &'static str, pub &'static [&'static str]);

pub const TAKING: [Member; 2] =
    [Member("taking-1", &["ingest", "relay"]), Member("taking-2", &["ingest", "relay"])];
pub const FUSING: [Member; 2] = [Member("fusing-1", &["fuse"]), Member("fusing-2", &["fuse"])];
pub const INDEXING: [Member; 2] = [Member("indexing-1", &["index"]), Member("indexing-2", &["index"])];
pub const ANSWERING: Member = Member("answering", &["search", "maintain"]);
/// Comes and goes.
pub const MORE_FUSING: Member = Member("fusing-3", &["fuse"]);
/// Comes and goes.
pub const MORE_INDEXING: Member = Member("indexing-3", &["index"]);

/// Those that are there unless a fault takes them away.
pub fn everybody() -> impl Iterator<Item = Member> {
    TAKING.into_iter().chain(FUSING).chain(INDEXING).chain([ANSWERING])
}

struct Running {
    member: Member,
    child: Child,
    /// `None` until it listens.
    address: Option<String>,
}

/// The processes. Those that still run are killed at the end.
pub struct Fleet {
    folder: PathBuf,
    config: PathBuf,
    running: Mutex<Vec<Running>>,
}

impl Fleet {
    /// No process yet; the configuration says where the engines are.
    pub fn new(folder: &Path, configuration: &str) -> Self {
        let config = folder.join("rushes.toml");
        std::fs::write(&config, configuration).unwrap();
        Self { folder: folder.to_owned(), config, running: Mutex::default() }
    }

    /// `rushes` with the fleet's configuration, in a folder of its own.
    pub fn command(&self, folder: &str) -> Command {
        let mut command = rushes();
        command.arg("--config").arg(&self.config).arg("--archive").arg(self.folder.join(folder));
        command
    }

    /// Starts a process, and does not wait.
    pub fn spawn(&self, member: Member) {
        let mut command = self.command(member.0);
        command.args(["serve", "--listen", "127.0.0.1:0", "--no-open", "--quiet"]);
        for role in member.1 {
            command.args(["--role", role]);
        }
        let said = File::options().create(true).append(true).open(self.said(member)).unwrap();
        let child = command.env("RUSHES_LOG", LOGGED).stdin(Stdio::null()).stderr(said).spawn().unwrap();
        lock(&self.running).push(Running { member, child, address: None });
    }

    /// Waits until a process listens.
    #[track_caller]
    pub fn listens(&self, member: Member) {
        let out = self.with(member, |running| running.child.stdout.take()).flatten();
        let mut url = String::new();
        BufReader::new(out.unwrap()).read_line(&mut url).unwrap();
        let address = url.trim().strip_prefix("http://").unwrap_or_default().trim_end_matches('/').to_owned();
        assert!(!address.is_empty(), "{} did not start: {}", member.0, self.tail(member));
        self.with(member, |running| running.address = Some(address));
    }

    /// Starts a process and waits until it listens.
    #[track_caller]
    pub fn start(&self, member: Member) {
        self.spawn(member);
        self.listens(member);
    }

    /// Kills a process as nothing can be caught.
    pub fn kill(&self, member: Member) {
        let mut running = self.leave(member);
        running.child.kill().unwrap();
        running.child.wait().unwrap();
    }

    /// Asks a process to end, as service managers do; it must do so by itself, in time and well.
    #[track_caller]
    pub fn terminate(&self, member: Member) -> Duration {
        let mut running = self.leave(member);
        let began = Instant::now();
        let asked = Command::new("kill").args(["-TERM", &running.child.id().to_string()]).status();
        assert!(asked.unwrap().success());
        while began.elapsed() < DRAIN_MAX {
            if let Some(status) = running.child.try_wait().unwrap() {
                assert_eq!(status.code(), Some(0), "{}: {}", member.0, self.tail(member));
                return began.elapsed();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        running.child.kill().unwrap();
        running.child.wait().unwrap();
        panic!("{} does not end when asked to: {}", member.0, self.tail(member));
    }

    /// Where a process listens; `None` while it does not run.
    pub fn address(&self, member: Member) -> Option<String> {
        self.with(member, |running| running.address.clone()).flatten()
    }

    /// Sends a request; `None` where no whole answer comes.
    pub fn ask(&self, member: Member, method: &str, path: &str, kind: &str, body: &[u8]) -> Option<Reply> {
        send(&self.address(member)?, method, path, kind, body)
    }

    /// The most memory that a process has had, in MiB.
    pub fn peak_mib(&self, member: Member) -> u64 {
        let id = self.with(member, |running| running.child.id()).unwrap();
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or_default() / 1024
    }

    /// The end of what a process has said.
    pub fn tail(&self, member: Member) -> String {
        let said = std::fs::read(self.said(member)).unwrap_or_default();
        String::from_utf8_lossy(&said[said.len().saturating_sub(TAIL_BYTES)..]).into_owned()
    }

    fn said(&self, member: Member) -> PathBuf {
        self.folder.join(format!("{}.log", member.0))
    }

    fn with<T>(&self, member: Member, act: impl FnOnce(&mut Running) -> T) -> Option<T> {
        lock(&self.running).iter_mut().find(|running| running.member == member).map(act)
    }

    fn leave(&self, member: Member) -> Running {
        let mut all = lock(&self.running);
        let at = all.iter().position(|running| running.member == member).unwrap();
        all.swap_remove(at)
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for running in lock(&self.running).iter_mut() {
            let _ = running.child.kill();
            let _ = running.child.wait();
        }
    }
}
