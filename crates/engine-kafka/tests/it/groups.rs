//! Several processes that share the partitions of one consumer; each process is a log of its own here.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rushes_engine_kafka::{KafkaConfig, KafkaLog};
use rushes_events::{Delivered, Event, EventLog, Position, Topic};
use rushes_types::{AssetId, Commit};

use crate::fixture::{Removed, config};

const TOPIC: Topic = Topic::Committed;
const LONG: Duration = Duration::from_secs(40);
/// Where it is set, a test is the process that the variable's text tells it to be.
const MEMBER: &str = "RUSHES_TEST_KAFKA_MEMBER";

pub fn event(asset: u64, commit: u64) -> Event {
    Event::Asset { asset: AssetId::new(&format!("asset-{asset}")).unwrap(), commit: Commit(commit) }
}

/// Commits `1..=count` over so many assets.
pub fn events(count: u64, assets: u64) -> Vec<Event> {
    (1..=count).map(|n| event(n % assets, n)).collect()
}

pub fn positions(delivered: &[Delivered]) -> Vec<Position> {
    delivered.iter().map(|d| d.position).collect()
}

/// Everything a consumer gets until it has `count` events or the time is over; acknowledged batch by batch.
pub fn drain(log: &KafkaLog, consumer: &str, count: usize) -> Vec<Delivered> {
    let until = Instant::now() + LONG;
    let mut all = Vec::new();
    while all.len() < count && Instant::now() < until {
        let polled = log.poll(TOPIC, consumer, 100).unwrap();
        log.acknowledge(TOPIC, consumer, &positions(&polled)).unwrap();
        if polled.is_empty() {
            log.wait(TOPIC, Duration::from_millis(100));
        }
        all.extend(polled);
    }
    all
}

pub fn behind(log: &KafkaLog, consumer: &str) -> Option<u64> {
    let lag = log.lag().unwrap();
    lag.iter().find(|l| l.topic == TOPIC && l.consumer == consumer).map(|l| l.behind)
}

/// What all members have seen, in the order in which they saw it.
type Deliveries = Arc<Mutex<Vec<(usize, Delivered)>>>;

fn member(
    config: &KafkaConfig,
    name: usize,
    seen: &Deliveries,
    stop: &Arc<AtomicBool>,
) -> std::thread::JoinHandle<()> {
    let (config, seen, stop) = (config.clone(), Arc::clone(seen), Arc::clone(stop));
    std::thread::spawn(move || {
        let log = KafkaLog::open(config).unwrap();
        while !stop.load(Ordering::Relaxed) {
            let polled = log.poll(TOPIC, "fuse", 7).unwrap();
            seen.lock().unwrap().extend(polled.iter().map(|d| (name, d.clone())));
            // The work, in the middle of which others may join.
            std::thread::sleep(Duration::from_millis(3));
            log.acknowledge(TOPIC, "fuse", &positions(&polled)).unwrap();
            if polled.is_empty() {
                log.wait(TOPIC, Duration::from_millis(20));
            }
        }
    })
}

fn distinct(seen: &Deliveries) -> usize {
    seen.lock().unwrap().iter().map(|(_, d)| d.position).collect::<BTreeSet<_>>().len()
}

fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let until = Instant::now() + LONG;
    while !condition() {
        assert!(Instant::now() < until, "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn members_share_partitions_and_nothing_is_lost_when_one_joins_or_leaves_in_mid_batch() {
    let Some(config) = config(4) else { return };
    let _removed = Removed(config.clone());
    let log = KafkaLog::open(config.clone()).unwrap();
    let (seen, stop, stop_first) =
        (Deliveries::default(), Arc::<AtomicBool>::default(), Arc::<AtomicBool>::default());
    let first = member(&config, 0, &seen, &stop_first);
    let second = member(&config, 1, &seen, &stop);
    let mut said = 0;
    let mut say = |count: u64| {
        let new: Vec<Event> = (said + 1..=said + count).map(|n| event(n % 40, n)).collect();
        log.append(TOPIC, &new).unwrap();
        said += count;
    };
    say(1_000);
    wait_until("both work", || distinct(&seen) > 200);
    let third = member(&config, 2, &seen, &stop);
    wait_until("the third gets its share", || {
        say(20);
        seen.lock().unwrap().iter().any(|(name, _)| *name == 2)
    });
    stop_first.store(true, Ordering::Relaxed);
    first.join().unwrap();
    say(400);
    wait_until("all events have been seen", || distinct(&seen) == usize::try_from(said).unwrap());
    wait_until("all events are acknowledged", || behind_of_group(&config) == 0);
    stop.store(true, Ordering::Relaxed);
    second.join().unwrap();
    third.join().unwrap();
    let mut newest: HashMap<AssetId, u64> = HashMap::new();
    let mut known = BTreeSet::new();
    for (_, delivered) in seen.lock().unwrap().iter().filter(|(_, d)| known.insert(d.position)) {
        let Event::Asset { asset, commit } = &delivered.event else { panic!("{delivered:?}") };
        let before = newest.insert(asset.clone(), commit.0).unwrap_or_default();
        assert!(before < commit.0, "`{asset}`: {} after {before}", commit.0);
    }
}

/// As somebody else sees it, who is no member.
fn behind_of_group(config: &KafkaConfig) -> u64 {
    let mut config = config.clone();
    config.consumers.committed = vec!["fuse".to_owned()];
    behind(&KafkaLog::open(config).unwrap(), "fuse").unwrap()
}

#[test]
fn what_a_killed_process_had_in_hand_comes_to_another_one() {
    if let Ok(prefix) = std::env::var(MEMBER) {
        return be_killed(prefix);
    }
    let Some(config) = config(4) else { return };
    let _removed = Removed(config.clone());
    let log = KafkaLog::open(config.clone()).unwrap();
    log.append(TOPIC, &events(200, 20)).unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["groups::what_a_killed_process_had_in_hand_comes_to_another_one", "--exact", "--nocapture"])
        .env(MEMBER, &config.prefix)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let told = lines.map_while(Result::ok).find(|line| line.contains("in hand: "));
    assert_eq!(told.as_deref().and_then(|line| line.split("in hand: ").nth(1)), Some("150"));
    child.kill().unwrap();
    child.wait().unwrap();
    let rest = drain(&log, "fuse", 150);
    let positions: BTreeSet<Position> = rest.iter().map(|d| d.position).collect();
    assert_eq!((rest.len(), positions.len()), (150, 150), "50 were acknowledged before the kill");
    assert_eq!(behind(&log, "fuse"), Some(0));
}

/// Acknowledges 50 events, holds the other 150 in hand, and goes no further.
fn be_killed(prefix: String) {
    let config = KafkaConfig { prefix, ..config(4).unwrap() };
    let log = KafkaLog::open(config).unwrap();
    let first = log.poll(TOPIC, "fuse", 50).unwrap();
    log.acknowledge(TOPIC, "fuse", &positions(&first)).unwrap();
    let rest = log.poll(TOPIC, "fuse", 1_000).unwrap();
    println!("in hand: {}", rest.len());
    std::thread::sleep(LONG);
}

#[test]
fn every_process_sees_the_watermarks_that_the_others_acknowledged() {
    let Some(config) = config(4) else { return };
    let _removed = Removed(config.clone());
    let (a, b) = (KafkaLog::open(config.clone()).unwrap(), KafkaLog::open(config).unwrap());
    assert!(a.poll(TOPIC, "fuse", 1).unwrap().is_empty() && b.poll(TOPIC, "fuse", 1).unwrap().is_empty());
    a.append(TOPIC, &events(40, 40)).unwrap();
    a.append(TOPIC, &[Event::Watermark { partition: None, upto: Commit(40) }]).unwrap();
    a.append(TOPIC, &[Event::Watermark { partition: Some(2), upto: Commit(50) }]).unwrap();
    let mut of: BTreeMap<u32, Vec<Commit>> = BTreeMap::new();
    let until = Instant::now() + LONG;
    while of.values().map(Vec::len).sum::<usize>() < 5 && Instant::now() < until {
        for log in [&a, &b] {
            let polled = log.poll(TOPIC, "fuse", 100).unwrap();
            for watermark in polled.iter().filter_map(Delivered::watermark) {
                of.entry(watermark.partition).or_default().push(watermark.upto);
            }
            log.acknowledge(TOPIC, "fuse", &positions(&polled)).unwrap();
        }
    }
    let expected = [Commit(40), Commit(40), Commit(50), Commit(40)];
    assert_eq!(a.watermarks(TOPIC, "fuse").unwrap(), expected);
    assert_eq!(b.watermarks(TOPIC, "fuse").unwrap(), expected);
    assert_eq!(of[&2], [Commit(40), Commit(50)]);
    assert_eq!(a.watermarks(TOPIC, "index").unwrap(), [Commit::NONE; 4]);
    let beyond = a.append(TOPIC, &[Event::Watermark { partition: Some(4), upto: Commit(1) }]).unwrap_err();
    assert!(beyond.message().contains("partition `4` is not there"), "{beyond}");
}

#[test]
fn doubled_and_reordered_events_come_as_they_were_said() {
    let Some(config) = config(4) else { return };
    let _removed = Removed(config.clone());
    let log = KafkaLog::open(config).unwrap();
    let said = [event(1, 5), event(1, 5), event(1, 3), event(1, 6), event(1, 3)];
    log.append(TOPIC, &said).unwrap();
    let heard: Vec<Event> = drain(&log, "fuse", said.len()).into_iter().map(|d| d.event).collect();
    assert_eq!(heard, said);
}

#[test]
fn a_log_opened_again_goes_on_behind_what_was_acknowledged_in_each_partition() {
    let Some(config) = config(4) else { return };
    let _removed = Removed(config.clone());
    let log = KafkaLog::open(config.clone()).unwrap();
    log.append(TOPIC, &events(100, 20)).unwrap();
    let first = log.poll(TOPIC, "fuse", 60).unwrap();
    log.acknowledge(TOPIC, "fuse", &positions(&first[..30])).unwrap();
    drop(log);
    let log = KafkaLog::open(config).unwrap();
    let rest = log.poll(TOPIC, "fuse", 1_000).unwrap();
    let acknowledged: BTreeSet<Position> = positions(&first[..30]).into_iter().collect();
    let rest: BTreeSet<Position> = positions(&rest).into_iter().collect();
    assert_eq!((acknowledged.len(), rest.len()), (30, 70));
    assert!(acknowledged.is_disjoint(&rest));
}

#[test]
fn a_consumer_that_another_process_takes_forward_follows() {
    let Some(config) = config(4) else { return };
    let _removed = Removed(config.clone());
    let (worker, other) = (KafkaLog::open(config.clone()).unwrap(), KafkaLog::open(config).unwrap());
    worker.append(TOPIC, &events(40, 40)).unwrap();
    worker.append(TOPIC, &[Event::Watermark { partition: None, upto: Commit(40) }]).unwrap();
    assert_eq!(drain(&worker, "fuse", 44).len(), 44);
    assert_eq!(other.watermarks(TOPIC, "fuse").unwrap(), [Commit(40); 4]);
    // Of another group both are members from the first poll on, and share the partitions.
    let until = Instant::now() + LONG;
    let mut again = BTreeSet::new();
    while again.len() < 44 && Instant::now() < until {
        for log in [&worker, &other] {
            let polled = log.poll(TOPIC, "again", 100).unwrap();
            log.acknowledge(TOPIC, "again", &positions(&polled)).unwrap();
            again.extend(positions(&polled));
        }
    }
    assert_eq!(again.len(), 44);
    worker.append(TOPIC, &events(40, 40)).unwrap();
    let late = worker.poll(TOPIC, "again", 5).unwrap();
    assert!(!late.is_empty());
    other.skip(TOPIC, "again").unwrap();
    worker.acknowledge(TOPIC, "again", &positions(&late)).unwrap();
    assert_eq!(worker.watermarks(TOPIC, "again").unwrap(), [Commit::NONE; 4]);
    assert_eq!(behind(&worker, "again"), Some(0), "the late acknowledgement did not count");
    worker.append(TOPIC, &[event(1, 99)]).unwrap();
    let until = Instant::now() + LONG;
    let mut rest = Vec::new();
    while rest.is_empty() && Instant::now() < until {
        rest.extend(worker.poll(TOPIC, "again", 100).unwrap());
        rest.extend(other.poll(TOPIC, "again", 100).unwrap());
    }
    assert_eq!(rest.into_iter().map(|d| d.event).collect::<Vec<_>>(), [event(1, 99)]);
}

#[test]
fn a_process_that_does_not_consume_takes_no_partitions_from_those_who_do() {
    let Some(config) = config(4) else { return };
    let _removed = Removed(config.clone());
    let (worker, other) = (KafkaLog::open(config.clone()).unwrap(), KafkaLog::open(config).unwrap());
    worker.append(TOPIC, &events(40, 40)).unwrap();
    let first: BTreeSet<Position> = positions(&drain(&worker, "fuse", 40)).into_iter().collect();
    assert_eq!(first.len(), 40);
    // Until the worker has found out, it may be given what its acknowledgement does not count for.
    let given = |positions_before: &BTreeSet<Position>| {
        let until = Instant::now() + LONG;
        let mut given = BTreeSet::new();
        while (given.len() < 40 || behind(&worker, "fuse") != Some(0)) && Instant::now() < until {
            let polled = worker.poll(TOPIC, "fuse", 100).unwrap();
            worker.acknowledge(TOPIC, "fuse", &positions(&polled)).unwrap();
            given.extend(positions(&polled).into_iter().filter(|p| !positions_before.contains(p)));
        }
        given
    };
    other.skip(TOPIC, "fuse").unwrap();
    worker.append(TOPIC, &events(40, 40)).unwrap();
    assert_eq!(given(&first).len(), 40, "of all partitions");
    assert_eq!(behind(&worker, "fuse"), Some(0));
}

#[test]
fn a_poll_that_finds_nothing_does_not_wait() {
    let Some(config) = config(4) else { return };
    // Who waited for what does not come would wait for longer than this test.
    let config = KafkaConfig { request_timeout_ms: 300_000, ..config };
    let _removed = Removed(config.clone());
    let log = KafkaLog::open(config).unwrap();
    log.append(TOPIC, &events(10, 10)).unwrap();
    assert_eq!(drain(&log, "fuse", 10).len(), 10);
    let polls = std::thread::spawn(move || (0..100).all(|_| log.poll(TOPIC, "fuse", 10).unwrap().is_empty()));
    wait_until("a hundred polls of nothing are answered", || polls.is_finished());
    assert!(polls.join().unwrap());
}

#[test]
fn a_worker_that_is_long_at_its_work_keeps_no_other_from_joining() {
    let Some(config) = config(4) else { return };
    let _removed = Removed(config.clone());
    let busy = KafkaLog::open(config.clone()).unwrap();
    busy.append(TOPIC, &events(40_000, 400)).unwrap();
    let mut seen: BTreeSet<Position> =
        positions(&busy.poll(TOPIC, "fuse", 10).unwrap()).into_iter().collect();
    // The busy one takes nothing more of what is kept ready for it.
    let joining = KafkaLog::open(config).unwrap();
    let mut first = Vec::new();
    wait_until("partitions come when the busy one has given them up", || {
        first = joining.poll(TOPIC, "fuse", 100).unwrap();
        !first.is_empty()
    });
    joining.acknowledge(TOPIC, "fuse", &positions(&first)).unwrap();
    seen.extend(positions(&first));
    let until = Instant::now() + LONG;
    while seen.len() < 40_000 && Instant::now() < until {
        for log in [&busy, &joining] {
            let polled = log.poll(TOPIC, "fuse", 2_000).unwrap();
            log.acknowledge(TOPIC, "fuse", &positions(&polled)).unwrap();
            seen.extend(positions(&polled));
        }
    }
    assert_eq!(seen.len(), 40_000);
    assert_eq!(behind(&busy, "fuse"), Some(0));
}
