//! The progress of each consumer: plain arithmetic, shared by the logs with one partition.

use std::collections::BTreeMap;

use rushes_types::{Commit, Error, Result};

use crate::{DeadLetter, Event, EventLog, Lag, Position, Topic};

/// Longest name of a consumer, in bytes.
const NAME_BYTES_MAX: usize = 256;

/// The progress of a consumer; offset 0 is before the first event.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ConsumerProgress {
    /// The last acknowledged event.
    pub acknowledged: u64,
    /// The last event delivered to it by this process.
    pub delivered: u64,
    /// The highest watermark among the acknowledged events.
    pub watermark: Commit,
}

impl ConsumerProgress {
    /// Everything up to an offset acknowledged, no watermark known.
    pub(crate) const fn starting_after(offset: u64) -> Self {
        Self { acknowledged: offset, delivered: offset, watermark: Commit::NONE }
    }

    /// What was delivered but not acknowledged is delivered again.
    pub(crate) const fn redelivered(self) -> Self {
        Self { delivered: self.acknowledged, ..self }
    }
}

impl Event {
    /// The higher of the given watermark and this event's, if it is one.
    pub(crate) fn raised(&self, highest: Commit) -> Commit {
        match self {
            Self::Watermark { upto, .. } => highest.max(*upto),
            Self::Asset { .. } => highest,
        }
    }
}

/// The event as it lies in the only partition.
pub(crate) fn delivered_form(event: Event) -> Event {
    match event {
        Event::Watermark { upto, .. } => Event::Watermark { partition: Some(0), upto },
        asset @ Event::Asset { .. } => asset,
    }
}

/// There is no partition but the first.
pub(crate) fn check_partitions(events: &[Event]) -> Result<()> {
    let other = events.iter().find_map(|event| match event {
        Event::Watermark { partition: Some(partition), .. } if *partition != 0 => Some(*partition),
        _ => None,
    });
    other.map_or(Ok(()), |partition| Err(no_partition(partition)))
}

fn no_partition(partition: u32) -> Error {
    Error::invalid(format!("partition `{partition}` is not there"))
        .mend("the embedded log has only partition `0`")
}

/// Appends dead letters to their topics again; returns how many.
///
/// # Errors
/// Where an append fails.
pub fn replayed(log: &dyn EventLog, letters: &[DeadLetter]) -> Result<usize> {
    let mut count = 0;
    for topic in Topic::ALL {
        let of_topic = letters.iter().filter(|letter| letter.topic == topic);
        let events: Vec<Event> = of_topic.filter_map(|letter| letter.event.clone()).collect();
        log.append(topic, &events)?;
        count += events.len();
    }
    Ok(count)
}

/// All consumers.
#[derive(Debug, Default)]
pub(crate) struct Consumers(BTreeMap<(Topic, String), ConsumerProgress>);

/// Checks the name of a consumer.
///
/// # Errors
/// Invalid where it is empty or too long.
pub fn check_name(consumer: &str) -> Result<()> {
    if (1..=NAME_BYTES_MAX).contains(&consumer.len()) {
        return Ok(());
    }
    Err(Error::invalid(format!("the name of a consumer has {} bytes", consumer.len()))
        .mend(format!("give it 1 to {NAME_BYTES_MAX}")))
}

impl Consumers {
    /// Adds a consumer as it was found on opening.
    pub(crate) fn recovered(&mut self, topic: Topic, consumer: &str, acknowledged: u64, watermark: Commit) {
        let progress = ConsumerProgress { acknowledged, delivered: acknowledged, watermark };
        self.0.insert((topic, consumer.to_owned()), progress);
    }

    pub(crate) fn get(&self, topic: Topic, consumer: &str) -> Option<ConsumerProgress> {
        self.0.get(&(topic, consumer.to_owned())).copied()
    }

    pub(crate) fn set(&mut self, topic: Topic, consumer: &str, progress: ConsumerProgress) {
        self.0.insert((topic, consumer.to_owned()), progress);
    }

    /// The progress of the consumer once it has acknowledged everything up to these positions; `None` where nothing
    /// changes. Positions beyond `end` count as the end.
    pub(crate) fn after(
        &self,
        topic: Topic,
        consumer: &str,
        positions: &[Position],
        end: u64,
    ) -> Result<Option<ConsumerProgress>> {
        if let Some(other) = positions.iter().find(|p| p.partition != 0) {
            return Err(no_partition(other.partition));
        }
        let Some(upto) = positions.iter().map(|p| p.offset.min(end)).max() else { return Ok(None) };
        let progress = self.get(topic, consumer);
        if progress.is_some_and(|s| s.acknowledged >= upto) {
            return Ok(None);
        }
        let progress = progress.unwrap_or_default();
        Ok(Some(ConsumerProgress { acknowledged: upto, delivered: progress.delivered.max(upto), ..progress }))
    }

    /// The last event acknowledged by every consumer of the topic; `None` where it has no consumer.
    pub(crate) fn all_done(&self, topic: Topic) -> Option<u64> {
        self.0.iter().filter(|((t, _), _)| *t == topic).map(|(_, s)| s.acknowledged).min()
    }

    /// The lag of every consumer, where a topic holds the events of `first ..= last`.
    pub(crate) fn lag(&self, bounds: impl Fn(Topic) -> (u64, u64)) -> Vec<Lag> {
        let lag = self.0.iter().map(|((topic, consumer), progress)| {
            let (first, last) = bounds(*topic);
            let done = progress.acknowledged.max(first.saturating_sub(1));
            Lag { consumer: consumer.clone(), topic: *topic, behind: last.saturating_sub(done) }
        });
        lag.collect()
    }
}
