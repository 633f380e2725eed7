//! Licences, sources, bans and known weaknesses of what we depend on, by cargo-deny, which `.ci/run` installs.

use std::path::Path;
use std::process::{Command, Stdio};

/// Where `.ci/run` puts tools that are no part of a Rust installation, in the target folder.
const TOOLS: &str = "tools/bin";

/// Runs all checks that can be had.
pub fn check(root: &Path) -> anyhow::Result<()> {
    if !is_quiet_success(tool(root, &["deny", "--version"])) {
        crate::skips::skip("cargo-deny", "licences: cargo-deny is not installed (`.ci/run` installs it)");
        return Ok(());
    }
    let problems = ["bans", "licenses", "sources"];
    run(root, &[&["deny", "--workspace", "check"], &problems[..]].concat())?;
    // Advisories are a repository of their own, newer every day; a machine without a way to it has none.
    if is_quiet_success(tool(root, &["deny", "fetch", "db"])) {
        return run(root, &["deny", "--workspace", "check", "advisories"]);
    }
    crate::skips::skip("a way to the database", "advisories: their database cannot be fetched from here");
    Ok(())
}

fn run(root: &Path, words: &[&str]) -> anyhow::Result<()> {
    println!("\n== cargo {}", words.join(" "));
    let status = tool(root, words).status()?;
    anyhow::ensure!(status.success(), "`cargo {}` failed: {status}", words.join(" "));
    Ok(())
}

/// Cargo, which finds its subcommands on the path.
pub fn tool(root: &Path, words: &[&str]) -> Command {
    let mut folders = vec![crate::target(root).join(TOOLS)];
    let path = std::env::var_os("PATH").unwrap_or_default();
    folders.extend(std::env::split_paths(&path));
    let mut command = Command::new("cargo");
    // A folder with a colon in its name cannot be on a path: then only the others are.
    command.args(words).current_dir(root).env("PATH", std::env::join_paths(folders).unwrap_or(path));
    command
}

fn is_quiet_success(mut command: Command) -> bool {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}
