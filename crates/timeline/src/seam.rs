//! The fused store's seam.

use rushes_types::{
    AssetDocument, AssetId, Bucket, BucketNo, Change, Commit, FusedAnnotation, FusedKey, Result, TimeRange,
    Watermark,
};

/// A step of fusion for one asset: brings it from commit `after` to commit `upto`.
#[derive(Debug, Clone, PartialEq)]
pub struct FusedUpdate {
    /// The asset as it stands at `upto`; `None` when it was erased.
    pub document: Option<AssetDocument>,
    /// The asset.
    pub asset: AssetId,
    /// The commit this step starts from.
    pub after: Commit,
    /// The commit this step brings it to.
    pub upto: Commit,
    /// Annotations as they stand now, and erased ones.
    pub changes: Vec<Change>,
    /// Buckets as they stand now; an emptied bucket is written empty.
    pub buckets: Vec<Bucket>,
    /// Word counts: by how many annotations more (or fewer) each word is said now. Words are folded
    /// tokens, or `=label` for whole labels.
    pub word_counts: Vec<(String, i64)>,
    /// By how many current annotations more or fewer there are.
    pub annotation_count: i64,
}

/// Row of stage 2's outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FusedOutboxRow {
    /// Position in the outbox; growing.
    pub sequence: u64,
    /// What it says: an asset is fused up to a commit, or everything up to a commit is.
    pub row: FusedEvent,
}

/// What stage 2 tells stage 3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FusedEvent {
    /// The asset is fused up to the commit.
    Asset(AssetId, Commit),
    /// Every commit of a partition of the event log is fused up to here.
    Watermark(Watermark),
}

/// How many rows were read and written: shows that work is in proportion to what changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RowCounts {
    /// Rows read from the store.
    pub read: u64,
    /// Rows written to it.
    pub written: u64,
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
///   updates of a call in one). An update whose `upto` is not
///   above the asset's progress changes nothing (a lower commit loses); one whose `after` is not the
///   progress is a [`rushes_types::ErrorKind::Conflict`].
/// * Reads see whole updates only.
/// * `content_digest` covers an asset's content only (its annotations with validities, its buckets that are
///   not empty, its document) and so is equal for two stores of the same history, however it was batched. Word
///   counts belong to all assets; they are compared by [`TimelineStore::word_counts`].
/// * An erased asset keeps its progress, and no document.
pub trait TimelineStore: Send + Sync {
    /// Applies updates (of different assets), each in one step, followed by the watermarks' outbox rows.
    fn apply(&self, updates: &[FusedUpdate], watermarks: &[Watermark]) -> Result<()>;
    /// How many calls of [`TimelineStore::apply`], of different assets, gain from being made at the same time. One where
    /// updates go one after the other anyway.
    fn calls_at_once(&self) -> usize {
        1
    }
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
    /// What changed at commits above `after`, in pieces; the union over the asset's commits up to its
    /// progress. An annotation that changed several times comes once, as it stands now.
    fn changes(
        &self,
        asset: &AssetId,
        after: Commit,
        each: &mut dyn FnMut(Change) -> Result<()>,
    ) -> Result<()>;
    /// How many current annotations say each word.
    fn word_counts(&self, words: &[String]) -> Result<WordCounts>;
    /// Outbox rows after `after`, ascending, at most `limit`.
    fn outbox(&self, after: u64, limit: usize) -> Result<Vec<FusedOutboxRow>>;
    /// Forgets outbox rows up to and including `upto`.
    fn trim_outbox(&self, upto: u64) -> Result<()>;
    /// Rows read and written since the store was opened.
    fn row_counts(&self) -> RowCounts;
    /// A digest of an asset's content; see the laws.
    fn content_digest(&self, asset: &AssetId) -> Result<u128>;
    /// Bytes on disk.
    fn bytes(&self) -> Result<u64>;
    /// Rewrites what holds erased bytes until none is left on disk.
    fn purge(&self) -> Result<()>;
    /// Empties the store, for a rebuild.
    fn clear(&self) -> Result<()>;
}
