//! The event log in a folder of this machine: one partition, offsets 1, 2, 3 … for each topic.
//!
//! Events are given to consumers only once they are durable. Concurrent appends share an fsync. What was delivered to a
//! consumer but not acknowledged is known to this process only, so it is delivered again after a restart.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rushes_kv::{Faults, Folder, Guard, Layout, Table, Ticket};
use rushes_types::{AssetId, Commit, Error, ErrorKind, Result};

use crate::arrivals::Arrivals;
use crate::consumers::{ConsumerProgress, Consumers, check_name, check_partitions, replayed};
use crate::{DeadLetter, Delivered, Event, EventLog, Lag, Position, Topic, dead};

/// Version of what is written into the table.
const FORMAT: u32 = 1;
/// Memory for cached blocks, in bytes: events are read once, soon after they were written.
const CACHE_BYTES: u64 = 4 << 20;
/// Most events removed by one batch.
const TRIM_EVENTS: u64 = 8_192;
pub(crate) const ROWS: usize = 0;

const LAYOUT: Layout =
    Layout { what: "the event log", format: FORMAT, tables: &[Table::new("rows")], cache_bytes: CACHE_BYTES };

/// Kinds of rows; the first byte of their keys. Part of the format.
const EVENT: u8 = b'e';
const END: u8 = b'n';
const CONSUMER: u8 = b'k';

/// How a log is opened.
#[derive(Clone, Default)]
pub struct LogOptions {
    /// Makes writes and fsyncs fail, for tests.
    pub faults: Option<Faults>,
    /// Keeps what was made durable in a file of its own, so that damage is told from a crash.
    pub guard: Option<Guard>,
}

#[derive(Default)]
struct State {
    /// The last offset written, durable or not.
    written: HashMap<Topic, u64>,
    /// The first offset that is still there.
    first: HashMap<Topic, u64>,
    consumers: Consumers,
}

/// The event log in a folder.
pub struct EmbeddedLog {
    folder: Folder,
    state: Mutex<State>,
    arrivals: Arrivals,
}

impl EmbeddedLog {
    /// Opens the log in a folder of its own, making it where it is not there.
    ///
    /// # Errors
    /// Busy where another process has it open, Unsupported where its format is another, Corrupt where it lacks what was made
    /// durable.
    pub fn open(path: &Path, options: LogOptions) -> Result<Self> {
        let folder = match options.guard {
            Some(guard) => Folder::open_guarded(path, LAYOUT, options.faults, guard)?,
            None => Folder::open(path, LAYOUT, options.faults)?,
        };
        let (mut state, arrivals) = (State::default(), Arrivals::default());
        for topic in Topic::ALL {
            let end = match get(&folder, &[END, code(topic)])? {
                Some(bytes) => number(&bytes)?,
                None => 0,
            };
            let first = first_offset(&folder, topic)?.unwrap_or(end + 1);
            state.written.insert(topic, end);
            state.first.insert(topic, first);
            arrivals.reached(topic, end);
            for guard in folder.table(ROWS).prefix([CONSUMER, code(topic)]) {
                let (key, value) = guard.into_inner().map_err(|e| folder.error("cannot read", e))?;
                let name = key.get(2..).and_then(|name| std::str::from_utf8(name).ok());
                let (acknowledged, watermark) = read_progress(&value)?;
                state.consumers.recovered(topic, name.ok_or_else(damaged)?, acknowledged, watermark);
            }
        }
        Ok(Self { folder, state: Mutex::new(state), arrivals })
    }

    /// Fsyncs so far.
    #[must_use]
    pub fn fsyncs(&self) -> u64 {
        self.folder.fsyncs()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change is written first and then made in memory at once.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The progress of a consumer, with the highest watermark among the events that it has just acknowledged.
    fn with_watermark(
        &self,
        state: &State,
        topic: Topic,
        consumer: &str,
        mut progress: ConsumerProgress,
    ) -> Result<ConsumerProgress> {
        let done = state.consumers.get(topic, consumer).unwrap_or_default().acknowledged.saturating_add(1);
        let range = event_key(topic, done)..=event_key(topic, progress.acknowledged.max(done));
        for guard in self.folder.table(ROWS).range(range) {
            let (_, value) = guard.into_inner().map_err(|e| self.folder.error("cannot read", e))?;
            progress.watermark = decode(&value)?.raised(progress.watermark);
        }
        Ok(progress)
    }

    /// Writes and remembers the progress of a consumer.
    fn set_progress(
        &self,
        state: &mut State,
        topic: Topic,
        consumer: &str,
        progress: ConsumerProgress,
    ) -> Result<Ticket> {
        let mut batch = self.folder.batch();
        batch.insert(
            ROWS,
            consumer_key(topic, consumer),
            [progress.acknowledged.to_be_bytes(), progress.watermark.0.to_be_bytes()].concat(),
        );
        let ticket = self.folder.write(batch, 0)?;
        state.consumers.set(topic, consumer, progress);
        Ok(ticket)
    }
}

impl EventLog for EmbeddedLog {
    fn append(&self, topic: Topic, events: &[Event]) -> Result<()> {
        if events.is_empty() {
            return Ok(());
        }
        check_partitions(events)?;
        let entered = self.folder.enter();
        let mut state = self.state();
        let mut end = state.written.get(&topic).copied().unwrap_or_default();
        let mut batch = self.folder.batch();
        for event in events {
            end += 1;
            batch.insert(ROWS, event_key(topic, end), encode(event));
        }
        batch.insert(ROWS, [END, code(topic)], end.to_be_bytes());
        let ticket = self.folder.write(batch, 0)?;
        state.written.insert(topic, end);
        drop(state);
        drop(entered);
        self.folder.sync(ticket)?;
        // Lower offsets were written before, so they are durable too.
        self.arrivals.reached(topic, end);
        Ok(())
    }

    fn poll(&self, topic: Topic, consumer: &str, limit: usize) -> Result<Vec<Delivered>> {
        check_name(consumer)?;
        let mut state = self.state();
        let end = self.arrivals.polling(topic);
        let mut progress = match state.consumers.get(topic, consumer) {
            Some(progress) => progress,
            None => {
                // Stored from the first poll on: a log must not drop what a consumer has yet to see.
                let ticket = self.set_progress(&mut state, topic, consumer, ConsumerProgress::default())?;
                self.folder.sync(ticket)?;
                ConsumerProgress::default()
            }
        };
        let first = state.first.get(&topic).copied().unwrap_or_default();
        let from = progress.delivered.saturating_add(1).max(first);
        let mut polled = Vec::new();
        if from <= end {
            let range = event_key(topic, from)..=event_key(topic, end);
            for guard in self.folder.table(ROWS).range(range).take(limit) {
                let (key, value) = guard.into_inner().map_err(|e| self.folder.error("cannot read", e))?;
                let position = Position { partition: 0, offset: number(key.get(2..).unwrap_or_default())? };
                polled.push(Delivered { position, event: decode(&value)? });
            }
        }
        progress.delivered = polled.last().map_or(progress.delivered, |last| last.position.offset);
        state.consumers.set(topic, consumer, progress);
        Ok(polled)
    }

    fn acknowledge(&self, topic: Topic, consumer: &str, positions: &[Position]) -> Result<()> {
        check_name(consumer)?;
        let mut state = self.state();
        let end = self.arrivals.end(topic);
        let ticket = match state.consumers.after(topic, consumer, positions, end)? {
            Some(progress) => {
                let progress = self.with_watermark(&state, topic, consumer, progress)?;
                self.set_progress(&mut state, topic, consumer, progress)?
            }
            None => self.folder.last_ticket(),
        };
        drop(state);
        self.folder.sync(ticket)
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
        let ticket =
            self.set_progress(&mut self.state(), topic, consumer, ConsumerProgress::starting_after(end))?;
        self.folder.sync(ticket)
    }

    fn watermarks(&self, topic: Topic, consumer: &str) -> Result<Vec<Commit>> {
        Ok(vec![self.state().consumers.get(topic, consumer).unwrap_or_default().watermark])
    }

    fn put_dead_letter(&self, topic: Topic, consumer: &str, event: &Delivered, reason: &str) -> Result<()> {
        let letter = DeadLetter {
            topic,
            position: event.position,
            consumer: consumer.to_owned(),
            event: Some(event.event.clone()),
            reason: reason.to_owned(),
        };
        dead::put(&self.folder, &letter)
    }

    fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>> {
        dead::list(&self.folder, limit)
    }

    fn replay(&self, limit: usize) -> Result<usize> {
        let letters = dead::list(&self.folder, limit)?;
        let count = replayed(self, &letters)?;
        dead::remove(&self.folder, &letters)?;
        Ok(count)
    }

    fn lag(&self) -> Result<Vec<Lag>> {
        let state = self.state();
        let first = |topic| state.first.get(&topic).copied().unwrap_or_default();
        Ok(state.consumers.lag(|topic| (first(topic), self.arrivals.end(topic))))
    }

    fn trim(&self, topic: Topic, keep: u64) -> Result<()> {
        let mut state = self.state();
        let done = state.consumers.all_done(topic).unwrap_or(u64::MAX);
        let upto = self.arrivals.end(topic).saturating_sub(keep).min(done);
        loop {
            let from = state.first.get(&topic).copied().unwrap_or_default().max(1);
            let to = upto.min(from.saturating_add(TRIM_EVENTS));
            if from > to {
                return Ok(());
            }
            let mut batch = self.folder.batch();
            for offset in from..=to {
                batch.remove(ROWS, event_key(topic, offset));
            }
            // Not synced: events that come back after a crash are only delivered again.
            self.folder.write(batch, 0)?;
            state.first.insert(topic, to + 1);
        }
    }

    fn wait(&self, topic: Topic, timeout: Duration) {
        self.arrivals.wait(topic, timeout);
    }

    fn examine(&self, progress: &mut dyn FnMut(u64) -> Result<()>) -> Result<Vec<String>> {
        self.folder.examine(progress)
    }

    fn examine_quickly(&self) -> Result<Vec<String>> {
        self.folder.examine_quickly()
    }
}

pub(crate) fn damaged() -> Error {
    Error::new(ErrorKind::Corrupt, "a record of the event log is damaged")
        .mend("remove the log, so that stages scan again")
}

/// A topic's byte in keys. Part of the format.
pub(crate) const fn code(topic: Topic) -> u8 {
    match topic {
        Topic::Committed => 1,
        Topic::Fused => 2,
    }
}

fn event_key(topic: Topic, offset: u64) -> [u8; 10] {
    let mut key = [EVENT, code(topic), 0, 0, 0, 0, 0, 0, 0, 0];
    key[2..].copy_from_slice(&offset.to_be_bytes());
    key
}

fn consumer_key(topic: Topic, consumer: &str) -> Vec<u8> {
    [&[CONSUMER, code(topic)], consumer.as_bytes()].concat()
}

/// Reads the progress of a consumer. Logs of earlier versions hold no watermark.
pub(crate) fn read_progress(value: &[u8]) -> Result<(u64, Commit)> {
    let (acknowledged, watermark) = value.split_at_checked(8).ok_or_else(damaged)?;
    let watermark = if watermark.is_empty() { Commit::NONE } else { Commit(number(watermark)?) };
    Ok((number(acknowledged)?, watermark))
}

fn number(bytes: &[u8]) -> Result<u64> {
    bytes.try_into().map(u64::from_be_bytes).map_err(|_| damaged())
}

fn get(folder: &Folder, key: &[u8]) -> Result<Option<Vec<u8>>> {
    let value = folder.table(ROWS).get(key).map_err(|e| folder.error("cannot read", e))?;
    Ok(value.map(|v| v.to_vec()))
}

fn first_offset(folder: &Folder, topic: Topic) -> Result<Option<u64>> {
    let Some(guard) = folder.table(ROWS).prefix([EVENT, code(topic)]).next() else { return Ok(None) };
    let key = guard.key().map_err(|e| folder.error("cannot read", e))?;
    number(key.get(2..).unwrap_or_default()).map(Some)
}

pub(crate) fn encode(event: &Event) -> Vec<u8> {
    match event {
        Event::Asset { asset, commit } => {
            [&[0], commit.0.to_be_bytes().as_slice(), asset.as_str().as_bytes()].concat()
        }
        Event::Watermark { upto, .. } => [&[1], upto.0.to_be_bytes().as_slice()].concat(),
    }
}

pub(crate) fn decode(bytes: &[u8]) -> Result<Event> {
    let (kind, rest) = bytes.split_first().ok_or_else(damaged)?;
    let (commit, asset) = rest.split_at_checked(8).ok_or_else(damaged)?;
    let commit = Commit(number(commit)?);
    match kind {
        0 => {
            let asset = std::str::from_utf8(asset).ok().and_then(|id| AssetId::new(id).ok());
            Ok(Event::Asset { asset: asset.ok_or_else(damaged)?, commit })
        }
        1 => Ok(Event::Watermark { partition: Some(0), upto: commit }),
        _ => Err(damaged()),
    }
}
