//! The network between a worker and the brokers is cut, or says nothing, for a while.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use rushes_engine_kafka::{KafkaConfig, KafkaLog};
use rushes_events::{Delivered, Event, EventLog, Topic};
use rushes_testkit::proxy::Proxy;
use rushes_testkit::servers;
use rushes_types::Commit;

use crate::fixture::{Removed, config_on};
use crate::groups::{behind, drain, event, events, positions};

const TOPIC: Topic = Topic::Committed;
/// No call may take longer than all time limits that are set below together.
const BOUND: Duration = Duration::from_secs(15);

/// A log whose connection can be cut, and one beside it whose connection cannot.
fn logs(partitions: u32) -> Option<(Proxy, KafkaLog, KafkaConfig, Removed)> {
    let server = servers::kafka()?;
    let proxy = Proxy::kafka(&server).unwrap();
    let direct = KafkaConfig {
        request_timeout_ms: 2_000,
        delivery_timeout_ms: 3_000,
        ..config_on(&server, partitions)
    };
    let through = KafkaConfig { servers: vec![proxy.address().to_string()], ..direct.clone() };
    let log = KafkaLog::open(through).unwrap();
    Some((proxy, log, direct.clone(), Removed(direct)))
}

fn in_time<T>(what: &str, call: impl FnOnce() -> T) -> T {
    let begin = Instant::now();
    let result = call();
    assert!(begin.elapsed() < BOUND, "{what} took {:?}", begin.elapsed());
    result
}

fn commits(delivered: &[Delivered]) -> BTreeSet<Commit> {
    let commits = delivered.iter().filter_map(|d| match d.event {
        Event::Asset { commit, .. } => Some(commit),
        Event::Watermark { .. } => None,
    });
    commits.collect()
}

#[test]
fn an_append_during_a_cut_is_an_error_that_may_be_tried_again() {
    let Some((proxy, log, direct, _removed)) = logs(4) else { return };
    log.append(TOPIC, &events(10, 5)).unwrap();
    proxy.cut();
    let error = in_time("append", || log.append(TOPIC, &[event(1, 11)])).unwrap_err();
    assert!(error.kind().is_retryable(), "{error:?}");
    println!("{error}");
    proxy.heal();
    in_time("append", || log.append(TOPIC, &[event(1, 11)])).unwrap();
    let beside = KafkaLog::open(direct).unwrap();
    let heard = drain(&beside, "fuse", 11);
    assert_eq!(commits(&heard), (1..=11).map(Commit).collect());
}

#[test]
fn an_append_whose_answer_is_lost_may_have_happened_and_says_so() {
    let Some((proxy, log, direct, _removed)) = logs(1) else { return };
    log.append(TOPIC, &events(10, 5)).unwrap();
    proxy.stall_answers();
    let error = in_time("append", || log.append(TOPIC, &[event(1, 11)])).unwrap_err();
    assert_eq!(error.kind(), rushes_types::ErrorKind::OutcomeUnknown, "{error}");
    proxy.heal();
    in_time("append", || log.append(TOPIC, &[event(1, 11)])).unwrap();
    log.append(TOPIC, &[event(1, 12)]).unwrap();
    let beside = KafkaLog::open(direct).unwrap();
    let heard = drain(&beside, "fuse", 12);
    assert_eq!(commits(&heard), (1..=12).map(Commit).collect());
}

#[test]
fn a_consumer_that_was_cut_off_shortly_goes_on_where_it_was() {
    let Some((proxy, log, direct, _removed)) = logs(4) else { return };
    let beside = KafkaLog::open(direct).unwrap();
    beside.append(TOPIC, &events(40, 20)).unwrap();
    let first = log.poll(TOPIC, "fuse", 10).unwrap();
    log.acknowledge(TOPIC, "fuse", &positions(&first)).unwrap();
    let in_hand = log.poll(TOPIC, "fuse", 10).unwrap();
    proxy.cut();
    let error = in_time("acknowledge", || log.acknowledge(TOPIC, "fuse", &positions(&in_hand))).unwrap_err();
    assert!(error.kind().is_retryable(), "{error:?}");
    beside.append(TOPIC, &(41..=50).map(|n| event(n, n)).collect::<Vec<_>>()).unwrap();
    let until = Instant::now() + BOUND;
    let told = loop {
        // What was fetched before the cut is still given.
        match in_time("poll", || log.poll(TOPIC, "fuse", 100)) {
            Err(error) => break error,
            Ok(_) => assert!(Instant::now() < until, "an empty poll says that all is done"),
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    println!("{told}");
    assert!(told.kind().is_retryable(), "{told:?}");
    proxy.heal();
    let until = Instant::now() + BOUND;
    while log.redeliver(TOPIC, "fuse").is_err() {
        assert!(Instant::now() < until);
    }
    let mut rest = Vec::new();
    while commits(&rest).len() < 40 && Instant::now() < until {
        let Ok(polled) = log.poll(TOPIC, "fuse", 100) else { continue };
        if log.acknowledge(TOPIC, "fuse", &positions(&polled)).is_ok() {
            rest.extend(polled);
        }
    }
    let mut all = commits(&first);
    all.extend(commits(&rest));
    assert_eq!(all, (1..=50).map(Commit).collect());
    assert_eq!(behind(&log, "fuse"), Some(0));
}

#[test]
fn another_worker_takes_over_from_one_that_is_cut_off_and_is_not_set_back_by_it() {
    let Some((proxy, log, direct, _removed)) = logs(4) else { return };
    log.append(TOPIC, &events(40, 20)).unwrap();
    let in_hand = log.poll(TOPIC, "fuse", 100).unwrap();
    assert_eq!(in_hand.len(), 40);
    proxy.cut();
    let beside = KafkaLog::open(direct).unwrap();
    beside.append(TOPIC, &(41..=50).map(|n| event(n, n)).collect::<Vec<_>>()).unwrap();
    let heard = drain(&beside, "fuse", 50);
    assert_eq!(commits(&heard), (1..=50).map(Commit).collect(), "all that was in hand comes here");
    assert_eq!(behind(&beside, "fuse"), Some(0));
    proxy.heal();
    // Whether it has noticed or not, what it says of partitions that are another's does not count.
    let until = Instant::now() + BOUND;
    while log.acknowledge(TOPIC, "fuse", &positions(&in_hand[..4])).is_err() {
        assert!(Instant::now() < until);
    }
    assert_eq!(behind(&beside, "fuse"), Some(0));
    beside.append(TOPIC, &(51..=70).map(|n| event(n, n)).collect::<Vec<_>>()).unwrap();
    let until = Instant::now() + 2 * BOUND;
    let mut both = BTreeSet::new();
    while both.len() < 20 && Instant::now() < until {
        for worker in [&log, &beside] {
            let polled = worker.poll(TOPIC, "fuse", 100).unwrap_or_default();
            if worker.acknowledge(TOPIC, "fuse", &positions(&polled)).is_ok() {
                both.extend(commits(&polled));
            }
        }
    }
    assert!((51..=70).all(|n| both.contains(&Commit(n))), "{both:?}");
}
