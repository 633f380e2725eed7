//! Memory and files over time, and whether they stay as they are.

use std::path::Path;
use std::time::Duration;

/// By how much the last third may be above the first: a share, and on top of it so much.
const MEMORY_MORE: (f64, u64) = (1.25, 24 << 10);
const FILES_MORE: (f64, u64) = (1.5, 40);
const BYTES_MORE: (f64, u64) = (1.5, 64 << 20);
/// What no server may have taken, in KiB.
const MEMORY_KIB_MAX: u64 = 600 << 10;

/// One look.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    pub at: Duration,
    /// Anonymous memory of the server, in KiB.
    pub memory_kib: u64,
    /// Files of the archive, and their bytes on the disk.
    pub files: u64,
    pub bytes: u64,
    /// Requests so far that were done, and that were not.
    pub done: u64,
    pub undone: u64,
}

/// All looks.
#[derive(Debug, Default)]
pub struct Samples {
    all: Vec<Sample>,
    told: usize,
}

impl Samples {
    pub fn add(&mut self, sample: Option<Sample>) {
        self.all.extend(sample);
    }

    /// Prints what came since it last printed: the highest of each.
    pub fn tell(&mut self, what: &str, took: Duration) {
        let new = &self.all[self.told..];
        let most = |of: fn(&Sample) -> u64| new.iter().map(of).max().unwrap_or(0);
        let before = self.told.checked_sub(1).and_then(|at| self.all.get(at));
        let (done, undone) = before.map_or((0, 0), |sample| (sample.done, sample.undone));
        eprintln!(
            "{:>6.0?} until {what:<20} {:>5} MiB, {:>4} files, {:>5} MiB on disk, {:>6} requests, {:>4} not done, in {took:.0?}",
            new.last().map_or(Duration::ZERO, |sample| sample.at),
            most(|sample| sample.memory_kib) >> 10,
            most(|sample| sample.files),
            most(|sample| sample.bytes) >> 20,
            most(|sample| sample.done).saturating_sub(done),
            most(|sample| sample.undone).saturating_sub(undone),
        );
        self.told = self.all.len();
    }

    /// Is the last third as the second quarter was? The first quarter warms up.
    pub fn judge(&self, is_long: bool) {
        let count = self.all.len();
        assert!(count >= 4, "too few looks");
        let (early, late) = (&self.all[count / 4..count / 2], &self.all[count * 2 / 3..]);
        for (what, of, (share, more)) in [
            ("KiB of memory", (|sample| sample.memory_kib) as fn(&Sample) -> u64, MEMORY_MORE),
            ("files", |sample| sample.files, FILES_MORE),
            ("bytes on disk", |sample| sample.bytes, BYTES_MORE),
        ] {
            let highest = |part: &[Sample]| part.iter().map(of).max().unwrap_or(0);
            let (early, late) = (highest(early), highest(late));
            eprintln!("{what}: {early} at most in the second quarter, {late} in the last third");
            let allowed = (early as f64 * share) as u64 + more;
            assert!(!is_long || late <= allowed, "{what} grow: {late} after {early}");
        }
        assert!(self.all.iter().all(|sample| sample.memory_kib < MEMORY_KIB_MAX), "too much memory");
    }
}

/// Anonymous memory of a process, in KiB.
pub fn anonymous_kib(id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

/// How many files there are below a folder, and the bytes that they take.
pub fn files_in(folder: &Path) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    let (mut files, mut bytes) = (0, 0);
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let Ok(about) = entry.metadata() else { continue };
            if about.is_dir() {
                folders.push(entry.path());
            } else {
                files += 1;
                bytes += about.blocks() * 512;
            }
        }
    }
    (files, bytes)
}
