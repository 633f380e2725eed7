//! The annotation store's seam.

use rushes_types::{
    AnnotationId, Asset, AssetId, Commit, Model, ModelRef, MovieId, Result, Run, RunId, RunMode, TimeRange,
    Visibility,
};

use crate::moving::{AssetImport, Imported, SegmentReader, takes_nothing_over};

/// How the bytes of a block are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BlockFormat {
    /// JSON, one annotation a line, each line ended by `\n`.
    Lines,
    /// One Arrow IPC stream: schema and one record batch.
    Arrow,
}

/// What the store must know of one annotation of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The annotation's id: as sent, or derived from its content.
    pub id: AnnotationId,
    /// Its start, in nanoseconds: decides to which coverage it belongs.
    pub start_ns: i64,
    /// A 128-bit digest of what it says: tells a re-sent annotation from a clash.
    pub digest: u128,
    /// Where it lies: line number for [`BlockFormat::Lines`], row of the batch for Arrow.
    pub position: u32,
}

/// Annotations of one asset and one model, as sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockInput<'a> {
    /// The asset.
    pub asset: AssetId,
    /// The model.
    pub model: ModelRef,
    /// How `bytes` is written.
    pub format: BlockFormat,
    /// The annotations. For lines, every line of `bytes` has its row; an Arrow batch may hold rows of
    /// other assets and models too, which are not listed.
    pub rows: Vec<Row>,
    /// The bytes as sent.
    pub bytes: std::borrow::Cow<'a, [u8]>,
}

/// A block as read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// How `bytes` is written.
    pub format: BlockFormat,
    /// The positions that count: neither duplicates nor erased; ascending.
    pub positions: Vec<u32>,
    /// The bytes as sent, but what does not count (duplicates, what was rejected or erased, in Arrow rows of
    /// others) is blank: a copy that nobody knows of could not be erased.
    pub bytes: Vec<u8>,
}

/// What to do where some of the annotations that are sent are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Take {
    /// The others are kept.
    #[default]
    WhatFits,
    /// None is kept: nothing is written.
    AllOrNothing,
    /// Nothing is written in any case: the receipt says what would become of them.
    Nothing,
}

/// What became of appended annotations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Receipt {
    /// Newly kept, or with [`Take::Nothing`] those that would be.
    pub accepted: u64,
    /// Already there with the same content: nothing was done.
    pub duplicates: u64,
    /// Refused, as (number of the input block, position in it, why).
    pub rejected: Vec<(usize, u32, String)>,
    /// The last commit this made, if any.
    pub commit: Option<Commit>,
}

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

/// One step in an asset's history.
#[derive(Debug, Clone, PartialEq)]
pub struct CommitRecord {
    /// Its number.
    pub commit: Commit,
    /// What it did.
    pub effect: Effect,
}

/// What a commit did.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// The asset was registered or changed, or a model that wrote on it was.
    Registered,
    /// A segment of annotations became current: a run was committed, or loose lines came.
    Segment(Segment),
    /// An earlier committed run was made current again: it acts as if it was committed now.
    Restored(Segment),
    /// A run that is not current was kept or archived.
    Visibility(RunId, Visibility),
    /// Annotations were erased.
    Erased(Erased),
}

impl Effect {
    /// The segment that became current, if one did.
    #[must_use]
    pub const fn segment(&self) -> Option<&Segment> {
        match self {
            Self::Segment(segment) | Self::Restored(segment) => Some(segment),
            Self::Registered | Self::Visibility(..) | Self::Erased(_) => None,
        }
    }
}

/// A committed list of annotations.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// Names its blocks in [`AnnotationStore::blocks`]: a number that the store gave it.
    pub id: u64,
    /// The model.
    pub model: ModelRef,
    /// The run; [`RunId::loose`] for loose lines.
    pub run: RunId,
    /// Replace or append.
    pub mode: RunMode,
    /// What it looked at: `None` all of the asset (a run) or nothing (loose lines claim no coverage).
    pub coverage: Option<TimeRange>,
    /// How many annotations it holds.
    pub annotations: u64,
}

/// What was erased of an asset.
#[derive(Debug, Clone, PartialEq)]
pub enum Erased {
    /// All of it.
    Asset,
    /// All that a model (this version) wrote.
    Model(ModelRef),
    /// A run.
    Run(RunId),
    /// One annotation of a run: key fields without content.
    Annotation {
        /// The model.
        model: ModelRef,
        /// The run.
        run: RunId,
        /// The id.
        id: AnnotationId,
        /// Its start in nanoseconds, so that later stages find it.
        start_ns: i64,
    },
}

/// What to erase.
#[derive(Debug, Clone, PartialEq)]
pub enum EraseTarget {
    /// An asset and all that was said of it.
    Asset(AssetId),
    /// All assets of a movie.
    Movie(MovieId),
    /// All that a model (this version) wrote, on one asset or on all.
    Model(ModelRef, Option<AssetId>),
    /// One run.
    Run(RunId),
    /// One annotation.
    Annotation {
        /// The asset.
        asset: AssetId,
        /// The model.
        model: ModelRef,
        /// The run.
        run: RunId,
        /// The id.
        id: AnnotationId,
    },
}

/// A label with the other names it is known by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LabelAliases {
    /// The annotation type the label belongs to.
    pub kind: rushes_types::AnnotationType,
    /// The label as models write it.
    pub label: String,
    /// Other names for it.
    pub aliases: Vec<String>,
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
    /// come any more. `None` where nothing new is to be said.
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

/// Keeps annotations as written. Laws that every implementation holds, and every caller may lean on:
///
/// * **Durable.** When a writing call returns `Ok`, its effect survives kill -9 and power loss.
///   Concurrent calls may share one fsync.
/// * **Whole.** A commit is visible whole or not at all, with its outbox row, to every later call; a
///   failed call has left nothing. A failed fsync poisons the store: later writes answer
///   [`rushes_types::ErrorKind::Storage`] until it is opened anew; reads go on.
/// * **Ordered.** An asset's commits grow. The outbox holds a row for every commit, and is read in an order
///   in which each asset's commits ascend. The embedded store numbers commits 1, 2, 3 … over all assets, in
///   outbox order.
/// * **Idempotent.** Sending what is there again changes nothing and is counted as `duplicates`;
///   another content under a taken id is rejected by row. Opening a run again with the same words,
///   committing a committed run, aborting an aborted one, erasing what is gone: all `Ok`, no new commit.
/// * **Exact.** `blocks` gives back the bytes that were sent, to the byte.
/// * Calls block; they may be made from any thread. Batches are bounded by the caller.
pub trait AnnotationStore: Send + Sync {
    /// Registers assets or changes them (last write wins); an unchanged asset makes no commit. A changed
    /// asset gets a commit. Returns the last commit made.
    fn put_assets(&self, assets: &[Asset]) -> Result<Option<Commit>>;
    /// An asset, `None` if it was never registered or is erased.
    fn asset(&self, id: &AssetId) -> Result<Option<Asset>>;
    /// Assets in the order of their ids, after one, at most `limit`.
    fn assets(&self, after: Option<&AssetId>, limit: usize) -> Result<Vec<Asset>>;

    /// Ids of all assets that ever had a commit, erased ones too, ascending, after one, at most `limit`: what
    /// a rebuild must go through.
    fn assets_with_history(&self, after: Option<&AssetId>, limit: usize) -> Result<Vec<AssetId>>;

    /// Registers a model. Changing a registered space (dimensions, metric, encoder) is a
    /// [`rushes_types::ErrorKind::Conflict`]: a new encoder is a new space.
    fn put_model(&self, model: &Model) -> Result<()>;
    /// A model.
    fn model(&self, model: &ModelRef) -> Result<Option<Model>>;
    /// All models, by name and version.
    fn models(&self) -> Result<Vec<Model>>;

    /// Sets the aliases of labels (replacing the label's earlier ones).
    fn put_labels(&self, labels: &[LabelAliases]) -> Result<()>;
    /// All labels with aliases.
    fn labels(&self) -> Result<Vec<LabelAliases>>;

    /// Opens a run on a registered asset. An id that names another run is a conflict.
    fn open_run(&self, spec: &RunSpec) -> Result<Run>;
    /// Adds annotations to an open run; not visible before it is committed. Blocks must be of the run's
    /// asset and model. What is refused is decided in the same step in which the others are kept.
    fn append(&self, run: &RunId, blocks: &[BlockInput<'_>], take: Take) -> Result<Receipt>;
    /// Makes a run's annotations current, all at once.
    fn commit_run(&self, run: &RunId) -> Result<Commit>;
    /// Gives an open run up.
    fn abort_run(&self, run: &RunId) -> Result<()>;
    /// Makes an earlier committed run current again, as if it was committed now. Where nothing came after it
    /// that this could change, its commit is given back and none is made.
    fn restore_run(&self, run: &RunId) -> Result<Commit>;
    /// Keeps or archives a committed run: see [`Visibility`]. Runs begin archived.
    fn set_visibility(&self, run: &RunId, visibility: Visibility) -> Result<Option<Commit>>;
    /// A run.
    fn run(&self, run: &RunId) -> Result<Option<Run>>;
    /// The runs of an asset, or of all, by id; after one, at most `limit`.
    fn runs(&self, asset: Option<&AssetId>, after: Option<&RunId>, limit: usize) -> Result<Vec<Run>>;

    /// Adds loose annotations: one append segment (and commit) for each asset and model of the request,
    /// deduplicated against what is current of that model (this version) on that asset, loose or of a run.
    /// Assets must be registered, unless nothing is taken. [`Take::AllOrNothing`] is meant for all of the request.
    fn append_loose(&self, blocks: &[BlockInput<'_>], take: Take) -> Result<Receipt>;

    /// An asset's commits after `after`, ascending, at most `limit`. Segments that were erased since are
    /// left out, but for those in replace mode: they stay without annotations, because what they superseded
    /// stays superseded. Their [`Effect::Erased`] stays. Of an erased asset only its tombstone stays.
    fn history(&self, asset: &AssetId, after: Commit, limit: usize) -> Result<Vec<CommitRecord>>;
    /// The blocks of a segment, in the order they were sent.
    fn blocks(&self, asset: &AssetId, segment: u64, each: &mut dyn FnMut(Block) -> Result<()>) -> Result<()>;

    /// Erases. Returns the last commit made (each touched asset gets one).
    fn erase(&self, target: &EraseTarget) -> Result<Option<Commit>>;
    /// Rewrites what holds erased bytes until none is left on disk. Long; may be called again.
    fn purge(&self) -> Result<()>;

    /// Durable outbox rows after `after`, ascending, at most `limit`, and the watermark that holds behind them. Where
    /// commits are numbered by several processes at once, the watermark may come later than the rows, with a page
    /// that has none; the first page that a process asks for carries one, because another may have failed to say it.
    /// Where several processes serve one store, one of them at a time is given rows.
    fn outbox(&self, after: u64, limit: usize) -> Result<OutboxPage>;
    /// Forgets outbox rows up to and including `upto`: the event log has them. Durability may lag: rows
    /// may come back after a crash.
    fn trim_outbox(&self, upto: u64) -> Result<()>;

    /// Takes over an asset that another store keeps, or what came to it there since: with the numbers that its commits
    /// have there. Laws:
    ///
    /// * Content first, seen by nobody; then runs, history and outbox rows in one step. A call that fails has left
    ///   nothing, also where the process dies.
    /// * What is there already with the same history changes nothing; of a longer history only what is new is read. A
    ///   history that could not become the other one is a [`rushes_types::ErrorKind::Conflict`]. Where something was
    ///   erased there since, what is here is dropped and all of it taken anew: in two steps.
    /// * Later commits of this store are above every number taken over. Numbers of segments are given anew.
    ///
    /// Commits come asset by asset, so watermarks said meanwhile promise too much: derived stages rest while assets are
    /// taken over, and are made anew after.
    fn import(&self, import: &AssetImport, content: &mut SegmentReader<'_>) -> Result<Imported> {
        let _ = (import, content);
        Err(takes_nothing_over())
    }
    /// Takes over models as another store has them. Unlike [`AnnotationStore::put_model`] this tells no asset: the
    /// commits that did so come with the assets.
    fn import_models(&self, models: &[Model]) -> Result<()> {
        let _ = models;
        Err(takes_nothing_over())
    }

    /// The last commit that is durable.
    fn last_commit(&self) -> Result<Commit>;
    /// A commit up to which none is missing and none will come any more. Where one process numbers all commits, that
    /// is the last one.
    fn settled(&self) -> Result<Commit> {
        self.last_commit()
    }
    /// Counts for `status`.
    fn counts(&self) -> Result<StoreCounts>;
}
