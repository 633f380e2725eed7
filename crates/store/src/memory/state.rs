//! What the store in memory holds, and how it changes.

use std::collections::BTreeMap;

use rushes_types::{
    AnnotationHeader, AnnotationId, AnnotationType, Asset, AssetId, BlockFormat, Commit, Model, ModelRef,
    Result, Run, RunId, RunMode,
};

use crate::current::Current;
use crate::documents::KeptDocument;
use crate::rules::no_run;
use crate::{CommitRecord, Effect, Erased, OutboxRow, RunSegment};

#[derive(Debug, Clone)]
pub(super) struct StoredBlock {
    pub format: BlockFormat,
    pub bytes: Vec<u8>,
    pub rows: Vec<AnnotationHeader>,
}

#[derive(Debug, Clone)]
pub(super) struct RunEntry {
    pub run: Run,
    pub segment: u64,
}

#[derive(Default)]
pub(super) struct State {
    pub assets: BTreeMap<AssetId, Asset>,
    pub models: BTreeMap<ModelRef, Model>,
    pub labels: BTreeMap<(AnnotationType, String), Vec<String>>,
    pub documents: BTreeMap<(String, String), KeptDocument>,
    pub runs: BTreeMap<RunId, RunEntry>,
    pub blocks: BTreeMap<(AssetId, u64), Vec<StoredBlock>>,
    pub history: BTreeMap<AssetId, Vec<CommitRecord>>,
    pub outbox: BTreeMap<u64, OutboxRow>,
    pub commits: u64,
    pub runs_opened: u64,
}

impl State {
    pub(super) fn commit(&mut self, asset: &AssetId, effect: Effect) -> Commit {
        self.commits += 1;
        let commit = Commit(self.commits);
        self.history.entry(asset.clone()).or_default().push(CommitRecord { commit, effect });
        self.outbox.insert(self.commits, OutboxRow { sequence: self.commits, asset: asset.clone(), commit });
        commit
    }

    pub(super) fn run(&self, id: &RunId) -> Result<&RunEntry> {
        self.runs.get(id).ok_or_else(|| no_run(id))
    }

    pub(super) fn history(&self, asset: &AssetId) -> &[CommitRecord] {
        self.history.get(asset).map_or(&[], Vec::as_slice)
    }

    pub(super) fn rows(&self, asset: &AssetId, segment: u64) -> impl Iterator<Item = &AnnotationHeader> {
        self.blocks.get(&(asset.clone(), segment)).into_iter().flatten().flat_map(|k| &k.rows)
    }

    pub(super) fn segment_of(&self, entry: &RunEntry) -> RunSegment {
        RunSegment {
            id: entry.segment,
            model: entry.run.model.clone(),
            run: entry.run.id.clone(),
            mode: entry.run.mode,
            coverage: entry.run.coverage,
            annotations: entry.run.annotations,
        }
    }

    /// Digests of the current annotations of a model on an asset.
    pub(super) fn current_digests(
        &self,
        asset: &AssetId,
        model: &ModelRef,
    ) -> BTreeMap<AnnotationId, Vec<u128>> {
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

    /// Removes segments from an asset's history. What a replace segment superseded stays superseded, so such a segment
    /// is kept as a hollow record (without annotations).
    pub(super) fn hollow(
        &mut self,
        asset: &AssetId,
        gone: impl Fn(&RunSegment) -> bool,
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

    pub(super) fn drop_runs(&mut self, asset: &AssetId, gone: impl Fn(&Run) -> bool) -> Vec<RunId> {
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

    pub(super) fn erase_asset(&mut self, asset: &AssetId) -> Option<Commit> {
        self.assets.remove(asset)?;
        self.forget_asset(asset);
        Some(self.commit(asset, Effect::Erased(Erased::Asset)))
    }

    /// Drops all that there is of an asset, its history too.
    pub(super) fn forget_asset(&mut self, asset: &AssetId) {
        self.assets.remove(asset);
        self.drop_runs(asset, |_| true);
        self.blocks.retain(|(a, _), _| a != asset);
        self.history.remove(asset);
    }

    /// Does the model have a run, or loose lines, on the asset?
    pub(super) fn wrote_on(&self, model: &ModelRef, asset: &AssetId) -> bool {
        let runs = self.runs.values().any(|e| e.run.asset == *asset && e.run.model == *model);
        runs || !self.segments_of(asset, model, &RunId::loose()).is_empty()
    }

    pub(super) fn erase_model(&mut self, model: &ModelRef, asset: &AssetId) -> Option<Commit> {
        if !self.wrote_on(model, asset) {
            return None;
        }
        let ids = self.drop_runs(asset, |run| run.model == *model);
        self.hollow(asset, |s| s.model == *model, |run| ids.contains(run));
        Some(self.commit(asset, Effect::Erased(Erased::Model(model.clone()))))
    }

    pub(super) fn erase_run(&mut self, run: &RunId) -> Option<Commit> {
        let asset = self.runs.get(run)?.run.asset.clone();
        self.drop_runs(&asset, |r| r.id == *run);
        self.hollow(&asset, |s| s.run == *run, |r| r == run);
        Some(self.commit(&asset, Effect::Erased(Erased::Run(run.clone()))))
    }

    /// The segments that hold annotations of a model and run on an asset.
    pub(super) fn segments_of(&self, asset: &AssetId, model: &ModelRef, run: &RunId) -> Vec<u64> {
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

impl State {
    pub(super) fn shrink(&mut self, asset: &AssetId, segment: u64, by: u64) {
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
