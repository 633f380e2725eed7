//! What searches gather from snapshots and reuse.

use std::sync::{Arc, OnceLock};

use rushes_ask::Names;
use rushes_query::Catalog;
use rushes_text::Analyzer;

use crate::snapshot_cache::SnapshotCache;
use crate::word_tally::WordTally;

/// The caches of an archive's searches.
#[derive(Debug, Default)]
pub(crate) struct SearchCaches {
    /// Names of labels and titles.
    pub names: SnapshotCache<Names>,
    /// Models and spaces.
    pub catalogs: SnapshotCache<Catalog>,
    /// Counts of words, for callers who see a part.
    pub words: SnapshotCache<WordTally>,
    /// How words are reduced.
    pub analyzer: OnceLock<Arc<Analyzer>>,
}
