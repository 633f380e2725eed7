//! Damage of what is derived: noticed when an archive is opened, and when a read meets it.
//!
//! The store is the truth: where it lacks what was acknowledged, nothing is opened, unless someone says so. What is derived is made
//! again from it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use rushes_events::{Event, Topic};
use rushes_types::{Commit, Error, ErrorKind, Result};

use crate::engines::Engines;
use crate::rebuild_marker::Rebuild;
use crate::workers::{FUSE_CONSUMER, INDEX_CONSUMER};

/// Refuses a store that holds less than what was derived from it: store and chain may both be of an earlier time.
pub(crate) fn check_store_is_ahead(engines: &Engines) -> Result<()> {
    if engines.shared() {
        return Ok(());
    }
    let last = engines.store.last_commit()?;
    let indexed = engines.index.reader(None)?.read_point().upto;
    let fused = engines.events.watermarks(Topic::Committed, FUSE_CONSUMER)?.into_iter().max();
    let derived = indexed.max(fused.unwrap_or(Commit::NONE));
    if derived <= last {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Corrupt,
        format!("the annotation store is damaged: it ends with commit {last}, but commit {derived} was fused from it"),
    )
    .mend("`rushes doctor` shows the ways out"))
}

/// What of the derived parts in the archive's folder lacks what the event log says that it has done.
pub(crate) fn derived_is_behind(engines: &Engines, has_index_here: bool) -> Result<Option<Rebuild>> {
    if engines.shared() {
        return Ok(None);
    }
    let acknowledged = |topic, consumer| -> Result<Commit> {
        Ok(engines.events.watermarks(topic, consumer)?.into_iter().min().unwrap_or(Commit::NONE))
    };
    let nothing_fused = engines.timeline.assets(None, 1)?.is_empty();
    if nothing_fused
        && acknowledged(Topic::Committed, FUSE_CONSUMER)? > Commit::NONE
        && !engines.store.assets_with_history(None, 1)?.is_empty()
    {
        tracing::warn!("what was fused is gone; it is rebuilt");
        return Ok(Some(Rebuild::All));
    }
    let indexed = engines.index.reader(None)?.read_point().upto;
    if has_index_here && indexed < acknowledged(Topic::Fused, INDEX_CONSUMER)? {
        tracing::warn!(%indexed, "the index is older than what was indexed; it is rebuilt");
        return Ok(Some(Rebuild::Index));
    }
    Ok(None)
}

/// Tells the later stages of commits that no row of the outbox speaks of: numbers of a damaged store that was taken over are left out, and
/// who did that may have been cut off before he said so. Without it the read point would wait for them until the next commit.
pub(crate) fn tell_left_out(engines: &Engines) -> Result<()> {
    if engines.shared() {
        return Ok(());
    }
    // In this order: of what is settled now, all is carried where the outbox is empty afterwards.
    let upto = engines.store.settled()?;
    let told = engines.events.watermarks(Topic::Committed, FUSE_CONSUMER)?.into_iter().min();
    if told.unwrap_or(Commit::NONE) < upto && engines.store.outbox(0, 1)?.rows.is_empty() {
        engines.events.append(Topic::Committed, &[Event::Watermark { partition: None, upto }])?;
    }
    Ok(())
}

/// Has a derived part made again that a read found to be damaged. It does so once: what is damaged again at once is not mended by
/// making it again.
#[derive(Default)]
pub(crate) struct Healer {
    rebuild: OnceLock<Arc<RebuildFn>>,
    begun: AtomicBool,
}

/// Rebuilds; nothing where the archive is closed.
type RebuildFn = dyn Fn(Rebuild) -> Result<()> + Send + Sync;

impl Healer {
    /// How the archive that it looks after is rebuilt.
    pub(crate) fn rebuilds_by(&self, rebuild: impl Fn(Rebuild) -> Result<()> + Send + Sync + 'static) {
        // Set once, when the archive is opened.
        let _ = self.rebuild.set(Arc::new(rebuild));
    }

    /// The outcome of a read of derived data; where it met damage, the rebuild is begun and the error says so.
    pub(crate) fn after<T>(&self, what: Rebuild, outcome: Result<T>) -> Result<T> {
        let error = match outcome {
            Err(error) if error.kind() == ErrorKind::Corrupt => error,
            other => return other,
        };
        if self.begun.swap(true, Ordering::AcqRel) {
            return Err(error);
        }
        let Some(rebuild) = self.rebuild.get().cloned() else { return Err(error) };
        tracing::warn!(%error, ?what, "derived data are damaged; they are made again");
        let rebuild = move || {
            if let Err(error) = rebuild(what) {
                tracing::error!(%error, "the rebuild of damaged data has failed; `rushes rebuild` tries again");
            }
        };
        match std::thread::Builder::new().name("rushes-heal".to_owned()).spawn(rebuild) {
            Ok(_) => Err(Error::new(
                ErrorKind::Unavailable,
                format!("what was derived is damaged, and is being made again ({})", error.message()),
            )
            .mend("ask again in a while; `rushes status` shows how far it is")),
            Err(e) => Err(Error::io("beginning to rebuild", e)),
        }
    }
}
