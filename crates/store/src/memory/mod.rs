//! The store in memory: nothing is durable. Other implementations are tested against it, so it uses plain lists and
//! recomputes rather than being fast.

mod documents;
mod import;
mod rows;
mod state;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rushes_types::{
    Asset, AssetId, Commit, LabelAliases, Model, ModelRef, Result, Run, RunId, RunState, Visibility,
};

use self::state::{RunEntry, State, StoredBlock};
use crate::current::Current;
use crate::rules::{
    self, RUN_SEGMENT_BASE, Redactor, check_blocks_of_run, check_committed, check_model, check_open,
    check_rows, check_run_id, is_kept, no_asset, same_run, visibility_verb,
};
use crate::{
    AnnotationStore, Append, AppendMode, Block, BlockInput, CommitRecord, Effect, EraseTarget, Erasure,
    History, Outbox, OutboxPage, OutboxRow, Receipt, Registry, RunSpec, Runs, StoreCapabilities, StoreCounts,
};

/// The annotation store in memory.
#[derive(Default)]
pub struct MemoryStore {
    state: Mutex<State>,
    redactor: Option<Arc<dyn Redactor>>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty store that can remove rows from blocks in a binary format.
    #[must_use]
    pub fn with_redactor(redactor: Arc<dyn Redactor>) -> Self {
        Self { state: Mutex::default(), redactor: Some(redactor) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change below completes before the next one can fail, so a panic elsewhere leaves no half change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl History for MemoryStore {
    fn asset(&self, id: &AssetId) -> Result<Option<Asset>> {
        Ok(self.state().assets.get(id).cloned())
    }

    fn models(&self) -> Result<Vec<Model>> {
        Ok(self.state().models.values().cloned().collect())
    }

    fn assets_with_history(&self, after: Option<&AssetId>, limit: usize) -> Result<Vec<AssetId>> {
        let state = self.state();
        let later = state.history.keys().filter(|id| after.is_none_or(|after| *id > after));
        Ok(later.take(limit).cloned().collect())
    }

    fn history(&self, asset: &AssetId, after: Commit, limit: usize) -> Result<Vec<CommitRecord>> {
        let state = self.state();
        let later = state.history(asset).iter().filter(|r| r.commit > after);
        Ok(later.take(limit).cloned().collect())
    }

    fn blocks(&self, asset: &AssetId, segment: u64, each: &mut dyn FnMut(Block) -> Result<()>) -> Result<()> {
        let blocks: Vec<StoredBlock> = {
            let state = self.state();
            let committed = state
                .history(asset)
                .iter()
                .any(|r| matches!(&r.effect, Effect::Segment(s) | Effect::Restored(s) if s.id == segment));
            let blocks = state.blocks.get(&(asset.clone(), segment)).filter(|_| committed);
            blocks.cloned().unwrap_or_default()
        };
        for block in blocks.into_iter().filter(|b| !b.rows.is_empty()) {
            let positions = block.rows.iter().map(|r| r.position).collect();
            each(Block { format: block.format, positions, bytes: block.bytes })?;
        }
        Ok(())
    }
}

impl Registry for MemoryStore {
    fn put_assets(&self, assets: &[Asset]) -> Result<Option<Commit>> {
        let mut state = self.state();
        let mut last = None;
        for (i, asset) in assets.iter().enumerate() {
            let said_again = assets.iter().skip(i + 1).any(|later| later.id == asset.id);
            if said_again || state.assets.get(&asset.id) == Some(asset) {
                continue;
            }
            state.assets.insert(asset.id.clone(), asset.clone());
            last = Some(state.commit(&asset.id, Effect::Registered));
        }
        Ok(last)
    }

    fn assets(&self, after: Option<&AssetId>, limit: usize) -> Result<Vec<Asset>> {
        let state = self.state();
        let later = state.assets.values().filter(|a| after.is_none_or(|after| a.id > *after));
        Ok(later.take(limit).cloned().collect())
    }

    fn put_model(&self, model: &Model) -> Result<()> {
        let mut state = self.state();
        check_model(model, state.models.values())?;
        let before = state.models.insert(model.model.clone(), model.clone());
        if before.as_ref() == Some(model) {
            return Ok(());
        }
        let users: Vec<AssetId> =
            state.assets.keys().filter(|asset| state.wrote_on(&model.model, asset)).cloned().collect();
        for asset in users {
            state.commit(&asset, Effect::Registered);
        }
        Ok(())
    }

    fn put_labels(&self, labels: &[LabelAliases]) -> Result<()> {
        labels.iter().try_for_each(rules::check_label)?;
        let mut state = self.state();
        for label in labels {
            let key = (label.kind.clone(), label.label.clone());
            if label.aliases.is_empty() {
                state.labels.remove(&key);
            } else {
                state.labels.insert(key, label.aliases.clone());
            }
        }
        Ok(())
    }

    fn labels(&self) -> Result<Vec<LabelAliases>> {
        let state = self.state();
        let labels = state.labels.iter().map(|((kind, label), aliases)| LabelAliases {
            kind: kind.clone(),
            label: label.clone(),
            aliases: aliases.clone(),
        });
        Ok(labels.collect())
    }
}

impl Runs for MemoryStore {
    fn open_run(&self, spec: &RunSpec) -> Result<Run> {
        check_run_id(spec)?;
        let mut state = self.state();
        if let Some(entry) = spec.id.as_ref().and_then(|id| state.runs.get(id)) {
            return same_run(&entry.run, spec);
        }
        if !state.assets.contains_key(&spec.asset) {
            return Err(no_asset(&spec.asset));
        }
        let id = match &spec.id {
            Some(id) => {
                state.runs_opened += 1;
                id.clone()
            }
            None => loop {
                state.runs_opened += 1;
                let id = rules::run_id(state.runs_opened)?;
                if !state.runs.contains_key(&id) {
                    break id;
                }
            },
        };
        let run = rules::new_run(id.clone(), spec);
        let segment = RUN_SEGMENT_BASE + state.runs_opened;
        state.runs.insert(id, RunEntry { run: run.clone(), segment });
        Ok(run)
    }

    fn commit_run(&self, run: &RunId) -> Result<Commit> {
        let mut state = self.state();
        let entry = state.run(run)?.clone();
        if let (RunState::Committed, Some(commit)) = (entry.run.state, entry.run.committed) {
            return Ok(commit);
        }
        check_open(&entry.run)?;
        let segment = state.segment_of(&entry);
        let commit = state.commit(&entry.run.asset, Effect::Segment(segment));
        if let Some(entry) = state.runs.get_mut(run) {
            entry.run.state = RunState::Committed;
            entry.run.committed = Some(commit);
        }
        Ok(commit)
    }

    fn abort_run(&self, run: &RunId) -> Result<()> {
        let mut state = self.state();
        let entry = state.run(run)?.clone();
        if entry.run.state == RunState::Aborted {
            return Ok(());
        }
        check_open(&entry.run)?;
        state.blocks.remove(&(entry.run.asset.clone(), entry.segment));
        if let Some(entry) = state.runs.get_mut(run) {
            entry.run.state = RunState::Aborted;
            entry.run.annotations = 0;
        }
        Ok(())
    }

    fn restore_run(&self, run: &RunId) -> Result<Commit> {
        let mut state = self.state();
        let entry = state.run(run)?.clone();
        check_committed(&entry.run, "restored")?;
        let segment = state.segment_of(&entry);
        if let Some(commit) = entry.run.committed
            && Current::of(state.history(&entry.run.asset)).is_latest(&segment)
        {
            return Ok(commit);
        }
        let commit = state.commit(&entry.run.asset, Effect::Restored(segment));
        if let Some(entry) = state.runs.get_mut(run) {
            entry.run.committed = Some(commit);
        }
        Ok(commit)
    }

    fn set_visibility(&self, run: &RunId, visibility: Visibility) -> Result<Option<Commit>> {
        let mut state = self.state();
        let entry = state.run(run)?.clone();
        check_committed(&entry.run, visibility_verb(visibility))?;
        if entry.run.visibility == visibility {
            return Ok(None);
        }
        if let Some(entry) = state.runs.get_mut(run) {
            entry.run.visibility = visibility;
        }
        Ok(Some(state.commit(&entry.run.asset, Effect::Visibility(run.clone(), visibility))))
    }

    fn run(&self, run: &RunId) -> Result<Option<Run>> {
        Ok(self.state().runs.get(run).map(|e| e.run.clone()))
    }

    fn runs(&self, asset: Option<&AssetId>, after: Option<&RunId>, limit: usize) -> Result<Vec<Run>> {
        let state = self.state();
        let runs = state
            .runs
            .values()
            .filter(|e| asset.is_none_or(|a| e.run.asset == *a) && after.is_none_or(|a| e.run.id > *a));
        Ok(runs.take(limit).map(|e| e.run.clone()).collect())
    }
}

impl Append for MemoryStore {
    fn append(&self, run: &RunId, blocks: &[BlockInput<'_>], mode: AppendMode) -> Result<Receipt> {
        let mut state = self.state();
        let entry = state.run(run)?.clone();
        check_open(&entry.run)?;
        check_blocks_of_run(&entry.run, blocks)?;
        let mut seen =
            state.rows(&entry.run.asset, entry.segment).map(|r| (r.id.clone(), vec![r.digest])).collect();
        let mut receipt = Receipt::default();
        let mut kept = Vec::new();
        for (number, block) in blocks.iter().enumerate() {
            check_rows(block)?;
            kept.extend(self.sift(block, number, &mut seen, &mut receipt)?);
        }
        if !is_kept(mode, &mut receipt) {
            return Ok(receipt);
        }
        state.blocks.entry((entry.run.asset.clone(), entry.segment)).or_default().extend(kept);
        if let Some(entry) = state.runs.get_mut(run) {
            entry.run.annotations += receipt.accepted;
        }
        Ok(receipt)
    }

    fn append_loose(&self, blocks: &[BlockInput<'_>], mode: AppendMode) -> Result<Receipt> {
        let mut state = self.state();
        let mut groups: Vec<(AssetId, ModelRef)> = Vec::new();
        for block in blocks {
            check_rows(block)?;
            if mode != AppendMode::DryRun && !state.assets.contains_key(&block.asset) {
                return Err(no_asset(&block.asset));
            }
            let group = (block.asset.clone(), block.model.clone());
            if !groups.contains(&group) {
                groups.push(group);
            }
        }
        let mut receipt = Receipt::default();
        let mut segments = Vec::new();
        for (asset, model) in groups {
            let mut seen = state.current_digests(&asset, &model);
            let mut kept = Vec::new();
            for (number, block) in blocks.iter().enumerate() {
                if block.asset == asset && block.model == model {
                    kept.extend(self.sift(block, number, &mut seen, &mut receipt)?);
                }
            }
            if !kept.is_empty() {
                segments.push((asset, model, kept));
            }
        }
        receipt.rejected.sort_unstable();
        if !is_kept(mode, &mut receipt) {
            return Ok(receipt);
        }
        for (asset, model, kept) in segments {
            let annotations = kept.iter().map(|k| k.rows.len() as u64).sum();
            let segment = rules::loose_segment(state.commits + 1, model, annotations);
            let commit = state.commit(&asset, Effect::Segment(segment));
            state.blocks.insert((asset, commit.0), kept);
            receipt.commit = Some(commit);
        }
        Ok(receipt)
    }
}

impl Erasure for MemoryStore {
    fn erase(&self, target: &EraseTarget) -> Result<Option<Commit>> {
        let mut state = self.state();
        Ok(match target {
            EraseTarget::Asset(asset) => state.erase_asset(asset),
            EraseTarget::Movie(movie) => {
                let ids: Vec<AssetId> =
                    state.assets.values().filter(|a| a.movie == *movie).map(|a| a.id.clone()).collect();
                ids.iter().filter_map(|id| state.erase_asset(id)).last()
            }
            EraseTarget::Model(model, Some(asset)) => state.erase_model(model, asset),
            EraseTarget::Model(model, None) => {
                let ids: Vec<AssetId> = state.assets.keys().cloned().collect();
                ids.iter().filter_map(|id| state.erase_model(model, id)).last()
            }
            EraseTarget::Run(run) if run.is_loose() => return Err(rules::loose_is_no_run()),
            EraseTarget::Run(run) => state.erase_run(run),
            EraseTarget::Annotation { asset, model, run, id } => {
                self.erase_annotation(&mut state, asset, model, run, id)?
            }
        })
    }

    fn purge(&self) -> Result<()> {
        Ok(())
    }
}

impl Outbox for MemoryStore {
    fn outbox(&self, after: u64, limit: usize) -> Result<OutboxPage> {
        let state = self.state();
        let later = state.outbox.values().filter(|r| r.sequence > after);
        let rows: Vec<OutboxRow> = later.take(limit).cloned().collect();
        Ok(OutboxPage { watermark: rows.last().map(|row| row.commit), rows })
    }

    fn trim_outbox(&self, upto: u64) -> Result<()> {
        self.state().outbox.retain(|sequence, _| *sequence > upto);
        Ok(())
    }

    fn last_commit(&self) -> Result<Commit> {
        Ok(Commit(self.state().commits))
    }

    fn settled(&self) -> Result<Commit> {
        self.last_commit()
    }
}

impl AnnotationStore for MemoryStore {
    fn capabilities(&self) -> StoreCapabilities {
        StoreCapabilities {
            shared: false,
            dense_commits: true,
            erases_arrow_rows: self.redactor.is_some(),
            keeps_chain: false,
        }
    }

    fn counts(&self) -> Result<StoreCounts> {
        let state = self.state();
        let committed = |asset: &AssetId, id: u64| {
            state.history(asset).iter().any(|r| matches!(&r.effect, Effect::Segment(s) if s.id == id))
        };
        let segments = state.blocks.iter().filter(|((asset, id), _)| committed(asset, *id));
        Ok(StoreCounts {
            assets: state.assets.len() as u64,
            annotations: segments.flat_map(|(_, kept)| kept).map(|k| k.rows.len() as u64).sum(),
            commits: state.commits,
            bytes: state.blocks.values().flatten().map(|k| k.bytes.len() as u64).sum(),
        })
    }
}
