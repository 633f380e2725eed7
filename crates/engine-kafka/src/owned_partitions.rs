//! The offsets of a consumer in the partitions that this process owns. No I/O.
//!
//! Each partition has three growing offsets: received from the brokers, delivered, acknowledged. Each is the *next*
//! offset. Committing an acknowledged offset also commits the highest watermark before it, and skips the messages
//! directly after it that were set aside because they are no events.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use rushes_events::{Delivered, Event, Position};
use rushes_types::Commit;

use crate::client::{Bounds, CommittedOffset};

/// Watermarks remembered for each partition until they are acknowledged. Beyond that every second one is dropped: the
/// watermark may then be lower than necessary, never higher.
const WATERMARKS_MAX: usize = 16_384;

#[derive(Debug)]
struct Partition {
    /// The group's committed offset, as last known.
    committed: CommittedOffset,
    acknowledged: i64,
    watermark: Commit,
    delivered: i64,
    received: i64,
    /// The known end of the partition.
    end: i64,
    /// Received watermarks that are not acknowledged, by offset.
    watermarks: BTreeMap<i64, Commit>,
    /// Offsets of messages that were set aside and are not acknowledged.
    skipped: BTreeSet<i64>,
    /// Messages are ignored until the seek to another offset is done.
    held: bool,
}

impl Partition {
    /// The offset to commit once everything before `next` has had its effect.
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

/// The owned partitions of one consumer and the events that wait to be delivered.
#[derive(Debug, Default)]
pub struct OwnedPartitions {
    partitions: HashMap<u32, Partition>,
    waiting: VecDeque<Delivered>,
}

impl OwnedPartitions {
    /// Takes over a newly assigned partition.
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

    /// Gives up a partition to another process: its undelivered events are dropped here.
    pub fn disown(&mut self, partition: u32) {
        if self.partitions.remove(&partition).is_some() {
            self.waiting.retain(|event| event.position.partition != partition);
        }
    }

    /// The owned partitions.
    pub fn numbers(&self) -> Vec<u32> {
        self.partitions.keys().copied().collect()
    }

    /// Adds a message from the brokers.
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

    /// Skips a message that is no event and is now among the dead letters.
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

    /// Records that the partition reaches at least to `end`.
    pub fn reaches(&mut self, partition: u32, end: i64) {
        if let Some(at) = self.partitions.get_mut(&partition) {
            at.end = at.end.max(end);
        }
    }

    /// Is any message known to exist that has not arrived?
    pub fn behind(&self) -> bool {
        self.partitions.values().any(|at| at.held || at.received < at.end)
    }

    /// Stops waiting for messages that do not arrive.
    pub fn give_up(&mut self) {
        for at in self.partitions.values_mut() {
            at.end = at.end.min(at.received);
        }
    }

    /// The partitions with missing messages, each with the next expected offset.
    pub fn missing(&self) -> Vec<(u32, i64)> {
        let behind = self.partitions.iter().filter(|(_, at)| at.received < at.end);
        behind.map(|(partition, at)| (*partition, at.received)).collect()
    }

    /// Sets the begin of a partition: the brokers dropped everything before it.
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

    /// What to commit when these positions are acknowledged: only for owned partitions, and only if it raises the
    /// offset.
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

    /// What to commit for messages that were set aside directly after the acknowledged offset: no consumer will
    /// acknowledge them.
    pub fn skipped_marks(&self) -> Vec<(u32, CommittedOffset)> {
        let with_skips = self.partitions.iter().filter(|(_, at)| !at.skipped.is_empty());
        let marks = with_skips.map(|(partition, at)| (*partition, at.mark(at.acknowledged), at.acknowledged));
        marks
            .filter(|(_, mark, before)| mark.next > *before)
            .map(|(partition, mark, _)| (partition, mark))
            .collect()
    }

    /// Records committed offsets.
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

    /// Where to deliver from again, for each partition with delivered but unacknowledged events.
    pub fn unacknowledged(&self) -> Vec<(u32, i64)> {
        let unacknowledged = self.partitions.iter().filter(|(_, at)| at.delivered > at.acknowledged);
        unacknowledged.map(|(partition, at)| (*partition, at.acknowledged)).collect()
    }

    /// Restarts receiving at an offset.
    pub fn resume_at(&mut self, partition: u32, offset: i64) {
        let Some(at) = self.partitions.get_mut(&partition) else { return };
        (at.received, at.delivered, at.held) = (offset, offset, false);
        self.waiting.retain(|event| event.position.partition != partition);
    }

    /// Does the committed offset differ from what this process committed?
    pub fn is_set_by_others(&self, partition: u32, found: CommittedOffset) -> bool {
        self.partitions.get(&partition).is_some_and(|at| at.committed != found)
    }

    /// The group was set to another offset: drops waiting events and delivers nothing until the partition restarts
    /// there.
    pub fn hold(&mut self, partition: u32) {
        if let Some(at) = self.partitions.get_mut(&partition) {
            at.held = true;
            self.waiting.retain(|event| event.position.partition != partition);
        }
    }

    /// The group was set to an offset, which may be before or after the previous one.
    pub fn move_to(&mut self, partition: u32, place: CommittedOffset) {
        if let Some(at) = self.partitions.get_mut(&partition) {
            at.committed = place;
            at.acknowledged = place.next;
            at.watermark = place.watermark;
            at.watermarks.clear();
        }
        self.resume_at(partition, place.next);
    }
}

fn next(position: Position) -> i64 {
    i64::try_from(position.offset).unwrap_or(i64::MAX).saturating_add(1)
}

#[cfg(test)]
#[path = "owned_partitions_tests.rs"]
mod tests;
