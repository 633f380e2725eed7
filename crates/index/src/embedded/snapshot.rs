//! The published state, immutable: what readers are made of.

use std::sync::{Arc, OnceLock};

use rushes_types::{ReadPoint, Result};

use super::asset_table::AssetTable;
use super::reader::{EmbeddedReader, ReaderSettings};
use super::snapshot_segment::SnapshotSegment;
use crate::read_points::ReadPoints;
use crate::seam::IndexCounts;

#[derive(Debug)]
pub(crate) struct Snapshot {
    pub segments: Vec<SnapshotSegment>,
    pub assets: AssetTable,
    pub read_points: ReadPoints,
    settings: ReaderSettings,
    /// The reader of the newest read point, shared by most callers.
    newest: OnceLock<Arc<EmbeddedReader>>,
}

impl Snapshot {
    pub fn new(
        segments: Vec<SnapshotSegment>,
        assets: AssetTable,
        read_points: ReadPoints,
        settings: ReaderSettings,
    ) -> Self {
        Self { segments, assets, read_points, settings, newest: OnceLock::new() }
    }

    pub fn reader(&self, at: Option<&ReadPoint>, now: u64) -> Result<Arc<EmbeddedReader>> {
        let (at, generation) = self.read_points.resolve(at, now)?;
        let make = || {
            let documents = self.assets.values().filter_map(|state| state.document(generation).cloned());
            EmbeddedReader::new(at.clone(), documents.collect(), &self.segments, self.settings.clone())
        };
        if at == ReadPoint::at(self.read_points.newest()) {
            return Ok(self.newest.get_or_init(|| Arc::new(make())).clone());
        }
        Ok(Arc::new(make()))
    }

    pub fn counts(&self) -> IndexCounts {
        let segments = || self.segments.iter().map(|part| &part.segment);
        let rows = segments().flat_map(|segment| &segment.spaces).map(|space| space.rows as u64);
        IndexCounts {
            entries: segments().map(|segment| u64::from(segment.count())).sum(),
            vectors: rows.sum(),
            segments: self.segments.len() as u64,
            bytes: segments().map(|segment| segment.size()).sum(),
        }
    }
}
