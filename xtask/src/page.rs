//! `cargo xtask page`: types, unit tests and browser tests of the web page, with the tools that the page itself does not
//! need. What is not installed is said and skipped: a machine without Node.js builds and tests all the rest.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, bail};

/// Where Chromium may be; `CHROMIUM` names another place.
const BROWSERS: [&str; 3] = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/// Runs all of it.
pub fn run(root: &Path) -> anyhow::Result<()> {
    let Some(folder) = with_tools(root) else { return Ok(()) };
    npm(&folder, &["run", "types"])?;
    npm(&folder, &["run", "unit"])?;
    if !has_browser() {
        return Ok(());
    }
    build(root)?;
    let browser = npm(&folder, &["run", "browser"]);
    if let Some(cpu) = crate::cpu::of_children() {
        println!("== page: {cpu:.1} s of processor time");
    }
    browser
}

/// Runs a script that asserts nothing, in the browser: `report` or `shots`.
pub fn run_script(root: &Path, script: &str, args: &[&str]) -> anyhow::Result<()> {
    let Some(folder) = with_tools(root) else { return Ok(()) };
    if !has_browser() {
        return Ok(());
    }
    build(root)?;
    npm(&folder, &[&["run", script], args].concat())
}

/// The page's folder with the tools in it; none where they cannot be had, which is said.
fn with_tools(root: &Path) -> Option<PathBuf> {
    let folder = root.join("crates/page");
    if !works("node") || !works("npm") {
        crate::skips::skip(
            "npm",
            "page: there is no Node.js with npm: types, unit and browser tests did not run",
        );
        return None;
    }
    if !folder.join("node_modules/typescript").is_dir()
        && npm(&folder, &["ci", "--no-fund", "--no-audit"]).is_err()
    {
        crate::skips::skip(
            "tools from the registry of npm",
            "page: npm could not install the tools: types, unit and browser tests did not run",
        );
        return None;
    }
    Some(folder)
}

fn has_browser() -> bool {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    let is_there = named.into_iter().chain(BROWSERS.map(PathBuf::from)).any(|path| path.is_file());
    if !is_there {
        crate::skips::skip("chromium", "page: there is no Chromium: the browser tests did not run");
    }
    is_there
}

/// Builds the program: the same as the smoke run's, so that nothing is built twice.
fn build(root: &Path) -> anyhow::Result<()> {
    crate::ci::cargo(root, &["build", "--release", "--bin", "rushes"])
}

fn works(program: &str) -> bool {
    let status = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

fn npm(folder: &Path, args: &[&str]) -> anyhow::Result<()> {
    println!("\n== npm {}", args.join(" "));
    let started = Instant::now();
    let root = folder.join("../..");
    let target = crate::target(&root);
    let status = Command::new("npm")
        .args(args)
        .current_dir(folder)
        .env("RUSHES_BIN", target.join("release/rushes"))
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("starting `npm {}`", args.join(" ")))?;
    println!("== {} s", started.elapsed().as_secs());
    if !status.success() {
        bail!("`npm {}` failed: {status}", args.join(" "));
    }
    Ok(())
}
