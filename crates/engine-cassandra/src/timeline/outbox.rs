//! The outbox to the next stage, relayed by one process at a time.
//!
//! The rows of the outbox are the notes in `fused_pending`: one for each update, written before the update is complete
//! and deleted once the event log has it. Their numbers are assigned here, and are local to this process.

use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use crate::client::Lease;
use rushes_timeline::{TimelineEvent, TimelineOutboxRow};
use rushes_types::{AssetId, Commit, Result, Watermark};

use crate::timeline::db::Db;
use crate::timeline::head::Head;
use crate::timeline::notes::corrupt;
use crate::timeline::partitions::{slice_of, slices};

/// Most rows held in memory; the rest waits in the table.
const ROWS_MAX: usize = 65_536;

/// A row that was handed to the relay.
#[derive(Debug, Clone)]
struct DeliveredRow {
    row: TimelineEvent,
    /// The note's epoch, or a watermark's stamp.
    epoch: i64,
    /// Was the update unsettled when it was read?
    unsettled: bool,
}

/// The state of this process as the relay.
#[derive(Default)]
pub(crate) struct Relay {
    last: u64,
    given: BTreeMap<u64, DeliveredRow>,
    /// The number, in `given`, of each asset's newest row.
    place: HashMap<AssetId, u64>,
    /// Assets whose event was carried before the update was settled: its epoch, and since when.
    carried: HashMap<AssetId, (i64, Instant)>,
    /// The last watermark given of each partition, with its stamp.
    told: HashMap<u32, (Commit, i64)>,
}

impl Relay {
    fn give(&mut self, row: TimelineEvent, epoch: i64, unsettled: bool) {
        self.last += 1;
        if let TimelineEvent::Asset(asset, _) = &row {
            // An older row of the asset keeps its place: later watermarks depend on it.
            self.place.insert(asset.clone(), self.last);
        }
        self.given.insert(self.last, DeliveredRow { row, epoch, unsettled });
    }

    /// Must the head be read for a note of this epoch?
    fn is_new(&self, asset: &AssetId, epoch: i64) -> bool {
        let given = self.place.get(asset).and_then(|at| self.given.get(at));
        given.is_none_or(|given| given.epoch < epoch)
    }

    fn rows(&self, after: u64, limit: usize) -> Vec<TimelineOutboxRow> {
        let Some(from) = after.checked_add(1) else { return Vec::new() };
        let rows = self.given.range(from..).take(limit);
        rows.map(|(sequence, given)| TimelineOutboxRow { sequence: *sequence, row: given.row.clone() })
            .collect()
    }

    /// Removes and returns the rows up to `upto`.
    fn trim(&mut self, upto: u64) -> Vec<DeliveredRow> {
        let rest = match upto.checked_add(1) {
            Some(next) => self.given.split_off(&next),
            None => BTreeMap::new(),
        };
        let gone: Vec<DeliveredRow> = std::mem::replace(&mut self.given, rest).into_values().collect();
        for given in &gone {
            if let TimelineEvent::Watermark(w) = &given.row {
                self.told.insert(w.partition, (w.upto, given.epoch));
            }
        }
        self.place.retain(|_, at| *at > upto);
        gone
    }

    /// The watermarks that are not handed out yet.
    fn ungiven(&self, known: Vec<(Watermark, i64)>) -> Vec<(Watermark, i64)> {
        let said = |(w, stamp): &(Watermark, i64)| {
            let is_last = |upto: Commit, at: i64| upto >= w.upto && at >= *stamp;
            let is_given = |g: &DeliveredRow| matches!(&g.row, TimelineEvent::Watermark(g_w) if g_w.partition == w.partition && is_last(g_w.upto, g.epoch));
            self.told.get(&w.partition).is_some_and(|(upto, at)| is_last(*upto, *at))
                || self.given.values().any(is_given)
        };
        known.into_iter().filter(|w| !said(w)).collect()
    }

    /// Forgets everything except the last number used.
    pub fn forget(&mut self) {
        *self = Self { last: self.last, ..Self::default() };
    }
}

impl Db {
    /// Outbox rows; see [`rushes_timeline::TimelineStore::outbox`].
    pub async fn outbox(
        &self,
        relay: &mut Relay,
        lease: &Lease,
        after: u64,
        limit: usize,
    ) -> Result<Vec<TimelineOutboxRow>> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        if !lease.take(&self.cluster).await? {
            relay.forget();
            return Ok(Vec::new());
        }
        // Watermarks first, then all notes: the updates that a watermark covers were noted before it was written.
        let known: Vec<(i32, Option<i64>, Option<i64>)> = self.cluster.rows(&self.cql.watermarks, ()).await?;
        let known = known.into_iter().map(|(partition, upto, stamp)| {
            let upto = Commit(upto.unwrap_or(0).max(0).unsigned_abs());
            (Watermark { partition: partition.cast_unsigned(), upto }, stamp.unwrap_or(0))
        });
        let known: Vec<(Watermark, i64)> = known.collect();
        if self.take_notes(relay).await? {
            for (watermark, stamp) in relay.ungiven(known) {
                relay.give(TimelineEvent::Watermark(watermark), stamp, false);
            }
        }
        Ok(relay.rows(after, limit))
    }

    /// Reads the notes that are new. Returns whether these are all.
    async fn take_notes(&self, relay: &mut Relay) -> Result<bool> {
        let (notes, all) = self.pending(relay).await?;
        let assets = notes.iter().map(|(asset, _)| (asset.as_str(),));
        let heads: Vec<Vec<crate::timeline::head::HeadRow>> =
            self.cluster.rows_of_each(&self.cql.head, assets).await?;
        let mut ready = Vec::new();
        for ((asset, epochs), head) in notes.into_iter().zip(heads) {
            let head = head.into_iter().next().map_or_else(Head::default, Head::from);
            // Of several updates of one asset the newest is enough; one that is not complete yet has its own note.
            let Some(epoch) = epochs.into_iter().filter(|epoch| *epoch <= head.epoch).max() else { continue };
            match relay.carried.get(&asset).copied() {
                Some((carried, since)) if carried >= epoch => {
                    self.finish_carried(relay, asset, &head, (epoch, since)).await?;
                }
                _ if relay.is_new(&asset, epoch) => ready.push((head.progress, asset, epoch, head.unsettled)),
                _ => {}
            }
        }
        ready.sort_unstable();
        for (progress, asset, epoch, unsettled) in ready {
            relay.give(TimelineEvent::Asset(asset, progress), epoch, unsettled);
        }
        Ok(all)
    }

    /// The notes whose heads must be read, by asset, and whether these are all.
    async fn pending(&self, relay: &Relay) -> Result<(Vec<(AssetId, Vec<i64>)>, bool)> {
        let mut notes: Vec<(AssetId, Vec<i64>)> = Vec::new();
        let mut all = true;
        let each = |(asset, epoch): (String, i64)| {
            if relay.given.len() + notes.len() >= ROWS_MAX {
                all = false;
                return Ok(false);
            }
            let asset = AssetId::new(&asset).map_err(|e| corrupt("a note names no asset").because(e))?;
            if !relay.is_new(&asset, epoch) {
                return Ok(true);
            }
            match notes.last_mut() {
                Some((last, epochs)) if *last == asset => epochs.push(epoch),
                _ => notes.push((asset, vec![epoch])),
            }
            Ok(true)
        };
        // One request for all slices: it runs often and mostly finds nothing.
        self.cluster.each(&self.cql.pending, (slices().collect::<Vec<i8>>(),), each).await?;
        Ok((notes, all))
    }

    /// Deletes the note of a carried event once its update is settled; settles it if its worker died.
    async fn finish_carried(
        &self,
        relay: &mut Relay,
        asset: AssetId,
        head: &Head,
        (epoch, since): (i64, Instant),
    ) -> Result<()> {
        if head.unsettled && head.epoch == epoch {
            if since.elapsed() < self.settings.patience {
                return Ok(());
            }
            self.settle(&asset, epoch).await?;
        }
        self.drop_note(&asset, epoch).await?;
        relay.carried.remove(&asset);
        Ok(())
    }

    async fn drop_note(&self, asset: &AssetId, epoch: i64) -> Result<()> {
        let values = (epoch, slice_of(asset), asset.as_str(), epoch);
        self.cluster.write(&self.cql.pending_drop, values).await
    }

    /// Forgets outbox rows up to and including `upto`.
    pub async fn trim_outbox(&self, relay: &mut Relay, upto: u64) -> Result<()> {
        let mut done = Vec::new();
        for given in relay.trim(upto) {
            let TimelineEvent::Asset(asset, _) = given.row else { continue };
            if given.unsettled {
                relay.carried.insert(asset, (given.epoch, Instant::now()));
            } else {
                done.push((asset, given.epoch));
            }
        }
        let values = done.iter().map(|(asset, epoch)| (*epoch, slice_of(asset), asset.as_str(), *epoch));
        self.cluster.write_many(&self.cql.pending_drop, values).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asset(name: &str) -> AssetId {
        AssetId::new(name).unwrap()
    }

    #[test]
    fn a_newer_event_of_an_asset_comes_behind_the_one_that_waits() {
        let mut relay = Relay::default();
        let row = |name, commit| TimelineEvent::Asset(asset(name), Commit(commit));
        relay.give(row("a", 3), 3, false);
        relay.give(row("b", 4), 4, false);
        relay.give(row("a", 5), 5, true);
        let rows: Vec<(u64, TimelineEvent)> =
            relay.rows(0, 9).into_iter().map(|r| (r.sequence, r.row)).collect();
        assert_eq!(rows, [(1, row("a", 3)), (2, row("b", 4)), (3, row("a", 5))]);
        assert!(!relay.is_new(&asset("a"), 5) && relay.is_new(&asset("a"), 6));
        assert_eq!(relay.trim(2).len(), 2);
        assert!(!relay.is_new(&asset("a"), 5), "the newer row still waits");
        assert!(relay.is_new(&asset("b"), 4), "it comes back only where its note does");
        relay.forget();
        relay.give(row("a", 5), 5, true);
        assert_eq!(relay.rows(0, 9)[0].sequence, 4, "numbers are not used again");
    }

    #[test]
    fn a_watermark_is_told_once_unless_it_grows_or_comes_again() {
        let mut relay = Relay::default();
        let mark = |partition, upto, stamp| (Watermark { partition, upto: Commit(upto) }, stamp);
        let told = |(watermark, stamp): (Watermark, i64), relay: &mut Relay| {
            relay.give(TimelineEvent::Watermark(watermark), stamp, false);
        };
        let both = vec![mark(0, 3, 100), mark(7, 9, 100)];
        assert_eq!(relay.ungiven(both.clone()), both);
        told(mark(0, 3, 100), &mut relay);
        assert_eq!(relay.ungiven(both), [mark(7, 9, 100)]);
        relay.trim(u64::MAX);
        assert!(relay.ungiven(vec![mark(0, 3, 100)]).is_empty());
        assert_eq!(relay.ungiven(vec![mark(0, 4, 100)]), [mark(0, 4, 100)]);
        assert_eq!(relay.ungiven(vec![mark(0, 3, 101)]), [mark(0, 3, 101)], "it came again");
    }
}
