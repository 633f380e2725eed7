//! The report: as readable tables, and as JSON.

use std::fmt;

use serde::Serialize;

use crate::limits::MachineLimits;
use crate::percentiles::Percentiles;

/// Version of the JSON format. Incremented when a field changes its meaning.
pub const REPORT_VERSION: u32 = 2;

/// All that was measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Version of this document's format.
    pub version: u32,
    /// Seed of the made-up archive.
    pub seed: u64,
    /// Hours of it.
    pub hours: f64,
    /// Numbers in a vector.
    pub dimensions: usize,
    /// Annotations in the archive that was searched, vectors not counted.
    pub annotations: u64,
    /// Vectors in it.
    pub vectors: u64,
    /// What the machine can do.
    pub limits: MachineLimits,
    /// The rates of writing and processing.
    pub rates: Vec<Rate>,
    /// The rate of ingest while the later stages run, relative to the rate while they are stopped.
    pub beside: Vec<Ratio>,
    /// What was asked.
    pub searches: Vec<Search>,
    /// How long opening took, in milliseconds.
    pub open_ms: Percentiles,
    /// Bytes on disk, by part of the archive.
    pub disk: Vec<Disk>,
    /// Hash of all answers that must be the same on every run.
    pub answers: String,
    /// Peak memory of the process, in bytes, over everything.
    pub peak_bytes: Option<u64>,
}

/// The rate of one workload.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rate {
    /// What.
    pub what: String,
    /// How many.
    pub count: u64,
    /// Input bytes; 0 where meaningless.
    pub bytes: u64,
    /// How long it took.
    pub seconds: f64,
    /// How many per second.
    pub per_second: f64,
    /// MB per second.
    pub mb_per_second: f64,
    /// Time that the generator took, in seconds; not included in `seconds`.
    pub generator_seconds: f64,
    /// Peak memory during it, in bytes.
    pub peak_bytes: Option<u64>,
}

/// Two rates of one run, side by side.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ratio {
    /// What.
    pub what: String,
    /// The first divided by the second.
    pub ratio: f64,
}

impl Ratio {
    /// The ratio of two rates.
    #[must_use]
    pub fn new(what: impl Into<String>, one: f64, other: f64) -> Self {
        Self { what: what.into(), ratio: one / other.max(1e-9) }
    }
}

/// One class of queries.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Search {
    /// What was asked.
    pub what: String,
    /// How often.
    pub count: usize,
    /// How long an answer took, in milliseconds.
    pub ms: Percentiles,
    /// CPU time of an answer in the mean, of all threads, in milliseconds.
    pub cpu_ms: f64,
    /// Mean number of moments on the first page.
    pub moments: f64,
    /// Hash of the answers.
    pub answers: String,
    /// Must the hash be the same on every run?
    pub exact: bool,
    /// Where approximate search was allowed: the share of the exact answers' moments that it found.
    pub recall: Option<f64>,
}

/// Bytes of one part of the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Disk {
    /// The part: a folder of the archive.
    pub part: String,
    /// Its bytes.
    pub bytes: u64,
}

impl Rate {
    /// A rate from what was done and how long it took.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // a figure for people
    pub fn new(what: impl Into<String>, count: u64, bytes: u64, seconds: f64) -> Self {
        let time = seconds.max(1e-9);
        Self {
            what: what.into(),
            count,
            bytes,
            seconds,
            per_second: count as f64 / time,
            mb_per_second: bytes as f64 / time / 1e6,
            generator_seconds: 0.0,
            peak_bytes: None,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:.0} h of video, {} annotations, {} vectors of {} (seed {})\n",
            self.hours,
            thousands(self.annotations),
            thousands(self.vectors),
            self.dimensions,
            self.seed
        )?;
        let limits = &self.limits;
        let mut table = Table::new(&["the machine", "figure"]);
        table.row(vec!["cores".into(), limits.cores.to_string()]);
        table.row(vec!["4 KiB appends with fsync".into(), format!("{:.0} /s", limits.fsyncs_per_second)]);
        table.row(vec![
            "one fsync, p50 / p99".into(),
            format!("{:.0} / {:.0} µs", limits.fsync_us.p50, limits.fsync_us.p99),
        ]);
        table.row(vec!["large durable write".into(), format!("{:.0} MB/s", limits.write_mb_per_second)]);
        let (one, two) = (limits.read_gb_per_second_one_thread, limits.read_gb_per_second_two_threads);
        table.row(vec!["memory read, 1 / 2 threads".into(), format!("{one:.1} / {two:.1} GB/s")]);
        writeln!(f, "{table}")?;

        let mut table = Table::new(&["what", "count", "seconds", "per second", "MB/s", "peak memory"]);
        for rate in &self.rates {
            table.row(vec![
                rate.what.clone(),
                thousands(rate.count),
                format!("{:.1}", rate.seconds),
                thousands(whole(rate.per_second)),
                if rate.bytes == 0 { "–".into() } else { format!("{:.1}", rate.mb_per_second) },
                size(rate.peak_bytes),
            ]);
        }
        writeln!(f, "{table}")?;

        let mut table = Table::new(&["stages running, beside stopped", "ratio"]);
        for beside in &self.beside {
            table.row(vec![beside.what.clone(), format!("{:.2}", beside.ratio)]);
        }
        writeln!(f, "{table}")?;

        writeln!(f, "{}", searches_table(&self.searches))?;

        let mut table = Table::new(&["on disk", "bytes"]);
        for disk in &self.disk {
            table.row(vec![disk.part.clone(), size(Some(disk.bytes))]);
        }
        writeln!(f, "{table}")?;
        writeln!(f, "opening: p50 {:.1} ms, max {:.1} ms", self.open_ms.p50, self.open_ms.max)?;
        writeln!(f, "peak memory: {}", size(self.peak_bytes))?;
        writeln!(f, "answers: {}", self.answers)
    }
}

/// The table of searches.
#[must_use]
pub fn searches_table(searches: &[Search]) -> String {
    let mut table =
        Table::new(&["search (ms)", "count", "p50", "p95", "p99", "max", "CPU", "moments", "answers"]);
    for search in searches {
        let p = search.ms;
        let mut row = vec![search.what.clone(), search.count.to_string()];
        row.extend([p.p50, p.p95, p.p99, p.max, search.cpu_ms].map(|ms| format!("{ms:.2}")));
        row.push(format!("{:.1}", search.moments));
        row.push(
            search
                .recall
                .map_or_else(|| search.answers.clone(), |share| format!("found {share:.4} of exact")),
        );
        table.row(row);
    }
    table.to_string()
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a figure for people
pub(crate) fn whole(x: f64) -> u64 {
    x.max(0.0).round() as u64
}

/// `1234567` as `1,234,567`.
pub(crate) fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// Bytes in a readable unit.
pub(crate) fn size(bytes: Option<u64>) -> String {
    #[allow(clippy::cast_precision_loss)] // a figure for people
    match bytes {
        None => "unknown".to_owned(),
        Some(b) if b >= 10_000_000_000 => format!("{:.1} GB", b as f64 / 1e9),
        Some(b) if b >= 100_000 => format!("{:.1} MB", b as f64 / 1e6),
        Some(b) => format!("{b} B"),
    }
}

/// A table in Markdown, aligned: the first column to the left, the others to the right.
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(head: &[&str]) -> Self {
        Self { rows: vec![head.iter().map(|h| (*h).to_owned()).collect()] }
    }

    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows.first().map_or(0, Vec::len);
        let width = |column: usize| {
            self.rows.iter().filter_map(|r| r.get(column)).map(|c| c.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for (no, row) in self.rows.iter().enumerate() {
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                if column == 0 { write!(f, "| {cell:<width$} ")? } else { write!(f, "| {cell:>width$} ")? }
            }
            writeln!(f, "|")?;
            if no == 0 {
                for (column, width) in widths.iter().enumerate() {
                    let end = if column == 0 { '-' } else { ':' };
                    write!(f, "|{}{end}", "-".repeat(width + 1))?;
                }
                writeln!(f, "|")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_aligned_markdown() {
        let mut table = Table::new(&["what", "µs"]);
        table.row(vec!["a".into(), "1,234".into()]);
        assert_eq!(table.to_string(), "| what |    µs |\n|------|------:|\n| a    | 1,234 |\n");
    }

    #[test]
    fn figures_are_written_as_people_read_them() {
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(thousands(12), "12");
        assert_eq!(size(Some(2_500_000)), "2.5 MB");
        assert_eq!(size(None), "unknown");
    }
}
