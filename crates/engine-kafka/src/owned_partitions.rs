//! The offsets of a consumer in the partitions that this process owns: arithmetic only.
//!
//! Three offsets grow in each partition: what came from the brokers, what was delivered, what is acknowledged. Each
//! names the *next* offset. An acknowledged offset takes with it the highest watermark before it, and the messages
//! behind it that were set aside because they are no events.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use rushes_events::{Delivered, Event, Position};
use rushes_types::Commit;

use crate::client::{Bounds, CommittedOffset};

/// Watermarks remembered for each partition until they are acknowledged. Beyond it every second one is forgotten: what
/// is given then is lower than it could be, never higher.
const WATERMARKS_MAX: usize = 16_384;

#[derive(Debug)]
struct Partition {
    /// What the group was last known to hold.
    committed: CommittedOffset,
    acknowledged: i64,
    watermark: Commit,
    delivered: i64,
    received: i64,
    /// What is known to be there reaches to here.
    end: i64,
    /// Received watermarks that are not acknowledged, by offset.
    watermarks: BTreeMap<i64, Commit>,
    /// Messages that were set aside and are not acknowledged.
    skipped: BTreeSet<i64>,
    /// Nothing is accepted until it begins at another place.
    held: bool,
}

impl Partition {
    /// Where the group stands once everything before `next` has had its effect.
    fn mark(&self, next: i64) -> CommittedOffset {
        let mut next = next.min(self.received.max(self.end));
        while self.skipped.contains(&next) {
            next += 1;
        }
        let highest = self.watermarks.range(..next).map(|(_, commit)| *commit).max().unwrap_or(Commit::NONE);
        CommittedOffset { next, watermark: highest.max(self.watermark) }
    }

    fn remember(&mut self, offset: i64, watermark: Commit) {
        self.watermarks.insert(offset, watermark);
        if self.watermarks.len() > WATERMARKS_MAX {
            let mut keep = false;
            self.watermarks.retain(|_, _| {
                keep = !keep;
                keep
            });
        }
    }
}

/// The owned partitions of one consumer and what waits to be delivered.
#[derive(Debug, Default)]
pub struct OwnedPartitions {
    partitions: HashMap<u32, Partition>,
    waiting: VecDeque<Delivered>,
}

impl OwnedPartitions {
    /// The partition is ours from now on.
    pub fn adopt(&mut self, partition: u32, committed: CommittedOffset, bounds: Bounds) {
        self.disown(partition);
        let next = committed.next.max(bounds.begin);
        self.partitions.insert(
            partition,
            Partition {
                committed,
                acknowledged: next,
                watermark: committed.watermark,
                delivered: next,
                received: next,
                end: bounds.end,
                watermarks: BTreeMap::new(),
                skipped: BTreeSet::new(),
                held: false,
            },
        );
    }

    /// The partition is another process's: what was not delivered of it is dropped here.
    pub fn disown(&mut self, partition: u32) {
        if self.partitions.remove(&partition).is_some() {
            self.waiting.retain(|event| event.position.partition != partition);
        }
    }

    /// The partitions that are ours.
    pub fn numbers(&self) -> Vec<u32> {
        self.partitions.keys().copied().collect()
    }

    /// A message came.
    pub fn receive(&mut self, partition: u32, offset: i64, event: Event) {
        let Some(at) = self.partitions.get_mut(&partition) else { return };
        if at.held || offset < at.received {
            return;
        }
        at.received = offset + 1;
        if let Event::Watermark { upto, .. } = event {
            at.remember(offset, upto);
        }
        let position = Position { partition, offset: u64::try_from(offset).unwrap_or_default() };
        self.waiting.push_back(Delivered { position, event });
    }

    /// A message came that is no event, and is among the dead letters now.
    pub fn skip(&mut self, partition: u32, offset: i64) {
        let Some(at) = self.partitions.get_mut(&partition) else { return };
        if !at.held && offset >= at.received {
            at.received = offset + 1;
            at.skipped.insert(offset);
        }
    }

    /// Is the message among the dead letters already?
    pub fn is_skipped(&self, partition: u32, offset: i64) -> bool {
        self.partitions.get(&partition).is_some_and(|at| at.skipped.contains(&offset))
    }

    /// The topic is known to reach to here.
    pub fn reaches(&mut self, partition: u32, end: i64) {
        if let Some(at) = self.partitions.get_mut(&partition) {
            at.end = at.end.max(end);
        }
    }

    /// Is something known to be there that has not come?
    pub fn behind(&self) -> bool {
        self.partitions.values().any(|at| at.held || at.received < at.end)
    }

    /// What is known to be there does not come: it is no longer waited for.
    pub fn give_up(&mut self) {
        for at in self.partitions.values_mut() {
            at.end = at.end.min(at.received);
        }
    }

    /// The partitions that are waited for, each with the offset that should come next.
    pub fn missing(&self) -> Vec<(u32, i64)> {
        let behind = self.partitions.iter().filter(|(_, at)| at.received < at.end);
        behind.map(|(partition, at)| (*partition, at.received)).collect()
    }

    /// The partition begins here: what lay before was dropped by the brokers.
    pub fn set_begin(&mut self, partition: u32, begin: i64) {
        if let Some(at) = self.partitions.get_mut(&partition) {
            at.received = at.received.max(begin);
        }
    }

    /// Events that wait to be delivered.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// The next events, at most `limit`; they count as delivered.
    pub fn take(&mut self, limit: usize) -> Vec<Delivered> {
        let count = limit.min(self.waiting.len());
        let taken: Vec<Delivered> = self.waiting.drain(..count).collect();
        for event in &taken {
            if let Some(at) = self.partitions.get_mut(&event.position.partition) {
                at.delivered = next(event.position);
            }
        }
        taken
    }

    /// What an acknowledgement of these positions is to commit: only for partitions that are ours, only what raises.
    pub fn marks(&self, positions: &[Position]) -> Vec<(u32, CommittedOffset)> {
        let mut last: BTreeMap<u32, i64> = BTreeMap::new();
        for position in positions {
            let at = last.entry(position.partition).or_default();
            *at = next(*position).max(*at);
        }
        let marks = last.into_iter().filter_map(|(partition, next)| {
            let at = self.partitions.get(&partition)?;
            let mark = at.mark(next);
            (mark.next > at.acknowledged).then_some((partition, mark))
        });
        marks.collect()
    }

    /// Messages that were set aside directly behind what is acknowledged: no consumer will acknowledge them.
    pub fn skipped_marks(&self) -> Vec<(u32, CommittedOffset)> {
        let with_skips = self.partitions.iter().filter(|(_, at)| !at.skipped.is_empty());
        let marks = with_skips.map(|(partition, at)| (*partition, at.mark(at.acknowledged), at.acknowledged));
        marks
            .filter(|(_, mark, before)| mark.next > *before)
            .map(|(partition, mark, _)| (partition, mark))
            .collect()
    }

    /// The marks are committed.
    pub fn settle(&mut self, marks: &[(u32, CommittedOffset)]) {
        for (partition, mark) in marks {
            if let Some(at) = self.partitions.get_mut(partition) {
                at.committed = *mark;
                at.acknowledged = at.acknowledged.max(mark.next);
                at.watermark = at.watermark.max(mark.watermark);
                at.watermarks = at.watermarks.split_off(&at.acknowledged);
                at.skipped = at.skipped.split_off(&at.acknowledged);
            }
        }
    }

    /// Where to begin again, for each partition of which something was delivered and not acknowledged.
    pub fn unacknowledged(&self) -> Vec<(u32, i64)> {
        let unacknowledged = self.partitions.iter().filter(|(_, at)| at.delivered > at.acknowledged);
        unacknowledged.map(|(partition, at)| (*partition, at.acknowledged)).collect()
    }

    /// The brokers send from here on again.
    pub fn resume_at(&mut self, partition: u32, offset: i64) {
        let Some(at) = self.partitions.get_mut(&partition) else { return };
        (at.received, at.delivered, at.held) = (offset, offset, false);
        self.waiting.retain(|event| event.position.partition != partition);
    }

    /// Does the group hold something else than what this process left there?
    pub fn is_set_by_others(&self, partition: u32, found: CommittedOffset) -> bool {
        self.partitions.get(&partition).is_some_and(|at| at.committed != found)
    }

    /// The group was set to another place: what waits is not delivered any more, and nothing is until it begins there.
    pub fn hold(&mut self, partition: u32) {
        if let Some(at) = self.partitions.get_mut(&partition) {
            at.held = true;
            self.waiting.retain(|event| event.position.partition != partition);
        }
    }

    /// The group was set to a place, which may lie before or behind where it stood.
    pub fn move_to(&mut self, partition: u32, place: CommittedOffset) {
        if let Some(at) = self.partitions.get_mut(&partition) {
            at.committed = place;
            at.acknowledged = place.next;
            at.watermark = place.watermark;
            at.watermarks.clear();
        }
        self.again(partition, place.next);
    }
}

fn next(position: Position) -> i64 {
    i64::try_from(position.offset).unwrap_or(i64::MAX).saturating_add(1)
}

#[cfg(test)]
#[path = "owned_partitions_tests.rs"]
mod tests;
