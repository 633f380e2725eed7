//! Measures one archive on one test bed, stage by stage: each stage runs alone, after all earlier stages are done and
//! while all later ones are paused.
//!
//! Before the clock starts some first episodes go through all stages, so that consumers have joined their groups,
//! statements are prepared and tables and indices exist: one-time costs of a worker are in no figure.

use std::path::Path;
use std::time::Instant;

use rushes_archive::{Progress, Stage};
use rushes_types::Result;

use crate::World;
use rushes_archive::Part;

use crate::bodies::Content;
use crate::comparison::ComparisonOptions;
use crate::fusion;
use crate::ingest::{IngestSetup, send};
use crate::lines::Volume;
use crate::report::{Rate, Search};
use crate::run::{ARCHIVE, EVENTS};
use crate::subject::Subject;
use crate::test_beds::{Ceiling, TestBed, TestBeds};
use crate::world::Episode;
use crate::{disk, log, search};

/// The measured workloads, in the order of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Workload {
    Lines,
    Vectors,
    Append,
    Deliver,
    Fuse,
    Index,
}

impl Workload {
    pub(crate) const ALL: [Self; 6] =
        [Self::Lines, Self::Vectors, Self::Append, Self::Deliver, Self::Fuse, Self::Index];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Lines => "JSON lines in, durable",
            Self::Vectors => "vectors in as Arrow, durable",
            Self::Append => "events appended",
            Self::Deliver => "events delivered and acknowledged",
            Self::Fuse => "fused",
            Self::Index => "indexed",
        }
    }

    pub(crate) const fn part(self) -> Part {
        match self {
            Self::Lines | Self::Vectors => Part::Store,
            Self::Append | Self::Deliver => Part::Events,
            Self::Fuse => Part::Timeline,
            Self::Index => Part::Index,
        }
    }
}

/// The result of a step, and the upper bound by the engine's own client.
#[derive(Debug, Clone)]
pub(crate) struct StepResult {
    pub workload: Workload,
    pub rate: Rate,
    pub ceiling: Option<Ceiling>,
}

/// All results on one bed.
#[derive(Debug)]
pub(crate) struct BedResults {
    pub done: Vec<StepResult>,
    /// Pairs of an annotation and a second, of the fused annotations.
    pub pairs: u64,
    pub lines: Volume,
    pub vectors: Volume,
    pub searches: Vec<Search>,
    pub disk: Vec<(Part, u64)>,
}

/// Measures on a bed of its own, which is removed whatever happens.
pub(crate) fn measure(
    options: &ComparisonOptions,
    beds: &dyn TestBeds,
    world: &World,
    progress: &dyn Progress,
) -> Result<BedResults> {
    let mut done = on_bed(&options.folder.join(EVENTS), beds, |folder, bed| {
        events(options.events, folder, bed, progress)
    })?;
    let mut side = on_bed(&options.folder.join(ARCHIVE), beds, |folder, bed| {
        archive(options, folder, bed, world, progress)
    })?;
    std::mem::swap(&mut side.done, &mut done);
    side.done.extend(done);
    side.done.sort_by_key(|done| Workload::ALL.iter().position(|workload| *workload == done.workload));
    Ok(side)
}

/// Does something on a bed, then removes the bed and the folder.
fn on_bed<T>(
    folder: &Path,
    beds: &dyn TestBeds,
    what: impl FnOnce(&Path, &dyn TestBed) -> Result<T>,
) -> Result<T> {
    let fail = |e| rushes_types::Error::io("making a folder for the benchmark", e);
    std::fs::create_dir_all(folder).map_err(fail)?;
    let bed = beds.fresh(folder)?;
    let measured = what(folder, &*bed);
    let removed = bed.remove();
    let gone = std::fs::remove_dir_all(folder);
    let measured = measured?;
    removed?;
    gone.map_err(|e| rushes_types::Error::io("removing what the benchmark wrote", e))?;
    Ok(measured)
}

/// The folder of the archive itself.
const DATA: &str = "data";

fn events(events: u64, folder: &Path, bed: &dyn TestBed, progress: &dyn Progress) -> Result<Vec<StepResult>> {
    let subject = Subject::open_on(&folder.join(DATA), &[], bed.engines())?;
    let carried = log::measure(subject.engines(), events, progress);
    subject.close();
    let carried = carried?;
    let [append, deliver] = bed.event_ceilings(events)?.map_or([None, None], |both| both.map(Some));
    let done = |workload: Workload, count, seconds, ceiling| {
        let rate = Rate::new(workload.name(), count, 0, seconds);
        StepResult { workload, rate, ceiling }
    };
    Ok(vec![
        done(Workload::Append, events, carried.append_seconds, append),
        done(Workload::Deliver, carried.delivered, carried.deliver_seconds, deliver),
    ])
}

/// One in this many episodes, and at least one, goes through all stages before the clock starts.
const WARM_SHARE: usize = 10;
const LATER: [Stage; 3] = [Stage::Relay, Stage::Fuse, Stage::Index];

fn archive(
    options: &ComparisonOptions,
    folder: &Path,
    bed: &dyn TestBed,
    world: &World,
    progress: &dyn Progress,
) -> Result<BedResults> {
    let data = folder.join(DATA);
    let subject = Subject::open_on(&data, &Stage::ALL, bed.engines())?;
    let measured = stages(options, &subject, bed, world, progress).and_then(|mut side| {
        side.searches = search::measure(&subject, world, options.queries, None, progress)?;
        Ok(side)
    });
    subject.close();
    let mut side = measured?;
    let elsewhere = bed.bytes()?;
    let here = disk::parts(&data)?;
    side.disk = Part::ALL
        .into_iter()
        .filter_map(|part| {
            let lies = |(other, _): &&(Part, u64)| *other == part;
            let found = elsewhere.iter().find(lies).map(|(_, bytes)| *bytes);
            let own = || here.iter().find(|disk| disk.part == part.as_str()).map(|disk| disk.bytes);
            Some((part, found.or_else(own)?))
        })
        .collect();
    Ok(side)
}

fn stages(
    options: &ComparisonOptions,
    subject: &Subject,
    bed: &dyn TestBed,
    world: &World,
    progress: &dyn Progress,
) -> Result<BedResults> {
    subject.register(world)?;
    let setup = |content| IngestSetup { content, running: false, clients: options.clients };
    let warm = (world.episodes.len() / WARM_SHARE).max(1);
    let (first, rest) = world.episodes.split_at(warm.min(world.episodes.len()));
    progress.set("warming up", 0, None);
    for content in [Content::Lines, Content::VectorArrow] {
        send(subject, world, first, setup(content), progress)?;
    }
    subject.wait_searchable(progress)?;
    subject.pause(&LATER);

    let mut done = Vec::new();
    let mut written = [Volume::default(); 2];
    for (workload, content, total) in
        [(Workload::Lines, Content::Lines, 0), (Workload::Vectors, Content::VectorArrow, 1)]
    {
        bed.begin(Part::Store)?;
        let (sent, seconds) = send(subject, world, rest, setup(content), progress)?;
        written[total] = sent;
        let rate = Rate::new(workload.name(), sent.annotations, sent.bytes, seconds);
        done.push(StepResult { workload, rate, ceiling: ceiling(bed, workload, progress)? });
    }
    let [lines, vectors] = written;
    let count = lines.annotations + vectors.annotations;
    progress.set("counting pairs of annotation and second", 0, None);
    let assets = assets_of(subject, world, rest)?;
    let pairs = fusion::pairs(subject, &assets)?;
    let goals = subject.last_commits(&assets)?;

    bed.begin(Part::Timeline)?;
    let begun = Instant::now();
    subject.resume(&[Stage::Relay, Stage::Fuse]);
    subject.wait_fused_to(&goals, progress)?;
    let rate = Rate::new(Workload::Fuse.name(), count, 0, begun.elapsed().as_secs_f64());
    subject.pause(&[Stage::Fuse]);
    done.push(StepResult {
        workload: Workload::Fuse,
        rate,
        ceiling: ceiling(bed, Workload::Fuse, progress)?,
    });

    bed.begin(Part::Index)?;
    progress.set("indexing", 0, None);
    let begun = Instant::now();
    // Fusion has nothing left but to say that it is done.
    subject.resume(&[Stage::Fuse, Stage::Index]);
    subject.wait_searchable(progress)?;
    let rate = Rate::new(Workload::Index.name(), count, 0, begun.elapsed().as_secs_f64());
    done.push(StepResult {
        workload: Workload::Index,
        rate,
        ceiling: ceiling(bed, Workload::Index, progress)?,
    });
    Ok(BedResults { done, pairs, lines, vectors, searches: Vec::new(), disk: Vec::new() })
}

fn ceiling(bed: &dyn TestBed, workload: Workload, progress: &dyn Progress) -> Result<Option<Ceiling>> {
    crate::run::check(progress)?;
    progress.set("the same rows by the engine's own client", 0, None);
    bed.ceiling(workload.part())
}

fn assets_of(subject: &Subject, world: &World, episodes: &[Episode]) -> Result<Vec<rushes_types::AssetId>> {
    let all = subject.asset_ids(world)?;
    let wanted = |id: &rushes_types::AssetId| episodes.iter().any(|e| e.asset_id == id.as_str());
    Ok(all.into_iter().filter(wanted).collect())
}
