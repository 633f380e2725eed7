//! Opening, committing, aborting and restoring runs.

use rushes_kv::Folder;
use rushes_types::{AssetId, Commit, Result, Run, RunId, RunState, Visibility};

use super::keys::{self, kind};
use super::tables::{self, TABLE_OF_BLOCKS, TABLE_OF_IDS};
use super::tx::Tx;
use crate::current::Current;
use crate::records::RunRow;
use crate::rules::{
    RUN_SEGMENT_BASE, check_committed, check_open, new_run, no_asset, run_id, same_run, visibility_verb,
};
use crate::{Effect, RunSpec};

impl Tx<'_> {
    pub(super) fn open_run(&mut self, spec: &RunSpec) -> Result<Run> {
        if let Some(id) = &spec.id
            && let Some(row) = self.find_run(id)?
        {
            return same_run(&row.run, spec);
        }
        if self.get(&keys::asset(&spec.asset))?.is_none() {
            return Err(no_asset(&spec.asset));
        }
        self.counters.runs += 1;
        let id = match &spec.id {
            Some(id) => id.clone(),
            None => self.free_run_id()?,
        };
        let run = new_run(id, spec);
        let row = RunRow { run: run.clone(), segment: RUN_SEGMENT_BASE + self.counters.runs, blocks: 0 };
        self.put_run(&row);
        self.put(keys::run_of_asset(&run.asset, &run.id), Vec::new());
        self.put(keys::model_use(&run.model, &run.asset), Vec::new());
        Ok(run)
    }

    /// The first generated id that no client has used explicitly.
    fn free_run_id(&mut self) -> Result<RunId> {
        loop {
            let id = run_id(self.counters.runs)?;
            if self.find_run(&id)?.is_none() {
                return Ok(id);
            }
            self.counters.runs += 1;
        }
    }

    pub(super) fn commit_run(&mut self, id: &RunId) -> Result<Commit> {
        let mut row = self.run(id)?;
        if let (RunState::Committed, Some(commit)) = (row.run.state, row.run.committed) {
            return Ok(commit);
        }
        check_open(&row.run)?;
        let asset = row.run.asset.clone();
        let commit = self.commit(&asset, &Effect::Segment(row.as_segment()));
        self.put_segment(row.segment, &asset, commit);
        self.counters.annotations += row.run.annotations;
        row.run.state = RunState::Committed;
        row.run.committed = Some(commit);
        self.put_run(&row);
        Ok(commit)
    }

    pub(super) fn abort_run(&mut self, id: &RunId) -> Result<()> {
        let mut row = self.run(id)?;
        if row.run.state == RunState::Aborted {
            return Ok(());
        }
        check_open(&row.run)?;
        self.discard(TABLE_OF_IDS, row.segment);
        self.discard(TABLE_OF_BLOCKS, row.segment);
        row.run.state = RunState::Aborted;
        row.run.annotations = 0;
        row.blocks = 0;
        self.put_run(&row);
        Ok(())
    }

    pub(super) fn restore_run(&mut self, id: &RunId) -> Result<Commit> {
        let mut row = self.run(id)?;
        check_committed(&row.run, "restored")?;
        let asset = row.run.asset.clone();
        let segment = row.as_segment();
        let mut current = Current::default();
        self.each_record(&asset, |record| {
            current.apply(&record);
            Ok(())
        })?;
        if let Some(commit) = row.run.committed
            && current.is_latest(&segment)
        {
            return Ok(commit);
        }
        let commit = self.commit(&asset, &Effect::Restored(segment));
        row.run.committed = Some(commit);
        self.put_run(&row);
        Ok(commit)
    }

    pub(super) fn set_visibility(&mut self, id: &RunId, visibility: Visibility) -> Result<Option<Commit>> {
        let mut row = self.run(id)?;
        check_committed(&row.run, visibility_verb(visibility))?;
        if row.run.visibility == visibility {
            return Ok(None);
        }
        row.run.visibility = visibility;
        self.put_run(&row);
        Ok(Some(self.commit(&row.run.asset, &Effect::Visibility(id.clone(), visibility))))
    }

    /// Records a segment's asset and the commit that brought it.
    pub(super) fn put_segment(&mut self, segment: u64, asset: &AssetId, commit: Commit) {
        let mut owner = asset.as_str().as_bytes().to_vec();
        owner.extend_from_slice(&commit.0.to_be_bytes());
        self.put(keys::segment(segment), owner);
    }

    /// The runs of an asset.
    pub(super) fn runs_of(&self, asset: &AssetId) -> Result<Vec<RunRow>> {
        let prefix = keys::runs_of_asset(asset);
        let mut ids = Vec::new();
        tables::each_row(self.folder, &prefix, |key, _| {
            ids.extend(keys::text_after(key, &prefix).and_then(|id| RunId::new(id).ok()));
            Ok(())
        })?;
        let mut rows = Vec::with_capacity(ids.len());
        for id in &ids {
            rows.extend(self.find_run(id)?);
        }
        Ok(rows)
    }
}

/// The runs of all assets, or of one, by id.
pub(super) fn list(
    folder: &Folder,
    asset: Option<&AssetId>,
    after: Option<&RunId>,
    limit: usize,
) -> Result<Vec<Run>> {
    let Some(asset) = asset else {
        let from = after.map_or_else(|| vec![kind::RUN], |id| keys::after(keys::run(id)));
        let page = tables::page(folder, from, vec![kind::RUN + 1], limit, |_, v| RunRow::decode(v))?;
        return Ok(page.into_iter().map(|row| row.run).collect());
    };
    let prefix = keys::runs_of_asset(asset);
    let from = after.map_or_else(|| prefix.clone(), |id| keys::after(keys::run_of_asset(asset, id)));
    let ids = tables::page(folder, from, keys::end_of(&prefix), limit, |key, _| {
        Ok(keys::text_after(key, &prefix).and_then(|id| RunId::new(id).ok()))
    })?;
    let mut runs = Vec::with_capacity(ids.len());
    for id in ids.into_iter().flatten() {
        if let Some(bytes) = tables::get_row(folder, &keys::run(&id))? {
            runs.push(RunRow::decode(&bytes)?.run);
        }
    }
    Ok(runs)
}
