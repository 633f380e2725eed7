//! The tables of the store, and reading them.

use fjall::Slice;
use rushes_kv::{Batch, Folder, Layout, Table};
use rushes_types::Result;

/// Everything small: assets, models, labels, runs, history, outbox; see [`super::keys::kind`].
pub(super) const ROWS: usize = 0;
/// (scope, hash of the id) → where the annotation lies and what it says.
pub(super) const IDS: usize = 1;
/// (segment, number) → a block.
pub(super) const BLOCKS: usize = 2;

/// [`IDS`] in the rows of what is to be removed. Part of the format.
pub(super) const TABLE_OF_IDS: u8 = b'i';
/// [`BLOCKS`] in the rows of what is to be removed. Part of the format.
pub(super) const TABLE_OF_BLOCKS: u8 = b'b';

/// Version of what is written into the tables.
const FORMAT: u32 = 1;

/// In the order of [`ROWS`], [`IDS`], [`BLOCKS`].
const TABLES: &[Table] =
    &[Table::new("rows"), Table::new("ids"), Table { compressed_already: true, ..Table::new("blocks") }];

/// The folder of the store.
pub(super) const fn layout(cache_bytes: u64) -> Layout {
    Layout { what: "the annotation store", format: FORMAT, tables: TABLES, cache_bytes }
}

pub(super) fn get(folder: &Folder, table: usize, key: &[u8]) -> Result<Option<Slice>> {
    folder.table(table).get(key).map_err(|e| folder.error("cannot read", e))
}

pub(super) fn get_row(folder: &Folder, key: &[u8]) -> Result<Option<Vec<u8>>> {
    Ok(get(folder, ROWS, key)?.map(|value| value.to_vec()))
}

/// Every row whose key begins with `prefix`, ascending.
pub(super) fn each_row(
    folder: &Folder,
    prefix: &[u8],
    mut each: impl FnMut(&[u8], &[u8]) -> Result<()>,
) -> Result<()> {
    for guard in folder.table(ROWS).prefix(prefix) {
        let (key, value) = guard.into_inner().map_err(|e| folder.error("cannot read", e))?;
        each(&key, &value)?;
    }
    Ok(())
}

/// At most `limit` rows with keys in `[from, to)`, ascending.
pub(super) fn page<T>(
    folder: &Folder,
    from: Vec<u8>,
    to: Vec<u8>,
    limit: usize,
    read: impl Fn(&[u8], &[u8]) -> Result<T>,
) -> Result<Vec<T>> {
    let mut page = Vec::new();
    if from >= to {
        return Ok(page);
    }
    for guard in folder.table(ROWS).range(from..to).take(limit) {
        let (key, value) = guard.into_inner().map_err(|e| folder.error("cannot read", e))?;
        page.push(read(&key, &value)?);
    }
    Ok(page)
}

/// Puts a value, or the removal of one, into a batch.
pub(super) fn stage(batch: &mut Batch<'_>, table: usize, key: impl Into<Slice>, value: Option<Vec<u8>>) {
    match value {
        Some(value) => batch.insert(table, key, value),
        None => batch.remove(table, key),
    }
}
