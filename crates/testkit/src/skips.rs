//! What a test could not do on this machine, for the summary at the end of a run.
//!
//! It needs only the standard library, so crates whose tests need nothing else from the kit include this file by its
//! path.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

/// Names the file that each skipped test is written to: a line with what it needs, what was not tested, and its name,
/// tabs between.
const FILE: &str = "RUSHES_SKIPPED_FILE";

/// Reports that this test did not run, or not all of it: on stderr, bypassing the test runner, which hides the output
/// of passing tests; and in the file that `RUSHES_SKIPPED_FILE` names. `needs` is what would let it run: a program, a
/// path, or the environment variable that names a server.
pub fn skipped(needs: &str, what: &str) {
    static SEEN: Mutex<BTreeSet<(String, String)>> = Mutex::new(BTreeSet::new());
    // The test runner names a test's thread after the test.
    let test = std::thread::current().name().unwrap_or_default().to_owned();
    let what = what.replace(['\n', '\t'], " ");
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    let is_new_reason = !seen.iter().any(|(reason, _)| *reason == what);
    if !seen.insert((what.clone(), test.clone())) {
        return;
    }
    // A closed stderr, or a file that cannot be written, is no reason for a test to fail.
    if is_new_reason {
        let _ = writeln!(std::io::stderr(), "SKIPPED: {what}");
    }
    if let Some(path) = std::env::var_os(FILE)
        && let Ok(mut file) = OpenOptions::new().create(true).append(true).open(path)
    {
        // One write: test binaries that run side by side append to the same file.
        let _ = file.write_all(format!("{needs}\t{what}\t{test}\n").as_bytes());
    }
}
