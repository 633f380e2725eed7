//! One change of the store: decided under the writer's lock, written as one batch.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rushes_kv::{Folder, Ticket};
use rushes_types::{AssetId, Commit, ModelRef, Result, RunId};

use super::change_note;
use super::counters::Counters;
use super::keys::{self, Key};
use super::tables;
use crate::current::Current;
use crate::records::{RunRow, decode_effect, encode_effect};
use crate::rules::no_run;
use crate::{CommitRecord, Effect};

/// Most assets whose claims are kept in memory.
const CLAIMS_MAX: usize = 8_192;

/// What the writer keeps in memory.
#[derive(Default)]
pub(super) struct WriterState {
    pub counters: Counters,
    /// The stretches claimed by runs, for recently written assets.
    pub claims: HashMap<AssetId, Current>,
}

/// A change being put together. Its own reads see its writes; others see nothing before [`Tx::finish`].
pub(super) struct Tx<'a> {
    pub folder: &'a Folder,
    pub counters: Counters,
    state: &'a mut WriterState,
    rows: BTreeMap<Key, Option<Vec<u8>>>,
    ids: Vec<([u8; 24], Option<Vec<u8>>)>,
    blocks: Vec<([u8; 12], Option<Vec<u8>>)>,
    /// Assets whose claims this change alters.
    stale: Vec<AssetId>,
    /// Assets of which it writes something.
    assets: BTreeSet<AssetId>,
}

impl<'a> Tx<'a> {
    pub(super) fn new(folder: &'a Folder, state: &'a mut WriterState) -> Self {
        let counters = state.counters;
        Self {
            folder,
            counters,
            state,
            rows: BTreeMap::new(),
            ids: Vec::new(),
            blocks: Vec::new(),
            stale: Vec::new(),
            assets: BTreeSet::new(),
        }
    }

    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        match self.rows.get(key) {
            Some(pending) => Ok(pending.clone()),
            None => tables::get_row(self.folder, key),
        }
    }

    pub(super) fn put(&mut self, key: Key, value: Vec<u8>) {
        self.rows.insert(key, Some(value));
    }

    pub(super) fn remove(&mut self, key: Key) {
        self.rows.insert(key, None);
    }

    pub(super) fn put_id(&mut self, key: [u8; 24], locations: Vec<u8>) {
        self.ids.push((key, Some(locations)));
    }

    pub(super) fn remove_id(&mut self, key: [u8; 24]) {
        self.ids.push((key, None));
    }

    pub(super) fn put_block(&mut self, key: [u8; 12], block: Vec<u8>) {
        self.blocks.push((key, Some(block)));
    }

    pub(super) fn remove_block(&mut self, key: [u8; 12]) {
        self.blocks.push((key, None));
    }

    /// Makes all of a table whose keys begin with `prefix` unreachable; it is removed later, in pieces.
    pub(super) fn discard(&mut self, table: u8, prefix: u64) {
        self.put(keys::garbage(table, prefix), Vec::new());
    }

    /// Makes the asset's next commit, with its outbox row.
    pub(super) fn commit(&mut self, asset: &AssetId, effect: &Effect) -> Commit {
        self.counters.commits += 1;
        self.assets.insert(asset.clone());
        let commit = Commit(self.counters.commits);
        self.put(keys::history(asset, commit), encode_effect(effect));
        self.put(keys::outbox(commit.0), asset.as_str().as_bytes().to_vec());
        let loose = matches!(effect, Effect::Segment(s) if s.run.is_loose());
        let claims = matches!(effect, Effect::Segment(_) | Effect::Restored(_) | Effect::Erased(_));
        if claims && !loose {
            self.stale.push(asset.clone());
        }
        commit
    }

    /// Takes over a commit with the number that it has in another store, with its outbox row.
    pub(super) fn take_over(&mut self, asset: &AssetId, record: &CommitRecord) {
        self.counters.commits = self.counters.commits.max(record.commit.0);
        self.assets.insert(asset.clone());
        self.put(keys::history(asset, record.commit), encode_effect(&record.effect));
        self.put(keys::outbox(record.commit.0), asset.as_str().as_bytes().to_vec());
        self.forget_claims(asset);
    }

    /// The claims of the asset must be read again after this change.
    pub(super) fn forget_claims(&mut self, asset: &AssetId) {
        self.stale.push(asset.clone());
    }

    pub(super) fn run(&self, id: &RunId) -> Result<RunRow> {
        self.find_run(id)?.ok_or_else(|| no_run(id))
    }

    pub(super) fn find_run(&self, id: &RunId) -> Result<Option<RunRow>> {
        self.get(&keys::run(id))?.map(|bytes| RunRow::decode(&bytes)).transpose()
    }

    pub(super) fn put_run(&mut self, row: &RunRow) {
        self.assets.insert(row.run.asset.clone());
        self.put(keys::run(&row.run.id), row.encode());
    }

    pub(super) fn loose_scope(&self, asset: &AssetId, model: &ModelRef) -> Result<Option<u64>> {
        Ok(self.get(&keys::scope(asset, model))?.as_deref().and_then(keys::trailing_number))
    }

    /// The asset's history as it stood before this change.
    pub(super) fn each_record(
        &self,
        asset: &AssetId,
        mut each: impl FnMut(CommitRecord) -> Result<()>,
    ) -> Result<()> {
        let prefix = keys::history_of(asset);
        tables::each_row(self.folder, &prefix, |key, value| {
            let commit = Commit(keys::trailing_number(key).unwrap_or_default());
            each(CommitRecord { commit, effect: decode_effect(value)? })
        })
    }

    /// The stretches claimed by runs on the asset, as of before this change.
    pub(super) fn claims(&mut self, asset: &AssetId) -> Result<Current> {
        if let Some(current) = self.state.claims.get(asset) {
            return Ok(current.clone());
        }
        let mut current = Current::default();
        self.each_record(asset, |record| {
            current.apply_runs_only(&record);
            Ok(())
        })?;
        if self.state.claims.len() >= CLAIMS_MAX {
            self.state.claims.clear();
        }
        self.state.claims.insert(asset.clone(), current.clone());
        Ok(current)
    }

    /// Discards everything put so far: the change becomes empty.
    pub(super) fn undo(&mut self) {
        self.rows.clear();
        self.ids.clear();
        self.blocks.clear();
        self.stale.clear();
        self.assets.clear();
        self.counters = self.state.counters;
    }

    /// Writes the change. An empty change waits until what it read is durable.
    pub(super) fn finish(mut self) -> Result<Ticket> {
        // Assigned numbers are never reused, even where nothing else is written.
        let spent = self.counters != self.state.counters;
        if self.rows.is_empty() && self.ids.is_empty() && self.blocks.is_empty() && !spent {
            return Ok(self.folder.last_ticket());
        }
        if spent {
            self.put(keys::counters(), self.counters.encode());
        }
        let mut batch = self.folder.batch();
        batch.note(change_note::encode(&self.counters, &self.assets));
        for (key, value) in self.rows {
            tables::stage(&mut batch, tables::ROWS, key, value);
        }
        for (key, value) in self.ids {
            tables::stage(&mut batch, tables::IDS, key, value);
        }
        for (key, value) in self.blocks {
            tables::stage(&mut batch, tables::BLOCKS, key, value);
        }
        let ticket = self.folder.write(batch, self.counters.commits)?;
        self.state.counters = self.counters;
        for asset in &self.stale {
            self.state.claims.remove(asset);
        }
        Ok(ticket)
    }
}
