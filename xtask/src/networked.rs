//! The engines of `cargo xtask ci`: fetched while the first steps compile, started for the tests on ports that are free,
//! with empty data, in a home of their own; stopped whatever comes. What cannot be had is skipped, and said so.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::JoinHandle;

use anyhow::{Context, anyhow, ensure};

use crate::engines::{Engines, Request, Server, USE, Unavailable, listening};

/// By how much all ports are moved where the usual ones are taken: the first that is free is taken.
const SHIFTS: [u16; 4] = [0, 10_000, 20_000, 5_000];

/// What the servers are for that no test kills, and those that some test may kill.
const SHARED: &str = "scratch";
const OWN: &str = "tests";

/// Variables that lead tests to servers.
pub type Variables = Vec<(&'static str, String)>;

/// Servers being fetched; for each what came of it.
pub struct Fetching(JoinHandle<Vec<(Server, anyhow::Result<()>)>>);

/// Servers that run. They end with this value.
pub struct Running {
    root: PathBuf,
    servers: Vec<Server>,
    /// What leads the tests to them.
    pub variables: Variables,
}

/// Begins to fetch the servers that the environment does not provide.
pub fn fetch(root: &Path) -> Fetching {
    let root = root.to_path_buf();
    Fetching(std::thread::spawn(move || {
        let wanted = Server::ALL.into_iter().filter(|server| provided(*server).is_none());
        wanted.map(|server| (server, engines(&root, "fetch", &[server], 0).and_then(|e| e.run()))).collect()
    }))
}

/// Starts what was fetched. What the machine cannot have is skipped; what it has and does not start is an error.
pub fn up(root: &Path, fetching: Fetching) -> anyhow::Result<Running> {
    let fetched = fetching.0.join().map_err(|_| anyhow!("fetching the engines broke off"))?;
    let mut running = Running { root: root.to_path_buf(), servers: Vec::new(), variables: Vec::new() };
    running.variables.extend(Server::ALL.into_iter().filter_map(provided));
    for (server, outcome) in fetched {
        match outcome {
            Ok(()) => running.servers.push(server),
            Err(error) if error.downcast_ref::<Unavailable>().is_some() => {
                let what = format!("all tests on {}: {error:#}", server.name());
                crate::skips::skip(server.variable(), &what);
            }
            Err(error) => return Err(error.context(format!("fetching {}", server.name()))),
        }
    }
    if running.servers.is_empty() {
        return Ok(running);
    }
    let shift = SHIFTS
        .into_iter()
        .find(|shift| is_free(*shift))
        .context("no ports are free for the engines; `cargo xtask engines status` shows what of ours runs")?;
    // What an earlier run may have left.
    engines(root, "wipe", &running.servers, shift)?.run()?;
    let up = engines(root, "up", &running.servers, shift)?;
    up.run()?;
    for server in &running.servers {
        running.variables.extend(up.running(*server)?);
    }
    Ok(running)
}

/// Runs a command while fresh engines run, with the variables that lead to them.
pub fn with(root: &Path, command: &[&str]) -> anyhow::Result<()> {
    let (program, words) =
        command.split_first().context("say what to run: `cargo xtask with-engines cargo test`")?;
    let running = up(root, fetch(root))?;
    let status = Command::new(program)
        .args(words)
        .envs(running.variables.iter().map(|(name, value)| (name, value)))
        .envs(of_own(root))
        .status()
        .with_context(|| format!("starting `{program}`"));
    running.down()?;
    let status = status?;
    ensure!(status.success(), "`{}` failed: {status}", command.join(" "));
    Ok(())
}

impl Running {
    /// Ends the servers, and removes their data.
    pub fn down(mut self) -> anyhow::Result<()> {
        self.end()
    }

    fn end(&mut self) -> anyhow::Result<()> {
        let servers = std::mem::take(&mut self.servers);
        if servers.is_empty() { Ok(()) } else { engines(&self.root, "wipe", &servers, 0)?.run() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            println!("== the engines did not end: {error:#}");
        }
    }
}

/// A server that the caller's environment provides.
fn provided(server: Server) -> Option<(&'static str, String)> {
    let variable = server.variable();
    Some((variable, std::env::var(variable).ok().filter(|address| !address.is_empty())?))
}

fn is_free(shift: u16) -> bool {
    Server::ALL.iter().all(|server| {
        let usual = server.defaults();
        [usual.port, usual.peer_port].iter().all(|port| !listening(port + shift))
    })
}

/// Jars lie where `cargo xtask engines` has them; all else in a home that this may wipe.
fn engines(root: &Path, action: &str, servers: &[Server], shift: u16) -> anyhow::Result<Engines> {
    let target = crate::target(root);
    let (home, jars) = (target.join("engines-ci"), target.join("engines"));
    let (home, jars) = (home.display().to_string(), jars.display().to_string());
    let shift = shift.to_string();
    let mut words = vec![action, "--home", &home, "--jars", &jars, "--shift", &shift, "--use", SHARED];
    words.extend(servers.iter().map(|server| server.name()));
    Engines::new(root, Request::parse(&words, |_| None)?)
}

/// For tests that start servers of their own: where the jars are, and what those servers are for.
pub fn of_own(root: &Path) -> Variables {
    let jars = crate::target(root).join("engines").display().to_string();
    vec![("RUSHES_ENGINES_JARS", jars), (USE, OWN.to_owned())]
}
