//! How fast annotations are ingested, durable when acknowledged, and how fast the later stages follow.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rushes_archive::{Progress, Stage};
use rushes_types::{Error, Result};

use crate::World;
use crate::bodies::{Content, make};
use crate::fusion;
use crate::lines::Volume;
use crate::memory;
use crate::report::Rate;
use crate::subject::Subject;
use crate::world::Episode;

/// What is sent, by how many clients, and with or without the later stages.
#[derive(Debug, Clone, Copy)]
pub struct IngestSetup {
    /// What is sent.
    pub content: Content,
    /// Do the later stages run while the clients send?
    pub running: bool,
    /// How many clients send at the same time.
    pub clients: usize,
}

impl IngestSetup {
    fn name(self) -> String {
        let what = self.content.name();
        let stages = if self.running { "running" } else { "stopped" };
        let clients =
            if self.clients == 1 { "1 client".to_owned() } else { format!("{} clients", self.clients) };
        format!("{what}, {clients}, stages {stages}")
    }
}

/// Sends the episodes to a new archive, then runs the later stages one after the other. `folder` is created and
/// removed.
pub fn measure(
    world: &World,
    episodes: &[Episode],
    folder: &Path,
    setup: IngestSetup,
    progress: &dyn Progress,
) -> Result<Vec<Rate>> {
    let stages: &[Stage] = if setup.running { &Stage::ALL } else { &[] };
    let subject = Subject::open(folder, stages)?;
    subject.register(world)?;
    memory::reset_peak();
    let (written, seconds) = send(&subject, world, episodes, setup, progress)?;
    let mut rates = vec![rate(&setup.name(), written, written.bytes, seconds)];
    if setup.running {
        let started = Instant::now();
        subject.wait_searchable(progress)?;
        let until = seconds + started.elapsed().as_secs_f64();
        rates.push(rate("… until all of it is searchable", written, written.bytes, until));
    }
    subject.close();
    if !setup.running {
        rates.extend(follow(folder, world, written, progress)?);
    }
    std::fs::remove_dir_all(folder).map_err(|e| Error::io("removing a benchmark's archive", e))?;
    Ok(rates)
}

/// Fuses in memory, then lets fusion catch up, and then the index.
fn follow(folder: &Path, world: &World, written: Volume, progress: &dyn Progress) -> Result<Vec<Rate>> {
    let mut rates = Vec::new();
    let subject = Subject::open(folder, &[])?;
    let decided = fusion::in_memory(&subject, world)?;
    subject.close();
    let pairs = decided.pairs;
    rates.extend(decided.rates);
    memory::reset_peak();
    let started = Instant::now();
    let subject = Subject::open(folder, &[Stage::Relay, Stage::Fuse])?;
    subject.wait_fused(world, progress)?;
    let seconds = started.elapsed().as_secs_f64();
    rates.push(rate("… fused, durable", written, 0, seconds));
    rates.push(Rate::new("… the same, pairs of annotation and second", pairs, 0, seconds));
    subject.close();
    memory::reset_peak();
    let started = Instant::now();
    let subject = Subject::open(folder, &[Stage::Relay, Stage::Fuse, Stage::Index])?;
    subject.wait_searchable(progress)?;
    rates.push(rate("… indexed, durable", written, 0, started.elapsed().as_secs_f64()));
    subject.close();
    Ok(rates)
}

fn rate(what: &str, written: Volume, bytes: u64, seconds: f64) -> Rate {
    Rate { peak_bytes: memory::peak_bytes(), ..Rate::new(what, written.annotations, bytes, seconds) }
}

/// Sends all episodes; what was sent, and the seconds that sending took.
pub fn send(
    subject: &Subject,
    world: &World,
    episodes: &[Episode],
    setup: IngestSetup,
    progress: &dyn Progress,
) -> Result<(Volume, f64)> {
    let mut rest = episodes;
    let mut total = Volume::default();
    let mut time = Duration::ZERO;
    while !rest.is_empty() {
        crate::run::check(progress)?;
        let (bodies, written) = make(world, rest, setup.content)?;
        let started = Instant::now();
        let accepted = send_bodies(subject, &bodies, setup)?;
        time += started.elapsed();
        if accepted != written.annotations {
            let sent = written.annotations;
            return Err(Error::bug(format!("{sent} annotations were sent and {accepted} accepted")));
        }
        total += written;
        rest = rest.get(bodies.len()..).unwrap_or_default();
        let done = episodes.len() - rest.len();
        progress.set(&setup.name(), done as u64, Some(episodes.len() as u64));
    }
    Ok((total, time.as_secs_f64()))
}

fn send_bodies(subject: &Subject, bodies: &[Vec<u8>], setup: IngestSetup) -> Result<u64> {
    let next = AtomicUsize::new(0);
    let outcome = Mutex::new(Ok(0u64));
    std::thread::scope(|scope| {
        for _ in 0..setup.clients.max(1) {
            scope.spawn(|| {
                while let Some(body) = bodies.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let sent = subject.ingest(setup.content.format(), body);
                    let failed = sent.is_err();
                    if let Ok(mut outcome) = outcome.lock() {
                        match (sent, outcome.as_mut()) {
                            (Ok(n), Ok(total)) => *total += n,
                            (Err(e), Ok(_)) => *outcome = Err(e),
                            (_, Err(_)) => {}
                        }
                    }
                    if failed {
                        next.store(bodies.len(), Ordering::Relaxed);
                    }
                }
            });
        }
    });
    outcome.into_inner().unwrap_or_else(|_| Err(Error::bug("a client of the benchmark panicked")))
}
