//! The annotation store in a folder of this machine.
//!
//! Three tables: small rows, ids, blocks. Every writing call is decided under one lock, written as one atomic batch
//! with its outbox rows, and then waits, outside the lock, for an fsync that it may share with other calls. `history`,
//! `outbox` and `last_commit` show only what is durable, so that no later stage runs ahead of the store.
//!
//! A call that fails because a write or fsync failed has no effect that this process shows; whether its batch survived
//! (as a whole) is known only when the store is reopened. Repeating the call is always safe.

mod append;
mod change_note;
mod counters;
mod documents;
mod erase;
mod examine;
pub mod fuzzing;
mod ids;
mod import;
mod keys;
mod load;
mod memos;
mod registry;
mod runs;
mod tables;
mod taken_over;
mod tx;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fjall::Readable;
use rushes_kv::{Faults, Folder, Guard, OnDamage};
use rushes_types::{
    AnnotationHeader, Asset, AssetId, Commit, Error, LabelAliases, Model, ModelRef, Result, Run, RunId,
    Visibility,
};

use self::counters::Counters;
use self::keys::{Key, kind};
use self::tx::{Tx, WriterState};
use crate::records::{RunRow, decode_asset, decode_effect, decode_label};
use crate::rules::{Redactor, check_run_id};
use crate::stored_block;
use crate::{
    AnnotationStore, Append, AppendMode, AssetImport, Block, BlockInput, CommitRecord, EraseTarget, Erasure,
    History, Import, Imported, Outbox, OutboxPage, OutboxRow, Receipt, Registry, RunSpec, Runs,
    SegmentReader, StoreCapabilities, StoreCounts,
};

/// Memory for cached blocks where the options name none, in bytes.
const CACHE_BYTES: u64 = 64 << 20;

/// How a store is opened.
#[derive(Clone)]
pub struct StoreOptions {
    /// Memory for cached blocks, in bytes.
    pub cache_bytes: u64,
    /// Removes rows from Arrow blocks; without it, they cannot be erased one by one.
    pub redactor: Option<Arc<dyn Redactor>>,
    /// Makes writes and fsyncs fail, for tests.
    pub faults: Option<Faults>,
    /// Keeps what was acknowledged in a file of its own, so that damage is told from a crash.
    pub guard: Option<StoreGuard>,
}

/// How a store's changes are guarded.
#[derive(Clone)]
pub struct StoreGuard {
    /// The file of the chain, beside the store's folder.
    pub chain: PathBuf,
    /// Whose store it is: another one's is refused.
    pub identity: u128,
    /// Says the time in milliseconds since 1970.
    pub now_ms: fn() -> u64,
    /// Shows such a time to people.
    pub show_time: fn(u64) -> String,
    /// What is done where the store lacks what was acknowledged.
    pub on_damage: OnDamage,
    /// Reads the headers of a block's annotations, where a store that is taken over has lost ids.
    pub read_headers: ReadHeaders,
}

/// Reads the header of each annotation of a block that counts: the store reads no lines itself.
pub type ReadHeaders = fn(&AssetId, &ModelRef, &RunId, &Block) -> Result<Vec<AnnotationHeader>>;

impl From<StoreGuard> for Guard {
    fn from(guard: StoreGuard) -> Self {
        let StoreGuard { chain, identity, now_ms, show_time, on_damage, read_headers: _ } = guard;
        Self {
            path: chain,
            identity,
            now_ms,
            show_time,
            describe: change_note::describe,
            on_damage,
            holds_files: true,
        }
    }
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self { cache_bytes: CACHE_BYTES, redactor: None, faults: None, guard: None }
    }
}

/// The annotation store in a folder.
pub struct EmbeddedStore {
    folder: Folder,
    writer: Mutex<WriterState>,
    redactor: Option<Arc<dyn Redactor>>,
    /// Outbox rows up to here are trimmed: reading starts after them.
    trimmed: AtomicU64,
    /// Garbage notes of imports in progress: nothing points at that content yet, but the sweep must leave it alone.
    incoming: Mutex<HashSet<Key>>,
}

impl EmbeddedStore {
    /// Opens the store in a folder of its own, making it where it is not there.
    ///
    /// # Errors
    /// Busy where another process has it open, Unsupported where its format is another, Corrupt where it lacks what was
    /// acknowledged.
    pub fn open(path: &Path, options: StoreOptions) -> Result<Self> {
        let layout = tables::layout(options.cache_bytes);
        let read_headers = options.guard.as_ref().map(|guard| guard.read_headers);
        let folder = match options.guard {
            Some(guard) => Folder::open_guarded(path, layout, options.faults, guard.into())?,
            None => Folder::open(path, layout, options.faults)?,
        };
        let counters = match tables::get_row(&folder, &keys::counters())? {
            Some(bytes) => Counters::decode(&bytes)?,
            None => Counters::default(),
        };
        folder.recovered(counters.commits);
        let first = tables::page(&folder, keys::outbox(0), vec![kind::OUTBOX + 1], 1, |key, _| {
            Ok(keys::trailing_number(key).unwrap_or_default())
        })?;
        let trimmed = first.first().map_or(counters.commits, |first| first.saturating_sub(1));
        let store = Self {
            folder,
            writer: Mutex::new(WriterState { counters, ..WriterState::default() }),
            redactor: options.redactor,
            trimmed: AtomicU64::new(trimmed),
            incoming: Mutex::default(),
        };
        if store.folder.damage().is_none() {
            if let (Some(commit), Some(read_headers)) = (store.folder.taken_over(), read_headers) {
                store.settle_taken_over(commit, read_headers)?;
            }
            store.sweep()?;
        }
        Ok(store)
    }

    /// Fsyncs made by writing calls so far.
    #[must_use]
    pub fn fsyncs(&self) -> u64 {
        self.folder.fsyncs()
    }

    fn incoming(&self) -> MutexGuard<'_, HashSet<Key>> {
        // A set of keys: no panic leaves it half-changed.
        self.incoming.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Decides a change under the writer's lock, writes it, and waits until it is durable.
    fn change<T>(&self, decide: impl FnOnce(&mut Tx<'_>) -> Result<T>) -> Result<T> {
        let entered = self.folder.enter();
        self.folder.check()?;
        // The state changes only after a batch is written, so a panic leaves it as it was.
        let mut state = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let mut tx = Tx::new(&self.folder, &mut state);
        let outcome = decide(&mut tx)?;
        let ticket = tx.finish()?;
        drop(state);
        drop(entered);
        self.folder.sync(ticket)?;
        Ok(outcome)
    }
}

impl History for EmbeddedStore {
    fn asset(&self, id: &AssetId) -> Result<Option<Asset>> {
        tables::get_row(&self.folder, &keys::asset(id))?.map(|bytes| decode_asset(&bytes)).transpose()
    }

    fn models(&self) -> Result<Vec<Model>> {
        registry::models(&self.folder)
    }

    fn assets_with_history(&self, after: Option<&AssetId>, limit: usize) -> Result<Vec<AssetId>> {
        registry::assets_with_history(&self.folder, after, limit)
    }

    fn history(&self, asset: &AssetId, after: Commit, limit: usize) -> Result<Vec<CommitRecord>> {
        let durable = Commit(self.folder.durable_mark());
        let (from, to) = (keys::history(asset, next(after)), keys::history(asset, next(durable)));
        tables::page(&self.folder, from, to, limit, |key, value| {
            let commit = Commit(keys::trailing_number(key).unwrap_or_default());
            Ok(CommitRecord { commit, effect: decode_effect(value)? })
        })
    }

    fn blocks(&self, asset: &AssetId, segment: u64, each: &mut dyn FnMut(Block) -> Result<()>) -> Result<()> {
        let durable = self.folder.durable_mark();
        // One view, so that a concurrent erasure does not leave some of the blocks out.
        let view = self.folder.snapshot();
        let owner = view
            .get(self.folder.table(tables::ROWS), keys::segment(segment))
            .map_err(|e| self.folder.error("cannot read", e))?;
        let owned = owner.is_some_and(|owner| {
            owner.strip_prefix(asset.as_str().as_bytes()).is_some_and(|commit| commit.len() == 8)
                && keys::trailing_number(&owner).is_some_and(|commit| commit <= durable)
        });
        if !owned {
            return Ok(());
        }
        for guard in view.prefix(self.folder.table(tables::BLOCKS), segment.to_be_bytes()) {
            let bytes = guard.value().map_err(|e| self.folder.error("cannot read", e))?;
            each(stored_block::decode(&bytes)?)?;
        }
        Ok(())
    }
}

impl Registry for EmbeddedStore {
    fn put_assets(&self, assets: &[Asset]) -> Result<Option<Commit>> {
        self.change(|tx| tx.put_assets(assets))
    }

    fn assets(&self, after: Option<&AssetId>, limit: usize) -> Result<Vec<Asset>> {
        let from = after.map_or_else(|| vec![kind::ASSET], |id| keys::after(keys::asset(id)));
        tables::page(&self.folder, from, vec![kind::ASSET + 1], limit, |_, value| decode_asset(value))
    }

    fn put_model(&self, model: &Model) -> Result<()> {
        self.change(|tx| tx.register_model(model))
    }

    fn put_labels(&self, labels: &[LabelAliases]) -> Result<()> {
        self.change(|tx| tx.put_labels(labels))
    }

    fn labels(&self) -> Result<Vec<LabelAliases>> {
        let (from, to) = (vec![kind::LABEL], vec![kind::LABEL + 1]);
        tables::page(&self.folder, from, to, usize::MAX, |_, value| decode_label(value))
    }
}

impl Runs for EmbeddedStore {
    fn open_run(&self, spec: &RunSpec) -> Result<Run> {
        check_run_id(spec)?;
        self.change(|tx| tx.open_run(spec))
    }

    fn commit_run(&self, run: &RunId) -> Result<Commit> {
        self.change(|tx| tx.commit_run(run))
    }

    fn abort_run(&self, run: &RunId) -> Result<()> {
        self.change(|tx| tx.abort_run(run))?;
        self.sweep_if_possible();
        Ok(())
    }

    fn restore_run(&self, run: &RunId) -> Result<Commit> {
        self.change(|tx| tx.restore_run(run))
    }

    fn set_visibility(&self, run: &RunId, visibility: Visibility) -> Result<Option<Commit>> {
        self.change(|tx| tx.set_visibility(run, visibility))
    }

    fn run(&self, run: &RunId) -> Result<Option<Run>> {
        let row = tables::get_row(&self.folder, &keys::run(run))?;
        row.map(|bytes| Ok(RunRow::decode(&bytes)?.run)).transpose()
    }

    fn runs(&self, asset: Option<&AssetId>, after: Option<&RunId>, limit: usize) -> Result<Vec<Run>> {
        runs::list(&self.folder, asset, after, limit)
    }
}

impl Append for EmbeddedStore {
    fn append(&self, run: &RunId, blocks: &[BlockInput<'_>], mode: AppendMode) -> Result<Receipt> {
        self.append_to_run(run, blocks, mode)
    }

    fn append_loose(&self, blocks: &[BlockInput<'_>], mode: AppendMode) -> Result<Receipt> {
        self.append_loose_lines(blocks, mode)
    }
}

impl Erasure for EmbeddedStore {
    fn erase(&self, target: &EraseTarget) -> Result<Option<Commit>> {
        self.erase_target(target)
    }

    fn purge(&self) -> Result<()> {
        self.sweep()?;
        self.folder.purge()
    }
}

impl Outbox for EmbeddedStore {
    fn outbox(&self, after: u64, limit: usize) -> Result<OutboxPage> {
        let after = Commit(after.max(self.trimmed.load(Ordering::Acquire)));
        let durable = Commit(self.folder.durable_mark());
        let (from, to) = (keys::outbox(next(after).0), keys::outbox(next(durable).0));
        let rows = tables::page(&self.folder, from, to, limit, |key, value| {
            let sequence = keys::trailing_number(key).unwrap_or_default();
            let asset = std::str::from_utf8(value).ok().and_then(|id| AssetId::new(id).ok());
            let asset = asset.ok_or_else(|| Error::bug("an outbox row names no asset"))?;
            Ok(OutboxRow { sequence, asset, commit: Commit(sequence) })
        })?;
        // Commits are numbered in the order of the outbox. A page that is not cut off ends with all that is durable, also with numbers
        // that were left out: what was said of them before must not be followed by less.
        let last = if rows.len() < limit { Some(durable) } else { rows.last().map(|row| row.commit) };
        Ok(OutboxPage { watermark: last.filter(|_| !rows.is_empty()), rows })
    }

    fn trim_outbox(&self, upto: u64) -> Result<()> {
        self.trim(upto)
    }

    fn last_commit(&self) -> Result<Commit> {
        Ok(Commit(self.folder.durable_mark()))
    }

    fn settled(&self) -> Result<Commit> {
        self.last_commit()
    }
}

impl Import for EmbeddedStore {
    fn import(&self, import: &AssetImport, content: &mut SegmentReader<'_>) -> Result<Imported> {
        self.import_asset(import, content)
    }

    fn import_models(&self, models: &[Model]) -> Result<()> {
        models.iter().try_for_each(|model| self.change(|tx| tx.put_model(model)).map(drop))
    }
}

impl AnnotationStore for EmbeddedStore {
    fn capabilities(&self) -> StoreCapabilities {
        StoreCapabilities {
            shared: false,
            dense_commits: true,
            erases_arrow_rows: self.redactor.is_some(),
            keeps_chain: self.folder.is_guarded(),
        }
    }

    fn counts(&self) -> Result<StoreCounts> {
        let counters = self.writer.lock().unwrap_or_else(PoisonError::into_inner).counters;
        Ok(StoreCounts {
            assets: counters.assets,
            annotations: counters.annotations,
            commits: counters.commits,
            bytes: self.folder.bytes()?,
        })
    }

    fn damage(&self) -> Option<Error> {
        self.folder.damage()
    }

    fn examine(&self, progress: &mut dyn FnMut(u64) -> Result<()>) -> Result<Vec<String>> {
        let mut wrong = self.folder.examine(progress)?;
        wrong.extend(examine::counters(&self.folder)?);
        Ok(wrong)
    }

    fn examine_quickly(&self) -> Result<Vec<String>> {
        self.folder.examine_quickly()
    }
}

/// The first commit that comes after this one.
const fn next(commit: Commit) -> Commit {
    Commit(commit.0.saturating_add(1))
}
