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
    let folder = root.join("crates/page");
    if !works("node") || !works("npm") {
        crate::skips::skip(
            "npm",
            "page: there is no Node.js with npm: types, unit and browser tests did not run",
        );
        return Ok(());
    }
    if !folder.join("node_modules/typescript").is_dir()
        && npm(&folder, &["ci", "--no-fund", "--no-audit"]).is_err()
    {
        crate::skips::skip(
            "tools from the registry of npm",
            "page: npm could not install the tools: types, unit and browser tests did not run",
        );
        return Ok(());
    }
    npm(&folder, &["run", "types"])?;
    npm(&folder, &["run", "unit"])?;
    let browser = std::env::var_os("CHROMIUM").map(PathBuf::from);
    if !browser.into_iter().chain(BROWSERS.map(PathBuf::from)).any(|path| path.is_file()) {
        crate::skips::skip("chromium", "page: there is no Chromium: the browser tests did not run");
        return Ok(());
    }
    // The same as the smoke run's, so that nothing is built twice.
    crate::ci::cargo(root, &["build", "--release", "--bin", "rushes"])?;
    let browser = npm(&folder, &["run", "browser"]);
    if let Some(cpu) = crate::cpu::of_children() {
        println!("== page: {cpu:.1} s of processor time");
    }
    browser
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
