//! A server's process: started, recognised, signalled. It is known by its id and by its command line, so that a number
//! which belongs to another process by now is never signalled.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process};

/// How long a server may take to end by itself.
const STOP_LIMIT: Duration = Duration::from_secs(40);
/// How long a killed one may stay.
const KILL_LIMIT: Duration = Duration::from_secs(10);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(50);
/// Lines of a log that are shown.
const LOG_LINES: usize = 15;
/// Where a server's output goes.
pub const LOG: &str = "log";

/// The word in the command line by which a server of that folder is known.
pub fn mark(dir: &Path) -> String {
    format!("-Drushes.engine={}", dir.display())
}

/// Does a command line, its words ended by zero bytes, bear that mark?
fn bears(command_line: &[u8], mark: &str) -> bool {
    command_line.split(|byte| *byte == 0).any(|word| word == mark.as_bytes())
}

/// The id of the server of that folder, if it runs.
pub fn running(dir: &Path) -> Option<Pid> {
    let pid: i32 = std::fs::read_to_string(dir.join("pid")).ok()?.trim().parse().ok()?;
    let pid = Pid::from_raw(pid)?;
    let line = std::fs::read(format!("/proc/{}/cmdline", pid.as_raw_nonzero())).ok()?;
    bears(&line, &mark(dir)).then_some(pid)
}

/// Starts a server in its folder, apart from this program: it lives on, and an interrupt does not reach it.
pub fn start(dir: &Path, command: &[String]) -> anyhow::Result<Child> {
    let log = dir.join(LOG);
    if log.exists() {
        std::fs::rename(&log, dir.join("log.before")).context("keeping the log of the run before")?;
    }
    let out = File::create(&log).with_context(|| format!("making `{}`", log.display()))?;
    let (program, words) = command.split_first().context("there is nothing to run")?;
    let mut child = Command::new(program)
        .args(words)
        .current_dir(dir)
        .stdin(Stdio::null())
        .stdout(out.try_clone().context("sharing the log")?)
        .stderr(out)
        .process_group(0)
        .spawn()
        .with_context(|| format!("starting `{program}`"))?;
    std::fs::write(dir.join("pid"), format!("{}\n", child.id())).context("noting the process")?;
    // For a moment a new process has no command line.
    while running(dir).is_none() && child.try_wait().context("looking after a new process")?.is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(child)
}

/// Asks a server to end, and ends it where it does not. Says whether it ran.
pub fn stop(dir: &Path) -> anyhow::Result<bool> {
    if !end(dir, Signal::TERM, STOP_LIMIT)? {
        return Ok(false);
    }
    if dir.join("pid").exists() {
        kill(dir)?;
    }
    Ok(true)
}

/// Ends a server at once, as a loss of power would. Says whether it ran.
pub fn kill(dir: &Path) -> anyhow::Result<bool> {
    let ran = end(dir, Signal::KILL, KILL_LIMIT)?;
    if ran && dir.join("pid").exists() {
        bail!("the server in `{}` does not end; look at it with `ps`", dir.display());
    }
    Ok(ran)
}

fn end(dir: &Path, signal: Signal, limit: Duration) -> anyhow::Result<bool> {
    let Some(pid) = running(dir) else { return Ok(false) };
    match kill_process(pid, signal) {
        // It ended in between.
        Ok(()) | Err(rustix::io::Errno::SRCH) => {}
        Err(error) => bail!("process {} cannot be signalled: {error}", pid.as_raw_nonzero()),
    }
    let started = Instant::now();
    while !is_gone(pid, &mark(dir)) && started.elapsed() < limit {
        std::thread::sleep(PAUSE);
    }
    if is_gone(pid, &mark(dir)) {
        std::fs::remove_file(dir.join("pid")).context("removing the note of a process that ended")?;
    }
    Ok(true)
}

/// Has a process ended for good? It loses its command line first, and its ports last, with its last thread.
fn is_gone(pid: Pid, mark: &str) -> bool {
    let proc = Path::new("/proc").join(pid.as_raw_nonzero().to_string());
    let Ok(stat) = std::fs::read_to_string(proc.join("stat")) else { return true };
    // The name in brackets may hold anything.
    let state = stat.rsplit(')').next().unwrap_or_default().trim_start().chars().next();
    let threads = std::fs::read_dir(proc.join("task")).map_or(0, Iterator::count);
    let line = std::fs::read(proc.join("cmdline")).unwrap_or_default();
    // One that ended and was not waited for; or the number belongs to another one by now.
    (matches!(state, Some('Z' | 'X')) && threads <= 1) || (!line.is_empty() && !bears(&line, mark))
}

/// What it takes of the machine's memory, MiB.
pub fn resident_mib(pid: Pid) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", pid.as_raw_nonzero())).ok()?;
    let kib = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(kib.trim().trim_end_matches("kB").trim().parse::<u64>().ok()? / 1024)
}

/// The end of a file, for an error's text.
pub fn last_lines(file: &Path) -> String {
    let text = std::fs::read(file).map(|b| String::from_utf8_lossy(&b).into_owned()).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LOG_LINES)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_known_by_its_whole_mark() {
        let line = b"/jdk/bin/java\0-Drushes.engine=/a/kafka\0kafka.Kafka\0";
        assert!(bears(line, &mark(Path::new("/a/kafka"))));
        assert!(!bears(line, &mark(Path::new("/a/kaf"))));
        assert!(!bears(line, &mark(Path::new("/b/a/kafka"))));
        assert!(!bears(b"", &mark(Path::new("/a/kafka"))));
    }

    #[test]
    fn a_number_that_belongs_to_another_program_is_left_alone() {
        let dir = std::env::temp_dir().join(format!("rushes-engine-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::write(dir.join("pid"), std::process::id().to_string()).unwrap();
        assert_eq!(running(&dir), None);
        assert!(!kill(&dir).unwrap(), "this test would not have come so far");
        std::fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn a_program_that_bears_the_mark_is_found_and_killed() {
        let dir = std::env::temp_dir().join(format!("rushes-engine-{}-b", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        // `sleep` would refuse the mark as an option; a shell takes it as a name of itself.
        let words = ["sh", "-c", "sleep 60; true", &mark(&dir)].map(str::to_owned);
        let mut child = start(&dir, &words).unwrap();
        assert_eq!(running(&dir).map(|pid| pid.as_raw_nonzero().get().cast_unsigned()), Some(child.id()));
        assert!(kill(&dir).unwrap());
        child.wait().unwrap();
        assert_eq!(running(&dir), None);
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
