//! Summarises a page of delivered events.

use std::collections::{BTreeMap, BTreeSet};

use rushes_events::{Delivered, Event, Position};
use rushes_types::{AssetId, Commit, Watermark};

/// The assets named, and the last watermark of each partition.
pub(super) fn newest(delivered: &[Delivered]) -> (Vec<AssetId>, Vec<Watermark>) {
    let mut assets = BTreeSet::new();
    let mut watermarks: BTreeMap<u32, Commit> = BTreeMap::new();
    for event in delivered {
        if let Event::Asset { asset, .. } = &event.event {
            assets.insert(asset.clone());
        }
        if let Some(Watermark { partition, upto }) = event.watermark() {
            let newest = watermarks.entry(partition).or_insert(upto);
            *newest = upto.max(*newest);
        }
    }
    let watermarks = watermarks.into_iter().map(|(partition, upto)| Watermark { partition, upto });
    (assets.into_iter().collect(), watermarks.collect())
}

/// The last position of each partition.
pub(super) fn last_positions(delivered: &[Delivered]) -> Vec<Position> {
    let mut last: BTreeMap<u32, Position> = BTreeMap::new();
    for event in delivered {
        last.insert(event.position.partition, event.position);
    }
    last.into_values().collect()
}
