//! Throwing derived state away and making it anew.
//!
//! A rebuild empties the derived stores and says every asset's event again; the workers do the rest, as they
//! always do. A marker file, written first and removed last, makes it resumable: an archive that is opened
//! with the marker starts the rebuild over. A restored backup is an archive with a marker and no derived state.

use std::path::{Path, PathBuf};

use rushes_events::{Event, Topic};
use rushes_types::{AssetId, Commit, Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

use crate::engines::Engines;
use crate::manifest::write_whole;
use crate::progress::{Progress, check};
use crate::workers::{FUSE_CONSUMER, INDEX_CONSUMER, relay_pass};

const MARKER: &str = "rebuild.json";
/// Assets whose events are said at once.
const ASSETS: usize = 1024;

/// What to make anew.
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
    what: Rebuild,
}

fn marker_path(dir: &Path) -> PathBuf {
    dir.join(MARKER)
}

/// Leaves the marker that makes the next opening rebuild everything.
pub(crate) fn mark(dir: &Path, what: Rebuild) -> Result<()> {
    let bytes = serde_json::to_vec(&Marker { what }).map_err(|e| Error::bug(e.to_string()))?;
    write_whole(&marker_path(dir), &bytes)
}

/// The rebuild that was begun and not finished, if any.
pub(crate) fn pending(dir: &Path) -> Result<Option<Marker>> {
    match std::fs::read(marker_path(dir)) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|e| {
            Error::new(
                ErrorKind::Corrupt,
                format!("`{MARKER}` is damaged: {e}; remove it and run `rushes rebuild`"),
            )
        }),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Error::io(&format!("reading `{MARKER}`"), e)),
    }
}

/// Empties what is to be rebuilt and says every asset's event again. The workers must be stopped or paused.
pub(crate) fn begin(dir: &Path, engines: &Engines, marker: &Marker, progress: &dyn Progress) -> Result<()> {
    // Read first: whatever has a commit up to here is said below, or has been said before.
    let upto = engines.store.settled()?;
    while relay_pass(engines)?.busy {}
    if marker.what == Rebuild::All {
        progress.set("emptying fused data", 0, None);
        engines.fused.clear()?;
        engines.events.skip(Topic::Committed, FUSE_CONSUMER)?;
    }
    progress.set("emptying the index", 0, None);
    engines.index.clear()?;
    engines.events.skip(Topic::Fused, INDEX_CONSUMER)?;
    say_all(engines, marker.what, progress)?;
    // Through fusion, so that it reaches the index behind everything that was fused before it.
    engines.events.append(Topic::Committed, &[Event::Watermark { partition: None, upto }])?;
    match std::fs::remove_file(marker_path(dir)) {
        Ok(()) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(Error::io(&format!("removing `{MARKER}`"), e)),
    }
}

/// Says every asset's event again: to fusion, or to the index where what is fused stays.
fn say_all(engines: &Engines, what: Rebuild, progress: &dyn Progress) -> Result<()> {
    let mut after: Option<AssetId> = None;
    let mut said = 0;
    loop {
        check(progress, "the rebuild")?;
        let (topic, assets) = match what {
            Rebuild::All => {
                let page = engines.store.assets_with_history(after.as_ref(), ASSETS)?;
                (Topic::Committed, page.into_iter().map(|asset| (asset, Commit::NONE)).collect())
            }
            Rebuild::Index => (Topic::Fused, engines.fused.assets(after.as_ref(), ASSETS)?),
        };
        let Some((last, _)) = assets.last() else { return Ok(()) };
        after = Some(last.clone());
        said += assets.len() as u64;
        progress.set("assets queued", said, None);
        let events: Vec<Event> =
            assets.into_iter().map(|(asset, commit)| Event::Asset { asset, commit }).collect();
        engines.events.append(topic, &events)?;
    }
}
