//! Content that is imported, on its way into the tables.

use std::collections::HashMap;

use rushes_kv::Folder;
use rushes_types::Result;

use super::ids::{IdLocation, decode_locations, encode_locations};
use super::keys;
use super::tables::{self, BLOCKS, IDS};
use crate::ImportBlock;
use crate::records::hash_id;
use crate::stored_block::{self, pack};

/// Content is written in batches of about this many bytes.
const BATCH_BYTES: usize = 4 << 20;
/// Estimated size of a row of the table of ids, in bytes.
const ID_BYTES: usize = 72;

/// The scope that imported ids are written to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope {
    /// Its number from now on.
    pub number: u64,
    /// The number of the scope that it replaces; its ids are copied.
    pub before: Option<u64>,
    /// Was nothing written to it in earlier batches, so that no lookup is needed?
    pub empty: bool,
    /// May an id have several locations in it?
    pub loose: bool,
}

/// Writes content in batches.
pub(super) struct Loader<'a> {
    folder: &'a Folder,
    rows: Vec<(usize, Vec<u8>, Vec<u8>)>,
    /// Locations of this batch in scopes of loose lines, where an id may have several.
    locations: HashMap<[u8; 24], Vec<IdLocation>>,
    bytes: usize,
}

impl<'a> Loader<'a> {
    pub(super) fn new(folder: &'a Folder) -> Self {
        Self { folder, rows: Vec::new(), locations: HashMap::new(), bytes: 0 }
    }

    /// Adds a block and its ids.
    pub(super) fn add(&mut self, segment: u64, block: u32, scope: Scope, piece: &ImportBlock) -> Result<()> {
        let stored =
            stored_block::encode(piece.block.format, &piece.block.positions, &pack(&piece.block.bytes));
        self.bytes = self.bytes.saturating_add(stored.len());
        self.rows.push((BLOCKS, keys::block(segment, block).to_vec(), stored));
        for row in &piece.rows {
            let key = keys::id(scope.number, hash_id(&row.id));
            let (position, start_ns, digest) = (row.position, row.start_ns, row.digest);
            let location = IdLocation { segment, block, position, start_ns, digest };
            self.bytes = self.bytes.saturating_add(ID_BYTES);
            if !scope.loose {
                self.rows.push((IDS, key.to_vec(), encode_locations(&[location])));
                continue;
            }
            let mut locations = self.locations.remove(&key).unwrap_or_default();
            if locations.is_empty()
                && !scope.empty
                && let Some(bytes) = tables::get(self.folder, IDS, &key)?
            {
                locations = decode_locations(&bytes)?;
            }
            locations.push(location);
            self.locations.insert(key, locations);
        }
        if self.bytes >= BATCH_BYTES { self.flush() } else { Ok(()) }
    }

    /// Copies the existing ids into the new scope. The old scope is not changed in place, because readers must not see
    /// what is not committed.
    pub(super) fn copy_scope(&mut self, scope: &Scope) -> Result<()> {
        let Some(before) = scope.before else { return Ok(()) };
        let folder = self.folder;
        for guard in folder.table(IDS).prefix(before.to_be_bytes()) {
            let (key, value) = guard.into_inner().map_err(|e| folder.error("cannot read", e))?;
            let mut key = key.to_vec();
            if let Some(number) = key.get_mut(..8) {
                number.copy_from_slice(&scope.number.to_be_bytes());
            }
            self.bytes = self.bytes.saturating_add(ID_BYTES);
            self.rows.push((IDS, key, value.to_vec()));
            if self.bytes >= BATCH_BYTES {
                self.flush()?;
            }
        }
        // Later content may add to these rows, so they must be written first.
        self.flush()
    }

    /// Writes the pending batch. Not synced: the last change of the import syncs everything before it.
    pub(super) fn flush(&mut self) -> Result<()> {
        self.bytes = 0;
        let folder = self.folder;
        let locations = std::mem::take(&mut self.locations);
        let ids =
            locations.into_iter().map(|(key, locations)| (IDS, key.to_vec(), encode_locations(&locations)));
        let rows: Vec<_> = std::mem::take(&mut self.rows).into_iter().chain(ids).collect();
        if rows.is_empty() {
            return Ok(());
        }
        let mut batch = folder.batch();
        for (table, key, value) in rows {
            tables::stage(&mut batch, table, key, Some(value));
        }
        folder.check()?;
        folder.write(batch, 0).map(drop)
    }
}
