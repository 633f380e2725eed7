//! The laws of [`EventLog`]: one function per law; [`events_suite!`](crate::events_suite!) makes each a test.
#![allow(missing_docs, reason = "a law is a sentence: its name says it")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use rushes_events::{Delivered, Event, EventLog, Topic};
use rushes_types::{AssetId, Commit};

/// A log under test.
pub trait LogFixture {
    /// The log.
    fn log(&self) -> Arc<dyn EventLog>;
    /// Closes and opens the log again; `false` if it does not persist.
    fn reopen(&mut self) -> bool {
        false
    }
}

const TOPIC: Topic = Topic::Committed;
const SHORT: Duration = Duration::from_millis(20);
const LONG: Duration = Duration::from_secs(60);

fn event(n: u64) -> Event {
    Event::Asset { asset: AssetId::new(&format!("asset-{}", n % 3)).unwrap(), commit: Commit(n) }
}

fn watermark(upto: u64) -> Event {
    Event::Watermark { partition: Some(0), upto: Commit(upto) }
}

fn events(range: std::ops::RangeInclusive<u64>) -> Vec<Event> {
    range.map(event).collect()
}

fn said(delivered: &[Delivered]) -> Vec<Event> {
    delivered.iter().map(|d| d.event.clone()).collect()
}

fn behind(log: &dyn EventLog, consumer: &str) -> Option<u64> {
    let lag = log.lag().unwrap();
    lag.iter().find(|l| l.topic == TOPIC && l.consumer == consumer).map(|l| l.behind)
}

fn acknowledge(log: &dyn EventLog, consumer: &str, delivered: &[Delivered]) {
    let positions: Vec<_> = delivered.iter().map(|d| d.position).collect();
    log.acknowledge(TOPIC, consumer, &positions).unwrap();
}

pub fn events_come_in_the_order_they_were_appended(fixture: &mut dyn LogFixture) {
    let log = fixture.log();
    log.append(TOPIC, &events(1..=5)).unwrap();
    log.append(TOPIC, &[watermark(5)]).unwrap();
    log.append(TOPIC, &events(6..=7)).unwrap();
    let polled = log.poll(TOPIC, "c", 100).unwrap();
    let mut expected = events(1..=5);
    expected.push(watermark(5));
    expected.extend(events(6..=7));
    assert_eq!(said(&polled), expected);
    assert!(polled.windows(2).all(|w| w[0].position < w[1].position));
}

pub fn a_poll_goes_on_after_what_was_delivered(fixture: &mut dyn LogFixture) {
    let log = fixture.log();
    log.append(TOPIC, &events(1..=5)).unwrap();
    assert_eq!(said(&log.poll(TOPIC, "c", 2).unwrap()), events(1..=2));
    assert_eq!(said(&log.poll(TOPIC, "c", 2).unwrap()), events(3..=4));
    assert_eq!(said(&log.poll(TOPIC, "c", 2).unwrap()), events(5..=5));
    assert!(log.poll(TOPIC, "c", 2).unwrap().is_empty());
    assert!(log.poll(TOPIC, "d", 0).unwrap().is_empty());
}

pub fn a_late_consumer_begins_at_the_beginning(fixture: &mut dyn LogFixture) {
    let log = fixture.log();
    log.append(TOPIC, &events(1..=3)).unwrap();
    let polled = log.poll(TOPIC, "early", 10).unwrap();
    acknowledge(&*log, "early", &polled);
    assert_eq!(said(&log.poll(TOPIC, "late", 10).unwrap()), events(1..=3));
}

pub fn consumers_and_topics_do_not_disturb_each_other(fixture: &mut dyn LogFixture) {
    let log = fixture.log();
    log.append(TOPIC, &events(1..=2)).unwrap();
    log.append(Topic::Fused, &events(8..=9)).unwrap();
    let polled = log.poll(TOPIC, "a", 10).unwrap();
    acknowledge(&*log, "a", &polled);
    assert_eq!(said(&log.poll(TOPIC, "b", 10).unwrap()), events(1..=2));
    assert_eq!(said(&log.poll(Topic::Fused, "a", 10).unwrap()), events(8..=9));
    log.redeliver(TOPIC, "b").unwrap();
    assert!(log.poll(TOPIC, "a", 10).unwrap().is_empty());
}

pub fn what_was_not_acknowledged_is_delivered_again(fixture: &mut dyn LogFixture) {
    let log = fixture.log();
    log.append(TOPIC, &events(1..=5)).unwrap();
    let polled = log.poll(TOPIC, "c", 4).unwrap();
    acknowledge(&*log, "c", &polled[..2]);
    log.redeliver(TOPIC, "c").unwrap();
    assert_eq!(said(&log.poll(TOPIC, "c", 10).unwrap()), events(3..=5));
}

pub fn an_acknowledgement_below_an_earlier_one_changes_nothing(fixture: &mut dyn LogFixture) {
    let log = fixture.log();
    log.append(TOPIC, &events(1..=4)).unwrap();
    let polled = log.poll(TOPIC, "c", 10).unwrap();
    acknowledge(&*log, "c", &polled[..3]);
    acknowledge(&*log, "c", &polled[..1]);
    log.acknowledge(TOPIC, "c", &[]).unwrap();
    log.redeliver(TOPIC, "c").unwrap();
    assert_eq!(said(&log.poll(TOPIC, "c", 10).unwrap()), events(4..=4));
}

pub fn lag_counts_what_is_not_acknowledged(fixture: &mut dyn LogFixture) {
    let log = fixture.log();
    log.append(TOPIC, &events(1..=4)).unwrap();
    assert_eq!(behind(&*log, "c"), None);
    let polled = log.poll(TOPIC, "c", 3).unwrap();
    assert_eq!(behind(&*log, "c"), Some(4));
    acknowledge(&*log, "c", &polled[..2]);
    assert_eq!(behind(&*log, "c"), Some(2));
    log.append(TOPIC, &events(5..=5)).unwrap();
    assert_eq!(behind(&*log, "c"), Some(3));
}

pub fn trimming_keeps_what_someone_still_needs(fixture: &mut dyn LogFixture) {
    let log = fixture.log();
    log.append(TOPIC, &events(1..=6)).unwrap();
    let polled = log.poll(TOPIC, "fast", 10).unwrap();
    acknowledge(&*log, "fast", &polled);
    let slow = log.poll(TOPIC, "slow", 2).unwrap();
    acknowledge(&*log, "slow", &slow);
    log.trim(TOPIC, 0).unwrap();
    assert_eq!(said(&log.poll(TOPIC, "slow", 10).unwrap()), events(3..=6));
    assert_eq!(said(&log.poll(TOPIC, "late", 10).unwrap()), events(3..=6));
}

pub fn trimming_keeps_the_newest(fixture: &mut dyn LogFixture) {
    let log = fixture.log();
    log.append(TOPIC, &events(1..=6)).unwrap();
    let polled = log.poll(TOPIC, "c", 10).unwrap();
    acknowledge(&*log, "c", &polled);
    log.trim(TOPIC, 2).unwrap();
    assert_eq!(behind(&*log, "c"), Some(0));
    let left = log.poll(TOPIC, "late", 10).unwrap();
    assert_eq!(behind(&*log, "late"), Some(2));
    assert_eq!(said(&left), events(5..=6));
    acknowledge(&*log, "late", &left);
    log.trim(TOPIC, 0).unwrap();
    log.append(TOPIC, &events(7..=7)).unwrap();
    assert_eq!(said(&log.poll(TOPIC, "c", 10).unwrap()), events(7..=7));
}

pub fn waiting_ends_with_the_time(fixture: &mut dyn LogFixture) {
    let log = fixture.log();
    let begin = Instant::now();
    log.wait(TOPIC, SHORT);
    assert!(begin.elapsed() < LONG);
}

pub fn an_event_between_an_empty_poll_and_the_wait_is_not_missed(fixture: &mut dyn LogFixture) {
    let log = fixture.log();
    assert!(log.poll(TOPIC, "c", 10).unwrap().is_empty());
    log.append(TOPIC, &events(1..=1)).unwrap();
    let begin = Instant::now();
    log.wait(TOPIC, LONG);
    assert!(begin.elapsed() < LONG / 2);
}

pub fn an_append_wakes_those_that_wait(fixture: &mut dyn LogFixture) {
    let log = fixture.log();
    let waiting = {
        let log = Arc::clone(&log);
        std::thread::spawn(move || {
            let begin = Instant::now();
            let mut polled = Vec::new();
            while polled.is_empty() && begin.elapsed() < LONG {
                log.wait(TOPIC, LONG);
                polled = log.poll(TOPIC, "c", 10).unwrap();
            }
            (said(&polled), begin.elapsed())
        })
    };
    std::thread::sleep(SHORT);
    log.append(TOPIC, &events(1..=1)).unwrap();
    let (polled, waited) = waiting.join().unwrap();
    assert_eq!(polled, events(1..=1));
    assert!(waited < LONG / 2);
}

pub fn many_threads_lose_nothing(fixture: &mut dyn LogFixture) {
    let log = fixture.log();
    let writers: Vec<_> = (0..4u64)
        .map(|writer| {
            let log = Arc::clone(&log);
            std::thread::spawn(move || {
                for n in 0..25 {
                    let asset = AssetId::new(&format!("writer-{writer}")).unwrap();
                    log.append(TOPIC, &[Event::Asset { asset, commit: Commit(n) }]).unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.join().unwrap();
    }
    let polled = said(&log.poll(TOPIC, "c", 1_000).unwrap());
    assert_eq!(polled.len(), 100);
    for writer in 0..4u64 {
        let own = polled.iter().filter_map(|e| match e {
            Event::Asset { asset, commit } if asset.as_str() == format!("writer-{writer}") => Some(commit.0),
            _ => None,
        });
        assert!(own.eq(0..25), "events of one asset stay in order");
    }
}

pub fn everything_acknowledged_survives_a_restart(fixture: &mut dyn LogFixture) {
    fixture.log().append(TOPIC, &events(1..=6)).unwrap();
    let polled = fixture.log().poll(TOPIC, "c", 4).unwrap();
    acknowledge(&*fixture.log(), "c", &polled[..2]);
    assert!(fixture.log().poll(TOPIC, "idle", 0).unwrap().is_empty());
    if !fixture.reopen() {
        return;
    }
    let log = fixture.log();
    assert_eq!(behind(&*log, "c"), Some(4));
    assert_eq!(behind(&*log, "idle"), Some(6));
    assert_eq!(said(&log.poll(TOPIC, "c", 10).unwrap()), events(3..=6));
    log.append(TOPIC, &events(7..=7)).unwrap();
    assert_eq!(said(&log.poll(TOPIC, "c", 10).unwrap()), events(7..=7));
}

pub fn offsets_grow_even_after_all_was_trimmed_and_closed(fixture: &mut dyn LogFixture) {
    fixture.log().append(TOPIC, &events(1..=3)).unwrap();
    let polled = fixture.log().poll(TOPIC, "c", 10).unwrap();
    acknowledge(&*fixture.log(), "c", &polled);
    fixture.log().trim(TOPIC, 0).unwrap();
    if !fixture.reopen() {
        return;
    }
    let log = fixture.log();
    assert!(log.poll(TOPIC, "c", 10).unwrap().is_empty());
    log.append(TOPIC, &events(4..=4)).unwrap();
    let again = log.poll(TOPIC, "c", 10).unwrap();
    assert_eq!(said(&again), events(4..=4));
    assert!(again[0].position > polled[2].position);
}

/// Makes every law of the event log a test of the fresh, empty fixture that `$make` creates. A watermark counts once it
/// is acknowledged, and for good.
pub fn the_highest_acknowledged_watermark_is_known(fixture: &mut dyn LogFixture) {
    let log = fixture.log();
    let highest = |log: &dyn EventLog| log.watermarks(TOPIC, "c").unwrap();
    log.append(TOPIC, &[event(1), watermark(1), event(2), watermark(2), event(3)]).unwrap();
    assert!(highest(&*log).iter().all(|commit| *commit == Commit::NONE));
    let polled = log.poll(TOPIC, "c", 100).unwrap();
    assert!(highest(&*log).iter().all(|commit| *commit == Commit::NONE), "delivered is not acknowledged");
    acknowledge(&*log, "c", &polled[..2]);
    assert_eq!(highest(&*log).into_iter().max(), Some(Commit(1)));
    acknowledge(&*log, "c", &polled);
    assert_eq!(highest(&*log).into_iter().max(), Some(Commit(2)));
    assert!(log.watermarks(TOPIC, "another").unwrap().iter().all(|commit| *commit == Commit::NONE));
    drop(log);
    if fixture.reopen() {
        assert_eq!(highest(&*fixture.log()).into_iter().max(), Some(Commit(2)));
    }
}

/// Skipped events are not delivered, and their watermarks do not count.
pub fn a_consumer_can_skip_all_events_so_far(fixture: &mut dyn LogFixture) {
    let log = fixture.log();
    log.append(TOPIC, &[event(1), watermark(7)]).unwrap();
    acknowledge(&*log, "c", &log.poll(TOPIC, "c", 100).unwrap());
    log.append(TOPIC, &[event(2), watermark(8)]).unwrap();
    log.skip(TOPIC, "c").unwrap();
    assert!(log.watermarks(TOPIC, "c").unwrap().iter().all(|commit| *commit == Commit::NONE));
    log.append(TOPIC, &[event(3)]).unwrap();
    drop(log);
    fixture.reopen();
    let log = fixture.log();
    let polled = log.poll(TOPIC, "c", 100).unwrap();
    assert_eq!(said(&polled), [event(3)]);
    acknowledge(&*log, "c", &polled);
    assert!(log.watermarks(TOPIC, "c").unwrap().iter().all(|commit| *commit == Commit::NONE));
    assert_eq!(behind(&*log, "c"), Some(0));
}

/// Dead letters have a reason, survive a restart, and are delivered again when replayed.
pub fn dead_letters_can_be_replayed(fixture: &mut dyn LogFixture) {
    let log = fixture.log();
    log.append(TOPIC, &events(1..=3)).unwrap();
    let polled = log.poll(TOPIC, "c", 100).unwrap();
    for bad in &polled[..2] {
        log.put_dead_letter(TOPIC, "c", bad, "no `label` in it").unwrap();
    }
    acknowledge(&*log, "c", &polled);
    drop(log);
    fixture.reopen();
    let log = fixture.log();
    let letters = log.dead_letters(10).unwrap();
    let told: Vec<_> = letters.iter().map(|l| (l.topic, l.consumer.as_str(), l.event.clone())).collect();
    assert_eq!(told, [(TOPIC, "c", Some(event(1))), (TOPIC, "c", Some(event(2)))]);
    assert!(letters.iter().all(|letter| letter.reason == "no `label` in it"));
    assert_eq!(
        letters.iter().map(|l| l.position).collect::<Vec<_>>(),
        [polled[0].position, polled[1].position]
    );
    assert_eq!(log.dead_letters(1).unwrap().len(), 1);
    assert!(log.poll(TOPIC, "c", 100).unwrap().is_empty());
    assert_eq!(log.replay(1).unwrap(), 1);
    assert_eq!(log.dead_letters(10).unwrap(), letters[1..]);
    assert_eq!(log.replay(10).unwrap(), 1);
    assert!(log.dead_letters(10).unwrap().is_empty());
    assert_eq!(log.replay(10).unwrap(), 0);
    assert_eq!(said(&log.poll(TOPIC, "c", 100).unwrap()), events(1..=2));
}

#[macro_export]
macro_rules! events_suite {
    ($make:expr) => {
        $crate::events_suite!(@ $make;
            events_come_in_the_order_they_were_appended,
            a_poll_goes_on_after_what_was_delivered,
            a_late_consumer_begins_at_the_beginning,
            consumers_and_topics_do_not_disturb_each_other,
            what_was_not_acknowledged_is_delivered_again,
            an_acknowledgement_below_an_earlier_one_changes_nothing,
            lag_counts_what_is_not_acknowledged,
            trimming_keeps_what_someone_still_needs,
            trimming_keeps_the_newest,
            waiting_ends_with_the_time,
            an_event_between_an_empty_poll_and_the_wait_is_not_missed,
            an_append_wakes_those_that_wait,
            many_threads_lose_nothing,
            everything_acknowledged_survives_a_restart,
            the_highest_acknowledged_watermark_is_known,
            dead_letters_can_be_replayed,
            a_consumer_can_skip_all_events_so_far,
            offsets_grow_even_after_all_was_trimmed_and_closed,
        );
    };
    (@ $make:expr; $($law:ident,)*) => {
        $(
            #[test]
            fn $law() {
                $crate::events_suite::$law(&mut $make);
            }
        )*
    };
}
