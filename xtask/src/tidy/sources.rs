//! The files of the project, as text.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

/// Larger files are data, not something that people read.
const TEXT_BYTES_MAX: u64 = 2 << 20;
/// Folders that hold nothing of ours.
const NOT_OURS: &[&str] = &["target", ".git", "node_modules"];

/// One text file.
pub struct Source {
    /// Path from the root, with `/`.
    pub path: String,
    /// What it says.
    pub text: String,
}

impl Source {
    /// Is it Rust?
    pub fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Is all of it tests?
    pub fn is_test(&self) -> bool {
        let in_folder = ["/tests/", "/benches/", "/fuzz/"].iter().any(|folder| self.path.contains(folder));
        let name = self.path.rsplit('/').next().unwrap_or_default();
        in_folder
            || self.path.starts_with("crates/testkit/")
            || self.path.starts_with("fuzz/")
            || name == "tests.rs"
            || name.ends_with("_tests.rs")
    }

    /// Is it a table, or written by a program? Such a file says so in its first line, or in its name.
    pub fn is_table(&self) -> bool {
        let first = self.text.lines().next().unwrap_or_default();
        first.contains("@generated") || self.path.contains("/tables/") || self.path.ends_with("_table.rs")
    }
}

/// The files that git tracks, with those it would track; without git, all but build output. Binary files are left
/// out.
pub fn tracked(root: &Path) -> anyhow::Result<Vec<Source>> {
    let mut paths = from_git(root).map_or_else(|| from_folders(root), Ok)?;
    paths.sort();
    let mut sources = Vec::new();
    for path in paths {
        let file = root.join(&path);
        let Ok(meta) = std::fs::symlink_metadata(&file) else { continue };
        if !meta.is_file() || meta.len() > TEXT_BYTES_MAX {
            continue;
        }
        let bytes = std::fs::read(&file).with_context(|| format!("reading {path}"))?;
        if let Ok(text) = String::from_utf8(bytes) {
            sources.push(Source { path, text });
        }
    }
    Ok(sources)
}

fn from_git(root: &Path) -> Option<Vec<String>> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let listed = String::from_utf8(listed.stdout).ok()?;
    let mut paths: Vec<String> = listed.split('\0').filter(|p| !p.is_empty()).map(str::to_owned).collect();
    paths.dedup();
    (!paths.is_empty()).then_some(paths)
}

fn from_folders(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut paths = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(root.join(&folder)).context("listing the project's folders")? {
            let entry = entry?;
            let name = entry.file_name();
            let path = folder.join(&name);
            if entry.file_type()?.is_dir() {
                if !NOT_OURS.iter().any(|n| name == *n) {
                    folders.push(path);
                }
            } else {
                paths.push(path.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    Ok(paths)
}
