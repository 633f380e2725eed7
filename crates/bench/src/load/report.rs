//! What was found, as tables and as JSON.

use std::fmt;

use serde::Serialize;

use crate::percentiles::Percentiles;
use crate::report::{Table, thousands};

/// What others felt while monstrous searches ran.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LoadReport {
    /// Seed of the made-up archive.
    pub seed: u64,
    /// Hours of it.
    pub hours: f64,
    /// Cores of the machine.
    pub cores: usize,
    /// Estimates beside what was taken.
    pub estimates: Vec<Estimate>,
    /// Without any monstrous client.
    pub alone: Tried,
    /// Beside them.
    pub beside: Tried,
    /// What became of searches whose clients went.
    pub gone: Vec<GoneClient>,
}

/// The estimate of a kind of question, and what it took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Estimate {
    /// Which kind.
    pub what: String,
    /// CPU time as estimated, in microseconds.
    pub estimated_us: u64,
    /// CPU time as measured, in microseconds.
    pub measured_us: u64,
}

/// A mix of questions, asked for a while.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tried {
    /// How many were answered.
    pub questions: usize,
    /// How long they took, in milliseconds.
    pub ms: Percentiles,
    /// How long `/healthz` took, in milliseconds.
    pub health_ms: Percentiles,
    /// How the monstrous ones were answered.
    pub monstrous: Vec<Monstrous>,
}

/// How a monstrous search was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Monstrous {
    /// Which.
    pub what: String,
    /// With 200.
    pub answered: u64,
    /// With 413.
    pub too_large: u64,
    /// With 429.
    pub busy: u64,
    /// With another status.
    pub other: u64,
}

/// What became of a search whose client went.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GoneClient {
    /// Which.
    pub what: String,
    /// How long it went on, in milliseconds; `None` where it had ended before.
    pub stopped_ms: Option<f64>,
}

impl LoadReport {
    /// How much longer 95 % of the ordinary questions take at most beside the monstrous ones.
    #[must_use]
    pub fn p95_ratio(&self) -> f64 {
        self.beside.ms.p95 / self.alone.ms.p95.max(1e-9)
    }
}

fn ms(us: u64) -> String {
    #[allow(clippy::cast_precision_loss, reason = "a figure for people")]
    let ms = us as f64 / 1e3;
    format!("{ms:.1}")
}

impl fmt::Display for LoadReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:.0} h of video (seed {}), {} cores\n", self.hours, self.seed, self.cores)?;
        let mut table = Table::new(&["CPU time, ms", "estimated", "measured", "ratio"]);
        for estimate in &self.estimates {
            #[allow(clippy::cast_precision_loss, reason = "a figure for people")]
            let ratio = estimate.estimated_us as f64 / estimate.measured_us.max(1) as f64;
            let figures = [ms(estimate.estimated_us), ms(estimate.measured_us), format!("{ratio:.2}")];
            table.row(std::iter::once(estimate.what.clone()).chain(figures).collect());
        }
        writeln!(f, "{table}")?;
        let mut table =
            Table::new(&["ms", "answers", "p50", "p95", "p99", "longest", "health p95", "longest"]);
        for (what, tried) in [("alone", &self.alone), ("beside monstrous ones", &self.beside)] {
            let Percentiles { p50, p95, p99, max } = tried.ms;
            let figures = [p50, p95, p99, max, tried.health_ms.p95, tried.health_ms.max];
            let mut row = vec![what.to_owned(), thousands(tried.questions as u64)];
            row.extend(figures.map(|ms| format!("{ms:.1}")));
            table.row(row);
        }
        writeln!(f, "{table}")?;
        writeln!(f, "p95 beside / alone: {:.2}\n", self.p95_ratio())?;
        let mut table =
            Table::new(&["monstrous", "200", "413", "429", "other", "stopped after its client, ms"]);
        for (monstrous, gone) in self.beside.monstrous.iter().zip(&self.gone) {
            let Monstrous { what, answered, too_large, busy, other } = monstrous;
            let mut row = vec![what.clone()];
            row.extend([answered, too_large, busy, other].map(|count| thousands(*count)));
            row.push(gone.stopped_ms.map_or_else(|| "had ended".to_owned(), |ms| format!("{ms:.0}")));
            table.row(row);
        }
        write!(f, "{table}")
    }
}
