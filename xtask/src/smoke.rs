//! `cargo xtask smoke`: the first command of the README, as a stranger would run it. The demo must come up, say where,
//! serve its page and answer a search, and go away when asked to.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

/// How long the demo may take from its start to its first answer.
const PATIENCE: Duration = Duration::from_secs(180);
/// How long it may take to go away.
const FAREWELL: Duration = Duration::from_secs(20);
/// Longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: u64 = 4 << 20;

/// Builds a release, runs `rushes demo --no-open` in a home of its own, and asks it.
pub fn run(root: &Path) -> anyhow::Result<()> {
    if !root.join("crates/cli").is_dir() {
        println!("\n== smoke run: SKIPPED, there is no command line yet");
        return Ok(());
    }
    crate::ci::cargo(root, &["build", "--release", "--bin", "rushes"])?;
    println!("\n== rushes demo --no-open");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let home = target.join("smoke");
    if home.exists() {
        std::fs::remove_dir_all(&home).context("emptying the folder of the smoke run")?;
    }
    std::fs::create_dir_all(&home).context("making the folder of the smoke run")?;
    let mut demo = Demo::start(&target.join("release/rushes"), &home)?;
    let tried = demo.answers();
    let output = demo.stop();
    match tried {
        Ok(()) => output.map(|_| println!("the demo serves its page, answers, and goes when asked")),
        Err(error) => {
            println!("{}", output.unwrap_or_else(|e| format!("(no output: {e})")));
            Err(error)
        }
    }
}

/// A running demo; killed when dropped.
struct Demo {
    child: Child,
    log: PathBuf,
}

impl Demo {
    fn start(program: &Path, home: &Path) -> anyhow::Result<Self> {
        let log = home.join("output.txt");
        let file = File::create(&log).context("making the demo's log")?;
        let child = Command::new(program)
            .args(["demo", "--no-open"])
            .current_dir(home)
            .env("HOME", home)
            .env("XDG_DATA_HOME", home)
            .env_remove("RUSHES_ARCHIVE")
            .stdin(Stdio::null())
            .stdout(file.try_clone().context("sharing the demo's log")?)
            .stderr(file)
            .spawn()
            .context("starting `rushes demo --no-open`")?;
        Ok(Self { child, log })
    }

    fn output(&self) -> String {
        std::fs::read(&self.log).map(|b| String::from_utf8_lossy(&b).into_owned()).unwrap_or_default()
    }

    /// Waits for the address, then asks for the page, its health and a search.
    fn answers(&mut self) -> anyhow::Result<()> {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                bail!("the demo ended by itself ({status}) before it served anything");
            }
            if let Some(address) = address_in(&self.output())
                && get(&address, "GET", "/healthz", "").is_ok_and(|(status, _)| status == 200)
            {
                println!("up after {} ms at {address}", started.elapsed().as_millis());
                return ask(&address);
            }
            ensure!(started.elapsed() < PATIENCE, "the demo served nothing within {PATIENCE:?}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Asks it to stop as a person at the keyboard does, and gives back what it printed.
    fn stop(&mut self) -> anyhow::Result<String> {
        if self.child.try_wait()?.is_none() {
            let pid = self.child.id().to_string();
            Command::new("kill").args(["-INT", &pid]).status().context("interrupting the demo")?;
        }
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                let ended_well = matches!(status.code(), Some(0 | 130));
                ensure!(ended_well, "the demo ended with {status} when interrupted\n{}", self.output());
                return Ok(self.output());
            }
            ensure!(started.elapsed() < FAREWELL, "the demo did not stop within {FAREWELL:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn ask(address: &str) -> anyhow::Result<()> {
    let (status, page) = get(address, "GET", "/", "")?;
    ensure!(status == 200 && page.contains("<html"), "`/` answered {status} and no page");
    let (status, answer) =
        get(address, "POST", "/v1/search", r#"{"all":[{"type":"CHARACTER_SEARCH"}],"limit":3}"#)?;
    ensure!(status == 200, "`/v1/search` answered {status}: {answer}");
    ensure!(answer.contains("\"asset_id\""), "the demo's archive has no moment with a character: {answer}");
    Ok(())
}

/// The first `127.0.0.1:PORT` that was printed.
fn address_in(output: &str) -> Option<String> {
    let at = output.find("127.0.0.1:")?;
    let rest = output.get(at..)?;
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ':').unwrap_or(rest.len());
    rest.get(..end).map(|address| address.trim_end_matches(['.', ':']).to_owned())
}

/// One HTTP/1.1 request over a connection of its own: the status and everything after it.
fn get(address: &str, method: &str, path: &str, body: &str) -> anyhow::Result<(u16, String)> {
    let mut stream = TcpStream::connect(address).with_context(|| format!("connecting to {address}"))?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|s| s.parse().ok()).context("no HTTP answer")?;
    Ok((status, answer))
}

#[cfg(test)]
mod tests {
    use super::address_in;

    #[test]
    fn the_address_is_found_in_what_the_demo_prints() {
        for (output, address) in [
            ("page: http://127.0.0.1:7890/ (stop with Ctrl-C)", Some("127.0.0.1:7890")),
            ("listening on 127.0.0.1:80.", Some("127.0.0.1:80")),
            ("nothing yet", None),
        ] {
            assert_eq!(address_in(output).as_deref(), address);
        }
    }
}
