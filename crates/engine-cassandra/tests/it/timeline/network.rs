//! The network between a worker and Cassandra is cut, and answers are lost: a worker cannot know what became of a write.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rushes_engine_cassandra::client::{Cluster, Config};
use rushes_engine_cassandra::timeline::CassandraTimeline;
use rushes_testkit::proxy::Proxy;
use rushes_testkit::timeline_suite::{annotation, update};
use rushes_timeline::{MemoryTimeline, TimelineStore, TimelineUpdate};
use rushes_types::*;

use crate::timeline::support;

/// How often the network fails.
const FAULTS: u64 = 15;
/// How long one update may take to succeed.
const LIMIT: Duration = Duration::from_secs(60);

/// Step `n` puts one annotation, ends the life of the one before, and erases one further back.
fn step(n: u64) -> TimelineUpdate {
    let one = |n: u64, died| {
        let mut row = annotation("a", &format!("n{n}"), n as i64 * 40_000_000_000, "l");
        row.validities = vec![Validity { born: Commit(n), died }];
        row
    };
    let mut rows = vec![one(n, Commit::NEVER)];
    if n > 1 {
        rows.push(one(n - 1, Commit(n)));
    }
    let mut new = update("a", n - 1, n, &rows);
    if n > 3 {
        new.step.changes.push(Change::Erased(one(n - 3, Commit::NEVER).fused_key()));
    }
    new.word_counts = vec![("joey".to_owned(), 2), (format!("w{n}"), 1)];
    new.annotation_count = 1;
    new
}

#[test]
fn updates_through_a_network_that_fails_count_once() {
    let Some(keyspace) = support::keyspace() else { return };
    let direct = keyspace.worker();
    let node = rushes_testkit::servers::cassandra().unwrap();
    let proxy = Proxy::before(&node).unwrap();
    let name = &keyspace.0.config().keyspace;
    let config = Config {
        request_timeout_ms: 300,
        connect_timeout_ms: 1_000,
        retries: 2,
        ..Config::of(&proxy.address().to_string(), name)
    };
    let cluster = Arc::new(Cluster::connect(&config).unwrap());
    let store = CassandraTimeline::open(cluster, support::settings()).unwrap();
    let wanted = MemoryTimeline::new().unwrap();
    let done = AtomicBool::new(false);
    let faults = AtomicU64::new(0);
    let mut last = 0;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..FAULTS * 4 {
                std::thread::sleep(Duration::from_millis(150 + round * 37 % 200));
                if done.load(Ordering::Acquire) {
                    return;
                }
                match round % 3 {
                    0 => proxy.stall_answers(),
                    1 => proxy.cut(),
                    _ => proxy.drop_connections(),
                }
                std::thread::sleep(Duration::from_millis(400 * u64::from(round % 3 < 2)));
                proxy.heal();
                faults.fetch_add(1, Ordering::AcqRel);
            }
        });
        while faults.load(Ordering::Acquire) < FAULTS {
            last += 1;
            let n = last;
            let new = step(n);
            let since = Instant::now();
            while let Err(e) = store.apply(std::slice::from_ref(&new), &[]) {
                assert!(e.kind().is_retryable(), "{e}");
                assert!(since.elapsed() < LIMIT, "step {n} never succeeds: {e}");
            }
            wanted.apply(&[new], &[]).unwrap();
            assert_eq!(direct.progress(&AssetId::new("a").unwrap()).unwrap(), Commit(n));
        }
        done.store(true, Ordering::Release);
    });
    direct.purge().unwrap();
    let asset = AssetId::new("a").unwrap();
    assert_eq!(direct.content_digest(&asset).unwrap(), wanted.content_digest(&asset).unwrap());
    let words: Vec<String> = (1..=last).map(|n| format!("w{n}")).chain(["joey".to_owned()]).collect();
    let (got, expected) = (direct.word_counts(&words).unwrap(), wanted.word_counts(&words).unwrap());
    assert_eq!((got.counts, got.annotations), (expected.counts, expected.annotations));
}
