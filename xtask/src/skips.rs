//! What could not be checked on this machine: counted, printed at the end, and an error where the machine has what the
//! check needs. A test that passes because it did not run proves nothing.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::Context;

/// Names the file that tests, and a chore that runs beside others, write what they skip to.
pub const FILE: &str = "RUSHES_SKIPPED_FILE";

/// Skips of this process.
static OURS: Mutex<Vec<Skip>> = Mutex::new(Vec::new());

/// One thing that was not checked.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Skip {
    /// What would let it run: a program, a path from the root, or a variable that names a server.
    pub needs: String,
    /// What was not checked, and why.
    pub what: String,
    /// The test; empty where it is no test but a step.
    pub test: String,
}

impl Skip {
    fn parse(line: &str) -> Self {
        let mut fields = line.splitn(3, '\t').map(str::to_owned);
        let mut next = || fields.next().unwrap_or_default();
        Self { needs: next(), what: next(), test: next() }
    }
}

/// Says, now and at the end of all, that a step was not done. It never counts as passed.
pub fn skip(needs: &str, what: &str) {
    println!("\n== SKIPPED: {what}");
    let skip = Skip { needs: needs.to_owned(), what: what.to_owned(), test: String::new() };
    if let Some(path) = std::env::var_os(FILE) {
        let line = format!("{}\t{}\t\n", skip.needs, skip.what);
        let file = std::fs::OpenOptions::new().create(true).append(true).open(&path);
        if let Err(error) = file.and_then(|mut file| file.write_all(line.as_bytes())) {
            println!("== `{}` cannot be written: {error}", path.display());
        }
    }
    OURS.lock().unwrap_or_else(PoisonError::into_inner).push(skip);
}

/// What this process skipped so far.
pub fn ours() -> Vec<Skip> {
    OURS.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// An empty file for the skips of what is run next.
pub fn file(root: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let path = crate::target(root).join(name);
    std::fs::write(&path, "").with_context(|| format!("emptying `{}`", path.display()))?;
    // Tests run in folders of their own.
    std::path::absolute(&path).with_context(|| format!("finding `{}`", path.display()))
}

/// What was written to such a file. The file is ours alone, so a line that is cut off is a fault of ours, and shown as
/// it is.
pub fn read(path: &Path) -> anyhow::Result<Vec<Skip>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading `{}`", path.display()))?;
    let skips: BTreeSet<Skip> = text.lines().map(Skip::parse).collect();
    Ok(skips.into_iter().collect())
}

/// A line for each reason, with the number of tests that it kept from running.
pub fn lines(skips: &[Skip]) -> String {
    let reasons: BTreeSet<&str> = skips.iter().map(|skip| skip.what.as_str()).collect();
    let mut lines = String::new();
    for what in reasons {
        let tests = skips.iter().filter(|skip| skip.what == what && !skip.test.is_empty()).count();
        let count = match tests {
            0 => String::new(),
            1 => " (1 test)".to_owned(),
            many => format!(" ({many} tests)"),
        };
        lines.push_str(&format!("SKIPPED: {what}{count}\n"));
    }
    lines
}

/// Skips that are faults: what they need is here. `variables` are those that the tests were given.
pub fn unjustified<'a>(root: &Path, skips: &'a [Skip], variables: &[(&str, String)]) -> Vec<&'a Skip> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_here = |needs: &str| {
        let given = variables.iter().any(|(name, value)| *name == needs && !value.is_empty());
        let set = needs.starts_with("RUSHES_") && std::env::var_os(needs).is_some_and(|v| !v.is_empty());
        let lies_there = needs.contains('/') && root.join(needs).exists();
        let is_program = !needs.is_empty()
            && !needs.contains('/')
            && std::env::split_paths(&path).any(|folder| folder.join(needs).is_file());
        given || set || lies_there || is_program
    };
    skips.iter().filter(|skip| is_here(&skip.needs)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skip(needs: &str, what: &str, test: &str) -> Skip {
        Skip { needs: needs.to_owned(), what: what.to_owned(), test: test.to_owned() }
    }

    #[test]
    fn a_reason_is_one_line_with_the_number_of_its_tests() {
        let skips = [
            skip("ffmpeg", "films", "it::a"),
            skip("ffmpeg", "films", "it::b"),
            skip("npm", "the page", ""),
            skip("x", "alone", "it::c"),
        ];
        assert_eq!(lines(&skips), "SKIPPED: alone (1 test)\nSKIPPED: films (2 tests)\nSKIPPED: the page\n");
    }

    #[test]
    fn what_the_machine_has_the_means_for_may_not_be_skipped() {
        let root = crate::root().unwrap();
        let skips = [
            skip("cargo", "a program that is here", "a"),
            skip("no-such-program", "one that is not", "b"),
            skip("Cargo.toml/..", "a path through a file", "c"),
            skip("../no/such/data", "data that no machine has", "d"),
            skip("crates/cli", "data that is here", "e"),
            skip("RUSHES_TEST_KAFKA_OF_TESTS", "a server that runs", "f"),
            skip("RUSHES_TEST_NOBODY", "a server that does not", "g"),
            skip("mounting a file system", "what no program stands for", "h"),
        ];
        let given = [("RUSHES_TEST_KAFKA_OF_TESTS", "127.0.0.1:9092".to_owned())];
        let faults: Vec<&str> =
            unjustified(&root, &skips, &given).iter().map(|skip| skip.test.as_str()).collect();
        assert_eq!(faults, ["a", "e", "f"]);
    }

    #[test]
    fn what_tests_write_is_read_once_each() {
        let folder = std::env::temp_dir().join(format!("rushes-xtask-skips-{}", std::process::id()));
        std::fs::write(&folder, "ffmpeg\tfilms\tit::a\nffmpeg\tfilms\tit::a\nnpm\tpage\t\n").unwrap();
        let read = read(&folder).unwrap();
        std::fs::remove_file(&folder).unwrap();
        assert_eq!(read, [skip("ffmpeg", "films", "it::a"), skip("npm", "page", "")]);
    }
}
