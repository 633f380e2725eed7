//! Dead letters: events that a stage fails at, again and again.
//!
//! A damaged annotation must not block all assets after it. When a stage fails at one asset several times, for a reason
//! that waiting does not fix, the asset's event becomes a dead letter: it is kept with the reason, `rushes verify`
//! names it, and `rushes events replay` appends it again once the cause is fixed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rushes_events::{Delivered, Event, EventLog, Topic};
use rushes_types::{AssetId, Error, ErrorKind, Result};

/// How often an asset is tried before its event becomes a dead letter.
pub const ATTEMPTS_MAX: u32 = 5;

/// How often a stage has failed at which assets.
#[derive(Debug, Default)]
pub(super) struct FailureCounts {
    failed: HashMap<AssetId, u32>,
}

/// Is the asset itself at fault? Failures of an engine or a disk may pass.
const fn is_of_the_asset(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Corrupt | ErrorKind::Invalid | ErrorKind::TooLarge | ErrorKind::Bug)
}

impl FailureCounts {
    /// Does a piece of work for each of the assets. The event of an asset that fails for the last time
    /// becomes a dead letter; an asset that may yet succeed fails the call, once the others are done.
    pub(super) fn each(
        &mut self,
        log: &dyn EventLog,
        (topic, consumer): (Topic, &str),
        delivered: &[Delivered],
        assets: &[AssetId],
        mut work: impl FnMut(&AssetId) -> Result<()>,
    ) -> Result<()> {
        let mut first = None;
        let mut dead: BTreeMap<&AssetId, Error> = BTreeMap::new();
        for asset in assets {
            match work(asset) {
                Ok(()) => drop(self.failed.remove(asset)),
                Err(error) if is_of_the_asset(error.kind()) => {
                    let times = self.failed.entry(asset.clone()).or_insert(0);
                    *times += 1;
                    if *times >= ATTEMPTS_MAX {
                        dead.insert(asset, error);
                    } else {
                        first.get_or_insert(error);
                    }
                }
                Err(error) => return Err(error),
            }
        }
        for (asset, error) in dead {
            put_dead_letter(log, (topic, consumer), delivered, asset, &error)?;
            self.failed.remove(asset);
        }
        first.map_or(Ok(()), Err)
    }
}

/// Makes the last event of an asset a dead letter; it represents the earlier ones.
fn put_dead_letter(
    log: &dyn EventLog,
    (topic, consumer): (Topic, &str),
    delivered: &[Delivered],
    asset: &AssetId,
    error: &Error,
) -> Result<()> {
    let of_asset = |d: &&Delivered| matches!(&d.event, Event::Asset { asset: named, .. } if named == asset);
    let Some(event) = delivered.iter().rev().find(of_asset) else { return Ok(()) };
    tracing::error!(%asset, %error, consumer, "the event is a dead letter now; `rushes events` shows it");
    log.put_dead_letter(topic, consumer, event, &format!("asset `{asset}`: {error}"))
}

/// Assets with dead letters, and the reasons.
pub(crate) fn dead_assets(log: &dyn EventLog, limit: usize) -> Result<BTreeSet<(String, String)>> {
    let letters = log.dead_letters(limit)?;
    Ok(letters
        .into_iter()
        .map(|letter| {
            let asset = match letter.event {
                Some(Event::Asset { asset, .. }) => asset.to_string(),
                Some(Event::Watermark { .. }) | None => "?".to_owned(),
            };
            (asset, letter.reason)
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use rushes_events::MemoryLog;
    use rushes_types::Commit;

    use super::*;

    fn id(id: &str) -> AssetId {
        AssetId::new(id).unwrap()
    }

    fn delivered(log: &MemoryLog, assets: &[AssetId]) -> Vec<Delivered> {
        let event = |asset: &AssetId| Event::Asset { asset: asset.clone(), commit: Commit(1) };
        log.append(Topic::Committed, &assets.iter().map(event).collect::<Vec<_>>()).unwrap();
        log.poll(Topic::Committed, "fuse", 10).unwrap()
    }

    fn pass(
        attempts: &mut FailureCounts,
        log: &MemoryLog,
        delivered: &[Delivered],
        kind: ErrorKind,
    ) -> Result<()> {
        let assets = [id("bad"), id("good")];
        attempts.each(log, (Topic::Committed, "fuse"), delivered, &assets, |asset| match asset.as_str() {
            "bad" => Err(Error::new(kind, "no `label` in it")),
            _ => Ok(()),
        })
    }

    #[test]
    fn an_asset_that_never_works_becomes_a_dead_letter_in_the_end() {
        let (log, mut attempts) = (MemoryLog::new(), FailureCounts::default());
        let events = delivered(&log, &[id("bad"), id("good")]);
        for _ in 1..ATTEMPTS_MAX {
            let failed = pass(&mut attempts, &log, &events, ErrorKind::Corrupt);
            assert_eq!(failed.unwrap_err().kind(), ErrorKind::Corrupt);
            assert!(log.dead_letters(9).unwrap().is_empty());
        }
        pass(&mut attempts, &log, &events, ErrorKind::Corrupt).unwrap();
        let letters = log.dead_letters(9).unwrap();
        assert_eq!(letters.len(), 1);
        assert_eq!(letters[0].reason, "asset `bad`: no `label` in it");
        assert_eq!(dead_assets(&log, 9).unwrap().len(), 1);
    }

    #[test]
    fn what_waiting_mends_is_tried_for_ever() {
        let (log, mut attempts) = (MemoryLog::new(), FailureCounts::default());
        let events = delivered(&log, &[id("bad")]);
        for _ in 0..3 * ATTEMPTS_MAX {
            assert!(pass(&mut attempts, &log, &events, ErrorKind::Unavailable).is_err());
        }
        assert!(log.dead_letters(9).unwrap().is_empty());
    }
}
