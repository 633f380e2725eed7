//! `cargo xtask coverage`: which share of each crate's lines the tests run. The compiler counts (`-C instrument-coverage`),
//! LLVM's own tools, the rustup component `llvm-tools` or a package of that version, add up; nothing else is needed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};
use serde_json::Value;

/// Builds with counters lie apart: they are of no use for anything else.
const FOLDER: &str = "coverage";

/// Lines of a crate's sources, and those that ran.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
struct Lines {
    all: u64,
    covered: u64,
}

/// Runs the tests of the crates that `words` name, or of all, and prints the share of lines that ran, by crate. Further words,
/// as `--features rushes/engines`, are cargo's.
pub fn run(root: &Path, words: &[&str]) -> anyhow::Result<()> {
    let tools = tools()?;
    let target = crate::target(root).join(FOLDER);
    let target = std::path::absolute(&target).with_context(|| format!("finding `{}`", target.display()))?;
    let counts = target.join("counts");
    if counts.exists() {
        std::fs::remove_dir_all(&counts).context("removing the counts of an earlier run")?;
    }
    let mut cargo = vec!["test"];
    let is_of_all = words.iter().all(|word| !matches!(*word, "-p" | "--package"));
    if is_of_all {
        cargo.push("--workspace");
    }
    cargo.extend(words);
    let test = |more: &[&str]| -> Command {
        let mut command = Command::new("cargo");
        command
            .args(&cargo)
            .args(more)
            .current_dir(root)
            .env("CARGO_TARGET_DIR", &target)
            .env("RUSTFLAGS", "-C instrument-coverage")
            // One file a process: a test that kills a program loses that program's counts only.
            .env("LLVM_PROFILE_FILE", counts.join("%p-%m.profraw"))
            .stdin(Stdio::null());
        command
    };
    let built = test(&["--no-run", "--message-format", "json-render-diagnostics"])
        .stderr(Stdio::inherit())
        .output()
        .context("building the tests")?;
    ensure!(built.status.success(), "the tests cannot be built: {}", built.status);
    let status = test(&["--no-fail-fast"]).status().context("running the tests")?;
    let merged = target.join("counts.profdata");
    merge(&tools, &counts, &merged)?;
    let executables = executables(&String::from_utf8_lossy(&built.stdout));
    let report = export(&tools, &merged, &executables)?;
    print!("{}", table(&by_crate(&report, root)?));
    ensure!(status.success(), "the figures are of a run in which tests failed");
    Ok(())
}

/// Where `llvm-profdata` and `llvm-cov` of the compiler's own version lie: rustup's, or those of Debian's `llvm-N`.
fn tools() -> anyhow::Result<PathBuf> {
    let print = |words: &[&str]| -> anyhow::Result<String> {
        let output = Command::new("rustc").args(words).output().context("starting rustc")?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let libraries = print(&["--print", "target-libdir"])?;
    let of_rustup = Path::new(libraries.trim()).parent().context("rustc names no folder")?.join("bin");
    let version = print(&["--verbose", "--version"])?;
    let major = version.lines().find_map(|line| line.strip_prefix("LLVM version: ")?.split('.').next());
    let major = major.context("rustc names no version of LLVM")?;
    let of_debian = PathBuf::from(format!("/usr/lib/llvm-{major}/bin"));
    let found = [of_rustup, of_debian].into_iter().find(|folder| folder.join("llvm-cov").is_file());
    found.with_context(|| {
        format!("there is no llvm-cov; run: rustup component add llvm-tools, or apt-get install llvm-{major}")
    })
}

/// Everything that cargo built and that counts when it runs.
fn executables(messages: &str) -> Vec<PathBuf> {
    let of_line = |line: &str| -> Option<PathBuf> {
        let message: Value = serde_json::from_str(line).ok()?;
        Some(PathBuf::from(message["executable"].as_str()?))
    };
    messages.lines().filter_map(of_line).collect()
}

fn merge(tools: &Path, counts: &Path, merged: &Path) -> anyhow::Result<()> {
    // The list in a file: there are more than a command line may hold.
    let mut list = String::new();
    for entry in std::fs::read_dir(counts).context("the tests left no counts")? {
        list.push_str(&format!("{}\n", entry?.path().display()));
    }
    let file = merged.with_extension("list");
    std::fs::write(&file, list).context("writing the list of counts")?;
    let status = Command::new(tools.join("llvm-profdata"))
        // What was killed while it wrote is left out.
        .args(["merge", "-sparse", "-failure-mode=all", "-f"])
        .arg(&file)
        .arg("-o")
        .arg(merged)
        .status()
        .context("starting llvm-profdata")?;
    ensure!(status.success(), "llvm-profdata failed: {status}");
    Ok(())
}

fn export(tools: &Path, merged: &Path, executables: &[PathBuf]) -> anyhow::Result<Value> {
    let mut command = Command::new(tools.join("llvm-cov"));
    command.args(["export", "-summary-only", "-instr-profile"]).arg(merged);
    for executable in executables {
        command.arg("-object").arg(executable);
    }
    let output = command.stderr(Stdio::inherit()).output().context("starting llvm-cov")?;
    ensure!(output.status.success(), "llvm-cov failed: {}", output.status);
    serde_json::from_slice(&output.stdout).context("reading what llvm-cov prints")
}

/// Lines of the sources of each crate; tests in folders of their own, and other people's crates, do not count.
fn by_crate(report: &Value, root: &Path) -> anyhow::Result<BTreeMap<String, Lines>> {
    let files = report["data"][0]["files"].as_array().context("llvm-cov names no files")?;
    let mut crates: BTreeMap<String, Lines> = BTreeMap::new();
    for file in files {
        let path = Path::new(file["filename"].as_str().unwrap_or_default());
        let Ok(path) = path.strip_prefix(root) else { continue };
        let path = path.to_string_lossy();
        let Some((name, _)) = path.split_once("/src/") else { continue };
        // A folder that a test includes by a path of its own (`tests/it/../../../testkit`) is its own crate's.
        let name = match name.rsplit_once("/../") {
            Some((_, name)) => format!("crates/{name}"),
            None => name.to_owned(),
        };
        let lines = &file["summary"]["lines"];
        let of_crate = crates.entry(name).or_default();
        of_crate.all += lines["count"].as_u64().unwrap_or(0);
        of_crate.covered += lines["covered"].as_u64().unwrap_or(0);
    }
    Ok(crates)
}

/// The least covered crate first.
fn table(crates: &BTreeMap<String, Lines>) -> String {
    let share = |lines: Lines| lines.covered as f64 * 100.0 / lines.all.max(1) as f64;
    let mut rows: Vec<(&String, Lines)> = crates.iter().map(|(name, lines)| (name, *lines)).collect();
    rows.sort_by(|a, b| share(a.1).total_cmp(&share(b.1)));
    let mut all = Lines::default();
    let mut text = String::new();
    for (name, lines) in rows {
        text.push_str(&format!(
            "{name:<28} {:>6} of {:>6} lines  {:>5.1} %\n",
            lines.covered,
            lines.all,
            share(lines)
        ));
        all.all += lines.all;
        all.covered += lines.covered;
    }
    text + &format!("{:<28} {:>6} of {:>6} lines  {:>5.1} %\n", "all", all.covered, all.all, share(all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_added_by_crate_and_those_of_tests_and_others_left_out() {
        let file = |name: &str, count: u64, covered: u64| serde_json::json!({"filename": name, "summary": {"lines": {"count": count, "covered": covered}}});
        let report = serde_json::json!({"data": [{"files": [
            file("/p/crates/a/src/lib.rs", 10, 5),
            file("/p/crates/a/src/b/c.rs", 30, 25),
            file("/p/crates/a/tests/it/main.rs", 100, 100),
            file("/p/crates/b/src/lib.rs", 10, 1),
            file("/elsewhere/serde/src/lib.rs", 100, 1),
        ]}]});
        let crates = by_crate(&report, Path::new("/p")).unwrap();
        assert_eq!(crates["crates/a"], Lines { all: 40, covered: 30 });
        assert_eq!(crates.len(), 2);
        let rows = table(&crates);
        let rows: Vec<&str> = rows.lines().collect();
        assert!(rows[0].starts_with("crates/b") && rows[0].ends_with("10.0 %"), "{rows:?}");
        assert!(rows[1].ends_with("75.0 %") && rows[2].ends_with("62.0 %"), "{rows:?}");
    }

    #[test]
    fn what_cargo_built_is_found_in_its_messages() {
        let messages =
            "{\"reason\":\"compiler-artifact\",\"executable\":\"/t/it-1\"}\n{\"executable\":null}\nnoise\n";
        assert_eq!(executables(messages), [PathBuf::from("/t/it-1")]);
    }
}
