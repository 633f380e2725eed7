//! Empties derived state, so that the workers rebuild it from the store.
//!
//! A rebuild empties the derived stores and republishes every asset; the workers do the rest, as they always do. Clients
//! go on committing. A marker file, written first and removed last, makes it resumable: an archive that is opened with
//! the marker starts the rebuild over. A restored backup is an archive with a marker and no derived state.
//!
//! What was in the event log is skipped, watermarks too, so a rebuild must append a watermark of its own; otherwise the
//! read point would never reach the commits whose watermarks were skipped. This order makes it correct and high enough:
//!
//! 1. skip what the log holds,
//! 2. read the commit up to which the store is complete (`settled`),
//! 3. republish every asset that has a commit,
//! 4. append that commit as the watermark.
//!
//! A skipped watermark was appended before 1, so 2 is not below it. A commit up to 2 existed before 3, so its asset
//! precedes the watermark in the log, whatever the state of the relay. A commit after 2 is still in the outbox, or has
//! an event after the skipped ones, and brings its own watermark. Nothing here waits for an empty outbox: under traffic
//! it may never be empty.

use std::path::Path;

use rushes_events::{Event, Topic};
use rushes_store::OnDamage;
use rushes_types::{AssetId, Commit, Error, ErrorKind, Result};

use crate::archive_folder::ArchiveFolder;
use crate::engines::{Engines, OpenEngines};
use crate::healing::{IndexPlace, check_store_is_ahead, derived_is_behind, tell_left_out};
use crate::manifest::Manifest;
use crate::part::Part;
use crate::progress::{Progress, check};
use crate::rebuild_marker::{self as marker_file, Marker, Rebuild, mark, pending};
use crate::set_aside::set_aside;
use crate::workers::{FUSE_CONSUMER, INDEX_CONSUMER};

/// Assets whose events are appended in one call.
const ASSETS: usize = 1024;

/// Empties what is to be rebuilt and republishes every asset. The workers must be stopped.
pub(crate) fn begin(dir: &Path, engines: &Engines, marker: &Marker, progress: &dyn Progress) -> Result<()> {
    if marker.what == Rebuild::All {
        progress.set("emptying fused data", 0, None);
        engines.timeline.clear()?;
        engines.events.skip(Topic::Committed, FUSE_CONSUMER)?;
    }
    progress.set("emptying the index", 0, None);
    engines.index.clear()?;
    engines.events.skip(Topic::Fused, INDEX_CONSUMER)?;
    // After skipping and before republishing: see the head of the module.
    let upto = engines.store.settled()?;
    if marker.what == Rebuild::Index {
        republish_fused(engines, progress)?;
    }
    republish_committed(engines, progress)?;
    // Sent through fusion, so that it reaches the index after everything that was fused before it.
    engines.events.append(Topic::Committed, &[Event::Watermark { partition: None, upto }])?;
    marker_file::remove(dir)
}

/// Sends every asset that ever had a commit to fusion again. An asset already fused up to its last commit costs one
/// look-up.
fn republish_committed(engines: &Engines, progress: &dyn Progress) -> Result<()> {
    republish(engines, Topic::Committed, progress, &|after| {
        let page = engines.store.assets_with_history(after, ASSETS)?;
        Ok(page.into_iter().map(|asset| (asset, Commit::NONE)).collect())
    })
}

/// Sends every fused asset to the index again.
fn republish_fused(engines: &Engines, progress: &dyn Progress) -> Result<()> {
    republish(engines, Topic::Fused, progress, &|after| engines.timeline.assets(after, ASSETS))
}

/// Returns a page of assets with their commits, starting after one.
type Pages<'a> = dyn Fn(Option<&AssetId>) -> Result<Vec<(AssetId, Commit)>> + 'a;

fn republish(engines: &Engines, topic: Topic, progress: &dyn Progress, pages: &Pages<'_>) -> Result<()> {
    let mut after: Option<AssetId> = None;
    let mut queued = 0;
    loop {
        check(progress, "the rebuild")?;
        let assets = pages(after.as_ref())?;
        let Some((last, _)) = assets.last() else { return Ok(()) };
        after = Some(last.clone());
        queued += assets.len() as u64;
        progress.set("assets queued", queued, None);
        let events: Vec<Event> =
            assets.into_iter().map(|(asset, commit)| Event::Asset { asset, commit }).collect();
        engines.events.append(topic, &events)?;
    }
}

/// Opens the engines; writes the marker where something is to be rebuilt. An index in the archive's own folder that is
/// damaged, missing or of another format is derived data and rebuilt automatically; a shared one only if `what` says
/// so. In a process that does not index (`indexes`), an own index stays empty: the indexing process fills its own from
/// the same events.
pub(crate) fn open_engines(
    dir: &Path,
    manifest: &Manifest,
    opener: &dyn OpenEngines,
    what: Option<Rebuild>,
    indexes: bool,
    on_damage: OnDamage,
) -> Result<Engines> {
    let of_no_use = opener.has_index_here() && !indexes;
    let open = |empty_index| opener.open(&ArchiveFolder { dir, manifest, empty_index, on_damage });
    if on_damage == OnDamage::Accept {
        // What was derived may hold more than the store that is taken as it is.
        for part in [Part::Events, Part::Timeline, Part::Index] {
            set_aside(dir, part, Rebuild::All)?;
        }
    }
    if pending(dir)?.is_some() {
        // Who only reads makes nothing again: what is there is better than nothing.
        return open(on_damage != OnDamage::ReadOnly);
    }
    if let Some(what) = what {
        // Marked only after opening: an engine that cannot be reached has lost nothing.
        let engines = open(true)?;
        mark(dir, what)?;
        return Ok(engines);
    }
    match open(false) {
        Err(error)
            if opener.has_index_here()
                && matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::Unsupported)
                // Else it is not about the index.
                && opener.store(&ArchiveFolder { dir, manifest, empty_index: false, on_damage }).is_ok() =>
        {
            tracing::warn!(%error, "the index cannot be read; it is rebuilt");
            if !of_no_use {
                mark(dir, Rebuild::Index)?;
            }
            open(true)
        }
        Ok(engines) if on_damage == OnDamage::ReadOnly => Ok(engines),
        Ok(engines) if pending(dir)?.is_none() => {
            check_store_is_ahead(&engines)?;
            tell_left_out(&engines)?;
            let index = match (opener.has_index_here(), of_no_use) {
                (_, true) => IndexPlace::OfNoUse,
                (true, false) => IndexPlace::Here,
                (false, false) => IndexPlace::Elsewhere,
            };
            match derived_is_behind(&engines, index)? {
                Some(Rebuild::Index) if index == IndexPlace::Elsewhere => {
                    return Err(Error::new(ErrorKind::NotFound, "the index is empty, and it was filled before").mend("were its indices deleted, or is another prefix configured? `rushes rebuild --index` fills it again"));
                }
                Some(what) => mark(dir, what)?,
                None => {}
            }
            Ok(engines)
        }
        opened => opened,
    }
}
