//! The marker of a rebuild: written first and removed last, so that one that is cut off is begun again.

use std::path::{Path, PathBuf};

use rushes_types::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

use crate::manifest::{read_whole, remove_whole, write_whole};

const MARKER: &str = "rebuild.json";

/// What to rebuild.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rebuild {
    /// Fused annotations, buckets and the index.
    All,
    /// The index, from what is fused.
    Index,
}

/// A rebuild that has begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Marker {
    pub what: Rebuild,
}

fn marker_path(dir: &Path) -> PathBuf {
    dir.join(MARKER)
}

/// Writes the marker that makes the next opening rebuild.
pub(crate) fn mark(dir: &Path, what: Rebuild) -> Result<()> {
    let bytes = serde_json::to_vec(&Marker { what }).map_err(|e| Error::bug(e.to_string()))?;
    write_whole(&marker_path(dir), &bytes)
}

/// The rebuild that was begun and not finished, if any.
pub(crate) fn pending(dir: &Path) -> Result<Option<Marker>> {
    let Some(bytes) = read_whole(&marker_path(dir))? else { return Ok(None) };
    serde_json::from_slice(&bytes).map(Some).map_err(|e| {
        Error::new(ErrorKind::Corrupt, format!("`{MARKER}` is damaged: {e}"))
            .mend("remove it and run `rushes rebuild`")
    })
}

/// Removes the marker: the rebuild is done.
pub(crate) fn remove(dir: &Path) -> Result<()> {
    remove_whole(&marker_path(dir))
}

/// Notes a rebuild; a larger one that is noted stays.
pub(crate) fn mark_at_least(dir: &Path, what: Rebuild) -> Result<()> {
    match (pending(dir), what) {
        (Ok(Some(_)), Rebuild::Index) => Ok(()),
        _ => mark(dir, what),
    }
}
