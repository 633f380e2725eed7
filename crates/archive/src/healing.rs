//! Damage: what is done about it when an archive is opened, and when a read meets it.
//!
//! Derived parts that are damaged are set aside and made again from the store, without asking. The store itself is the truth: where
//! it lacks what was acknowledged, nothing is opened, unless someone says so.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};

use rushes_events::Topic;
use rushes_kv::{Guard, OnDamage};
use rushes_types::{Commit, Error, ErrorKind, Result};

use crate::clock::rfc3339;
use crate::engines::Engines;
use crate::part::Part;
use crate::rebuild::{Rebuild, mark, pending};
use crate::workers::{FUSE_CONSUMER, INDEX_CONSUMER};

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Such a time as people read it.
pub(crate) fn show_time(ms: u64) -> String {
    rfc3339(UNIX_EPOCH + std::time::Duration::from_millis(ms))
}

/// The file of a part's chain of changes.
pub(crate) fn chain_of(dir: &Path, part: Part) -> PathBuf {
    dir.join(format!("{}.chain", part.as_str()))
}

/// How a derived part is guarded: what it lacks can be made again, so nothing of it is held.
pub(crate) fn derived_guard(dir: &Path, part: Part, identity: u128) -> Guard {
    Guard {
        path: chain_of(dir, part),
        identity,
        now_ms,
        show_time,
        describe: |_| String::new(),
        on_damage: OnDamage::Refuse,
        holds_files: false,
    }
}

/// Opens a derived part; where it is damaged, sets it aside, notes that it is to be rebuilt, and opens an empty one.
pub(crate) fn open_or_set_aside<T>(
    dir: &Path,
    part: Part,
    what: Rebuild,
    open: impl Fn() -> Result<T>,
) -> Result<T> {
    match open() {
        Err(error) if error.kind() == ErrorKind::Corrupt => {
            tracing::warn!(%error, part = part.as_str(), "a derived part is damaged; it is set aside and made again");
            set_aside(dir, part, what)?;
            open()
        }
        opened => opened,
    }
}

/// Moves a derived part away, where it can be looked at until the next time, and notes the rebuild first.
pub(crate) fn set_aside(dir: &Path, part: Part, what: Rebuild) -> Result<()> {
    mark_at_least(dir, what)?;
    let from = part.dir(dir);
    let to = dir.join(format!("{}.damaged", part.as_str()));
    let failed = |e| Error::io(&format!("setting `{}` aside", from.display()), e);
    let ignoring = |outcome: std::io::Result<()>| match outcome {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(failed(e)),
        _ => Ok(()),
    };
    ignoring(fs::remove_dir_all(&to))?;
    ignoring(fs::rename(&from, &to))?;
    ignoring(fs::remove_file(chain_of(dir, part)))
}

/// Notes a rebuild; a larger one that is noted stays.
fn mark_at_least(dir: &Path, what: Rebuild) -> Result<()> {
    match (pending(dir), what) {
        (Ok(Some(_)), Rebuild::Index) => Ok(()),
        _ => mark(dir, what),
    }
}

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
