//! The annotation store's seam: one trait for each kind of caller, and [`AnnotationStore`], which is all of them.

use rushes_types::{
    Asset, AssetId, Commit, Error, LabelAliases, Model, ModelRef, Result, Run, RunId, RunMode, TimeRange,
    Visibility,
};

use crate::block::{AppendMode, Block, BlockInput, Receipt};
use crate::documents::Documents;
use crate::history::{CommitRecord, EraseTarget};
use crate::import::{AssetImport, Imported, SegmentReader};

/// What a run is opened with.
#[derive(Debug, Clone, PartialEq)]
pub struct RunSpec {
    /// Its id, where the client names it: opening it again with the same values gives the same run.
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

/// A row of the outbox: this asset has this commit. A hint to read the asset again, without content.
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
    /// Every commit up to here is in these rows or in rows returned before, and no further one will come. `None` where
    /// there is nothing new.
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

/// What an engine of the annotation store can do beyond the laws that all engines hold. Callers ask before a call
/// instead of handling its error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreCapabilities {
    /// May several processes work on one store at the same time? Callers must then look for changes made by others.
    pub shared: bool,
    /// Are commits numbered 1, 2, 3 … over all assets, in the order of the outbox? Otherwise numbers have gaps, and the
    /// order between assets is up to the store.
    pub dense_commits: bool,
    /// Can single annotations be erased from Arrow blocks? It takes a [`crate::Redactor`]; without one, such an erasure is
    /// [`rushes_types::ErrorKind::Unsupported`].
    pub erases_arrow_rows: bool,
    /// Is what was acknowledged known apart from the rows themselves? Opening and examining then find what is missing, and name
    /// it; otherwise they find only what cannot be read.
    pub keeps_chain: bool,
}

/// Keeps annotations as written. Laws that every implementation holds and every caller may rely on:
///
/// * **Durable.** When a writing call returns `Ok`, its effect survives kill -9 and power loss.
///   Concurrent calls may share one fsync.
/// * **Whole.** A commit becomes visible as a whole, with its outbox row, or not at all; a failed call leaves nothing
///   behind. A failed fsync poisons the store: later writes answer [`rushes_types::ErrorKind::Storage`] until it is
///   opened again; reads go on.
/// * **Ordered.** An asset's commits grow. The outbox holds a row for every commit, and is read in an order
///   in which each asset's commits ascend. Where [`StoreCapabilities::dense_commits`] says so, commits are numbered
///   1, 2, 3 … over all assets, in outbox order.
/// * **Idempotent.** Sending again what is stored changes nothing and is counted as `duplicates`; another content under
///   a taken id is rejected, row by row. Opening a run again with the same values, committing a committed run, aborting
///   an aborted one, erasing what is gone: all `Ok`, no new commit.
/// * **Exact.** `blocks` returns exactly the bytes that were sent.
/// * Calls block; they may be made from any thread. Batches are bounded by the caller.
pub trait AnnotationStore:
    History + Registry + Documents + Runs + Append + Erasure + Outbox + Import
{
    /// What this engine can do.
    fn capabilities(&self) -> StoreCapabilities;
    /// Counts for `status`.
    fn counts(&self) -> Result<StoreCounts>;
    /// What was acknowledged and is missing, where the store is open for reading all the same.
    fn damage(&self) -> Option<Error> {
        None
    }
    /// Goes through all that is kept, as far as the engine lets one: every block is read and its checksum tried. Gives what is
    /// wrong, in words. `progress` hears how many bytes were read since it was last called, and may break off.
    fn examine(&self, progress: &mut dyn FnMut(u64) -> Result<()>) -> Result<Vec<String>> {
        progress(0)?;
        Ok(Vec::new())
    }
    /// What can be told in seconds, however much is kept: whether the ends of all chains of changes fit what is kept, and whether
    /// some of it, picked at random, is there. Gives what is wrong, in words.
    fn examine_quickly(&self) -> Result<Vec<String>> {
        Ok(Vec::new())
    }
}

/// What later stages derive everything from: reading only.
pub trait History: Send + Sync {
    /// An asset, `None` if it was never registered or is erased.
    fn asset(&self, id: &AssetId) -> Result<Option<Asset>>;
    /// All models, by name and version.
    fn models(&self) -> Result<Vec<Model>>;
    /// Ids of all assets that ever had a commit, erased ones too, ascending, starting after `after`, at most `limit`:
    /// what a rebuild must process.
    fn assets_with_history(&self, after: Option<&AssetId>, limit: usize) -> Result<Vec<AssetId>>;
    /// An asset's commits after `after`, ascending, at most `limit`. Segments erased since are left out, except those
    /// in replace mode: they remain without annotations, because what they superseded stays superseded. Records of
    /// [`crate::Effect::Erased`] remain. Of an erased asset only the tombstone remains.
    fn history(&self, asset: &AssetId, after: Commit, limit: usize) -> Result<Vec<CommitRecord>>;
    /// The blocks of a segment, in the order they were sent.
    fn blocks(&self, asset: &AssetId, segment: u64, each: &mut dyn FnMut(Block) -> Result<()>) -> Result<()>;
}

/// Assets, models and labels: what annotations refer to, and who makes them.
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

/// Runs: opened, filled by [`Append::append`], committed as a whole or aborted.
pub trait Runs: Send + Sync {
    /// Opens a run on a registered asset. An id that names another run is a conflict.
    fn open_run(&self, spec: &RunSpec) -> Result<Run>;
    /// Makes a run's annotations current, all at once.
    fn commit_run(&self, run: &RunId) -> Result<Commit>;
    /// Aborts an open run.
    fn abort_run(&self, run: &RunId) -> Result<()>;
    /// Makes an earlier committed run current again, as if it was committed now. Where this would change nothing, the
    /// run's commit is returned and none is made.
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
    /// Adds annotations to an open run; not visible before it is committed. Blocks must be of the run's asset and
    /// model. Rejecting some and keeping the others is one atomic step.
    fn append(&self, run: &RunId, blocks: &[BlockInput<'_>], mode: AppendMode) -> Result<Receipt>;
    /// Adds loose annotations: one append segment (and commit) for each asset and model of the request, deduplicated
    /// against what is current of that model (this version) on that asset, loose or of a run. Assets must be
    /// registered, unless nothing is written. [`AppendMode::Atomic`] covers the whole request.
    fn append_loose(&self, blocks: &[BlockInput<'_>], mode: AppendMode) -> Result<Receipt>;
}

/// Erasing, in two steps: out of sight at once, out of the files later.
pub trait Erasure: Send + Sync {
    /// Erases. Returns the last commit made (each touched asset gets one).
    fn erase(&self, target: &EraseTarget) -> Result<Option<Commit>>;
    /// Rewrites files until no erased byte is left on disk. Takes long; may be repeated.
    fn purge(&self) -> Result<()>;
}

/// What the relay carries to the event log, and up to which commit the store is complete.
pub trait Outbox: Send + Sync {
    /// Durable outbox rows after `after`, ascending, at most `limit`, and the watermark that holds once they are
    /// relayed. Where several processes number commits, the watermark may come later than the rows, on a page without
    /// rows; the first page that a process asks for carries one, because another process may have failed to relay it.
    /// Where several processes serve one store, only one at a time gets rows.
    fn outbox(&self, after: u64, limit: usize) -> Result<OutboxPage>;
    /// Forgets outbox rows up to and including `upto`: the event log has them. Durability may lag: rows
    /// may come back after a crash.
    fn trim_outbox(&self, upto: u64) -> Result<()>;
    /// The last commit that is durable.
    fn last_commit(&self) -> Result<Commit>;
    /// A commit up to which all commits are known and no further one will come. Where one process numbers all commits,
    /// that is the last one.
    fn settled(&self) -> Result<Commit>;
}

/// Taking over the content of another store, with its commit numbers.
pub trait Import: Send + Sync {
    /// Takes over an asset of another store, or what was added to it there since. Laws:
    ///
    /// * Content first, invisible to readers; then runs, history and outbox rows in one step. A call that fails leaves
    ///   nothing, even where the process dies.
    /// * An asset already stored with the same history is not changed; of a longer history only the new part is read. A
    ///   history that is not a continuation of the stored one is a [`rushes_types::ErrorKind::Conflict`]. Where
    ///   something was erased in the source since, the asset here is dropped and imported again, in two steps.
    /// * Later commits of this store are above every imported number. Segments are renumbered.
    ///
    /// Commits arrive asset by asset, so watermarks published during an import would claim too much: the later stages
    /// are stopped during an import and rebuilt afterwards.
    fn import(&self, import: &AssetImport, content: &mut SegmentReader<'_>) -> Result<Imported>;
    /// Takes over the models of another store. Unlike [`Registry::put_model`] this makes no commits on the assets that
    /// they annotated: those commits are imported with the assets.
    fn import_models(&self, models: &[Model]) -> Result<()>;
}
