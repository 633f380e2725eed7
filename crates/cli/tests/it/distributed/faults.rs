//! The faults. Each begins in the middle of ingest, fusion and indexing, and ends with all that it took away there again.

use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rushes_archive::{Archive, OpenOptions};
use rushes_engines::Configured;
use rushes_events::{Event, Topic};
use rushes_testkit::engines::TestServer;
use rushes_testkit::proxy::Proxy;
use rushes_types::{AssetId, Commit};
use serde_json::Value;

use super::bare_kafka;
use super::check::{catch_up, verify};
use super::client::{LOOSE, SWITCH, send_loose};
use super::fleet::{ANSWERING, FUSING, INDEXING, MORE_FUSING, MORE_INDEXING, Member, TAKING};
use super::world::{NAME, World};
use crate::support::finish;
use crate::torture::ledger::Random;

/// Longest wait for what surely comes.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a network is away.
const AWAY: Duration = Duration::from_secs(3);
/// Requests, and lines in each, that come while no worker fuses or indexes.
const BACKLOG: (usize, usize) = (12, 500);

/// What is done, and its name.
pub type Fault = (&'static str, fn(&World, &mut Random));

/// All of them.
pub const ALL: [Fault; 20] = [
    ("a taking and relaying process is killed", |w, r| killed(w, TAKING[r.below(2) as usize], r)),
    ("a fusing process is killed", |w, r| killed(w, FUSING[r.below(2) as usize], r)),
    ("an indexing process is killed", |w, r| killed(w, INDEXING[r.below(2) as usize], r)),
    ("both fusing processes are killed at once", |w, r| both_killed(w, FUSING, r)),
    ("both indexing processes are killed at once", |w, r| both_killed(w, INDEXING, r)),
    ("a third fusing process joins and leaves", |w, r| joined(w, MORE_FUSING, r)),
    ("a third indexing process joins and leaves", |w, r| joined(w, MORE_INDEXING, r)),
    ("every process is asked to end in turn", |w, _| drained(w)),
    ("the network to Cassandra is cut", |w, r| cut(&w.engines.cassandra_proxy, r)),
    ("the network to Kafka is cut", |w, r| cut(&w.engines.kafka_proxy, r)),
    ("the network to Elasticsearch is cut", |w, r| cut(w.engines.elastic_proxy.network(), r)),
    ("Cassandra does it and the answer is lost", |w, r| unanswered(&w.engines.cassandra_proxy, r)),
    ("Kafka does it and the answer is lost", |w, r| unanswered(&w.engines.kafka_proxy, r)),
    ("Elasticsearch is too busy, fails items and loses answers", |w, _| busy(w)),
    ("events are doubled and out of order", |w, _| doubled(w)),
    ("messages are no events", |w, _| poisoned(w)),
    ("Cassandra is killed and starts again", |w, r| restarted(&w.engines.cassandra, false, r)),
    ("Kafka is killed and starts again", |w, r| restarted(&w.engines.kafka, false, r)),
    ("Elasticsearch is killed and starts again", |w, r| restarted(&w.engines.elastic, false, r)),
    // Last: all that is checked after it has many times as many lines.
    ("a backlog comes while no worker fuses or indexes", |w, _| backlog(w)),
];

/// Those of the long form only.
pub const MORE: [Fault; 4] = [
    ("Cassandra is stopped and starts again", |w, r| restarted(&w.engines.cassandra, true, r)),
    ("Kafka is stopped and starts again", |w, r| restarted(&w.engines.kafka, true, r)),
    ("Elasticsearch is stopped and starts again", |w, r| restarted(&w.engines.elastic, true, r)),
    ("the answering process is killed", |w, r| killed(w, ANSWERING, r)),
];

fn pause(random: &mut Random, most_ms: u64) {
    std::thread::sleep(Duration::from_millis(random.below(most_ms)));
}

fn killed(world: &World, member: Member, random: &mut Random) {
    pause(random, 1_000);
    world.fleet.kill(member);
    pause(random, 1_000);
    world.fleet.start(member);
}

fn both_killed(world: &World, members: [Member; 2], random: &mut Random) {
    pause(random, 500);
    for member in members {
        world.fleet.kill(member);
    }
    for member in members {
        pause(random, 500);
        world.fleet.start(member);
    }
}

/// Partitions change hands twice, with work under way.
fn joined(world: &World, member: Member, random: &mut Random) {
    world.fleet.start(member);
    pause(random, 2_000);
    world.fleet.terminate(member);
}

/// Each process finishes its step, leaves, and says that it ended well.
fn drained(world: &World) {
    let mut longest = Duration::ZERO;
    for member in super::fleet::everybody().filter(|member| *member != ANSWERING) {
        longest = longest.max(world.fleet.terminate(member));
        world.fleet.start(member);
    }
    eprintln!("    the slowest ended in {longest:.1?}");
}

fn cut(proxy: &Proxy, random: &mut Random) {
    pause(random, 500);
    proxy.cut();
    std::thread::sleep(AWAY);
    proxy.heal();
}

/// Longer than a request may take: writes are done and time out.
fn unanswered(proxy: &Proxy, random: &mut Random) {
    pause(random, 500);
    proxy.stall_answers();
    std::thread::sleep(AWAY * 2);
    proxy.drop_connections();
    proxy.heal();
}

fn busy(world: &World) {
    let proxy = &world.engines.elastic_proxy;
    let before = proxy.seen();
    proxy.refuse(4);
    proxy.lose_answers(2);
    proxy.fail_items(4, 3, 429);
    let until = Instant::now() + PATIENCE;
    while proxy.seen().requests < before.requests + 12 {
        assert!(Instant::now() < until, "nothing is indexed");
        std::thread::sleep(Duration::from_millis(20));
    }
    let seen = proxy.seen();
    assert_eq!((seen.refused - before.refused, seen.unanswered - before.unanswered), (4, 2));
    assert!(seen.failed_items > before.failed_items);
}

fn restarted(engine: &TestServer, in_peace: bool, random: &mut Random) {
    pause(random, 500);
    if in_peace {
        engine.stop();
    } else {
        engine.kill();
    }
    engine.start_again();
}

/// What any producer may do: say again what was said, in another order.
fn doubled(world: &World) {
    let table: toml::Table = world.engines.configuration(false).parse().unwrap();
    let engines = Configured::read(&table, &[]).unwrap().engines();
    let options = OpenOptions { stages: Vec::new(), engines, ..OpenOptions::default() };
    let archive = Archive::open(&world.folder.path().join("beside"), options).unwrap();
    let last = archive.status().unwrap().last_commit;
    let assets = LOOSE.into_iter().chain([SWITCH]).map(|asset| AssetId::new(asset).unwrap());
    let mut events: Vec<Event> = assets
        .flat_map(|asset| {
            [last, Commit(1), Commit(last.0 / 2), Commit(1), last]
                .map(|commit| Event::Asset { asset: asset.clone(), commit })
        })
        .collect();
    // An old watermark says less than is known.
    events.push(Event::Watermark { partition: None, upto: Commit(1) });
    for topic in Topic::ALL {
        archive.engines().events.append(topic, &events).unwrap();
        events.reverse();
        archive.engines().events.append(topic, &events).unwrap();
    }
    archive.close();
}

/// They are set aside with the reason, hold nothing up, are shown, and leave the list when they are said again.
fn poisoned(world: &World) {
    let broker = world.engines.kafka.address();
    for (topic, value) in [
        ("committed", "not JSON at all".as_bytes()),
        ("committed", br#"{"v":99,"asset":"loose-0","commit":1}"#),
        ("fused", &[0xff, 0x00, 0xfe]),
    ] {
        bare_kafka::append(&broker, &format!("{NAME}.{topic}"), 0, value).unwrap();
    }
    let server = format!("http://{}", world.fleet.address(ANSWERING).unwrap());
    let events = |words: &[&str]| -> Value {
        let mut command = crate::support::rushes();
        command.args(["--server", &server, "--json", "events"]).args(words);
        finish(command, b"").ok().json()
    };
    let until = Instant::now() + PATIENCE;
    let letters = loop {
        let letters = events(&["list"]).as_array().unwrap().clone();
        if letters.len() == 3 {
            break letters;
        }
        assert!(Instant::now() < until && letters.len() < 3, "{letters:?}");
        std::thread::sleep(Duration::from_millis(200));
    };
    let mut consumers: BTreeMap<&str, usize> = BTreeMap::new();
    for letter in &letters {
        *consumers.entry(letter["consumer"].as_str().unwrap()).or_default() += 1;
        assert!(letter["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{letter}");
    }
    assert_eq!(consumers, BTreeMap::from([("fuse", 2), ("index", 1)]));
    assert!(verify(&world.fleet)["problem_count"].as_u64().unwrap() > 0, "verify does not tell of them");
    assert_eq!(events(&["replay"])["replayed"], 0, "what is no event is not replayed");
    assert_eq!(events(&["list"]), Value::Array(Vec::new()));
}

/// Work waits in the log, not in memory.
fn backlog(world: &World) {
    let workers = FUSING.into_iter().chain(INDEXING);
    for member in workers.clone() {
        world.fleet.terminate(member);
    }
    for number in 0..BACKLOG.0 {
        let places = world.ledger.places.load(Ordering::SeqCst) as usize;
        send_loose(&world.fleet, &world.ledger, 1_000_000 + places + number, BACKLOG.1);
    }
    for member in workers.clone() {
        world.fleet.spawn(member);
    }
    for member in workers.clone() {
        world.fleet.listens(member);
    }
    let quiet = world.ledger.quiet.write().unwrap_or_else(PoisonError::into_inner);
    let took = catch_up(&world.fleet);
    drop(quiet);
    let peaks: Vec<String> =
        workers.map(|member| format!("{} {} MiB", member.0, world.fleet.peak_mib(member))).collect();
    eprintln!("    {} lines in {took:.1?}; at most {}", BACKLOG.0 * BACKLOG.1, peaks.join(", "));
}
