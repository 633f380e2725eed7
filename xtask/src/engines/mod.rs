//! `cargo xtask engines`: Cassandra, Kafka, Elasticsearch and OpenSearch as single nodes on the loopback address, from
//! their published jars and without containers, for tests and for trying. See docs/engines.md.
//!
//! A server has a folder of its own in the engines' home: `lib`, `config`, `data`, `log`, `pid`, and `settings`, with
//! which it was last started.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

mod args;
mod config;
mod fetch;
mod jdk;
mod process;
mod ready;
mod secure;
mod server;
#[cfg(test)]
mod versions;

pub use args::{Action, Request, USE};
pub use ready::listening;
pub use server::{Server, Settings};

/// Between two looks whether a server is ready.
const PAUSE: Duration = Duration::from_millis(200);
/// The id of Kafka's cluster: 16 bytes in base64. Any will do.
const KAFKA_CLUSTER: &str = "cnVzaGVzLWVuZ2luZXMtMQ";

/// What the machine lacks: a tool, or a way to the jars. Nothing of ours is wrong then.
#[derive(Debug)]
pub struct Unavailable(pub String);

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unavailable {}

/// The engines of one home.
pub struct Engines {
    sources: PathBuf,
    home: PathBuf,
    jars: PathBuf,
    request: Request,
}

/// Does what the words say.
pub fn run(root: &Path, words: &[&str]) -> anyhow::Result<()> {
    let request = Request::parse(words, |name| std::env::var(name).ok())?;
    Engines::new(root, request)?.run()
}

impl Engines {
    /// The engines that a request means.
    pub fn new(root: &Path, request: Request) -> anyhow::Result<Self> {
        let whole = |path: PathBuf| {
            std::path::absolute(&path).with_context(|| format!("finding `{}`", path.display()))
        };
        let home = whole(request.home.clone().unwrap_or_else(|| crate::target(root).join("engines")))?;
        let jars = request.jars.clone().map(whole).transpose()?.unwrap_or_else(|| home.clone());
        Ok(Self { sources: root.join("xtask/engines"), home, jars, request })
    }

    fn dir(&self, server: Server) -> PathBuf {
        self.home.join(server.name())
    }

    fn settings(&self, server: Server) -> anyhow::Result<Settings> {
        let before = config::remembered(&self.dir(server));
        match before {
            // What runs is as it was started, whatever is said now.
            Some(before) if process::running(&self.dir(server)).is_some() => Ok(before),
            before => self.request.settings(server, before),
        }
    }

    /// Does what the request says.
    pub fn run(&self) -> anyhow::Result<()> {
        let servers = &self.request.servers;
        if matches!(self.request.action, Action::Status | Action::Env) {
            for server in servers {
                match self.request.action {
                    Action::Status => println!("{}", self.status(*server)?),
                    _ => self.running(*server)?.iter().for_each(|(name, at)| println!("export {name}={at}")),
                }
            }
            return Ok(());
        }
        let _lock = lock(&self.home)?;
        match self.request.action {
            Action::Up | Action::Start => self.up(servers),
            Action::Fetch => servers.iter().try_for_each(|server| self.fetch(*server)),
            Action::Down | Action::Stop => {
                servers.iter().try_for_each(|server| self.end(*server, process::stop))
            }
            Action::Kill => servers.iter().try_for_each(|server| self.end(*server, process::kill)),
            Action::Wipe => servers.iter().try_for_each(|server| self.wipe(*server)),
            Action::Status | Action::Env => Ok(()),
        }
    }

    /// Starts them at once, and waits until all of them answer.
    fn up(&self, servers: &[Server]) -> anyhow::Result<()> {
        fetch::tools(servers)?;
        for server in servers {
            self.fetch(*server)?;
        }
        let mut started = Vec::new();
        for server in servers {
            started.push((*server, self.start(*server)?, Instant::now()));
        }
        for (server, child, at) in &mut started {
            self.wait(*server, child.as_mut(), *at)?;
        }
        Ok(())
    }

    fn fetch(&self, server: Server) -> anyhow::Result<()> {
        let (dir, store) = (self.dir(server), self.jars.join(server.name()));
        if process::running(&dir).is_some() {
            return Ok(());
        }
        let started = Instant::now();
        let _lock = (dir != store).then(|| lock(&self.jars)).transpose()?;
        if !fetch::is_fetched(server, &self.sources, &store)? {
            ensure!(
                process::running(&store).is_none(),
                "{} runs in `{}` from jars that are no longer those of xtask/engines; stop that one first",
                server.name(),
                store.display()
            );
            fetch::fetch(server, &self.sources, &store)?;
            println!("{:<14} fetched in {:.1} s", server.name(), started.elapsed().as_secs_f64());
        }
        if dir != store { fetch::link(&dir, &store) } else { Ok(()) }
    }

    fn start(&self, server: Server) -> anyhow::Result<Option<Child>> {
        let dir = self.dir(server);
        if process::running(&dir).is_some() {
            return Ok(None);
        }
        let settings = self.settings(server)?;
        for (option, port) in [("port", settings.port), ("peer-port", settings.peer_port)] {
            ensure!(
                !listening(port),
                "{}: port `{port}` is taken by another program; end that, or choose another port with `--{option} {}=PORT`, \
                 or move all ports with `--shift 10000`",
                server.name(),
                server.name()
            );
        }
        let jdk = jdk::for_server(server)?;
        config::write(server, &self.sources, &dir, &settings)?;
        if server == Server::Kafka && !dir.join("data/meta.properties").exists() {
            format_kafka(&jdk, &dir)?;
        }
        let command =
            server.command(&jdk, &dir, &settings.heap, self.request.for_use, &process::mark(&dir))?;
        process::start(&dir, &command).map(Some).with_context(|| format!("starting {}", server.name()))
    }

    fn wait(&self, server: Server, mut child: Option<&mut Child>, started: Instant) -> anyhow::Result<()> {
        let dir = self.dir(server);
        let log = dir.join(process::LOG);
        let port = self.settings(server)?.port;
        while !ready::ready(server, port, &dir) {
            let ended = match child.as_mut() {
                Some(child) => child.try_wait().context("looking after a server")?.is_some(),
                None => process::running(&dir).is_none(),
            };
            if ended {
                bail!(
                    "{} ended while it started; the end of `{}`:\n{}",
                    server.name(),
                    log.display(),
                    process::last_lines(&log)
                );
            }
            ensure!(
                started.elapsed() < self.request.limit,
                "{} was not ready within {} s (`--timeout SECONDS` gives it more); it runs on; the end of `{}`:\n{}",
                server.name(),
                self.request.limit.as_secs(),
                log.display(),
                process::last_lines(&log)
            );
            std::thread::sleep(PAUSE);
        }
        let ready = match child {
            Some(_) => format!("ready in {:.1} s", started.elapsed().as_secs_f64()),
            None => "ran already".to_owned(),
        };
        println!("{}  {ready}", self.status(server)?);
        Ok(())
    }

    fn end(&self, server: Server, how: fn(&Path) -> anyhow::Result<bool>) -> anyhow::Result<()> {
        let started = Instant::now();
        let pid = process::running(&self.dir(server));
        let cpu = pid.and_then(|pid| crate::cpu::of_process(pid.as_raw_nonzero().get())).unwrap_or_default();
        if how(&self.dir(server)).with_context(|| format!("ending {}", server.name()))? {
            let took = started.elapsed().as_secs_f64();
            println!("{:<14} ended in {took:.1} s, after {cpu:.0} s of processor time", server.name());
        }
        Ok(())
    }

    fn wipe(&self, server: Server) -> anyhow::Result<()> {
        self.end(server, process::stop)?;
        let data = self.dir(server).join("data");
        if data.exists() {
            std::fs::remove_dir_all(&data).with_context(|| format!("removing `{}`", data.display()))?;
            println!("{:<14} its data are removed", server.name());
        }
        Ok(())
    }

    fn status(&self, server: Server) -> anyhow::Result<String> {
        let Some(pid) = process::running(&self.dir(server)) else {
            return Ok(format!("{:<14} stopped", server.name()));
        };
        let endpoint = server.endpoint(self.settings(server)?.port);
        let mib = process::resident_mib(pid).unwrap_or(0);
        Ok(format!("{:<14} {endpoint:<24} process {:<8} {mib:>5} MiB", server.name(), pid.as_raw_nonzero()))
    }

    /// The variable that leads tests to a server, and its value, if it runs.
    pub fn running(&self, server: Server) -> anyhow::Result<Option<(&'static str, String)>> {
        if process::running(&self.dir(server)).is_none() {
            return Ok(None);
        }
        Ok(Some((server.variable(), server.endpoint(self.settings(server)?.port))))
    }
}

/// Two commands on one home wait for each other.
fn lock(home: &Path) -> anyhow::Result<std::fs::File> {
    std::fs::create_dir_all(home).with_context(|| format!("making `{}`", home.display()))?;
    let lock = std::fs::File::create(home.join("lock")).context("making the engines' lock")?;
    lock.lock().context("waiting for another command on these engines")?;
    Ok(lock)
}

/// Kafka wants its folder prepared before the first start.
fn format_kafka(jdk: &jdk::Jdk, dir: &Path) -> anyhow::Result<()> {
    let output = Command::new(jdk.program("java"))
        .args(["-Dlog4j2.configurationFile=config/log4j2.properties", "-cp", "lib/*"])
        .args(["kafka.tools.StorageTool", "format", "--cluster-id", KAFKA_CLUSTER])
        .args(["--config", "config/server.properties"])
        .current_dir(dir)
        .stdin(Stdio::null())
        .output()
        .context("starting Kafka's storage tool")?;
    ensure!(
        output.status.success(),
        "Kafka's folder could not be prepared: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}
