//! What the machine itself can do, measured on the archive's disk, to compare figures with.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use rushes_types::{Error, Result};
use serde::Serialize;

use crate::percentiles::{Percentiles, Samples};

/// One small durable write: a page.
const PAGE_BYTES: usize = 4 << 10;
/// Most small durable writes, and the time limit for them.
const FSYNCS: usize = 400;
const FSYNC_TIME: Duration = Duration::from_secs(5);
/// A large write is done in pieces of this size.
const PIECE_BYTES: usize = 1 << 20;
/// Passes over memory; the best counts.
const MEMORY_PASSES: usize = 5;

/// How much the measurement writes and reads.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    /// Bytes of the large file.
    pub file_bytes: usize,
    /// Bytes of memory that are read; far more than the caches hold.
    pub memory_bytes: usize,
}

impl Default for Sizes {
    fn default() -> Self {
        Self { file_bytes: 1 << 30, memory_bytes: 1 << 30 }
    }
}

/// The machine's own limits.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MachineLimits {
    /// Cores that this process may use.
    pub cores: usize,
    /// Durable appends of 4 KiB, one after the other, a second.
    pub fsyncs_per_second: f64,
    /// How long one takes, in microseconds.
    pub fsync_us: Percentiles,
    /// A large file written and made durable, in MB/s.
    pub write_mb_per_second: f64,
    /// Memory read by one thread, in GB/s.
    pub read_gb_per_second_one_thread: f64,
    /// Memory read by two threads, in GB/s.
    pub read_gb_per_second_two_threads: f64,
}

/// Measures the machine; removes what it writes to the folder.
///
/// # Errors
/// Where the folder cannot be written to.
pub fn measure(folder: &Path, sizes: Sizes) -> Result<MachineLimits> {
    let path = folder.join("limits.tmp");
    let measured = disk(&path, sizes);
    // Also after a failure: a half-written file is useless.
    let removed = std::fs::remove_file(&path);
    let (fsync, write_mb_per_second) = measured?;
    removed.map_err(|e| Error::io("removing the file that was measured with", e))?;
    let memory = vec![1u64; sizes.memory_bytes / 8];
    Ok(MachineLimits {
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        fsyncs_per_second: fsync.per_second(),
        fsync_us: fsync.percentiles_us(),
        write_mb_per_second,
        read_gb_per_second_one_thread: read_memory(&memory, 1),
        read_gb_per_second_two_threads: read_memory(&memory, 2),
    })
}

fn disk(path: &Path, sizes: Sizes) -> Result<(Samples, f64)> {
    let fail = |e| Error::io(&format!("measuring the disk at `{}`", path.display()), e);
    let file = OpenOptions::new().create(true).write(true).truncate(true).open(path).map_err(fail)?;
    let samples = fsyncs(&file).map_err(fail)?;
    let seconds = large(&file, sizes.file_bytes).map_err(fail)?;
    Ok((samples, per_second(sizes.file_bytes, seconds) / 1e6))
}

fn fsyncs(mut file: &File) -> std::io::Result<Samples> {
    let page = [7u8; PAGE_BYTES];
    let mut samples = Samples::default();
    let started = Instant::now();
    while samples.len() < FSYNCS && started.elapsed() < FSYNC_TIME {
        let one = Instant::now();
        file.write_all(&page)?;
        file.sync_data()?;
        samples.add(one.elapsed());
    }
    Ok(samples)
}

fn large(mut file: &File, bytes: usize) -> std::io::Result<Duration> {
    // Not zeros, and all pieces different, because some file systems compress or deduplicate.
    let mut piece = vec![0u8; PIECE_BYTES];
    let mut random = crate::random::Random::at(1, &[7]);
    piece.chunks_exact_mut(8).for_each(|c| c.copy_from_slice(&random.next_u64().to_le_bytes()));
    let started = Instant::now();
    for no in 0..bytes.div_ceil(PIECE_BYTES) {
        piece
            .iter_mut()
            .step_by(PAGE_BYTES)
            .for_each(|b| *b = b.wrapping_add(u8::try_from(no % 251).unwrap_or(1)));
        file.write_all(&piece)?;
    }
    file.sync_all()?;
    Ok(started.elapsed())
}

/// Sums the memory with some threads: the best pass, in GB/s.
fn read_memory(memory: &[u64], threads: usize) -> f64 {
    let part = memory.len().div_ceil(threads.max(1)).max(1);
    let mut best = 0.0f64;
    for _ in 0..MEMORY_PASSES {
        let started = Instant::now();
        std::thread::scope(|scope| {
            for part in memory.chunks(part) {
                scope.spawn(move || {
                    std::hint::black_box(part.iter().fold(0u64, |sum, x| sum.wrapping_add(*x)))
                });
            }
        });
        best = best.max(per_second(size_of_val(memory), started.elapsed()) / 1e9);
    }
    best
}

#[allow(clippy::cast_precision_loss)] // a figure for people
fn per_second(bytes: usize, time: Duration) -> f64 {
    bytes as f64 / time.as_secs_f64().max(1e-9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_is_above_zero_and_nothing_is_left_behind() {
        let folder = tempfile::tempdir().unwrap();
        let limits = measure(folder.path(), Sizes { file_bytes: 2 << 20, memory_bytes: 1 << 20 }).unwrap();
        assert!(limits.cores > 0 && limits.fsyncs_per_second > 0.0 && limits.write_mb_per_second > 0.0);
        assert!(limits.read_gb_per_second_one_thread > 0.0 && limits.read_gb_per_second_two_threads > 0.0);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
