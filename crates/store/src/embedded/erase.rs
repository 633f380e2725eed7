//! Erasing: one atomic change makes the data unreachable; the bytes are removed afterwards, in pieces.
//!
//! Ids and blocks are found only through a scope or segment number that is never given twice. So a change
//! that drops the number has erased all of it, however much that is, and notes the number as garbage. The
//! sweep then removes ids and blocks in batches of bounded size; it goes on where a crash stopped it.

use std::sync::atomic::Ordering;

use rushes_types::{
    AnnotationId, AssetId, BlockFormat, Commit, Error, ErrorKind, ModelRef, MovieId, Result, RunId, RunMode,
    RunState,
};

use super::EmbeddedStore;
use super::ids::{IdLocation, decode_locations};
use super::keys::{self, kind};
use super::tables::{self, BLOCKS, IDS, ROWS, TABLE_OF_BLOCKS, TABLE_OF_IDS};
use super::tx::Tx;
use crate::lines::keep_lines;
use crate::records::{RunRow, decode_asset, encode_effect, hash_id};
use crate::rules::{Redactor, loose_is_no_run, no_redactor};
use crate::stored_block::{self, pack};
use crate::{Effect, EraseTarget, Erased, RunSegment};

/// Most keys removed by one batch of the sweep.
const SWEEP_KEYS: usize = 8_192;

impl EmbeddedStore {
    pub(super) fn erase_target(&self, target: &EraseTarget) -> Result<Option<Commit>> {
        let commit = self.change(|tx| match target {
            EraseTarget::Asset(asset) => tx.erase_asset(asset),
            EraseTarget::Movie(movie) => tx.erase_movie(movie),
            EraseTarget::Model(model, asset) => tx.erase_model(model, asset.as_ref()),
            EraseTarget::Run(run) if run.is_loose() => Err(loose_is_no_run()),
            EraseTarget::Run(run) => tx.erase_run(run),
            EraseTarget::Annotation { asset, model, run, id } => {
                tx.erase_annotation(asset, model, run, id, self.redactor.as_deref())
            }
        })?;
        self.sweep_if_possible();
        Ok(commit)
    }

    /// Sweeps after a change that is already durable. The change holds in any case: what is not swept now is swept at
    /// the next opening or purge. A write that fails here makes the next change fail.
    pub(super) fn sweep_if_possible(&self) {
        let _ = self.sweep();
    }

    /// Removes what is unreachable: nothing reads or writes there any more, except what is being imported. Only one
    /// sweep runs at a time, so that on return the data is gone.
    pub(super) fn sweep(&self) -> Result<()> {
        let folder = &self.folder;
        let incoming = self.incoming();
        let found =
            tables::page(folder, vec![kind::GARBAGE], vec![kind::GARBAGE + 1], usize::MAX, |key, _| {
                Ok(key.to_vec())
            })?;
        for row in found.into_iter().filter(|row| !incoming.contains(row)) {
            let (Some(table), Some(prefix)) = (row.get(1).copied(), keys::trailing_number(&row)) else {
                continue;
            };
            let table = if table == TABLE_OF_IDS { IDS } else { BLOCKS };
            loop {
                let mut batch = folder.batch();
                let mut count = 0;
                for guard in folder.table(table).prefix(prefix.to_be_bytes()).take(SWEEP_KEYS) {
                    let key = guard.key().map_err(|e| folder.error("cannot read", e))?;
                    tables::stage(&mut batch, table, key, None);
                    count += 1;
                }
                if count < SWEEP_KEYS {
                    tables::stage(&mut batch, ROWS, row.clone(), None);
                }
                folder.write(batch, 0)?;
                if count < SWEEP_KEYS {
                    break;
                }
            }
        }
        Ok(())
    }
}

impl EmbeddedStore {
    /// Forgets outbox rows up to `upto`. Not synced: rows that come back after a crash are only relayed again.
    pub(super) fn trim(&self, upto: u64) -> Result<()> {
        let upto = upto.min(self.folder.durable_mark());
        let end = keys::outbox(upto.saturating_add(1));
        loop {
            let from = keys::outbox(self.trimmed.load(Ordering::Acquire).saturating_add(1));
            // Numbers that were imported have gaps, so only what is there is removed.
            let rows = tables::page(&self.folder, from, end.clone(), SWEEP_KEYS, |key, _| Ok(key.to_vec()))?;
            let last = rows.last().filter(|_| rows.len() == SWEEP_KEYS);
            let to = last.and_then(|key| keys::trailing_number(key)).unwrap_or(upto);
            let more = last.is_some();
            if !rows.is_empty() {
                let mut batch = self.folder.batch();
                for key in rows {
                    tables::stage(&mut batch, ROWS, key, None);
                }
                self.folder.write(batch, 0)?;
            }
            self.trimmed.fetch_max(to, Ordering::AcqRel);
            if !more {
                return Ok(());
            }
        }
    }
}

impl Tx<'_> {
    fn erase_asset(&mut self, asset: &AssetId) -> Result<Option<Commit>> {
        if self.get(&keys::asset(asset))?.is_none() {
            return Ok(None);
        }
        self.drop_asset(asset)?;
        Ok(Some(self.commit(asset, &Effect::Erased(Erased::Asset))))
    }

    /// Drops all that there is of an asset, its history too.
    pub(super) fn drop_asset(&mut self, asset: &AssetId) -> Result<()> {
        for row in self.runs_of(asset)? {
            self.drop_run(&row);
            self.remove(keys::model_use(&row.run.model, asset));
        }
        self.drop_history(asset, |_| true, |_| false)?;
        let prefix = keys::scopes_of(asset);
        let mut models = Vec::new();
        tables::each_row(self.folder, &prefix, |key, _| {
            models.extend(keys::text_after(key, &prefix).and_then(|m| ModelRef::parse(m).ok()));
            Ok(())
        })?;
        for model in &models {
            self.drop_scope(asset, model)?;
            self.remove(keys::model_use(model, asset));
        }
        let prefix = keys::history_of(asset);
        let mut records = Vec::new();
        tables::each_row(self.folder, &prefix, |key, _| {
            records.push(key.to_vec());
            Ok(())
        })?;
        for key in records {
            self.remove(key);
        }
        if self.get(&keys::asset(asset))?.is_some() {
            self.remove(keys::asset(asset));
            self.counters.assets = self.counters.assets.saturating_sub(1);
        }
        self.forget_claims(asset);
        Ok(())
    }

    fn erase_movie(&mut self, movie: &MovieId) -> Result<Option<Commit>> {
        let mut assets = Vec::new();
        tables::each_row(self.folder, &[kind::ASSET], |_, value| {
            let asset = decode_asset(value)?;
            if asset.movie == *movie {
                assets.push(asset.id);
            }
            Ok(())
        })?;
        let mut last = None;
        for asset in &assets {
            last = self.erase_asset(asset)?.or(last);
        }
        Ok(last)
    }

    fn erase_model(&mut self, model: &ModelRef, asset: Option<&AssetId>) -> Result<Option<Commit>> {
        let assets = match asset {
            Some(asset) => vec![asset.clone()],
            None => self.used_on(model)?,
        };
        let mut last = None;
        for asset in &assets {
            let runs: Vec<RunRow> =
                self.runs_of(asset)?.into_iter().filter(|row| row.run.model == *model).collect();
            if runs.is_empty() && self.loose_scope(asset, model)?.is_none() {
                continue;
            }
            for row in &runs {
                self.drop_run(row);
            }
            self.drop_history(asset, |s| s.model == *model, |run| runs.iter().any(|r| r.run.id == *run))?;
            self.drop_scope(asset, model)?;
            self.remove(keys::model_use(model, asset));
            last = Some(self.commit(asset, &Effect::Erased(Erased::Model(model.clone()))));
        }
        Ok(last)
    }

    fn erase_run(&mut self, id: &RunId) -> Result<Option<Commit>> {
        let Some(row) = self.find_run(id)? else { return Ok(None) };
        let asset = row.run.asset.clone();
        self.drop_run(&row);
        self.drop_history(&asset, |s| s.run == *id, |run| run == id)?;
        Ok(Some(self.commit(&asset, &Effect::Erased(Erased::Run(id.clone())))))
    }

    fn drop_run(&mut self, row: &RunRow) {
        self.remove(keys::run(&row.run.id));
        self.remove(keys::run_of_asset(&row.run.asset, &row.run.id));
        self.discard(TABLE_OF_IDS, row.segment);
        self.discard(TABLE_OF_BLOCKS, row.segment);
        if row.run.state == RunState::Committed {
            self.remove(keys::segment(row.segment));
            self.counters.annotations = self.counters.annotations.saturating_sub(row.run.annotations);
        }
    }

    fn drop_scope(&mut self, asset: &AssetId, model: &ModelRef) -> Result<()> {
        if let Some(scope) = self.loose_scope(asset, model)? {
            self.discard(TABLE_OF_IDS, scope);
            self.remove(keys::scope(asset, model));
        }
        Ok(())
    }

    /// Removes segments, and the records of their runs, from an asset's history. What a replace segment superseded
    /// stays superseded, so such a segment is kept as a hollow record (without annotations).
    fn drop_history(
        &mut self,
        asset: &AssetId,
        gone: impl Fn(&RunSegment) -> bool,
        gone_run: impl Fn(&RunId) -> bool,
    ) -> Result<()> {
        let mut records = Vec::new();
        self.each_record(asset, |record| {
            records.push(record);
            Ok(())
        })?;
        for record in records {
            let key = keys::history(asset, record.commit);
            match record.effect {
                Effect::Segment(mut s) if gone(&s) => {
                    if s.run.is_loose() {
                        self.discard(TABLE_OF_BLOCKS, s.id);
                        self.remove(keys::segment(s.id));
                        self.counters.annotations = self.counters.annotations.saturating_sub(s.annotations);
                    }
                    s.annotations = 0;
                    self.hollow_or_remove(key, s.mode, &Effect::Segment(s));
                }
                Effect::Restored(mut s) if gone(&s) => {
                    s.annotations = 0;
                    self.hollow_or_remove(key, s.mode, &Effect::Restored(s));
                }
                Effect::Visibility(run, _) if gone_run(&run) => self.remove(key),
                _ => {}
            }
        }
        Ok(())
    }

    fn hollow_or_remove(&mut self, key: keys::Key, mode: RunMode, effect: &Effect) {
        match mode {
            RunMode::Replace => self.put(key, encode_effect(effect)),
            RunMode::Append => self.remove(key),
        }
    }

    fn erase_annotation(
        &mut self,
        asset: &AssetId,
        model: &ModelRef,
        run: &RunId,
        id: &AnnotationId,
        redactor: Option<&dyn Redactor>,
    ) -> Result<Option<Commit>> {
        let scope = if run.is_loose() {
            self.loose_scope(asset, model)?
        } else {
            let row = self.find_run(run)?.filter(|r| r.run.asset == *asset && r.run.model == *model);
            row.map(|r| r.segment)
        };
        let Some(scope) = scope else { return Ok(None) };
        let key = keys::id(scope, hash_id(id));
        let Some(bytes) = tables::get(self.folder, IDS, &key)? else { return Ok(None) };
        let locations = decode_locations(&bytes)?;
        let Some(last) = locations.last().copied() else { return Ok(None) };
        for location in &locations {
            self.blank(location, redactor)?;
            self.shrink(asset, run, location.segment)?;
        }
        self.remove_id(key);
        let (model, run, id) = (model.clone(), run.clone(), id.clone());
        let effect = Effect::Erased(Erased::Annotation { model, run, id, start_ns: last.start_ns });
        Ok(Some(self.commit(asset, &effect)))
    }

    /// Rewrites the block of an annotation without it.
    fn blank(&mut self, location: &IdLocation, redactor: Option<&dyn Redactor>) -> Result<()> {
        let key = keys::block(location.segment, location.block);
        let stored = tables::get(self.folder, BLOCKS, &key)?.ok_or_else(|| {
            Error::new(ErrorKind::Corrupt, "a block of the annotation store is missing")
                .mend("restore a backup")
        })?;
        let mut block = stored_block::decode(&stored)?;
        block.positions.retain(|p| *p != location.position);
        if block.positions.is_empty() {
            self.remove_block(key);
            return Ok(());
        }
        let bytes = match (block.format, redactor) {
            (BlockFormat::Lines, _) => keep_lines(&block.bytes, &block.positions),
            (BlockFormat::Arrow, None) => return Err(no_redactor()),
            (BlockFormat::Arrow, Some(redactor)) => {
                redactor.keep(block.format, &block.bytes, &block.positions)?.unwrap_or(block.bytes)
            }
        };
        self.put_block(key, stored_block::encode(block.format, &block.positions, &pack(&bytes)));
        Ok(())
    }

    /// Decrements a segment's annotation count.
    fn shrink(&mut self, asset: &AssetId, run: &RunId, segment: u64) -> Result<()> {
        let mut committed = true;
        if !run.is_loose() {
            let mut row = self.run(run)?;
            row.run.annotations = row.run.annotations.saturating_sub(1);
            committed = row.run.state == RunState::Committed;
            self.put_run(&row);
        }
        if committed {
            self.counters.annotations = self.counters.annotations.saturating_sub(1);
        }
        let mut changed = Vec::new();
        self.each_record(asset, |mut record| {
            if let Effect::Segment(s) | Effect::Restored(s) = &mut record.effect
                && s.id == segment
            {
                s.annotations = s.annotations.saturating_sub(1);
                changed.push(record);
            }
            Ok(())
        })?;
        for record in changed {
            self.put(keys::history(asset, record.commit), encode_effect(&record.effect));
        }
        Ok(())
    }
}
