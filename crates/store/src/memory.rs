//! The store in memory: nothing is durable. It is the model that other implementations are tested
//! against, so it prefers plain lists and recomputing to speed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rushes_types::{
    AnnotationId, AnnotationType, Asset, AssetId, Commit, Model, ModelRef, Result, Run, RunId, RunMode,
    RunState, Visibility,
};

use crate::current::Current;
use crate::lines::{keep_lines, line_count};
use crate::rules::{
    self, RUN_SEGMENT_BASE, Redactor, Verdict, check_blocks_of_run, check_committed, check_model, check_open,
    check_rows, check_run_id, judge, no_asset, no_run, same_run, visibility_verb,
};
use crate::{
    AnnotationStore, Block, BlockFormat, BlockInput, CommitRecord, Effect, EraseTarget, Erased, LabelAliases,
    OutboxRow, Receipt, Row, RunSpec, Segment, StoreCounts,
};

#[derive(Debug, Clone)]
struct Kept {
    format: BlockFormat,
    bytes: Vec<u8>,
    rows: Vec<Row>,
}

#[derive(Debug, Clone)]
struct RunEntry {
    run: Run,
    segment: u64,
}

#[derive(Default)]
struct State {
    assets: BTreeMap<AssetId, Asset>,
    models: BTreeMap<ModelRef, Model>,
    labels: BTreeMap<(AnnotationType, String), Vec<String>>,
    runs: BTreeMap<RunId, RunEntry>,
    blocks: BTreeMap<(AssetId, u64), Vec<Kept>>,
    history: BTreeMap<AssetId, Vec<CommitRecord>>,
    outbox: BTreeMap<u64, OutboxRow>,
    commits: u64,
    runs_opened: u64,
}

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
        // Every change below is made whole before the next one can fail, so a panic elsewhere spoils nothing.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, format: BlockFormat, bytes: &[u8], rows: &[Row]) -> Result<Vec<u8>> {
        let positions: Vec<u32> = rows.iter().map(|r| r.position).collect();
        match (format, &self.redactor) {
            (BlockFormat::Lines, _) if rows.len() == line_count(bytes) => Ok(bytes.to_vec()),
            (BlockFormat::Lines, _) => Ok(keep_lines(bytes, &positions)),
            (BlockFormat::Arrow, Some(redactor)) => {
                Ok(redactor.keep(format, bytes, &positions)?.unwrap_or_else(|| bytes.to_vec()))
            }
            (BlockFormat::Arrow, None) => Ok(bytes.to_vec()),
        }
    }

    /// Splits rows into what is kept and what is not, by the digests already taken.
    fn sift(
        &self,
        block: &BlockInput<'_>,
        number: usize,
        seen: &mut BTreeMap<AnnotationId, Vec<u128>>,
        receipt: &mut Receipt,
    ) -> Result<Option<Kept>> {
        let mut rows = Vec::new();
        for row in &block.rows {
            match judge(row, seen.get(&row.id).map_or(&[], Vec::as_slice)) {
                Verdict::Accept => {
                    seen.insert(row.id.clone(), vec![row.digest]);
                    rows.push(row.clone());
                    receipt.accepted += 1;
                }
                Verdict::Duplicate => receipt.duplicates += 1,
                Verdict::Reject(why) => receipt.rejected.push((number, row.position, why)),
            }
        }
        if rows.is_empty() {
            return Ok(None);
        }
        let bytes = self.keep(block.format, &block.bytes, &rows)?;
        Ok(Some(Kept { format: block.format, bytes, rows }))
    }
}

impl State {
    fn commit(&mut self, asset: &AssetId, effect: Effect) -> Commit {
        self.commits += 1;
        let commit = Commit(self.commits);
        self.history.entry(asset.clone()).or_default().push(CommitRecord { commit, effect });
        self.outbox.insert(self.commits, OutboxRow { sequence: self.commits, asset: asset.clone(), commit });
        commit
    }

    fn run(&self, id: &RunId) -> Result<&RunEntry> {
        self.runs.get(id).ok_or_else(|| no_run(id))
    }

    fn history(&self, asset: &AssetId) -> &[CommitRecord] {
        self.history.get(asset).map_or(&[], Vec::as_slice)
    }

    fn rows(&self, asset: &AssetId, segment: u64) -> impl Iterator<Item = &Row> {
        self.blocks.get(&(asset.clone(), segment)).into_iter().flatten().flat_map(|k| &k.rows)
    }

    fn segment_of(&self, entry: &RunEntry) -> Segment {
        Segment {
            id: entry.segment,
            model: entry.run.model.clone(),
            run: entry.run.id.clone(),
            mode: entry.run.mode,
            coverage: entry.run.coverage,
            annotations: entry.run.annotations,
        }
    }

    /// Digests of what a model said on an asset and is current.
    fn current_digests(&self, asset: &AssetId, model: &ModelRef) -> BTreeMap<AnnotationId, Vec<u128>> {
        let current = Current::of(self.history(asset));
        let mut digests: BTreeMap<AnnotationId, Vec<u128>> = BTreeMap::new();
        for live in current.segments().iter().filter(|l| l.segment.model == *model) {
            for row in self.rows(asset, live.segment.id) {
                if current.is_current(live.segment.id, row.start_ns) {
                    digests.entry(row.id.clone()).or_default().push(row.digest);
                }
            }
        }
        digests
    }

    /// Takes segments out of an asset's history. What a replace segment superseded stays superseded, so it
    /// stays as a hollow record.
    fn hollow(
        &mut self,
        asset: &AssetId,
        gone: impl Fn(&Segment) -> bool,
        gone_run: impl Fn(&RunId) -> bool,
    ) {
        let Some(history) = self.history.get_mut(asset) else { return };
        history.retain_mut(|record| match &mut record.effect {
            Effect::Segment(s) | Effect::Restored(s) if gone(s) => {
                self.blocks.remove(&(asset.clone(), s.id));
                s.annotations = 0;
                s.mode == RunMode::Replace
            }
            Effect::Visibility(run, _) => !gone_run(run),
            _ => true,
        });
    }

    fn drop_runs(&mut self, asset: &AssetId, gone: impl Fn(&Run) -> bool) -> Vec<RunId> {
        let ids: Vec<RunId> = self
            .runs
            .values()
            .filter(|e| e.run.asset == *asset && gone(&e.run))
            .map(|e| e.run.id.clone())
            .collect();
        for id in &ids {
            if let Some(entry) = self.runs.remove(id) {
                self.blocks.remove(&(asset.clone(), entry.segment));
            }
        }
        ids
    }

    fn erase_asset(&mut self, asset: &AssetId) -> Option<Commit> {
        self.assets.remove(asset)?;
        self.drop_runs(asset, |_| true);
        self.blocks.retain(|(a, _), _| a != asset);
        self.history.remove(asset);
        Some(self.commit(asset, Effect::Erased(Erased::Asset)))
    }

    /// Has the model a run, or loose lines, on the asset?
    fn wrote_on(&self, model: &ModelRef, asset: &AssetId) -> bool {
        let runs = self.runs.values().any(|e| e.run.asset == *asset && e.run.model == *model);
        runs || !self.segments_of(asset, model, &RunId::loose()).is_empty()
    }

    fn erase_model(&mut self, model: &ModelRef, asset: &AssetId) -> Option<Commit> {
        if !self.wrote_on(model, asset) {
            return None;
        }
        let ids = self.drop_runs(asset, |run| run.model == *model);
        self.hollow(asset, |s| s.model == *model, |run| ids.contains(run));
        Some(self.commit(asset, Effect::Erased(Erased::Model(model.clone()))))
    }

    fn erase_run(&mut self, run: &RunId) -> Option<Commit> {
        let asset = self.runs.get(run)?.run.asset.clone();
        self.drop_runs(&asset, |r| r.id == *run);
        self.hollow(&asset, |s| s.run == *run, |r| r == run);
        Some(self.commit(&asset, Effect::Erased(Erased::Run(run.clone()))))
    }

    /// The segments that hold annotations of a model and run on an asset.
    fn segments_of(&self, asset: &AssetId, model: &ModelRef, run: &RunId) -> Vec<u64> {
        if run.is_loose() {
            let loose = self.history(asset).iter().filter_map(|r| match &r.effect {
                Effect::Segment(s) if s.run.is_loose() && s.model == *model => Some(s.id),
                _ => None,
            });
            return loose.collect();
        }
        let entry = self.runs.get(run).filter(|e| e.run.asset == *asset && e.run.model == *model);
        entry.map(|e| e.segment).into_iter().collect()
    }
}

impl MemoryStore {
    fn erase_annotation(
        &self,
        state: &mut State,
        asset: &AssetId,
        model: &ModelRef,
        run: &RunId,
        id: &AnnotationId,
    ) -> Result<Option<Commit>> {
        let mut start_ns = None;
        for segment in state.segments_of(asset, model, run) {
            let Some(blocks) = state.blocks.get_mut(&(asset.clone(), segment)) else { continue };
            let mut erased = 0;
            for block in blocks {
                let Some(at) = block.rows.iter().position(|r| r.id == *id) else { continue };
                let mut rows = block.rows.clone();
                start_ns = Some(rows.remove(at).start_ns);
                if block.format == BlockFormat::Arrow && self.redactor.is_none() {
                    return Err(rules::no_redactor());
                }
                block.bytes = self.keep(block.format, &block.bytes, &rows)?;
                block.rows = rows;
                erased += 1;
            }
            if erased > 0 {
                state.shrink(asset, segment, erased);
            }
        }
        Ok(start_ns.map(|start_ns| {
            let (model, run, id) = (model.clone(), run.clone(), id.clone());
            state.commit(asset, Effect::Erased(Erased::Annotation { model, run, id, start_ns }))
        }))
    }
}

impl State {
    fn shrink(&mut self, asset: &AssetId, segment: u64, by: u64) {
        for entry in self.runs.values_mut().filter(|e| e.segment == segment) {
            entry.run.annotations -= by;
        }
        for record in self.history.get_mut(asset).into_iter().flatten() {
            if let Effect::Segment(s) | Effect::Restored(s) = &mut record.effect
                && s.id == segment
            {
                s.annotations -= by;
            }
        }
    }
}

impl AnnotationStore for MemoryStore {
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

    fn asset(&self, id: &AssetId) -> Result<Option<Asset>> {
        Ok(self.state().assets.get(id).cloned())
    }

    fn assets(&self, after: Option<&AssetId>, limit: usize) -> Result<Vec<Asset>> {
        let state = self.state();
        let later = state.assets.values().filter(|a| after.is_none_or(|after| a.id > *after));
        Ok(later.take(limit).cloned().collect())
    }

    fn assets_with_history(&self, after: Option<&AssetId>, limit: usize) -> Result<Vec<AssetId>> {
        let state = self.state();
        let later = state.history.keys().filter(|id| after.is_none_or(|after| *id > after));
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

    fn model(&self, model: &ModelRef) -> Result<Option<Model>> {
        Ok(self.state().models.get(model).cloned())
    }

    fn models(&self) -> Result<Vec<Model>> {
        Ok(self.state().models.values().cloned().collect())
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

    fn append(&self, run: &RunId, blocks: &[BlockInput<'_>]) -> Result<Receipt> {
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
        state.blocks.entry((entry.run.asset.clone(), entry.segment)).or_default().extend(kept);
        if let Some(entry) = state.runs.get_mut(run) {
            entry.run.annotations += receipt.accepted;
        }
        Ok(receipt)
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

    fn append_loose(&self, blocks: &[BlockInput<'_>]) -> Result<Receipt> {
        let mut state = self.state();
        let mut groups: Vec<(AssetId, ModelRef)> = Vec::new();
        for block in blocks {
            check_rows(block)?;
            if !state.assets.contains_key(&block.asset) {
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
        for (asset, model, kept) in segments {
            let annotations = kept.iter().map(|k| k.rows.len() as u64).sum();
            let segment = rules::loose_segment(state.commits + 1, model, annotations);
            let commit = state.commit(&asset, Effect::Segment(segment));
            state.blocks.insert((asset, commit.0), kept);
            receipt.commit = Some(commit);
        }
        receipt.rejected.sort_unstable_by_key(|(block, position, _)| (*block, *position));
        Ok(receipt)
    }

    fn history(&self, asset: &AssetId, after: Commit, limit: usize) -> Result<Vec<CommitRecord>> {
        let state = self.state();
        let later = state.history(asset).iter().filter(|r| r.commit > after);
        Ok(later.take(limit).cloned().collect())
    }

    fn blocks(&self, asset: &AssetId, segment: u64, each: &mut dyn FnMut(Block) -> Result<()>) -> Result<()> {
        let blocks: Vec<Kept> = {
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

    fn outbox(&self, after: u64, limit: usize) -> Result<Vec<OutboxRow>> {
        let state = self.state();
        let later = state.outbox.values().filter(|r| r.sequence > after);
        Ok(later.take(limit).cloned().collect())
    }

    fn trim_outbox(&self, upto: u64) -> Result<()> {
        self.state().outbox.retain(|sequence, _| *sequence > upto);
        Ok(())
    }

    fn last_commit(&self) -> Result<Commit> {
        Ok(Commit(self.state().commits))
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
