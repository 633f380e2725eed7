//! Taking over assets from another store.
//!
//! Segments and scopes get numbers that nothing points at yet, and each number is noted as garbage before the first
//! byte is written under it. The last change removes the notes and assigns the numbers to the asset, together with
//! runs, history and outbox rows. So a call that fails or is killed leaves only garbage for the next sweep.

use std::collections::{BTreeMap, HashMap};

use rushes_types::{AssetId, Commit, Error, ErrorKind, ModelRef, Result, Run, RunState};

use super::EmbeddedStore;
use super::keys::{self, Key};
use super::load::{Loader, Scope};
use super::tables::{TABLE_OF_BLOCKS, TABLE_OF_IDS};
use super::tx::Tx;
use crate::import::{changed_during_import, check_content, check_import_block, renumbered, run_is_elsewhere};
use crate::records::{RunRow, encode_asset};
use crate::rules::RUN_SEGMENT_BASE;
use crate::{AssetImport, CommitRecord, Effect, ImportPlan, Imported, RunSegment, SegmentReader};

/// The numbers that an import writes under.
struct ReservedNumbers {
    plan: ImportPlan,
    /// The history already stored.
    have: Vec<CommitRecord>,
    /// The number of each segment here, by its number in the source store.
    numbers: HashMap<u64, u64>,
    scopes: BTreeMap<ModelRef, Scope>,
    /// Segments of runs without content.
    hollow: HashMap<String, u64>,
    /// The notes that mark the numbers as garbage.
    notes: Vec<Key>,
}

/// How an import begins, depending on what the store already holds of the asset.
enum ImportStart {
    Nothing,
    /// The old content is dropped; its bytes must be swept before its numbers are reused.
    Dropped,
    Reserved(Box<ReservedNumbers>),
}

impl EmbeddedStore {
    pub(super) fn import_asset(
        &self,
        import: &AssetImport,
        content: &mut SegmentReader<'_>,
    ) -> Result<Imported> {
        import.check()?;
        let mut done = Imported::Added;
        let mut reserved = loop {
            match self.change(|tx| self.begin_import(tx, import))? {
                ImportStart::Nothing => return Ok(Imported::Unchanged),
                ImportStart::Reserved(reserved) => break reserved,
                ImportStart::Dropped => {
                    self.sweep()?;
                    done = Imported::Replaced;
                }
            }
        };
        let outcome = self.load(import, &mut reserved, content).and_then(|blocks| {
            self.change(|tx| tx.finish_import(import, &reserved, &blocks))?;
            let first = import.history.get(reserved.plan.from).map_or(u64::MAX, |record| record.commit.0);
            self.trimmed.fetch_min(first.saturating_sub(1), std::sync::atomic::Ordering::AcqRel);
            Ok(done)
        });
        {
            let mut incoming = self.incoming();
            for note in &reserved.notes {
                incoming.remove(note);
            }
        }
        if outcome.is_err() || reserved.scopes.values().any(|scope| scope.before.is_some()) {
            self.sweep_if_possible();
        }
        outcome
    }

    fn begin_import(&self, tx: &mut Tx<'_>, import: &AssetImport) -> Result<ImportStart> {
        let asset = &import.asset;
        let have = tx.history_before(asset)?;
        let runs: Vec<Run> = tx.runs_of(asset)?.into_iter().map(|row| row.run).collect();
        let Some(plan) = import.plan(&have, &runs)? else { return Ok(ImportStart::Nothing) };
        if plan.replaces {
            tx.drop_asset(asset)?;
            return Ok(ImportStart::Dropped);
        }
        let mut reserved = ReservedNumbers {
            numbers: import.known_segments(&plan, &have),
            plan,
            have,
            scopes: BTreeMap::new(),
            hollow: HashMap::new(),
            notes: Vec::new(),
        };
        reserved.number(tx, import)?;
        for note in &reserved.notes {
            tx.put(note.clone(), Vec::new());
        }
        // Before the notes become visible, so that no sweep ever acts on them.
        self.incoming().extend(reserved.notes.iter().cloned());
        Ok(ImportStart::Reserved(Box::new(reserved)))
    }

    /// Writes the content of the new segments. Returns the number of blocks of each, by the segment's number here.
    fn load(
        &self,
        import: &AssetImport,
        reserved: &mut ReservedNumbers,
        content: &mut SegmentReader<'_>,
    ) -> Result<HashMap<u64, u32>> {
        let mut loader = Loader::new(&self.folder);
        for scope in reserved.scopes.values() {
            loader.copy_scope(scope)?;
        }
        let mut blocks = HashMap::new();
        for segment in import.new_segments(&reserved.plan) {
            let number = reserved.number_of(segment)?;
            let mut scope = match reserved.scopes.get_mut(&segment.model).filter(|_| segment.run.is_loose()) {
                Some(scope) => *scope,
                None => Scope { number, before: None, empty: true, loose: false },
            };
            let (mut block, mut found) = (0u32, 0u64);
            content(segment, &mut |piece| {
                check_import_block(&piece)?;
                found = found.saturating_add(piece.rows.len() as u64);
                loader.add(number, block, scope, &piece)?;
                block = block.checked_add(1).ok_or_else(|| Error::bug("a segment has too many blocks"))?;
                Ok(())
            })?;
            check_content(&import.asset, segment, found)?;
            blocks.insert(number, block);
            scope.empty = false;
            if let Some(kept) = reserved.scopes.get_mut(&segment.model).filter(|_| segment.run.is_loose()) {
                *kept = scope;
            }
        }
        loader.flush()?;
        Ok(blocks)
    }
}

impl ReservedNumbers {
    /// Gives numbers to segments, runs and scopes that are new.
    fn number(&mut self, tx: &mut Tx<'_>, import: &AssetImport) -> Result<()> {
        for record in import.history.iter().skip(self.plan.from) {
            let Some(segment) = record.effect.segment() else { continue };
            if self.numbers.contains_key(&segment.id) {
                continue;
            }
            let number = match segment.run.is_loose() {
                true => loose_number(tx, import, record.commit)?,
                false => next_run(tx),
            };
            self.numbers.insert(segment.id, number);
        }
        for segment in import.new_segments(&self.plan) {
            let number = self.number_of(segment)?;
            self.notes.push(keys::garbage(TABLE_OF_BLOCKS, number));
            if !segment.run.is_loose() {
                self.notes.push(keys::garbage(TABLE_OF_IDS, number));
            } else if !self.scopes.contains_key(&segment.model) {
                let before = tx.loose_scope(&import.asset, &segment.model)?;
                self.reserve_scope(tx, &segment.model, before);
            }
        }
        // A model has a scope also where all that it wrote was erased line by line: it tells that the model wrote on the asset.
        for record in import.history.iter().skip(self.plan.from) {
            let Effect::Segment(segment) = &record.effect else { continue };
            let is_new = segment.run.is_loose() && !self.scopes.contains_key(&segment.model);
            if is_new && tx.loose_scope(&import.asset, &segment.model)?.is_none() {
                self.reserve_scope(tx, &segment.model, None);
            }
        }
        for run in &self.plan.runs {
            let is_new = match tx.find_run(&run.id)? {
                Some(row) if row.run.asset != import.asset => {
                    return Err(run_is_elsewhere(run, &row.run.asset));
                }
                found => found.is_none(),
            };
            if is_new && run.state == RunState::Aborted {
                let number = next_run(tx);
                self.hollow.insert(run.id.as_str().to_owned(), number);
            }
        }
        Ok(())
    }

    /// Gives a scope for loose annotations of a model, in place of the one that there was.
    fn reserve_scope(&mut self, tx: &mut Tx<'_>, model: &ModelRef, before: Option<u64>) {
        tx.counters.scopes += 1;
        let number = tx.counters.scopes;
        self.notes.push(keys::garbage(TABLE_OF_IDS, number));
        self.scopes.insert(model.clone(), Scope { number, before, empty: before.is_none(), loose: true });
    }

    fn number_of(&self, segment: &RunSegment) -> Result<u64> {
        let number = self.numbers.get(&segment.id).copied();
        number.ok_or_else(|| Error::bug(format!("segment {} was given no number", segment.id)))
    }
}

/// A loose segment's number is its commit.
fn loose_number(tx: &Tx<'_>, import: &AssetImport, commit: Commit) -> Result<u64> {
    if tx.get(&keys::segment(commit.0))?.is_none() {
        return Ok(commit.0);
    }
    Err(Error::new(
        ErrorKind::Conflict,
        format!("commit {commit} of asset `{}` is one of another asset here", import.asset),
    )
    .mend("take it over into an empty archive"))
}

fn next_run(tx: &mut Tx<'_>) -> u64 {
    tx.counters.runs += 1;
    RUN_SEGMENT_BASE + tx.counters.runs
}

impl Tx<'_> {
    /// The asset's history as it stood before this change.
    fn history_before(&self, asset: &AssetId) -> Result<Vec<CommitRecord>> {
        let mut records = Vec::new();
        self.each_record(asset, |record| {
            records.push(record);
            Ok(())
        })?;
        Ok(records)
    }

    /// The last change of an import: assigns what was written to the asset.
    fn finish_import(
        &mut self,
        import: &AssetImport,
        reserved: &ReservedNumbers,
        blocks: &HashMap<u64, u32>,
    ) -> Result<()> {
        let asset = &import.asset;
        if self.history_before(asset)? != reserved.have {
            return Err(changed_during_import(asset));
        }
        self.import_document(import)?;
        for record in import.history.iter().skip(reserved.plan.from) {
            let effect = renumbered(&record.effect, &reserved.numbers)
                .ok_or_else(|| Error::bug("a segment was given no number"))?;
            if let Effect::Segment(segment) = &effect {
                // An erased run has no segment any more, only a record.
                let of_run = || import.segment_of(&segment.run) == record.effect.segment();
                let committed =
                    || import.runs.iter().any(|r| r.id == segment.run && r.state == RunState::Committed);
                if segment.annotations > 0 || (of_run() && committed()) {
                    self.put_segment(segment.id, asset, record.commit);
                    self.counters.annotations += segment.annotations;
                }
            }
            self.take_over(asset, &CommitRecord { commit: record.commit, effect });
        }
        for run in &reserved.plan.runs {
            self.import_run(import, reserved, run, blocks)?;
        }
        for (model, scope) in &reserved.scopes {
            if let Some(before) = scope.before {
                self.discard(TABLE_OF_IDS, before);
            }
            self.put(keys::scope(asset, model), scope.number.to_be_bytes().to_vec());
            self.put(keys::model_use(model, asset), Vec::new());
        }
        for note in &reserved.notes {
            self.remove(note.clone());
        }
        Ok(())
    }

    fn import_document(&mut self, import: &AssetImport) -> Result<()> {
        let key = keys::asset(&import.asset);
        let there = self.get(&key)?.is_some();
        match (&import.document, there) {
            (Some(document), _) => {
                self.put(key, encode_asset(document)?);
                self.counters.assets += u64::from(!there);
            }
            (None, true) => {
                self.remove(key);
                self.counters.assets = self.counters.assets.saturating_sub(1);
            }
            (None, false) => {}
        }
        Ok(())
    }

    fn import_run(
        &mut self,
        import: &AssetImport,
        reserved: &ReservedNumbers,
        run: &Run,
        blocks: &HashMap<u64, u32>,
    ) -> Result<()> {
        let found = self.find_run(&run.id)?;
        if let Some(row) = found.as_ref().filter(|row| row.run.asset != import.asset) {
            return Err(run_is_elsewhere(run, &row.run.asset));
        }
        let (segment, count) = match (&found, import.segment_of(&run.id)) {
            (Some(row), _) => (row.segment, row.blocks),
            (None, Some(segment)) if run.state == RunState::Committed => {
                let number = reserved.number_of(segment)?;
                (number, blocks.get(&number).copied().unwrap_or(0))
            }
            (None, _) => {
                let number = reserved.hollow.get(run.id.as_str()).copied();
                (number.ok_or_else(|| Error::bug("a run was given no number"))?, 0)
            }
        };
        self.put_run(&RunRow { run: run.clone(), segment, blocks: count });
        self.put(keys::run_of_asset(&run.asset, &run.id), Vec::new());
        self.put(keys::model_use(&run.model, &run.asset), Vec::new());
        Ok(())
    }
}
