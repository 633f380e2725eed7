//! A broker that dies and comes back. It is the test's own: the others keep theirs.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use rushes_engine_kafka::{KafkaConfig, KafkaLog};
use rushes_events::{Delivered, Event, EventLog, Topic};
use rushes_testkit::engines;
use rushes_types::Commit;

use crate::fixture::config_on;
use crate::groups::{behind, event, events, positions};

const TOPIC: Topic = Topic::Committed;
const LONG: Duration = Duration::from_secs(90);

fn commits(delivered: &[Delivered]) -> BTreeSet<u64> {
    let commits = delivered.iter().filter_map(|d| match d.event {
        Event::Asset { commit, .. } => Some(commit.0),
        Event::Watermark { .. } => None,
    });
    commits.collect()
}

/// Calls until it succeeds, as a worker's loop does; every error on the way must allow that.
fn insist<T>(what: &str, mut call: impl FnMut() -> rushes_types::Result<T>) -> T {
    let until = Instant::now() + LONG;
    loop {
        match call() {
            Ok(value) => return value,
            Err(e) => {
                assert!(e.kind().is_retryable() && Instant::now() < until, "{what}: {e}");
                std::thread::sleep(Duration::from_millis(100));
            }
        }
    }
}

#[test]
fn a_broker_that_is_killed_and_comes_back_loses_nothing_that_was_acknowledged() {
    let Some(own) = engines::kafka() else { return };
    let config = KafkaConfig {
        request_timeout_ms: 2_000,
        delivery_timeout_ms: 3_000,
        connect_timeout_ms: 2_000,
        ..config_on(&own.address(), 4)
    };
    let log = KafkaLog::open(config.clone()).unwrap();
    log.append(TOPIC, &events(100, 20)).unwrap();
    log.append(TOPIC, &[Event::Watermark { partition: None, upto: Commit(100) }]).unwrap();
    let done = log.poll(TOPIC, "fuse", 30).unwrap();
    log.acknowledge(TOPIC, "fuse", &positions(&done)).unwrap();
    let in_hand = log.poll(TOPIC, "fuse", 30).unwrap();
    own.kill();
    let error = log.append(TOPIC, &[event(1, 101)]).unwrap_err();
    assert!(error.kind().is_retryable(), "{error:?}");
    assert!(log.acknowledge(TOPIC, "fuse", &positions(&in_hand)).unwrap_err().kind().is_retryable());
    let refused = KafkaLog::open(config).err().unwrap();
    assert!(refused.message().contains("does not answer"), "{refused}");
    own.start_again();
    insist("append", || log.append(TOPIC, &[event(1, 101)]));
    // What was in hand has had its effect: saying so late is as good, if the partitions are still ours.
    insist("acknowledge", || log.acknowledge(TOPIC, "fuse", &positions(&in_hand)));
    insist("redeliver", || log.redeliver(TOPIC, "fuse"));
    let mut heard = commits(&done);
    heard.extend(commits(&in_hand));
    let until = Instant::now() + LONG;
    while (heard.len() < 101 || behind(&log, "fuse") != Some(0)) && Instant::now() < until {
        let polled = insist("poll", || log.poll(TOPIC, "fuse", 100));
        insist("acknowledge", || log.acknowledge(TOPIC, "fuse", &positions(&polled)));
        heard.extend(commits(&polled));
        log.wait(TOPIC, Duration::from_millis(50));
    }
    assert_eq!(heard, (1..=101).collect());
    assert_eq!(behind(&log, "fuse"), Some(0));
    assert_eq!(log.watermarks(TOPIC, "fuse").unwrap(), [Commit(100); 4]);
}
