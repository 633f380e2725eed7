//! The annotation store's seam: one trait for each kind of caller, and [`AnnotationStore`], which is all of them.

use rushes_types::{
    Asset, AssetId, Commit, LabelAliases, Model, ModelRef, Result, Run, RunId, RunMode, TimeRange, Visibility,
};

use crate::block::{AppendMode, Block, BlockInput, Receipt};
use crate::history::{CommitRecord, EraseTarget};
use crate::import::{AssetImport, Imported, SegmentReader};

/// What a run is opened with.
#[derive(Debug, Clone, PartialEq)]
pub struct RunSpec {
    /// Its id, where the client names it: opening it again with the same words gives the same run.
    pub id: Option<RunId>,
    /// The asset.
    pub asset: AssetId,
    /// The model.
    pub model: ModelRef,
    /// Replace or append.
    pub mode: RunMode,
    /// What it looks at; `None`: all of the asset.
    pub coverage: Option<TimeRange>,
}

/// A row of the outbox: this asset has this commit. A hint to re-read, without content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// Position in the outbox; growing.
    pub sequence: u64,
    /// The asset.
    pub asset: AssetId,
    /// Its commit.
    pub commit: Commit,
}

/// A piece of the outbox.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutboxPage {
    /// The rows, ascending.
    pub rows: Vec<OutboxRow>,
    /// No commit up to here is missing: each is in these rows or in rows that were given out before, and none will
    /// come any more. `None` where there is nothing new.
    pub watermark: Option<Commit>,
}

/// Counts for `status`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoreCounts {
    /// Assets that are registered.
    pub assets: u64,
    /// Annotations in committed segments, superseded ones too.
    pub annotations: u64,
    /// Commits so far.
    pub commits: u64,
    /// Bytes on disk.
    pub bytes: u64,
}

/// What an engine of the annotation store can do beyond the laws that all of them hold. Asked before a call, instead of met
/// as its error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreCapabilities {
    /// May several processes work on one store at the same time? What another one changed is then to be looked for.
    pub shared: bool,
    /// Are commits numbered 1, 2, 3 … over all assets, in the order of the outbox? Otherwise numbers have gaps, and which
    /// asset comes first is the store's own affair.
    pub dense_commits: bool,
    /// Can single annotations be erased from Arrow blocks? It takes a [`crate::Redactor`]; without one, such an erasure is
    /// [`rushes_types::ErrorKind::Unsupported`].
    pub erases_arrow_rows: bool,
}

/// Keeps annotations as written. Laws that every implementation holds, and every caller may lean on:
///
/// * **Durable.** When a writing call returns `Ok`, its effect survives kill -9 and power loss.
///   Concurrent calls may share one fsync.
/// * **Whole.** A commit is visible whole or not at all, with its outbox row, to every later call; a
///   failed call has left nothing. A failed fsync poisons the store: later writes answer
///   [`rushes_types::ErrorKind::Storage`] until it is opened again; reads go on.
/// * **Ordered.** An asset's commits grow. The outbox holds a row for every commit, and is read in an order
///   in which each asset's commits ascend. Where [`StoreCapabilities::dense_commits`] says so, commits are numbered
///   1, 2, 3 … over all assets, in outbox order.
/// * **Idempotent.** Sending what is there again changes nothing and is counted as `duplicates`;
///   another content under a taken id is rejected by row. Opening a run again with the same words,
///   committing a committed run, aborting an aborted one, erasing what is gone: all `Ok`, no new commit.
/// * **Exact.** `blocks` gives back the bytes that were sent, to the byte.
/// * Calls block; they may be made from any thread. Batches are bounded by the caller.
pub trait AnnotationStore: History + Registry + Runs + Append + Erasure + Outbox + Import {
    /// What this engine can do.
    fn capabilities(&self) -> StoreCapabilities;
    /// Counts for `status`.
    fn counts(&self) -> Result<StoreCounts>;
}

/// What later stages derive everything from: reading only.
pub trait History: Send + Sync {
    /// An asset, `None` if it was never registered or is erased.
    fn asset(&self, id: &AssetId) -> Result<Option<Asset>>;
    /// All models, by name and version.
    fn models(&self) -> Result<Vec<Model>>;
    /// Ids of all assets that ever had a commit, erased ones too, ascending, after one, at most `limit`: what
    /// a rebuild must go through.
    fn assets_with_history(&self, after: Option<&AssetId>, limit: usize) -> Result<Vec<AssetId>>;
    /// An asset's commits after `after`, ascending, at most `limit`. Segments that were erased since are
    /// left out, but for those in replace mode: they stay without annotations, because what they superseded
    /// stays superseded. Their [`crate::Effect::Erased`] stays. Of an erased asset only its tombstone stays.
    fn history(&self, asset: &AssetId, after: Commit, limit: usize) -> Result<Vec<CommitRecord>>;
    /// The blocks of a segment, in the order they were sent.
    fn blocks(&self, asset: &AssetId, segment: u64, each: &mut dyn FnMut(Block) -> Result<()>) -> Result<()>;
}

/// Assets, models and labels: what annotations speak of and who makes them.
pub trait Registry: Send + Sync {
    /// Registers assets or changes them (last write wins); an unchanged asset makes no commit. A changed
    /// asset gets a commit. Returns the last commit made.
    fn put_assets(&self, assets: &[Asset]) -> Result<Option<Commit>>;
    /// Assets in the order of their ids, after one, at most `limit`.
    fn assets(&self, after: Option<&AssetId>, limit: usize) -> Result<Vec<Asset>>;
    /// Registers a model. Changing a registered space (dimensions, metric, encoder) is a
    /// [`rushes_types::ErrorKind::Conflict`]: a new encoder is a new space.
    fn put_model(&self, model: &Model) -> Result<()>;
    /// Sets the aliases of labels (replacing the label's earlier ones).
    fn put_labels(&self, labels: &[LabelAliases]) -> Result<()>;
    /// All labels with aliases.
    fn labels(&self) -> Result<Vec<LabelAliases>>;
}

/// Runs: opened, filled by [`Append::append`], committed whole or given up.
pub trait Runs: Send + Sync {
    /// Opens a run on a registered asset. An id that names another run is a conflict.
    fn open_run(&self, spec: &RunSpec) -> Result<Run>;
    /// Makes a run's annotations current, all at once.
    fn commit_run(&self, run: &RunId) -> Result<Commit>;
    /// Gives an open run up.
    fn abort_run(&self, run: &RunId) -> Result<()>;
    /// Makes an earlier committed run current again, as if it was committed now. Where nothing came after it
    /// that this could change, its commit is given back and none is made.
    fn restore_run(&self, run: &RunId) -> Result<Commit>;
    /// Keeps or archives a committed run: see [`Visibility`]. Runs are opened as kept: a superseded one can be pinned until
    /// someone archives it.
    fn set_visibility(&self, run: &RunId, visibility: Visibility) -> Result<Option<Commit>>;
    /// A run.
    fn run(&self, run: &RunId) -> Result<Option<Run>>;
    /// The runs of an asset, or of all, by id; after one, at most `limit`.
    fn runs(&self, asset: Option<&AssetId>, after: Option<&RunId>, limit: usize) -> Result<Vec<Run>>;
}

/// Adding annotations.
pub trait Append: Send + Sync {
    /// Adds annotations to an open run; not visible before it is committed. Blocks must be of the run's
    /// asset and model. What is refused is decided in the same step in which the others are kept.
    fn append(&self, run: &RunId, blocks: &[BlockInput<'_>], mode: AppendMode) -> Result<Receipt>;
    /// Adds loose annotations: one append segment (and commit) for each asset and model of the request,
    /// deduplicated against what is current of that model (this version) on that asset, loose or of a run.
    /// Assets must be registered, unless nothing is written. [`AppendMode::Atomic`] is meant for all of the request.
    fn append_loose(&self, blocks: &[BlockInput<'_>], mode: AppendMode) -> Result<Receipt>;
}

/// Erasing, in two steps: out of sight at once, out of the files later.
pub trait Erasure: Send + Sync {
    /// Erases. Returns the last commit made (each touched asset gets one).
    fn erase(&self, target: &EraseTarget) -> Result<Option<Commit>>;
    /// Rewrites what holds erased bytes until none is left on disk. Long; may be called again.
    fn purge(&self) -> Result<()>;
}

/// What the relay carries to the event log, and how far the store has come.
pub trait Outbox: Send + Sync {
    /// Durable outbox rows after `after`, ascending, at most `limit`, and the watermark that holds behind them. Where
    /// commits are numbered by several processes at once, the watermark may come later than the rows, with a page
    /// that has none; the first page that a process asks for carries one, because another may have failed to say it.
    /// Where several processes serve one store, one of them at a time is given rows.
    fn outbox(&self, after: u64, limit: usize) -> Result<OutboxPage>;
    /// Forgets outbox rows up to and including `upto`: the event log has them. Durability may lag: rows
    /// may come back after a crash.
    fn trim_outbox(&self, upto: u64) -> Result<()>;
    /// The last commit that is durable.
    fn last_commit(&self) -> Result<Commit>;
    /// A commit up to which none is missing and none will come any more. Where one process numbers all commits, that
    /// is the last one.
    fn settled(&self) -> Result<Commit>;
}

/// Taking over what another store keeps, with the numbers that its commits have there.
pub trait Import: Send + Sync {
    /// Takes over an asset that another store keeps, or what came to it there since. Laws:
    ///
    /// * Content first, invisible to readers; then runs, history and outbox rows in one step. A call that fails has left
    ///   nothing, also where the process dies.
    /// * What is there already with the same history changes nothing; of a longer history only what is new is read. A
    ///   history that could not become the other one is a [`rushes_types::ErrorKind::Conflict`]. Where something was
    ///   erased there since, what is here is dropped and all of it is imported again: in two steps.
    /// * Later commits of this store are above every imported number. Segments get numbers of this store.
    ///
    /// Commits come asset by asset, so watermarks of the same time promise too much: derived stages rest while assets
    /// are imported, and are rebuilt after.
    fn import(&self, import: &AssetImport, content: &mut SegmentReader<'_>) -> Result<Imported>;
    /// Takes over models as another store has them. Unlike [`Registry::put_model`] this makes no commit for the assets that
    /// they wrote on: the commits that did so come with the assets.
    fn import_models(&self, models: &[Model]) -> Result<()>;
}
