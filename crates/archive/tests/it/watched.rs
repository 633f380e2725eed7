//! Engines in memory whose event log and timeline tell a test of each call before they carry it out.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rushes_archive::{Archive, ArchiveFolder, Caller, Engines, Manifest, OpenEngines, OpenOptions};
use rushes_events::{DeadLetter, Delivered, Event, EventLog, Lag, MemoryLog, Position, Topic};
use rushes_index::MemoryIndex;
use rushes_store::MemoryStore;
use rushes_timeline::{
    MemoryTimeline, TimelineCapabilities, TimelineOutboxRow, TimelineStore, TimelineUpdate, WordCounts,
};
use rushes_types::{
    AssetDocument, AssetId, Bucket, BucketNo, Change, Commit, FusedAnnotation, FusedKey, Result, TimeRange,
    Watermark,
};
use tempfile::TempDir;

use crate::flow::Open;

/// A call, and how many things it is about.
type Watcher = Box<dyn FnMut(&'static str, usize) + Send>;

/// What a test has called while an engine is; a call that comes out of it is not watched.
#[derive(Default)]
pub struct Hook(Mutex<Option<Watcher>>);

impl Hook {
    fn slot(&self) -> std::sync::MutexGuard<'_, Option<Watcher>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn set(&self, watcher: impl FnMut(&'static str, usize) + Send + 'static) {
        *self.slot() = Some(Box::new(watcher));
    }

    pub fn clear(&self) {
        *self.slot() = None;
    }

    fn call(&self, name: &'static str, count: usize) {
        let watcher = self.slot().take();
        if let Some(mut watcher) = watcher {
            watcher(name, count);
            self.slot().get_or_insert(watcher);
        }
    }
}

/// Hands a call on as it is.
macro_rules! hand_on {
    ($(fn $name:ident(&self $(, $arg:ident: $kind:ty)*) $(-> $out:ty)?;)*) => {
        $(fn $name(&self $(, $arg: $kind)*) $(-> $out)? { self.inner.$name($($arg),*) })*
    };
}

struct WatchedLog {
    inner: MemoryLog,
    hook: Arc<Hook>,
}

impl EventLog for WatchedLog {
    fn append(&self, topic: Topic, events: &[Event]) -> Result<()> {
        self.hook.call("append", events.len());
        self.inner.append(topic, events)
    }

    fn skip(&self, topic: Topic, consumer: &str) -> Result<()> {
        self.hook.call("skip", 1);
        self.inner.skip(topic, consumer)
    }

    hand_on! {
        fn poll(&self, topic: Topic, consumer: &str, limit: usize) -> Result<Vec<Delivered>>;
        fn acknowledge(&self, topic: Topic, consumer: &str, positions: &[Position]) -> Result<()>;
        fn redeliver(&self, topic: Topic, consumer: &str) -> Result<()>;
        fn watermarks(&self, topic: Topic, consumer: &str) -> Result<Vec<Commit>>;
        fn put_dead_letter(&self, topic: Topic, consumer: &str, event: &Delivered, reason: &str) -> Result<()>;
        fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>>;
        fn replay(&self, limit: usize) -> Result<usize>;
        fn lag(&self) -> Result<Vec<Lag>>;
        fn trim(&self, topic: Topic, keep: u64) -> Result<()>;
        fn wait(&self, topic: Topic, timeout: Duration);
    }
}

struct WatchedTimeline {
    inner: MemoryTimeline,
    hook: Arc<Hook>,
}

impl TimelineStore for WatchedTimeline {
    fn get(&self, asset: &AssetId, keys: &[FusedKey]) -> Result<Vec<Option<FusedAnnotation>>> {
        self.hook.call("get", keys.len());
        self.inner.get(asset, keys)
    }

    fn purge(&self) -> Result<()> {
        self.hook.call("purge", 1);
        self.inner.purge()
    }

    fn clear(&self) -> Result<()> {
        self.hook.call("clear", 1);
        self.inner.clear()
    }

    hand_on! {
        fn capabilities(&self) -> TimelineCapabilities;
        fn apply(&self, updates: &[TimelineUpdate], watermarks: &[Watermark]) -> Result<()>;
        fn progress(&self, asset: &AssetId) -> Result<Commit>;
        fn document(&self, asset: &AssetId) -> Result<Option<AssetDocument>>;
        fn assets(&self, after: Option<&AssetId>, limit: usize) -> Result<Vec<(AssetId, Commit)>>;
        fn annotations(&self, asset: &AssetId, range: TimeRange, after: Option<FusedKey>, limit: usize) -> Result<Vec<FusedAnnotation>>;
        fn buckets(&self, asset: &AssetId, from: BucketNo, to: BucketNo, limit: usize) -> Result<Vec<Bucket>>;
        fn changes(&self, asset: &AssetId, after: Commit, each: &mut dyn FnMut(Change) -> Result<()>) -> Result<()>;
        fn word_counts(&self, words: &[String]) -> Result<WordCounts>;
        fn outbox(&self, after: u64, limit: usize) -> Result<Vec<TimelineOutboxRow>>;
        fn trim_outbox(&self, upto: u64) -> Result<()>;
        fn content_digest(&self, asset: &AssetId) -> Result<u128>;
        fn bytes(&self) -> Result<u64>;
    }
}

/// The store, log, timeline and index of one archive, all in memory.
struct Watched(Engines);

impl std::fmt::Debug for Watched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("watched")
    }
}

impl OpenEngines for Watched {
    fn identity(&self, own: &Manifest) -> Result<Manifest> {
        Ok(own.clone())
    }

    fn open(&self, _: &ArchiveFolder<'_>) -> Result<Engines> {
        Ok(self.0.clone())
    }
}

/// An archive on such engines.
pub fn open(purge_after: Duration) -> (Open, Arc<Hook>) {
    let hook = Arc::new(Hook::default());
    let engines = Engines {
        store: Arc::new(MemoryStore::new()),
        events: Arc::new(WatchedLog { inner: MemoryLog::new(), hook: Arc::clone(&hook) }),
        timeline: Arc::new(WatchedTimeline {
            inner: MemoryTimeline::new().unwrap(),
            hook: Arc::clone(&hook),
        }),
        index: Arc::new(MemoryIndex::default()),
    };
    let dir = TempDir::new().unwrap();
    let options = OpenOptions { engines: Arc::new(Watched(engines)), purge_after, ..OpenOptions::default() };
    let archive = Archive::open(&dir.path().join("a"), options).unwrap();
    (Open { archive, caller: Caller::local(), dir }, hook)
}
