//! The event log in memory: nothing is durable.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rushes_types::{Commit, Result};

use crate::arrivals::Arrivals;
use crate::consumers::{ConsumerProgress, Consumers, check_name, check_partitions, delivered_form, replayed};
use crate::{DeadLetter, Delivered, Event, EventLog, Lag, Position, Topic};

#[derive(Debug, Default)]
struct State {
    events: HashMap<Topic, BTreeMap<u64, Event>>,
    consumers: Consumers,
    dead: Vec<DeadLetter>,
}

/// The event log in memory.
#[derive(Debug, Default)]
pub struct MemoryLog {
    state: Mutex<State>,
    arrivals: Arrivals,
}

impl MemoryLog {
    /// An empty log.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EventLog for MemoryLog {
    fn append(&self, topic: Topic, events: &[Event]) -> Result<()> {
        let mut state = self.state();
        let end = self.arrivals.end(topic);
        let last = end + events.len() as u64;
        check_partitions(events)?;
        let events = events.iter().cloned().map(delivered_form);
        state.events.entry(topic).or_default().extend((end + 1..).zip(events));
        self.arrivals.reached(topic, last);
        Ok(())
    }

    fn poll(&self, topic: Topic, consumer: &str, limit: usize) -> Result<Vec<Delivered>> {
        check_name(consumer)?;
        let mut state = self.state();
        self.arrivals.polling(topic);
        let mut progress = state.consumers.get(topic, consumer).unwrap_or_default();
        let next = progress.delivered + 1;
        let events = state.events.get(&topic).into_iter().flat_map(|events| events.range(next..));
        let polled: Vec<Delivered> = events
            .take(limit)
            .map(|(offset, event)| Delivered {
                position: Position { partition: 0, offset: *offset },
                event: event.clone(),
            })
            .collect();
        progress.delivered = polled.last().map_or(progress.delivered, |last| last.position.offset);
        state.consumers.set(topic, consumer, progress);
        Ok(polled)
    }

    fn acknowledge(&self, topic: Topic, consumer: &str, positions: &[Position]) -> Result<()> {
        check_name(consumer)?;
        let mut state = self.state();
        if let Some(mut progress) =
            state.consumers.after(topic, consumer, positions, self.arrivals.end(topic))?
        {
            let done = state.consumers.get(topic, consumer).unwrap_or_default().acknowledged + 1;
            let events = state.events.get(&topic).into_iter();
            let events = events.flat_map(|events| events.range(done..=progress.acknowledged));
            progress.watermark = events.fold(progress.watermark, |highest, (_, event)| event.raised(highest));
            state.consumers.set(topic, consumer, progress);
        }
        Ok(())
    }

    fn redeliver(&self, topic: Topic, consumer: &str) -> Result<()> {
        let mut state = self.state();
        if let Some(progress) = state.consumers.get(topic, consumer) {
            state.consumers.set(topic, consumer, progress.redelivered());
        }
        Ok(())
    }

    fn skip(&self, topic: Topic, consumer: &str) -> Result<()> {
        check_name(consumer)?;
        let end = self.arrivals.end(topic);
        self.state().consumers.set(topic, consumer, ConsumerProgress::starting_after(end));
        Ok(())
    }

    fn watermarks(&self, topic: Topic, consumer: &str) -> Result<Vec<Commit>> {
        Ok(vec![self.state().consumers.get(topic, consumer).unwrap_or_default().watermark])
    }

    fn put_dead_letter(&self, topic: Topic, consumer: &str, event: &Delivered, reason: &str) -> Result<()> {
        self.state().dead.push(DeadLetter {
            topic,
            position: event.position,
            consumer: consumer.to_owned(),
            event: Some(event.event.clone()),
            reason: reason.to_owned(),
        });
        Ok(())
    }

    fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>> {
        Ok(self.state().dead.iter().take(limit).cloned().collect())
    }

    fn replay(&self, limit: usize) -> Result<usize> {
        let letters: Vec<DeadLetter> = {
            let mut state = self.state();
            let count = limit.min(state.dead.len());
            state.dead.drain(..count).collect()
        };
        replayed(self, &letters)
    }

    fn lag(&self) -> Result<Vec<Lag>> {
        let state = self.state();
        Ok(state.consumers.lag(|topic| {
            let first = state.events.get(&topic).and_then(|e| e.keys().next().copied());
            let end = self.arrivals.end(topic);
            (first.unwrap_or(end + 1), end)
        }))
    }

    fn trim(&self, topic: Topic, keep: u64) -> Result<()> {
        let mut state = self.state();
        let done = state.consumers.all_done(topic).unwrap_or(u64::MAX);
        let upto = self.arrivals.end(topic).saturating_sub(keep).min(done);
        if let Some(events) = state.events.get_mut(&topic) {
            events.retain(|offset, _| *offset > upto);
        }
        Ok(())
    }

    fn wait(&self, topic: Topic, timeout: Duration) {
        self.arrivals.wait(topic, timeout);
    }
}
