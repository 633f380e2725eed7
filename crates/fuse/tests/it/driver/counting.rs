//! A timeline that counts the rows that go in and out of it: work must be in proportion to what changed.

use std::sync::atomic::{AtomicUsize, Ordering};

use rushes_timeline::{
    MemoryTimeline, TimelineCapabilities, TimelineOutboxRow, TimelineStore, TimelineUpdate, WordCounts,
};
use rushes_types::*;

pub struct Counting {
    inner: MemoryTimeline,
    read: AtomicUsize,
    written: AtomicUsize,
}

impl Counting {
    pub fn new() -> Self {
        Self {
            inner: MemoryTimeline::new().unwrap(),
            read: AtomicUsize::new(0),
            written: AtomicUsize::new(0),
        }
    }

    /// Rows read and written so far.
    pub fn rows(&self) -> (usize, usize) {
        (self.read.load(Ordering::SeqCst), self.written.load(Ordering::SeqCst))
    }

    fn count<T>(&self, rows: Vec<T>) -> Vec<T> {
        self.read.fetch_add(rows.len(), Ordering::SeqCst);
        rows
    }
}

impl TimelineStore for Counting {
    fn capabilities(&self) -> TimelineCapabilities {
        self.inner.capabilities()
    }

    /// Each change is a row, and one in the list of changes; the document and the event are one each.
    fn apply(&self, updates: &[TimelineUpdate], watermarks: &[Watermark]) -> Result<()> {
        for update in updates {
            let rows =
                2 * update.step.changes.len() + update.step.buckets.len() + update.word_counts.len() + 2;
            self.written.fetch_add(rows, Ordering::SeqCst);
        }
        self.inner.apply(updates, watermarks)
    }

    fn progress(&self, asset: &AssetId) -> Result<Commit> {
        self.inner.progress(asset)
    }

    fn document(&self, asset: &AssetId) -> Result<Option<AssetDocument>> {
        self.read.fetch_add(1, Ordering::SeqCst);
        self.inner.document(asset)
    }

    fn assets(&self, after: Option<&AssetId>, limit: usize) -> Result<Vec<(AssetId, Commit)>> {
        self.inner.assets(after, limit).map(|rows| self.count(rows))
    }

    fn annotations(
        &self,
        asset: &AssetId,
        range: TimeRange,
        after: Option<FusedKey>,
        limit: usize,
    ) -> Result<Vec<FusedAnnotation>> {
        self.inner.annotations(asset, range, after, limit).map(|rows| self.count(rows))
    }

    fn get(&self, asset: &AssetId, keys: &[FusedKey]) -> Result<Vec<Option<FusedAnnotation>>> {
        self.inner.get(asset, keys).map(|rows| self.count(rows))
    }

    fn buckets(&self, asset: &AssetId, from: BucketNo, to: BucketNo, limit: usize) -> Result<Vec<Bucket>> {
        self.inner.buckets(asset, from, to, limit).map(|rows| self.count(rows))
    }

    fn changes(
        &self,
        asset: &AssetId,
        after: Commit,
        each: &mut dyn FnMut(Change) -> Result<()>,
    ) -> Result<()> {
        self.inner.changes(asset, after, &mut |change| {
            self.read.fetch_add(1, Ordering::SeqCst);
            each(change)
        })
    }

    fn word_counts(&self, words: &[String]) -> Result<WordCounts> {
        self.inner.word_counts(words)
    }

    fn outbox(&self, after: u64, limit: usize) -> Result<Vec<TimelineOutboxRow>> {
        self.inner.outbox(after, limit)
    }

    fn trim_outbox(&self, upto: u64) -> Result<()> {
        self.inner.trim_outbox(upto)
    }

    fn content_digest(&self, asset: &AssetId) -> Result<u128> {
        self.inner.content_digest(asset)
    }

    fn bytes(&self) -> Result<u64> {
        self.inner.bytes()
    }

    fn purge(&self) -> Result<()> {
        self.inner.purge()
    }

    fn clear(&self) -> Result<()> {
        self.inner.clear()
    }
}
