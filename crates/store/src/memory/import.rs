//! Taking over assets from another store.

use std::collections::{BTreeMap, HashMap};

use rushes_types::{Error, Model, Result, Run, RunState};

use super::MemoryStore;
use super::state::{RunEntry, State, StoredBlock};
use crate::import::{changed_during_import, check_content, check_import_block, renumbered, run_is_elsewhere};
use crate::rules::{RUN_SEGMENT_BASE, check_model};
use crate::{AssetImport, CommitRecord, Effect, Import, ImportPlan, Imported, OutboxRow, SegmentReader};

impl Import for MemoryStore {
    fn import(&self, import: &AssetImport, content: &mut SegmentReader<'_>) -> Result<Imported> {
        import.check()?;
        let (have, runs) = {
            let state = self.state();
            let of_asset = state.runs.values().filter(|e| e.run.asset == import.asset);
            let runs: Vec<Run> = of_asset.map(|e| e.run.clone()).collect();
            (state.history(&import.asset).to_vec(), runs)
        };
        let Some(plan) = import.plan(&have, &runs)? else { return Ok(Imported::Unchanged) };
        let mut blocks: BTreeMap<u64, Vec<StoredBlock>> = BTreeMap::new();
        for segment in import.new_segments(&plan) {
            let kept = blocks.entry(segment.id).or_default();
            content(segment, &mut |piece| {
                check_import_block(&piece)?;
                kept.push(StoredBlock {
                    format: piece.block.format,
                    bytes: piece.block.bytes,
                    rows: piece.rows,
                });
                Ok(())
            })?;
            let found = kept.iter().map(|k| k.rows.len() as u64).sum();
            check_content(&import.asset, segment, found)?;
        }
        let mut state = self.state();
        if state.history(&import.asset) != have {
            return Err(changed_during_import(&import.asset));
        }
        let elsewhere = plan.runs.iter().find_map(|run| {
            let entry = state.runs.get(&run.id).filter(|entry| entry.run.asset != import.asset)?;
            Some(run_is_elsewhere(run, &entry.run.asset))
        });
        if let Some(error) = elsewhere {
            return Err(error);
        }
        let numbers = import.known_segments(&plan, &have);
        state.take_over(import, &plan, numbers, blocks)?;
        Ok(if plan.replaces { Imported::Replaced } else { Imported::Added })
    }

    fn import_models(&self, models: &[Model]) -> Result<()> {
        let mut state = self.state();
        for model in models {
            check_model(model, state.models.values())?;
            state.models.insert(model.model.clone(), model.clone());
        }
        Ok(())
    }
}

impl State {
    fn take_over(
        &mut self,
        import: &AssetImport,
        plan: &ImportPlan,
        mut numbers: HashMap<u64, u64>,
        blocks: BTreeMap<u64, Vec<StoredBlock>>,
    ) -> Result<()> {
        let asset = &import.asset;
        if plan.replaces {
            self.forget_asset(asset);
        }
        match &import.document {
            Some(document) => self.assets.insert(asset.clone(), document.clone()),
            None => self.assets.remove(asset),
        };
        for record in import.history.iter().skip(plan.from) {
            let commit = record.commit;
            if let Some(segment) = record.effect.segment()
                && !numbers.contains_key(&segment.id)
            {
                let number = if segment.run.is_loose() { commit.0 } else { self.next_run() };
                numbers.insert(segment.id, number);
            }
            let effect = renumbered(&record.effect, &numbers)
                .ok_or_else(|| Error::bug("a segment was given no number"))?;
            if let Effect::Segment(segment) = &effect {
                self.blocks.entry((asset.clone(), segment.id)).or_default();
            }
            self.history.entry(asset.clone()).or_default().push(CommitRecord { commit, effect });
            self.outbox.insert(commit.0, OutboxRow { sequence: commit.0, asset: asset.clone(), commit });
            self.commits = self.commits.max(commit.0);
        }
        for (id, kept) in blocks {
            let number = numbers.get(&id).ok_or_else(|| Error::bug("a segment was given no number"))?;
            self.blocks.insert((asset.clone(), *number), kept);
        }
        for run in &plan.runs {
            let committed = import.segment_of(&run.id).filter(|_| run.state == RunState::Committed);
            let number = committed.and_then(|segment| numbers.get(&segment.id).copied());
            let segment = match number {
                Some(number) => number,
                None => self.next_run(),
            };
            self.runs.insert(run.id.clone(), RunEntry { run: run.clone(), segment });
        }
        Ok(())
    }

    fn next_run(&mut self) -> u64 {
        self.runs_opened += 1;
        RUN_SEGMENT_BASE + self.runs_opened
    }
}
