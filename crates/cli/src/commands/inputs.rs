//! Which files `rushes ingest` reads: named files, and the files of a folder that can be ingested.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;
use rushes_import::formats::limits::HEAD_BYTES;
use rushes_import::formats::{Format, sniff};

use crate::exit::Outcome;
use crate::output;

/// Endings of the files that are read from a folder.
const ENDINGS: [&str; 6] = [".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz", ".arrow", ".arrows"];
/// Names of files that are passed over in a folder, as far as they are shown.
const SKIPPED_SHOWN: usize = 5;

/// Is it a file of annotation lines, by its name?
pub fn holds_lines(name: &str) -> bool {
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// The format of a file that holds no annotation lines; `None` where it is of none.
pub fn format_of(path: &Path) -> Option<Format> {
    let mut head = Vec::new();
    let file = std::fs::File::open(path).ok()?;
    file.take(HEAD_BYTES as u64).read_to_end(&mut head).ok()?;
    sniff(&path.file_name().unwrap_or_default().to_string_lossy(), &head)
}

/// Why a file is of no format that is read; `None` where its lines are meant for the archive itself.
pub fn unknown_format(path: &Path) -> Option<String> {
    let mut head = Vec::new();
    let file = std::fs::File::open(path).ok()?;
    file.take(HEAD_BYTES as u64).read_to_end(&mut head).ok()?;
    rushes_import::formats::unknown(&head)
}

/// The files to read: folders are searched for [`ENDINGS`] and for files of other tools, sorted.
pub fn files(inputs: &[PathBuf]) -> Outcome<Vec<PathBuf>> {
    let mut files = Vec::new();
    for input in inputs {
        if input != Path::new("-") && input.is_dir() {
            let before = files.len();
            walk(input, &mut files)?;
            if files.len() == before {
                output::warn(&format!(
                    "`{}` holds no annotation lines and no file of a format that is read; for tables give a mapping \
                     file with --mapping",
                    input.display()
                ));
            }
        } else {
            files.push(input.clone());
        }
    }
    Ok(files)
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> Outcome {
    let mut folders = vec![folder.to_owned()];
    let mut names = Vec::new();
    let mut skipped = Vec::new();
    // Links to folders are not followed, so this ends.
    while let Some(folder) = folders.pop() {
        let read = std::fs::read_dir(&folder).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
        for entry in read.with_context(|| format!("`{}` cannot be read", folder.display()))? {
            let path = entry.path();
            if path.is_dir() && !path.is_symlink() {
                folders.push(path);
            } else if path.is_file() {
                let is_read =
                    entry.file_name().to_str().is_some_and(holds_lines) || format_of(&path).is_some();
                if is_read { names.push(path) } else { skipped.push(path) }
            }
        }
    }
    names.sort();
    skipped.sort();
    show_skipped(&skipped);
    files.append(&mut names);
    Ok(())
}

/// Names the files of a folder that were passed over.
fn show_skipped(skipped: &[PathBuf]) {
    if skipped.is_empty() {
        return;
    }
    let names: Vec<String> =
        skipped.iter().take(SKIPPED_SHOWN).map(|path| format!("`{}`", path.display())).collect();
    let more = match skipped.len().saturating_sub(names.len()) {
        0 => String::new(),
        n => format!(" and {} more", output::count(n as u64)),
    };
    let text =
        format!("passed over, of no kind that is read: {}{more}; `--format` forces one", names.join(", "));
    output::warn(&text);
}
