//! What fuzz targets call of the formats that nobody else may: not for use.

use std::path::Path;

use crate::chain::{ChainFile, ChainRecord, ChainState, each_record, first_broken_link};
use crate::journal::{self, JournalsState};

/// Reads the file of a chain in all ways there are.
///
/// # Panics
/// Where two ways of reading it disagree.
pub fn chain(path: &Path) {
    let length = std::fs::metadata(path).map_or(0, |about| about.len());
    let mut all: Vec<ChainRecord> = Vec::new();
    let whole = each_record(path, &mut |record| all.push(record));
    if let (Ok(ChainState::Read { last, end, after, .. }), Ok(whole)) = (ChainFile::state(path), whole) {
        assert!(
            end.checked_add(after) == Some(length) && whole <= end,
            "{whole} of {end} + {after} of {length}"
        );
        if whole == end {
            assert_eq!(last.as_ref(), all.last(), "the last record, read from either end");
        }
    }
    let _ = first_broken_link(path);
}

/// Reads the journals of a folder, and leaves of them what is whole.
///
/// # Panics
/// Where what is left is not whole.
pub fn journals(folder: &Path) {
    let Ok(found) = journal::examine(folder) else { return };
    let cut = match &found {
        JournalsState::Whole => return,
        JournalsState::Torn(torn) => {
            assert!(torn.begin < torn.end, "nothing is torn: {torn:?}");
            journal::cut(&torn.journal, torn.begin)
        }
        JournalsState::Broken { journal, end, .. } => journal::cut_from(folder, journal, *end),
    };
    if cut.is_ok() {
        let left = journal::examine(folder);
        assert_eq!(left.ok(), Some(JournalsState::Whole), "after {found:?} was mended");
    }
}
