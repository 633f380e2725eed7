//! A segment with its tombstones, as it is published.

use std::sync::Arc;

use super::segment::Segment;
use super::tombstones::Tombstones;

#[derive(Debug, Clone)]
pub(crate) struct SnapshotSegment {
    pub segment: Arc<Segment>,
    pub tombstones: Arc<Tombstones>,
}
