//! Compares the same archive on the embedded engines and on others, each with the upper bound that the engine's own
//! client reaches.

use std::fmt;
use std::path::PathBuf;

use rushes_archive::Progress;
use rushes_types::{Error, Result};
use serde::Serialize;

use rushes_archive::Part;

use crate::bed_run::{self, BedResults, StepResult, Workload};
use crate::percentiles::Percentiles;
use crate::report::{Rate, Table, size, thousands, whole};
use crate::run::{answers, clean, hours, prepare};
use crate::test_beds::{Ceiling, Embedded, TestBeds};
use crate::{Spec, World};

/// Version of the JSON format. Incremented when a field changes its meaning.
pub const COMPARISON_VERSION: u32 = 1;

/// What is measured.
#[derive(Debug, Clone)]
pub struct ComparisonOptions {
    /// Where; the folder must be empty or absent.
    pub folder: PathBuf,
    /// The made-up archive.
    pub spec: Spec,
    /// Queries of each class.
    pub queries: usize,
    /// Events that go through the log alone.
    pub events: u64,
    /// Clients that send annotations, each one request of one episode at a time.
    pub clients: usize,
}

/// Clients that send at the same time, by default.
pub const CLIENTS: usize = 8;

impl ComparisonOptions {
    /// The default options, in a folder.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            spec: Spec::default(),
            queries: 100,
            events: 1_000_000,
            clients: CLIENTS,
        }
    }
}

/// A step on both engines.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepComparison {
    /// What.
    pub what: String,
    /// On the embedded engines.
    pub embedded: Rate,
    /// On the others.
    pub engines: Rate,
    /// The upper bound by the engine's own client, for the same rows.
    pub ceiling: Option<Ceiling>,
    /// The share of that upper bound that is reached.
    pub share: Option<f64>,
}

/// A class of queries on both engines.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SearchComparison {
    /// What was asked.
    pub what: String,
    /// How often.
    pub count: usize,
    /// On the embedded engines, in milliseconds.
    pub embedded_ms: Percentiles,
    /// On the others, in milliseconds.
    pub engines_ms: Percentiles,
    /// Mean number of moments on the first page, on the embedded engines.
    pub moments: f64,
    /// Are the answers the same? None where approximate search may find others.
    pub same: Option<bool>,
    /// Where approximate search is allowed: what share of the exact answers' moments was found, on both.
    pub recall: Option<[f64; 2]>,
}

/// Bytes of a part on both engines.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct DiskComparison {
    /// The part.
    pub part: Part,
    /// On the embedded engines.
    pub embedded: Option<u64>,
    /// On the others.
    pub engines: Option<u64>,
}

/// All that was measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Version of this document's format.
    pub version: u32,
    /// Seed of the made-up archive.
    pub seed: u64,
    /// Hours of it.
    pub hours: f64,
    /// Numbers in a vector.
    pub dimensions: usize,
    /// Cores of this machine.
    pub cores: usize,
    /// Which part ran on what.
    pub engines: String,
    /// Clients that sent at the same time.
    pub clients: usize,
    /// Annotations that were measured, vectors not counted.
    pub annotations: u64,
    /// Vectors.
    pub vectors: u64,
    /// Pairs of an annotation and a second that it touches.
    pub pairs: u64,
    /// The steps of writing and processing.
    pub steps: Vec<StepComparison>,
    /// What was asked.
    pub searches: Vec<SearchComparison>,
    /// Bytes on disk.
    pub disk: Vec<DiskComparison>,
    /// Hash of all answers that must be the same: on the embedded engines, and on the others.
    pub answers: [String; 2],
    /// Are they?
    pub same_answers: bool,
}

/// Measures the embedded engines, then the others. Takes minutes; reports to `progress`, which may stop it.
///
/// # Errors
/// If the folder is not empty, an engine fails, or it is stopped; what was written is removed in any case.
pub fn run_comparison(
    options: &ComparisonOptions,
    beds: &dyn TestBeds,
    progress: &dyn Progress,
) -> Result<Comparison> {
    prepare(&options.folder)?;
    let world = World::new(options.spec);
    let measured = bed_run::measure(options, &Embedded, &world, progress).and_then(|embedded| {
        let engines = bed_run::measure(options, beds, &world, progress)?;
        Ok([embedded, engines])
    });
    let cleaned = clean(&options.folder, false);
    let [embedded, engines] = measured?;
    cleaned?;
    report(options, beds, &world, embedded, engines)
}

fn report(
    options: &ComparisonOptions,
    beds: &dyn TestBeds,
    world: &World,
    embedded: BedResults,
    engines: BedResults,
) -> Result<Comparison> {
    if (embedded.lines, embedded.pairs) != (engines.lines, engines.pairs) {
        return Err(Error::bug("the two sides did not do the same work"));
    }
    let both = [answers(&embedded.searches), answers(&engines.searches)];
    let of = |side: &BedResults, part| side.disk.iter().find(|(of, _)| *of == part).map(|(_, bytes)| *bytes);
    let disk = Part::ALL.into_iter().map(|part| DiskComparison {
        part,
        embedded: of(&embedded, part),
        engines: of(&engines, part),
    });
    Ok(Comparison {
        version: COMPARISON_VERSION,
        seed: options.spec.seed,
        hours: hours(&world.episodes),
        dimensions: options.spec.dimensions,
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        engines: beds.name(),
        clients: options.clients,
        annotations: embedded.lines.annotations,
        vectors: embedded.vectors.annotations,
        pairs: embedded.pairs,
        disk: disk.collect(),
        same_answers: both[0] == both[1],
        answers: both,
        searches: searches(&embedded, &engines),
        steps: steps(embedded.done, engines.done),
    })
}

fn steps(embedded: Vec<StepResult>, engines: Vec<StepResult>) -> Vec<StepComparison> {
    let pairs = embedded.into_iter().zip(engines);
    let step = |(one, other): (StepResult, StepResult)| {
        // Of events the first call's count for no time: by rate, not by time.
        let share = other.ceiling.as_ref().map(|ceiling| match one.workload {
            Workload::Append | Workload::Deliver => other.rate.per_second / per_second(ceiling).max(1e-9),
            _ => ceiling.seconds / other.rate.seconds.max(1e-9),
        });
        let what = one.workload.name().to_owned();
        StepComparison { what, embedded: one.rate, engines: other.rate, ceiling: other.ceiling, share }
    };
    pairs.map(step).collect()
}

fn searches(embedded: &BedResults, engines: &BedResults) -> Vec<SearchComparison> {
    let pairs = embedded.searches.iter().zip(&engines.searches);
    let beside = |(one, other): (&crate::report::Search, &crate::report::Search)| SearchComparison {
        what: one.what.clone(),
        count: one.count,
        embedded_ms: one.ms,
        engines_ms: other.ms,
        moments: one.moments,
        same: one.exact.then(|| one.answers == other.answers),
        recall: one.recall.zip(other.recall).map(<[f64; 2]>::from),
    };
    pairs.map(beside).collect()
}

#[allow(clippy::cast_precision_loss)] // a figure for people
fn per_second(ceiling: &Ceiling) -> f64 {
    ceiling.rows as f64 / ceiling.seconds.max(1e-9)
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, vectors) = (thousands(self.annotations), thousands(self.vectors));
        writeln!(
            f,
            "{:.0} h of video, {count} annotations, {vectors} vectors of {}, {} pairs of annotation and second (seed {})",
            self.hours,
            self.dimensions,
            thousands(self.pairs),
            self.seed
        )?;
        let (engines, cores, clients) = (&self.engines, self.cores, self.clients);
        writeln!(f, "engines: {engines}; {cores} cores for all of it; {clients} clients send\n")?;
        self.write_steps(f)?;
        self.write_searches(f)?;
        self.write_disk(f)?;
        let same = if self.same_answers { "same answers" } else { "OTHER ANSWERS" };
        writeln!(f, "{same}: {} and {}", self.answers[0], self.answers[1])
    }
}

impl Comparison {
    fn write_steps(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["what", "count", "embedded /s", "engines /s", "MB/s", "seconds", "own client", "share"];
        let mut table = Table::new(&head);
        for step in &self.steps {
            let (own, share) = (step.ceiling.as_ref(), step.share);
            table.row(vec![
                step.what.clone(),
                thousands(step.engines.count),
                thousands(whole(step.embedded.per_second)),
                thousands(whole(step.engines.per_second)),
                if step.engines.bytes == 0 {
                    "–".into()
                } else {
                    format!("{:.1}", step.engines.mb_per_second)
                },
                format!("{:.2}", step.engines.seconds),
                own.map_or("–".into(), |own| format!("{:.2} s", own.seconds)),
                share.map_or("–".into(), |share| format!("{share:.2}")),
            ]);
        }
        writeln!(f, "{table}")?;
        let mut table = Table::new(&["the engine's own client", "how", "rows", "rows/s", "MB", "MB/s"]);
        for step in &self.steps {
            let Some(own) = &step.ceiling else { continue };
            #[allow(clippy::cast_precision_loss)] // a figure for people
            let mb = own.bytes as f64 / 1e6;
            table.row(vec![
                step.what.clone(),
                own.what.clone(),
                thousands(own.rows),
                thousands(whole(per_second(own))),
                format!("{mb:.1}"),
                format!("{:.1}", mb / own.seconds.max(1e-9)),
            ]);
        }
        writeln!(f, "{table}")
    }

    fn write_searches(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head =
            ["search (ms)", "count", "embedded p50", "p95", "engines p50", "p95", "moments", "answers"];
        let mut table = Table::new(&head);
        for search in &self.searches {
            let (one, other) = (search.embedded_ms, search.engines_ms);
            let mut row = vec![search.what.clone(), search.count.to_string()];
            row.extend([one.p50, one.p95, other.p50, other.p95].map(|ms| format!("{ms:.2}")));
            row.push(format!("{:.1}", search.moments));
            row.push(match (search.same, search.recall) {
                (Some(true), _) => "same answers".to_owned(),
                (Some(false), _) => "OTHER ANSWERS".to_owned(),
                (None, Some([one, other])) => format!("found {one:.4}, {other:.4} of exact"),
                (None, None) => "–".to_owned(),
            });
            table.row(row);
        }
        writeln!(f, "{table}")
    }

    fn write_disk(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["on disk", "embedded", "engines"];
        let mut table = Table::new(&head);
        let shown = |bytes: Option<u64>| bytes.map_or("–".to_owned(), |bytes| size(Some(bytes)));
        for disk in &self.disk {
            table.row(vec![disk.part.as_str().to_owned(), shown(disk.embedded), shown(disk.engines)]);
        }
        writeln!(f, "{table}")
    }
}
