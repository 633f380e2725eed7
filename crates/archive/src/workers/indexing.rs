//! Brings the index up to what is fused.

use std::collections::BTreeMap;

use rushes_events::{Delivered, Event, Position, Topic};
use rushes_index::AssetUpdate;
use rushes_types::{AssetId, Commit, Result};

use super::INDEX_CONSUMER;
use crate::engines::Engines;

/// Events taken at once.
const EVENTS: usize = 4096;

/// Indexes what has been fused and publishes it. Events are acknowledged after the publish; the read point
/// moves only to a watermark, so that every commit up to it is whole.
///
/// # Errors
/// Where a store, the log or the index fails; the events come again.
pub fn index_pass(engines: &Engines, stopping: &dyn Fn() -> bool) -> Result<bool> {
    let delivered = engines.events.poll(Topic::Fused, INDEX_CONSUMER, EVENTS)?;
    if delivered.is_empty() {
        return Ok(false);
    }
    let (assets, watermark) = newest(&delivered);
    for asset in &assets {
        if stopping() {
            // What was applied is not published and its events not acknowledged: it comes again.
            return Ok(true);
        }
        index_asset(engines, asset)?;
    }
    let now = engines.index.reader(None)?.read_point().upto;
    engines.index.publish(watermark.unwrap_or(now).max(now))?;
    engines.events.acknowledge(Topic::Fused, INDEX_CONSUMER, &last_positions(&delivered))?;
    Ok(true)
}

/// Brings one asset up to its fused state.
///
/// # Errors
/// Where a store or the index fails.
pub fn index_asset(engines: &Engines, asset: &AssetId) -> Result<()> {
    let after = engines.index.progress(asset)?;
    let upto = engines.fused.progress(asset)?;
    if upto <= after {
        return Ok(());
    }
    let document = engines.fused.document(asset)?;
    let mut changes = Vec::new();
    engines.fused.changes(asset, after, &mut |change| {
        changes.push(change);
        Ok(())
    })?;
    engines.index.apply(&[AssetUpdate { asset: asset.clone(), document, after, upto, changes }])
}

/// The assets named, and the last watermark.
pub(super) fn newest(delivered: &[Delivered]) -> (Vec<AssetId>, Option<Commit>) {
    let mut assets = BTreeMap::new();
    let mut watermark = None;
    for event in delivered {
        match &event.event {
            Event::Asset { asset, commit } => {
                let newest = assets.entry(asset.clone()).or_insert(*commit);
                *newest = (*newest).max(*commit);
            }
            Event::Watermark(commit) => watermark = watermark.max(Some(*commit)),
        }
    }
    (assets.into_keys().collect(), watermark)
}

/// The last position of each partition.
pub(super) fn last_positions(delivered: &[Delivered]) -> Vec<Position> {
    let mut last: BTreeMap<u32, Position> = BTreeMap::new();
    for event in delivered {
        last.insert(event.position.partition, event.position);
    }
    last.into_values().collect()
}
