//! The measured archive, through its public calls only; only this file knows how to call it.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rushes_archive::{
    Archive, Body, Caller, EmbeddedEngines, Engines, IngestOptions, OpenEngines, OpenOptions, Progress,
    SearchRequest, Stage, SuggestRequest,
};
use rushes_plan::Plan;
use rushes_types::{AssetId, BlockFormat, Commit, Error, ErrorKind, Result};
use serde_json::Value;

use crate::World;

/// How often a stage's progress is checked.
const POLL: Duration = Duration::from_millis(2);
/// The same where checking costs an engine's time.
const POLL_SELDOM: Duration = Duration::from_millis(20);
/// Offers to someone who types.
const OFFERS: usize = 10;
/// Commits read at once.
const HISTORY_PAGE: usize = 1_000;
/// How often a wait checks whether it was stopped.
const LOOK: Duration = Duration::from_millis(250);

/// An open archive.
pub struct Subject {
    archive: Arc<Archive>,
    caller: Caller,
}

impl Subject {
    /// Opens the archive in a folder, or makes it, with the workers of some stages running.
    pub fn open(folder: &Path, stages: &[Stage]) -> Result<Self> {
        Self::open_on(folder, stages, Arc::new(EmbeddedEngines))
    }

    /// The same on other engines.
    pub fn open_on(folder: &Path, stages: &[Stage], engines: Arc<dyn OpenEngines>) -> Result<Self> {
        let options =
            OpenOptions { create: true, stages: stages.to_vec(), engines, ..OpenOptions::default() };
        Ok(Self { archive: Archive::open(folder, options)?, caller: Caller::local() })
    }

    /// Registers the assets and models of the world.
    pub fn register(&self, world: &World) -> Result<()> {
        let made_up = |e| Error::bug(format!("a made-up name is refused: {e}"));
        self.archive.put_models(&self.caller, &world.models().map_err(made_up)?)?;
        for assets in world.assets().map_err(made_up)?.chunks(500) {
            self.archive.put_assets(&self.caller, assets)?;
        }
        Ok(())
    }

    /// Sends a body, durable on return; how many annotations were accepted.
    pub fn ingest(&self, format: BlockFormat, body: &[u8]) -> Result<u64> {
        let body = match format {
            BlockFormat::Lines => Body::Lines(body),
            BlockFormat::Arrow => Body::Arrow(body),
        };
        let report = self.archive.ingest(&self.caller, body, &IngestOptions::default())?;
        if let Some(problem) = report.errors.first() {
            return Err(Error::bug(format!("line {} was refused: {}", problem.line, problem.detail)));
        }
        Ok(report.accepted)
    }

    /// Searches; returns the answer as a client gets it, and how long it took, without writing the JSON.
    pub fn search(&self, plan: &Value) -> Result<(Value, Duration)> {
        let plan = Plan::read(plan)?;
        let request = SearchRequest { q: None, plan, ..SearchRequest::default() };
        let started = Instant::now();
        let answer = self.archive.search(&self.caller, &request)?;
        let took = started.elapsed();
        let answer = serde_json::to_value(answer)
            .map_err(|e| Error::bug(format!("the answer cannot be written: {e}")))?;
        Ok((answer, took))
    }

    /// What is offered to someone who has typed this; as text, and how long it took.
    pub fn suggest(&self, typed: &str) -> Result<(String, Duration)> {
        let request = SuggestRequest { typed: typed.to_owned(), tails: true, limit: OFFERS };
        let started = Instant::now();
        let offers = self.archive.suggest(&self.caller, &request)?;
        let took = started.elapsed();
        let text = offers.iter().map(|o| format!("{} {} {}\n", o.kind, o.text, o.count)).collect();
        Ok((text, took))
    }

    /// CPU time that a search would take, as estimated, in microseconds.
    pub fn estimated_us(&self, plan: &Value) -> Result<u64> {
        let request = SearchRequest { plan: Plan::read(plan)?, ..SearchRequest::default() };
        let explained = self.archive.explain_plan(&self.caller, &request)?;
        Ok(explained.cost.map_or(0, |cost| cost.cpu_us))
    }

    /// CPU time that all reads of requests have taken so far, in microseconds.
    pub fn searches_cpu_us(&self) -> u64 {
        self.archive.searches().cpu_us
    }

    /// Waits until everything is searchable, as long as some stage makes progress; may be stopped.
    pub fn wait_searchable(&self, progress: &dyn Progress) -> Result<()> {
        let upto: Commit = self.archive.status()?.last_commit;
        let mut watch = self.watch("waiting until all of it is searchable", progress);
        while !self.archive.wait_caught_up(upto, LOOK)? {
            watch.look()?;
        }
        Ok(())
    }

    /// Waits until all of the world's assets are fused up to their last commit, as long as fusion makes progress; may
    /// be stopped.
    pub fn wait_fused(&self, world: &World, progress: &dyn Progress) -> Result<()> {
        let engines = self.archive.engines();
        let mut assets = self.asset_ids(world)?.into_iter().peekable();
        let mut watch = self.watch("waiting until all of it is fused", progress);
        while let Some(asset) = assets.peek() {
            let after = engines.timeline.progress(asset)?;
            if engines.store.history(asset, after, 1)?.is_empty() {
                assets.next();
            } else {
                watch.look()?;
                std::thread::sleep(POLL);
            }
        }
        Ok(())
    }

    /// The last commit of each of some assets.
    pub fn last_commits(&self, assets: &[AssetId]) -> Result<Vec<(AssetId, Commit)>> {
        let store = &self.archive.engines().store;
        let last = |asset: &AssetId| {
            let mut last = Commit::NONE;
            while let Some(record) = store.history(asset, last, HISTORY_PAGE)?.last() {
                last = record.commit;
            }
            Ok((asset.clone(), last))
        };
        assets.iter().map(last).collect()
    }

    /// Waits until assets are fused up to these commits, as long as fusion makes progress; may be stopped. Checks
    /// rarely, because checking loads the engines that are measured.
    pub fn wait_fused_to(&self, goals: &[(AssetId, Commit)], progress: &dyn Progress) -> Result<()> {
        let timeline = &self.archive.engines().timeline;
        let mut watch = self.watch("fusing", progress);
        for (asset, upto) in goals {
            while timeline.progress(asset)? < *upto {
                watch.look()?;
                std::thread::sleep(POLL_SELDOM);
            }
        }
        Ok(())
    }

    fn watch<'a>(&'a self, what: &'a str, progress: &'a dyn Progress) -> Watch<'a> {
        progress.set(what, 0, None);
        let now = Instant::now();
        Watch { archive: &self.archive, what, progress, looked: now, stall: Stall { items: 0, since: now } }
    }

    /// Pauses the workers of some stages.
    pub fn pause(&self, stages: &[Stage]) {
        stages.iter().for_each(|stage| self.archive.pause(*stage));
    }

    /// Resumes them.
    pub fn resume(&self, stages: &[Stage]) {
        stages.iter().for_each(|stage| self.archive.resume(*stage));
    }

    /// The engines below, to measure a stage alone.
    pub fn engines(&self) -> &Engines {
        self.archive.engines()
    }

    /// The language of text that names none.
    pub fn default_language(&self) -> &str {
        &self.archive.manifest().default_language
    }

    /// Length of a bucket, in nanoseconds.
    pub fn bucket_ns(&self) -> i64 {
        self.archive.manifest().bucket_ns
    }

    /// The assets that the archive holds, of those of the world.
    pub fn asset_ids(&self, world: &World) -> Result<Vec<AssetId>> {
        let ids = world.episodes.iter().map(|e| AssetId::new(&e.asset_id));
        ids.collect::<std::result::Result<_, _>>()
            .map_err(|e| Error::bug(format!("a made-up name is refused: {e}")))
    }

    /// Stops the workers and closes the archive.
    pub fn close(self) {
        self.archive.close();
    }
}

/// How often a stage's progress is checked: each check takes an engine's time.
const LOOK_AT_STAGES: Duration = Duration::from_secs(5);
/// How long all stages may make no progress before it is an error.
const STALLED: Duration = Duration::from_secs(120);

/// A wait that lasts as long as the stages make progress.
struct Watch<'a> {
    archive: &'a Archive,
    what: &'a str,
    progress: &'a dyn Progress,
    looked: Instant,
    stall: Stall,
}

impl Watch<'_> {
    /// Checks now and then whether the stages make progress, and reports how far they are.
    fn look(&mut self) -> Result<()> {
        crate::run::check(self.progress)?;
        if self.looked.elapsed() < LOOK_AT_STAGES {
            return Ok(());
        }
        self.looked = Instant::now();
        let workers = self.archive.status()?.workers;
        let items = workers.iter().map(|(_, health)| health.items).sum();
        self.progress.set(self.what, items, None);
        if self.stall.lasts(items, self.looked) {
            let (what, seconds) = (self.what, STALLED.as_secs());
            return Err(Error::new(
                ErrorKind::Unavailable,
                format!("{what}: no stage got on within {seconds} s"),
            )
            .mend("see `rushes status`"));
        }
        Ok(())
    }
}

/// The total work of all stages, and since when it has not changed.
struct Stall {
    items: u64,
    since: Instant,
}

impl Stall {
    /// Has there been no progress for too long?
    fn lasts(&mut self, items: u64, now: Instant) -> bool {
        if items != self.items {
            *self = Self { items, since: now };
        }
        now.saturating_duration_since(self.since) >= STALLED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_lasts_as_long_as_something_is_done() {
        let begun = Instant::now();
        let mut stall = Stall { items: 0, since: begun };
        let mut now = begun;
        // Slow, and far longer than any limit of the whole.
        for items in 1..=50 {
            now += STALLED - Duration::from_secs(1);
            assert!(!stall.lasts(items, now));
        }
        assert!(!stall.lasts(50, now + STALLED - Duration::from_secs(1)));
        assert!(stall.lasts(50, now + STALLED));
    }
}
