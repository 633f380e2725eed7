//! The throughput of the log between the stages, without any stage.

use std::time::Instant;

use rushes_archive::{Engines, Progress};
use rushes_events::{Event, Topic};
use rushes_types::{AssetId, Commit, Error, ErrorKind, Result};

use crate::run::check;

/// Events per call, as the relay sends them.
const BATCH: u64 = 4_096;
/// Number of assets in the events.
const ASSETS: u64 = 5_000;
/// The consumer.
const CONSUMER: &str = "fuse";
/// How long the log may deliver nothing, in seconds.
const SILENCE_S: u64 = 60;

/// Seconds for appending the events durably, and seconds from the first to the last delivery.
pub struct LogTimes {
    pub append_seconds: f64,
    pub deliver_seconds: f64,
    /// Events delivered after the clock of delivery started.
    pub delivered: u64,
}

/// Appends events, then polls them.
pub fn measure(engines: &Engines, events: u64, progress: &dyn Progress) -> Result<LogTimes> {
    progress.set("sending events", 0, None);
    let log = &engines.events;
    let topic = Topic::Committed;
    let made: Vec<Vec<Event>> = batches(events)?;
    let begun = Instant::now();
    for batch in &made {
        check(progress)?;
        log.append(topic, batch)?;
    }
    let append_seconds = begun.elapsed().as_secs_f64();
    progress.set("taking events", 0, None);
    // A consumer's first call joins its group, which takes seconds but happens once in the life of a worker.
    let mut heard = Instant::now();
    let mut first = None;
    let (mut got, mut before) = (0, 0);
    while got < events {
        check(progress)?;
        let polled = log.poll(topic, CONSUMER, usize::try_from(BATCH).unwrap_or(usize::MAX))?;
        got += polled.iter().filter(|delivered| delivered.watermark().is_none()).count() as u64;
        let positions: Vec<_> = polled.iter().map(|delivered| delivered.position).collect();
        if !positions.is_empty() {
            log.acknowledge(topic, CONSUMER, &positions)?;
            heard = Instant::now();
            if first.is_none() {
                first = Some(heard);
                before = got;
            }
        } else if heard.elapsed().as_secs() > SILENCE_S {
            let message = format!(
                "of {events} events that were sent, {got} came back within {SILENCE_S} s of the last"
            );
            return Err(Error::new(ErrorKind::Unavailable, message));
        }
    }
    let deliver_seconds = first.map_or(0.0, |first| first.elapsed().as_secs_f64());
    Ok(LogTimes { append_seconds, deliver_seconds, delivered: got - before })
}

fn batches(events: u64) -> Result<Vec<Vec<Event>>> {
    let event = |n: u64| -> Result<Event> {
        let asset = AssetId::new(&format!("bench-s01e{:04}", n % ASSETS))
            .map_err(|e| Error::bug(format!("a made-up name is refused: {e}")))?;
        Ok(Event::Asset { asset, commit: Commit(n + 1) })
    };
    let mut all = Vec::new();
    let mut from = 0;
    while from < events {
        let upto = events.min(from + BATCH);
        all.push((from..upto).map(event).collect::<Result<_>>()?);
        from = upto;
    }
    Ok(all)
}
