//! The whole benchmark: limits, ingest, fusion, index, search, opening, disk.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use rushes_archive::{Progress, Stage};
use rushes_types::{Error, ErrorKind, NS_PER_SECOND, Result};

use crate::bodies::Content;
use crate::ingest::{self, IngestSetup};
use crate::lines::Volume;
use crate::percentiles::{Percentiles, Samples};
use crate::report::{Disk, REPORT_VERSION, Rate, Ratio, Report, Search};
use crate::subject::Subject;
use crate::world::Episode;
use crate::{Spec, World, disk, limits, memory, search};

/// How often the archive is opened.
const OPENS: usize = 5;
/// The archive that is searched, within the benchmark's folder.
pub(crate) const ARCHIVE: &str = "archive";
/// The archive whose event log is measured, also within that folder.
pub(crate) const EVENTS: &str = "events";

/// What is measured.
#[derive(Debug, Clone)]
pub struct BenchOptions {
    /// Where; the folder must be empty or absent. It should lie on the disk that archives lie on.
    pub folder: PathBuf,
    /// Keep the searched archive?
    pub keep: bool,
    /// The made-up archive that is searched.
    pub spec: Spec,
    /// Hours of it that each way of sending is measured with, at most.
    pub ingest_hours: u32,
    /// Queries of each class.
    pub queries: usize,
    /// How much is written and read to find the machine's limits.
    pub sizes: limits::Sizes,
}

impl BenchOptions {
    /// The default options, in a folder.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            keep: false,
            spec: Spec::default(),
            ingest_hours: 200,
            queries: 200,
            sizes: limits::Sizes::default(),
        }
    }
}

/// Hours of footage of a quick run.
pub const QUICK_HOURS: u32 = 10;

impl BenchOptions {
    /// Everything once, small: a few minutes on two cores.
    #[must_use]
    pub fn quick(folder: impl Into<PathBuf>, seed: u64) -> Self {
        let spec = Spec { seed, hours: QUICK_HOURS, ..Spec::default() };
        let sizes = limits::Sizes { file_bytes: 64 << 20, memory_bytes: 256 << 20 };
        Self { spec, sizes, ingest_hours: QUICK_HOURS, queries: 50, ..Self::new(folder) }
    }
}

/// Asks the questions of a benchmark, all or those of one kind, of an archive that one kept (its options' `keep`), made from the same spec. Where
/// there is none it is made first.
///
/// # Errors
/// If a stage fails, or a question.
pub fn ask_kept(
    folder: &Path,
    spec: Spec,
    queries: usize,
    only: Option<&str>,
    progress: &dyn Progress,
) -> Result<Vec<Search>> {
    let (archive, world) = (folder.join(ARCHIVE), World::new(spec));
    let is_new = !archive.exists();
    std::fs::create_dir_all(folder).map_err(|e| Error::io("making the benchmark's folder", e))?;
    let subject = Subject::open(&archive, &Stage::ALL)?;
    if is_new {
        fill(&subject, &world, progress)?;
    }
    subject.wait_searchable(progress)?;
    let searches = search::measure(&subject, &world, queries, only, progress);
    subject.close();
    searches
}

/// The results for the searched archive.
struct Searched {
    rates: Vec<Rate>,
    lines: Volume,
    vectors: Volume,
    searches: Vec<Search>,
    open_ms: Percentiles,
    disk: Vec<Disk>,
}

/// Runs the benchmark. Takes minutes; reports to `progress`, which may stop it.
///
/// # Errors
/// If the folder is not empty or cannot be written to, a stage fails, or answers change.
pub fn run(options: &BenchOptions, progress: &dyn Progress) -> Result<Report> {
    prepare(&options.folder)?;
    let measured = measure(options, progress);
    // Also after a failure: the remains of a benchmark are useless.
    let kept = options.keep && measured.is_ok();
    let cleaned = clean(&options.folder, kept);
    let report = measured?;
    cleaned?;
    Ok(report)
}

fn measure(options: &BenchOptions, progress: &dyn Progress) -> Result<Report> {
    progress.set("measuring the machine", 0, None);
    let machine = limits::measure(&options.folder, options.sizes)?;
    let world = World::new(options.spec);
    let mut rates: Vec<Rate> = Vec::new();
    let mut beside = Vec::new();
    let mut stopped = HashMap::new();
    let few = first_hours(&world, options.ingest_hours);
    let cores = machine.cores;
    for (content, running, clients) in [
        (Content::Lines, false, 1),
        (Content::Lines, false, cores),
        (Content::Lines, true, cores),
        (Content::VectorArrow, false, cores),
        (Content::VectorArrow, true, cores),
        (Content::VectorLines, false, cores),
    ] {
        let setup = IngestSetup { content, running, clients };
        let measured = ingest::measure(&world, few, &options.folder.join("ingest"), setup, progress)?;
        let sent = measured.first().map_or(0.0, |rate| rate.per_second);
        match stopped.insert((content, clients), sent) {
            Some(alone) if running => beside.push(Ratio::new(content.name(), sent, alone)),
            _ => {}
        }
        rates.extend(measured);
    }
    let searched = searched(options, &world, progress)?;
    rates.extend(searched.rates);
    Ok(Report {
        version: REPORT_VERSION,
        seed: options.spec.seed,
        hours: hours(&world.episodes),
        dimensions: options.spec.dimensions,
        annotations: searched.lines.annotations,
        vectors: searched.vectors.annotations,
        limits: machine,
        rates,
        beside,
        answers: answers(&searched.searches),
        searches: searched.searches,
        open_ms: searched.open_ms,
        disk: searched.disk,
        peak_bytes: memory::peak_bytes(),
    })
}

/// Fills the archive with all of the world, searches it, reopens it.
fn searched(options: &BenchOptions, world: &World, progress: &dyn Progress) -> Result<Searched> {
    let folder = options.folder.join(ARCHIVE);
    let subject = Subject::open(&folder, &Stage::ALL)?;
    memory::reset_peak();
    let started = Instant::now();
    let [lines, vectors] = fill(&subject, world, progress)?;
    let count = lines.annotations + vectors.annotations;
    let seconds = started.elapsed().as_secs_f64();
    let filled = Rate {
        peak_bytes: memory::peak_bytes(),
        ..Rate::new(
            "the whole archive, generated, sent, searchable",
            count,
            lines.bytes + vectors.bytes,
            seconds,
        )
    };
    memory::reset_peak();
    let searches = search::measure(&subject, world, options.queries, None, progress)?;
    subject.close();
    let open_ms = open(&folder)?;
    Ok(Searched { rates: vec![filled], lines, vectors, searches, open_ms, disk: disk::parts(&folder)? })
}

/// Sends all of the world, and waits until all of it is searchable: lines and vectors.
fn fill(subject: &Subject, world: &World, progress: &dyn Progress) -> Result<[Volume; 2]> {
    subject.register(world)?;
    let clients = std::thread::available_parallelism().map_or(1, usize::from);
    let mut written = [Volume::default(); 2];
    for (total, content) in written.iter_mut().zip([Content::Lines, Content::VectorArrow]) {
        let setup = IngestSetup { content, running: true, clients };
        (*total, _) = ingest::send(subject, world, &world.episodes, setup, progress)?;
    }
    subject.wait_searchable(progress)?;
    Ok(written)
}

/// Opens the archive several times, as a starting process does.
fn open(folder: &Path) -> Result<Percentiles> {
    let mut samples = Samples::default();
    for _ in 0..OPENS {
        let started = Instant::now();
        let subject = Subject::open(folder, &Stage::ALL)?;
        samples.add(started.elapsed());
        subject.close();
    }
    Ok(samples.percentiles_ms())
}

/// The hash of all hashes that must stay the same.
pub(crate) fn answers(searches: &[Search]) -> String {
    let mut hash = xxhash_rust::xxh3::Xxh3::new();
    for search in searches.iter().filter(|s| s.exact) {
        hash.update(search.answers.as_bytes());
    }
    format!("{:016x}", hash.digest())
}

/// The first episodes that make up this many hours.
fn first_hours(world: &World, hours: u32) -> &[Episode] {
    let wanted_ns = i64::from(hours).saturating_mul(3600 * NS_PER_SECOND);
    let mut total_ns = 0;
    let enough = |episode: &Episode| {
        total_ns += episode.duration_ns;
        total_ns >= wanted_ns
    };
    let count = world.episodes.iter().position(enough).map_or(world.episodes.len(), |i| i + 1);
    world.episodes.get(..count).unwrap_or_default()
}

pub(crate) fn hours(episodes: &[Episode]) -> f64 {
    #[allow(clippy::cast_precision_loss)] // a figure for people
    let ns = episodes.iter().map(|e| e.duration_ns).sum::<i64>() as f64;
    ns / 3.6e12
}

/// Fails if the benchmark was asked to stop.
pub(crate) fn check(progress: &dyn Progress) -> Result<()> {
    if progress.cancelled() {
        return Err(Error::new(ErrorKind::Cancelled, "the benchmark was interrupted")
            .mend("what it wrote is removed"));
    }
    Ok(())
}

pub(crate) fn prepare(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|e| Error::io("making the benchmark's folder", e))?;
    let mut entries =
        std::fs::read_dir(folder).map_err(|e| Error::io("reading the benchmark's folder", e))?;
    if entries.next().is_some() {
        return Err(
            Error::invalid(format!("the folder `{}` is not empty", folder.display())).mend("name another")
        );
    }
    Ok(())
}

/// Removes what the benchmark wrote: the folder itself was the caller's.
pub(crate) fn clean(folder: &Path, keep: bool) -> Result<()> {
    let fail = |e| Error::io("removing what the benchmark wrote", e);
    for part in ["ingest", EVENTS, ARCHIVE] {
        let path = folder.join(part);
        if path.is_dir() && !(keep && part == ARCHIVE) {
            std::fs::remove_dir_all(&path).map_err(fail)?;
        }
    }
    Ok(())
}
