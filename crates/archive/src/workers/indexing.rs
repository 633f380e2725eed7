//! Brings the index up to what is fused.

use rushes_events::Topic;
use rushes_index::AssetUpdate;
use rushes_types::{AssetId, Commit, Result, Watermark};

use super::dead_letters::FailureCounts;
use super::deliveries::{last_positions, newest};
use super::fusing::FuseSettings;
use super::pass::{INDEX_CONSUMER, Pass};
use crate::bucket_content::touched_buckets;
use crate::engines::Engines;

/// Events taken at once.
const EVENTS: usize = 4096;

/// Indexes what has been fused and publishes it. Events are acknowledged after the publish; the read point
/// moves only to a watermark, so that every commit up to it is whole.
///
/// # Errors
/// Where a store, the log or the index fails; the events come again.
pub(super) fn index_pass(
    engines: &Engines,
    settings: &FuseSettings,
    attempts: &mut FailureCounts,
    stopping: &dyn Fn() -> bool,
) -> Result<Pass> {
    let delivered = engines.events.poll(Topic::Fused, INDEX_CONSUMER, EVENTS)?;
    if delivered.is_empty() {
        return Ok(if publish_reached(engines)? { Pass::of(0) } else { Pass::IDLE });
    }
    let (assets, watermarks) = newest(&delivered);
    let mut indexed = 0;
    for asset in &assets {
        if stopping() {
            // What was applied is not published and its events not acknowledged: it comes again.
            return Ok(Pass::CUT_SHORT);
        }
        let at = (Topic::Fused, INDEX_CONSUMER);
        let one = std::slice::from_ref(asset);
        attempts.each(&*engines.events, at, &delivered, one, |asset| {
            indexed += index_asset(engines, asset, settings.bucket_ns)?;
            Ok(())
        })?;
    }
    // What was applied becomes durable with the publish, so that comes before the acknowledgement.
    let reached = reached(engines, &watermarks)?;
    publish(engines, reached)?;
    engines.events.acknowledge(Topic::Fused, INDEX_CONSUMER, &last_positions(&delivered))?;
    Ok(Pass::of(indexed))
}

/// Where several workers share the partitions, the one that reached the lowest watermark may not have known about the
/// others' progress, so each checks again while idle. Returns whether the read point moved.
///
/// # Errors
/// Where the log or the index fails.
fn publish_reached(engines: &Engines) -> Result<bool> {
    let reached = reached(engines, &[])?;
    let now = engines.index.reader(None)?.read_point().upto;
    if reached <= now {
        return Ok(false);
    }
    engines.index.publish(reached)?;
    Ok(true)
}

/// The commit up to which everything is indexed: what all partitions have reached, by whichever worker.
fn reached(engines: &Engines, new: &[Watermark]) -> Result<Commit> {
    let mut reached = engines.events.watermarks(Topic::Fused, INDEX_CONSUMER)?;
    for watermark in new {
        let at = usize::try_from(watermark.partition).unwrap_or(usize::MAX);
        if let Some(upto) = reached.get_mut(at) {
            *upto = watermark.upto.max(*upto);
        }
    }
    Ok(reached.into_iter().min().unwrap_or(Commit::NONE))
}

/// Publishes what was applied; the read point only grows.
fn publish(engines: &Engines, upto: Commit) -> Result<()> {
    let now = engines.index.reader(None)?.read_point().upto;
    engines.index.publish(upto.max(now))
}

/// Brings one asset up to its fused state; how many annotations that changed.
///
/// # Errors
/// Where a store or the index fails.
fn index_asset(engines: &Engines, asset: &AssetId, bucket_ns: i64) -> Result<usize> {
    let after = engines.index.progress(asset)?;
    let upto = engines.timeline.progress(asset)?;
    if upto <= after {
        return Ok(0);
    }
    let document = engines.timeline.document(asset)?;
    let mut changes = Vec::new();
    engines.timeline.changes(asset, after, &mut |change| {
        changes.push(change);
        Ok(())
    })?;
    let buckets = match engines.index.capabilities().keeps_buckets {
        true => touched_buckets(&*engines.timeline, asset, &changes, bucket_ns)?,
        false => Vec::new(),
    };
    let count = changes.len();
    engines.index.apply(&[AssetUpdate { asset: asset.clone(), document, after, upto, changes, buckets }])?;
    Ok(count)
}
