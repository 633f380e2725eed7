//! The timeline's seam.

use rushes_types::{
    AssetDocument, AssetId, AssetStep, Bucket, BucketNo, Change, Commit, FusedAnnotation, FusedKey, Result,
    TimeRange, Watermark,
};

/// A step of an asset, with what it changes in the tables that all assets share.
#[derive(Debug, Clone, PartialEq)]
pub struct TimelineUpdate {
    /// What changed on the asset.
    pub step: AssetStep<Bucket>,
    /// The change in each word's count of annotations. Words are folded tokens, or `=label` for whole labels.
    pub word_counts: Vec<(String, i64)>,
    /// The change in the number of current annotations.
    pub annotation_count: i64,
}

/// Row of stage 2's outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineOutboxRow {
    /// Position in the outbox; growing.
    pub sequence: u64,
    /// What it says: an asset is fused up to a commit, or everything up to a commit is.
    pub row: TimelineEvent,
}

/// What stage 2 tells stage 3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimelineEvent {
    /// The asset is fused up to the commit.
    Asset(AssetId, Commit),
    /// Every commit of a partition of the event log is fused up to here.
    Watermark(Watermark),
}

/// What an engine of the timeline can do beyond the laws that all engines hold. Callers ask before a call instead of
/// handling its error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimelineCapabilities {
    /// May several processes work on one timeline at the same time?
    pub shared: bool,
    /// How many concurrent calls of [`TimelineStore::apply`], for different assets, are worth making. One where updates
    /// are serialised anyway.
    pub applies_at_once: usize,
}

/// Word counts at a version of the table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WordCounts {
    /// The table's version: grows with every change.
    pub version: u64,
    /// Current annotations in all.
    pub annotations: u64,
    /// For each word asked, how many current annotations say it.
    pub counts: Vec<u64>,
}

/// Keeps fused annotations and buckets. Laws:
///
/// * `apply` is, for each asset, one atomic step with its outbox row, durable on return (the embedded store takes all
///   updates of a call in one). An update whose `upto` is not above the asset's progress changes nothing (a lower
///   commit loses); any other whose `after` is not the progress is a [`rushes_types::ErrorKind::Conflict`].
/// * Reads see whole updates only.
/// * `content_digest` covers an asset's content only (its annotations with validities, its buckets that are not empty,
///   its document) and so is equal for two stores of the same history, however it was batched. Word counts are over all
///   assets; they are compared by [`TimelineStore::word_counts`].
/// * An erased asset keeps its progress, and no document.
pub trait TimelineStore: Send + Sync {
    /// What this engine can do.
    fn capabilities(&self) -> TimelineCapabilities;
    /// Applies updates (of different assets), each in one step, followed by the watermarks' outbox rows.
    fn apply(&self, updates: &[TimelineUpdate], watermarks: &[Watermark]) -> Result<()>;
    /// The commit up to which an asset is fused.
    fn progress(&self, asset: &AssetId) -> Result<Commit>;
    /// The asset's document.
    fn document(&self, asset: &AssetId) -> Result<Option<AssetDocument>>;
    /// Assets in the order of their ids, after one, at most `limit`, with their progress.
    fn assets(&self, after: Option<&AssetId>, limit: usize) -> Result<Vec<(AssetId, Commit)>>;
    /// Annotations whose start lies in `[range.start, range.end]`, after `after`, by start and key, at most
    /// `limit`; superseded ones too.
    fn annotations(
        &self,
        asset: &AssetId,
        range: TimeRange,
        after: Option<FusedKey>,
        limit: usize,
    ) -> Result<Vec<FusedAnnotation>>;
    /// Annotations by key; `None` for those that are not there.
    fn get(&self, asset: &AssetId, keys: &[FusedKey]) -> Result<Vec<Option<FusedAnnotation>>>;
    /// Buckets `from ..= to` that were ever written, ascending, at most `limit`.
    fn buckets(&self, asset: &AssetId, from: BucketNo, to: BucketNo, limit: usize) -> Result<Vec<Bucket>>;
    /// What changed at commits above `after`, up to the asset's progress, in pieces. An annotation that changed several
    /// times comes once, in its present state.
    fn changes(
        &self,
        asset: &AssetId,
        after: Commit,
        each: &mut dyn FnMut(Change) -> Result<()>,
    ) -> Result<()>;
    /// How many current annotations say each word.
    fn word_counts(&self, words: &[String]) -> Result<WordCounts>;
    /// Outbox rows after `after`, ascending, at most `limit`.
    fn outbox(&self, after: u64, limit: usize) -> Result<Vec<TimelineOutboxRow>>;
    /// Forgets outbox rows up to and including `upto`.
    fn trim_outbox(&self, upto: u64) -> Result<()>;
    /// A digest of an asset's content; see the laws.
    fn content_digest(&self, asset: &AssetId) -> Result<u128>;
    /// Bytes on disk.
    fn bytes(&self) -> Result<u64>;
    /// Goes through all that is kept, as far as the engine lets one: every block is read and its checksum tried. Gives what is
    /// wrong, in words. `progress` hears how many bytes were read since it was last called, and may break off.
    fn examine(&self, progress: &mut dyn FnMut(u64) -> Result<()>) -> Result<Vec<String>> {
        progress(0)?;
        Ok(Vec::new())
    }
    /// What can be told in seconds, however much is kept: whether files and ends of chains fit what they say of each other, and
    /// whether some of what is kept is there. Gives what is wrong, in words.
    fn examine_quickly(&self) -> Result<Vec<String>> {
        Ok(Vec::new())
    }
    /// Rewrites what holds erased bytes until none is left on disk.
    fn purge(&self) -> Result<()>;
    /// Empties the store, for a rebuild.
    fn clear(&self) -> Result<()>;
}
