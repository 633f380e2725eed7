//! Events that a pass failed at come again, also where asking for them fails.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rushes_archive::{
    Archive, ArchiveFolder, Body, Caller, Engines, IngestOptions, Manifest, OpenEngines, OpenOptions,
};
use rushes_events::{DeadLetter, Delivered, Event, EventLog, Lag, MemoryLog, Position, Topic};
use rushes_types::{Commit, Error, ErrorKind, Result};

use crate::flow::line;

/// A log that for some calls does not answer.
#[derive(Default)]
struct Faulty {
    log: MemoryLog,
    acknowledgements: AtomicU32,
    redeliveries: AtomicU32,
}

/// Fails the first two calls after the first.
fn fails(calls: &AtomicU32) -> Result<()> {
    match calls.fetch_add(1, Ordering::SeqCst) {
        1 | 2 => Err(Error::new(ErrorKind::Unavailable, "the log does not answer")),
        _ => Ok(()),
    }
}

impl EventLog for Faulty {
    fn append(&self, topic: Topic, events: &[Event]) -> Result<()> {
        self.log.append(topic, events)
    }

    fn poll(&self, topic: Topic, consumer: &str, limit: usize) -> Result<Vec<Delivered>> {
        self.log.poll(topic, consumer, limit)
    }

    fn acknowledge(&self, topic: Topic, consumer: &str, positions: &[Position]) -> Result<()> {
        if consumer == "index" {
            fails(&self.acknowledgements)?;
        }
        self.log.acknowledge(topic, consumer, positions)
    }

    fn redeliver(&self, topic: Topic, consumer: &str) -> Result<()> {
        if consumer == "index" {
            fails(&self.redeliveries)?;
        }
        self.log.redeliver(topic, consumer)
    }

    fn skip(&self, topic: Topic, consumer: &str) -> Result<()> {
        self.log.skip(topic, consumer)
    }

    fn watermarks(&self, topic: Topic, consumer: &str) -> Result<Vec<Commit>> {
        self.log.watermarks(topic, consumer)
    }

    fn put_dead_letter(&self, topic: Topic, consumer: &str, event: &Delivered, reason: &str) -> Result<()> {
        self.log.put_dead_letter(topic, consumer, event, reason)
    }

    fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>> {
        self.log.dead_letters(limit)
    }

    fn replay(&self, limit: usize) -> Result<usize> {
        self.log.replay(limit)
    }

    fn lag(&self) -> Result<Vec<Lag>> {
        self.log.lag()
    }

    fn trim(&self, topic: Topic, keep: u64) -> Result<()> {
        self.log.trim(topic, keep)
    }

    fn wait(&self, topic: Topic, timeout: Duration) {
        self.log.wait(topic, timeout);
    }
}

/// Embedded engines around such a log.
struct WithFaulty(Arc<Faulty>);

impl std::fmt::Debug for WithFaulty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WithFaulty")
    }
}

impl OpenEngines for WithFaulty {
    fn identity(&self, own: &Manifest) -> Result<Manifest> {
        Ok(own.clone())
    }

    fn open(&self, folder: &ArchiveFolder<'_>) -> Result<Engines> {
        Ok(Engines {
            store: folder.store()?,
            events: Arc::clone(&self.0) as Arc<dyn EventLog>,
            timeline: folder.timeline()?,
            index: folder.index()?,
        })
    }
}

fn open(dir: &Path, log: &Arc<Faulty>) -> Arc<Archive> {
    let options = OpenOptions { engines: Arc::new(WithFaulty(Arc::clone(log))), ..OpenOptions::default() };
    Archive::open(dir, options).unwrap()
}

#[test]
fn events_that_a_pass_failed_at_are_asked_for_until_they_are_delivered() {
    let folder = tempfile::tempdir().unwrap();
    let log = Arc::new(Faulty::default());
    let archive = open(&folder.path().join("a"), &log);
    for no in 0..6 {
        let lines = line(&format!("e{no}"), "faces@1", "CHARACTER_SEARCH", "Joey", 2, 8);
        archive.ingest(&Caller::local(), Body::Lines(lines.as_bytes()), &IngestOptions::default()).unwrap();
        let until = Instant::now() + Duration::from_secs(60);
        while log.lag().unwrap().iter().any(|lag| lag.behind > 0) || archive.status().unwrap().catching_up {
            assert!(Instant::now() < until, "{:?}", archive.status());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    assert!(log.acknowledgements.load(Ordering::SeqCst) > 3, "acknowledging has failed");
    assert!(log.redeliveries.load(Ordering::SeqCst) > 3, "asking for it again has failed");
}
