//! A segment as the writer knows it: published or not, with the tombstones that the next publish brings.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use rushes_types::Result;

use super::manifest::{ManifestSegment, segment_path};
use super::segment::Segment;
use super::snapshot_segment::SnapshotSegment;
use super::tombstones::Tombstones;
use super::validities::EntryValidity;

/// A segment with its changes.
#[derive(Debug)]
pub(super) struct WriterSegment {
    pub segment: Arc<Segment>,
    /// As published.
    pub tombstones: Arc<Tombstones>,
    /// The file of the tombstones; 0: none.
    pub tombstones_file: u64,
    /// Not published yet.
    pub pending: HashMap<u32, EntryValidity>,
    /// Is it named by the manifest? One that was flushed early is not before the next publish.
    pub published: bool,
}

impl WriterSegment {
    pub fn new(segment: Arc<Segment>) -> Self {
        let tombstones = Arc::default();
        Self { segment, tombstones, tombstones_file: 0, pending: HashMap::new(), published: false }
    }

    /// Opens what a manifest names.
    pub fn open(folder: &Path, row: ManifestSegment) -> Result<Self> {
        let segment = Arc::new(Segment::open(&segment_path(folder, row.segment), row.segment)?);
        let tombstones = match row.tombstones_file {
            0 => Tombstones::default(),
            file => Tombstones::read(folder, file, segment.count())?,
        };
        let (tombstones, tombstones_file) = (Arc::new(tombstones), row.tombstones_file);
        Ok(Self { tombstones, tombstones_file, published: true, ..Self::new(segment) })
    }

    /// As the manifest names it.
    pub fn row(&self) -> ManifestSegment {
        ManifestSegment { segment: self.segment.id, tombstones_file: self.tombstones_file }
    }

    /// As readers are given it.
    pub fn published(&self) -> SnapshotSegment {
        SnapshotSegment { segment: self.segment.clone(), tombstones: self.tombstones.clone() }
    }

    /// An entry's validity, with what is not published yet.
    pub fn validity(&self, entry: u32) -> Result<&EntryValidity> {
        if let Some(validity) = self.pending.get(&entry).or_else(|| self.tombstones.validity(entry)) {
            return Ok(validity);
        }
        let own = self.segment.entries()?.get(entry).map(|entry| entry.validity() as usize);
        own.and_then(|validity| self.segment.validities.get(validity))
            .ok_or_else(|| self.segment.broken("an entry has no validity"))
    }
}
