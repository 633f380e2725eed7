//! `cargo xtask smoke`: the first command of the README, as a stranger would run it, in a home of its own.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

/// How long the demo may take, the build not counted.
const PATIENCE: Duration = Duration::from_secs(180);

/// Builds a release and runs `rushes demo --no-open`: it must end well and have found something.
pub fn run(root: &Path) -> anyhow::Result<()> {
    crate::ci::cargo(root, &["build", "--release", "--bin", "rushes"])?;
    println!("\n== cargo run --release -- demo --no-open");
    let target = crate::target(root);
    let home = target.join("smoke");
    if home.exists() {
        std::fs::remove_dir_all(&home).context("emptying the folder of the smoke run")?;
    }
    std::fs::create_dir_all(&home).context("making the folder of the smoke run")?;
    let log = home.join("output.txt");
    let started = Instant::now();
    let ended = demo(root, &home, &log).and_then(|mut child| wait(&mut child, started));
    let output = std::fs::read(&log).map(|b| String::from_utf8_lossy(&b).into_owned()).unwrap_or_default();
    println!("{}", output.trim_end());
    ended?;
    ensure!(output.contains("s01e01"), "the demo named no episode in what it found");
    println!("== {} ms", started.elapsed().as_millis());
    Ok(())
}

/// Through cargo, so that the README's command itself is tried: which program does `cargo run` run?
fn demo(root: &Path, home: &Path, log: &Path) -> anyhow::Result<Child> {
    let file = File::create(log).context("making the log of the smoke run")?;
    Command::new("cargo")
        .args(["run", "--quiet", "--release", "--", "demo", "--no-open"])
        .current_dir(root)
        .env("XDG_DATA_HOME", home)
        .env("TMPDIR", home)
        .env_remove("RUSHES_ARCHIVE")
        .stdin(Stdio::null())
        .stdout(file.try_clone().context("sharing the log of the smoke run")?)
        .stderr(file)
        .spawn()
        .context("starting the demo")
}

fn wait(child: &mut Child, started: Instant) -> anyhow::Result<()> {
    loop {
        match child.try_wait()? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => bail!("the demo failed: {status}"),
            None if started.elapsed() > PATIENCE => {
                child.kill().context("ending the demo")?;
                child.wait().context("waiting for the demo's end")?;
                bail!("the demo did not end within {} s", PATIENCE.as_secs());
            }
            None => std::thread::sleep(Duration::from_millis(50)),
        }
    }
}
