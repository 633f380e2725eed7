//! Do the store's counters agree with its rows?

use rushes_kv::Folder;
use rushes_types::Result;

use super::counters::Counters;
use super::keys::{self, kind};
use super::tables;

/// What does not agree, in words. Read at one moment.
pub(super) fn counters(folder: &Folder) -> Result<Option<String>> {
    let view = folder.snapshot();
    let rows = folder.table(tables::ROWS);
    let failed = |e| folder.error("cannot read", e);
    let counters = fjall::Readable::get(&view, rows, keys::counters()).map_err(failed)?;
    let counters = counters.map_or(Ok(Counters::default()), |bytes| Counters::decode(&bytes))?;
    let mut assets = 0;
    for guard in fjall::Readable::prefix(&view, rows, [kind::ASSET]) {
        guard.key().map_err(failed)?;
        assets += 1;
    }
    Ok((assets != counters.assets)
        .then(|| format!("the annotation store counts {} assets and holds {assets}", counters.assets)))
}
