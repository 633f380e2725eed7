//! The event log and the outboxes, read by the page.

use std::collections::BTreeMap;

use rushes_archive::{Body, IngestOptions, OpenOptions, Words};
use rushes_events::{Event, Topic};
use rushes_fuse::driver::{Options, fuse_asset};
use rushes_timeline::TimelineEvent;
use rushes_types::{Commit, Watermark};

use super::events::{self, DeadLetter};
use super::fused;
use super::made::{self, asset_id};
use super::store;
use crate::flow::{Open, line};

const TOPICS: [(u8, Topic); 2] = [(1, Topic::Committed), (2, Topic::Fused)];

fn wanted(event: &Event) -> events::Event {
    match event {
        Event::Asset { asset, commit } => {
            events::Event::Asset { asset: asset.as_str().to_owned(), commit: commit.0 }
        }
        Event::Watermark { upto, .. } => events::Event::Watermark(upto.0),
    }
}

/// What a consumer that never was there is given, and how far the others are.
fn check(read: &events::Events, open: &Open) {
    let log = &open.archive.engines().events;
    for (no, topic) in TOPICS {
        let delivered = log.poll(topic, "never there", 100_000).unwrap();
        let told: Vec<_> = delivered.iter().map(|d| wanted(&d.event)).collect();
        let of_topic = read.events.iter().filter(|((of, _), _)| *of == no);
        assert_eq!(of_topic.map(|(_, event)| event.clone()).collect::<Vec<_>>(), told);
        let behind = |name: &str, behind: u64| {
            let (offset, watermark) = read.consumers[&(no, name.to_owned())];
            assert_eq!(read.last[&no] - offset, behind, "{name}");
            assert_eq!(log.watermarks(topic, name).unwrap(), [Commit(watermark)], "{name}");
        };
        let lags = log.lag().unwrap();
        let lags: Vec<_> = lags.iter().filter(|l| l.topic == topic && l.consumer != "never there").collect();
        lags.iter().for_each(|lag| behind(&lag.consumer, lag.behind));
        assert_eq!(lags.len(), read.consumers.keys().filter(|(of, _)| *of == no).count());
    }
}

#[test]
fn the_log_of_an_archive_that_caught_up_is_read_back_by_the_page() {
    let open = Open::new();
    for n in 0..3 {
        open.ingest(&line("кино", "faces@1", "CHARACTER_SEARCH", "Joey", n, 9));
    }
    let (open, copy) = made::copied(open, OpenOptions { stages: Vec::new(), ..OpenOptions::default() });
    let read = events::read(&copy.join("events"));
    assert_eq!(read.consumers.len(), 2);
    check(&read, &open);
}

#[test]
fn events_consumers_and_dead_letters_are_read_back_by_the_page() {
    let open = made::resting();
    let log = &open.archive.engines().events;
    let asset = |name: &str, commit| Event::Asset { asset: asset_id(name), commit: Commit(commit) };
    let watermark = |upto| Event::Watermark { partition: Some(0), upto: Commit(upto) };
    log.append(Topic::Committed, &[asset("e1", 1), watermark(1), asset("кино", 300), watermark(1 << 40)])
        .unwrap();
    log.append(Topic::Fused, &[asset("e1", 1)]).unwrap();
    let delivered = log.poll(Topic::Committed, "потребитель", 100).unwrap();
    let reasons = ["no `label`: 理由".to_owned(), "ü".repeat(3_000)];
    for (event, reason) in delivered.iter().zip(&reasons) {
        log.put_dead_letter(Topic::Committed, "потребитель", event, reason).unwrap();
    }
    let positions: Vec<_> = delivered[..2].iter().map(|d| d.position).collect();
    log.acknowledge(Topic::Committed, "потребитель", &positions).unwrap();
    let (open, copy) = made::copied(open, OpenOptions { stages: Vec::new(), ..OpenOptions::default() });
    let read = events::read(&copy.join("events"));
    check(&read, &open);
    assert_eq!((read.events.len(), &read.last), (5, &BTreeMap::from([(1, 4), (2, 1)])));
    assert_eq!(read.consumers[&(1, "потребитель".to_owned())], (2, 1));
    let letters = open.archive.engines().events.dead_letters(100).unwrap();
    let letters = letters.iter().zip(1..).map(|(letter, offset)| DeadLetter {
        topic: 1,
        offset,
        consumer: letter.consumer.clone(),
        reason: letter.reason.clone(),
        event: letter.event.as_ref().map(wanted),
    });
    assert_eq!(read.dead_letters, letters.collect::<Vec<_>>());
    assert_eq!(read.dead_letters[0].reason, reasons[0]);
    assert_eq!(read.dead_letters[1].reason, "ü".repeat(2_048));
}

#[test]
fn what_waits_in_the_outboxes_is_read_back_by_the_page() {
    let open = made::resting();
    let options = IngestOptions::default();
    for asset in ["e1", "кино"] {
        let lines = line(asset, "faces@1", "CHARACTER_SEARCH", "Joey", 2, 8);
        open.archive.ingest(&open.caller, Body::Lines(lines.as_bytes()), &options).unwrap();
    }
    let engines = open.archive.engines();
    let words = Words::new("en");
    for asset in ["e1", "кино"] {
        fuse_asset(&*engines.store, &*engines.timeline, &asset_id(asset), Options::new(&words)).unwrap();
    }
    let watermark = |partition, upto| Watermark { partition, upto: Commit(upto) };
    engines.timeline.apply(&[], &[watermark(0, 2)]).unwrap();
    engines.timeline.apply(&[], &[watermark(7, 1 << 40)]).unwrap();
    let (open, copy) = made::copied(open, OpenOptions { stages: Vec::new(), ..OpenOptions::default() });
    let read = store::read(&copy.join("store"));
    let commits =
        read.history.iter().flat_map(|(asset, all)| all.keys().map(move |commit| (*commit, asset.clone())));
    assert_eq!(read.outbox, commits.collect());
    let rows = open.archive.engines().timeline.outbox(0, 100).unwrap().into_iter();
    let rows: BTreeMap<u64, fused::Event> = rows
        .map(|row| {
            let event = match row.row {
                TimelineEvent::Asset(asset, commit) => {
                    fused::Event::Asset { asset: asset.as_str().to_owned(), commit: commit.0 }
                }
                TimelineEvent::Watermark(w) => {
                    fused::Event::Watermark { partition: w.partition, commit: w.upto.0 }
                }
            };
            (row.sequence, event)
        })
        .collect();
    let fused = fused::read(&copy.join("fused"));
    assert_eq!(fused.outbox, rows);
    assert!(rows.len() >= 4, "{rows:?}");
    assert_eq!(rows.keys().last(), Some(&fused.meta["outbox_last"]));
}
