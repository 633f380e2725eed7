//! What fuzz targets call of the small files that nobody else may: not for use. Each reads one file of an archive's folder.

use std::path::Path;

use crate::erasures::{Erasures, PURGE_AFTER};
use crate::rebuild_marker::{mark, pending};
use crate::verify_kept::Verifications;

/// The marker of a rebuild.
///
/// # Panics
/// Where one that was read is written and read as another.
pub fn rebuild_marker(dir: &Path) {
    if let Ok(Some(marker)) = pending(dir)
        && mark(dir, marker.what).is_ok()
    {
        assert_eq!(pending(dir).ok(), Some(Some(marker)));
    }
}

/// The marker of what was erased: whatever it says, something was.
///
/// # Panics
/// Where it counts as if nothing had been erased.
pub fn erasures(dir: &Path) {
    if let Ok(erasures) = Erasures::open(dir, PURGE_AFTER) {
        assert!(erasures.unpurged_for().is_some(), "erased bytes are forgotten");
    }
}

/// The result of the last check.
pub fn verifications(dir: &Path) {
    let _ = Verifications::open(dir).last();
}
