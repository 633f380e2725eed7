//! Carries the rows of the outboxes to the event log.

use std::collections::{BTreeMap, HashMap};

use rushes_events::{Event, Topic};
use rushes_store::OutboxPage;
use rushes_timeline::TimelineEvent;
use rushes_types::{AssetId, Commit, Result, Watermark};

use super::pass::Pass;
use crate::engines::Engines;
use crate::write_freeze::WriteFreeze;

/// Outbox rows that one pass carries.
const ROWS: usize = 4096;
/// Events kept in the log after all consumers have them, for new consumers and for inspection.
const KEEP: u64 = 10_000;

/// Carries what is in the outboxes. At least once: a crash between append and trim carries a row twice.
///
/// # Errors
/// Where a store or the log fails; nothing is lost, the rows are still in the outbox.
pub fn relay_pass(engines: &Engines, freeze: &WriteFreeze) -> Result<Pass> {
    let committed = relay_committed(engines, freeze)?;
    let fused = relay_fused(engines)?;
    Ok(match committed.or(fused) {
        Some(_) => Pass::of(committed.unwrap_or(0) + fused.unwrap_or(0)),
        None => Pass::IDLE,
    })
}

/// How many events it appended; `None` where there was nothing to do.
fn relay_committed(engines: &Engines, freeze: &WriteFreeze) -> Result<Option<usize>> {
    let OutboxPage { rows, watermark } = engines.store.outbox(0, ROWS)?;
    let last = rows.last().map(|row| row.sequence);
    if last.is_none() && watermark.is_none() {
        return Ok(None);
    }
    let mut events = newest_of_each(rows.into_iter().map(|row| (row.asset, row.commit)));
    events.extend(watermark.map(|upto| Event::Watermark { partition: None, upto }));
    engines.events.append(Topic::Committed, &events)?;
    if let Some(last) = last {
        // Forgetting rows is a write too.
        let _writing = freeze.enter();
        engines.store.trim_outbox(last)?;
    }
    engines.events.trim(Topic::Committed, KEEP)?;
    Ok(Some(events.len()))
}

fn relay_fused(engines: &Engines) -> Result<Option<usize>> {
    let rows = engines.timeline.outbox(0, ROWS)?;
    let Some(last) = rows.last() else { return Ok(None) };
    let sequence = last.sequence;
    let mut watermarks: BTreeMap<u32, Commit> = BTreeMap::new();
    let assets = rows.into_iter().filter_map(|row| match row.row {
        TimelineEvent::Asset(asset, commit) => Some((asset, commit)),
        TimelineEvent::Watermark(Watermark { partition, upto }) => {
            // A rebuild tells of all commits before it carries what was told of the first of them.
            let highest = watermarks.entry(partition).or_insert(upto);
            *highest = upto.max(*highest);
            None
        }
    });
    let mut events = newest_of_each(assets);
    let of_partition = |(partition, upto)| Event::Watermark { partition: Some(partition), upto };
    events.extend(watermarks.into_iter().map(of_partition));
    engines.events.append(Topic::Fused, &events)?;
    engines.timeline.trim_outbox(sequence)?;
    engines.events.trim(Topic::Fused, KEEP)?;
    Ok(Some(events.len()))
}

/// An event is a hint to read the asset again, so of several for one asset the newest is enough.
fn newest_of_each(rows: impl Iterator<Item = (AssetId, Commit)>) -> Vec<Event> {
    let mut order: Vec<(AssetId, Commit)> = Vec::new();
    let mut at: HashMap<AssetId, usize> = HashMap::new();
    for (asset, commit) in rows {
        match at.get(&asset) {
            Some(&i) => order[i].1 = order[i].1.max(commit),
            None => {
                at.insert(asset.clone(), order.len());
                order.push((asset, commit));
            }
        }
    }
    order.into_iter().map(|(asset, commit)| Event::Asset { asset, commit }).collect()
}
