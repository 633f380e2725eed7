//! Derived parts that are damaged are set aside when they are opened, and made again from the store, without asking.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use rushes_kv::{Guard, OnDamage, if_there};
use rushes_types::{Error, ErrorKind, Result};

use crate::clock::{now_ms, rfc3339};
use crate::part::Part;
use crate::rebuild_marker::{Rebuild, mark_at_least};

/// A time in milliseconds since 1970, as people read it.
#[must_use]
pub fn show_time(ms: u64) -> String {
    rfc3339(UNIX_EPOCH + Duration::from_millis(ms))
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
            tracing::error!(%error, part = part.as_str(), "a derived part is damaged; it is set aside and made again");
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
    let to = damaged(dir, part);
    let failed = |e| Error::io(&format!("setting `{}` aside", from.display()), e);
    let ignoring = |outcome| if_there(outcome).map(drop).map_err(failed);
    if !from.exists() {
        // What was set aside before stays.
        return ignoring(fs::remove_file(chain_of(dir, part)));
    }
    ignoring(fs::remove_dir_all(&to))?;
    ignoring(fs::rename(&from, &to))?;
    ignoring(fs::remove_file(chain_of(dir, part)))
}

/// Where a derived part lies that was set aside.
fn damaged(dir: &Path, part: Part) -> PathBuf {
    dir.join(format!("{}.damaged", part.as_str()))
}

/// Removes derived parts that were set aside: bytes of what was erased may be in them.
pub(crate) fn remove_set_aside(dir: &Path) -> Result<()> {
    for part in [Part::Events, Part::Timeline, Part::Index] {
        let folder = damaged(dir, part);
        let removed = if_there(fs::remove_dir_all(&folder));
        removed.map_err(|e| Error::io(&format!("removing `{}`", folder.display()), e))?;
    }
    Ok(())
}

/// Stores as they were found damaged, which a person keeps: bytes of what was erased may be in them.
pub(crate) fn kept_stores(dir: &Path) -> Vec<PathBuf> {
    let prefix = format!("{}.damaged-", Part::Store.as_str());
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries.filter(|e| e.file_name().to_string_lossy().starts_with(&prefix)).map(|e| e.path()).collect()
}
