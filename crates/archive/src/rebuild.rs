//! Throwing derived state away and making it anew.
//!
//! A rebuild empties the derived stores and says every asset's event again; the workers do the rest, as they
//! always do. A marker file, written first and removed last, makes it resumable: an archive that is opened
//! with the marker starts the rebuild over. A restored backup is an archive with a marker and no derived state.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rushes_events::{Event, Topic};
use rushes_types::{AssetId, Commit, Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

use crate::embedded::Place;
use crate::engines::{Engines, OpenEngines};
use crate::manifest::{Manifest, write_whole};
use crate::progress::{Progress, check};
use crate::workers::{FUSE_CONSUMER, INDEX_CONSUMER, relay_pass};

const MARKER: &str = "rebuild.json";
/// Several who index may each have missed what the others reached; they look again so soon.
const PUBLISHED_WITHIN: Duration = Duration::from_secs(3);
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
            Error::new(ErrorKind::Corrupt, format!("`{MARKER}` is damaged: {e}"))
                .mend("remove it and run `rushes rebuild`")
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
        engines.timeline.clear()?;
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
            Rebuild::Index => (Topic::Fused, engines.timeline.assets(after.as_ref(), ASSETS)?),
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

/// Opens the engines; leaves the marker where something is to be made anew. An index of the archive's own that is broken,
/// of another format or gone is derived data, and made anew without asking; one that others share only by `anew`. In a
/// process that does not index (`indexes`), an index of its own is of no use and stays empty: another process fills its
/// own from the same events.
pub(crate) fn open_engines(
    dir: &Path,
    manifest: &Manifest,
    opener: &dyn OpenEngines,
    anew: Option<Rebuild>,
    indexes: bool,
) -> Result<Engines> {
    let of_no_use = opener.has_index_here() && !indexes;
    let open = |index_anew| opener.open(&Place { dir, manifest, index_anew });
    if pending(dir)?.is_some() {
        return open(true);
    }
    if let Some(what) = anew {
        // Marked after it: an engine that is not there at all has lost nothing.
        let engines = open(true)?;
        mark(dir, what)?;
        return Ok(engines);
    }
    match open(false) {
        Err(error)
            if opener.has_index_here()
                && matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::Unsupported) =>
        {
            tracing::warn!(%error, "the index is made anew");
            if !of_no_use {
                mark(dir, Rebuild::Index)?;
            }
            open(true)
        }
        Ok(engines) if !of_no_use && index_is_lost(&engines)? => {
            if !opener.has_index_here() {
                return Err(Error::new(ErrorKind::NotFound, "the index is empty, and it was filled before").mend("were its indices deleted, or is another prefix configured? `rushes rebuild --index` fills it again"));
            }
            tracing::warn!("the index is gone; it is made anew");
            mark(dir, Rebuild::Index)?;
            Ok(engines)
        }
        opened => opened,
    }
}

/// Was everything taken out of the index by somebody else? Events up to some commit are acknowledged by those who index,
/// each after what it caused was published, and nothing is there.
fn index_is_lost(engines: &Engines) -> Result<bool> {
    let until = Instant::now() + PUBLISHED_WITHIN;
    loop {
        let said = engines.events.watermarks(Topic::Fused, INDEX_CONSUMER)?;
        if said.into_iter().min().is_none_or(|upto| upto == Commit::NONE)
            || engines.index.reader(None)?.read_point().upto != Commit::NONE
            || engines.index.counts()?.entries > 0
        {
            return Ok(false);
        }
        if Instant::now() > until {
            return Ok(true);
        }
        std::thread::sleep(PUBLISHED_WITHIN / 10);
    }
}
