//! Faults of the whole: processes with roles on Cassandra, Kafka and Elasticsearch of the test's own, while clients write and
//! read all the time. Processes are killed, engines die, networks break, engines refuse, events come twice or are none.
//! After each, nothing acknowledged is lost, nothing is doubled, and the stages agree.
//!
//! The short form runs with the tests, each fault once; `cargo xtask torture --engines` runs the long one: more
//! faults, again and again in any order, at other moments. It says its seed. `cargo xtask torture --matrix` does instead what
//! [`matrix`] says.

mod bare_kafka;
mod check;
mod client;
mod faults;
mod fleet;
mod matrix;
mod start_up;
mod world;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use serde_json::Value;

use self::faults::{ALL, Fault, MORE};
use self::fleet::{ANSWERING, FUSING, INDEXING, everybody};
use self::world::{Engines, World};
use crate::torture::ledger::{Random, lock};
use crate::torture::{number, some_seed};

/// Most memory that a process may have had, in MiB, whatever came.
const MEMORY_MIB: u64 = 400;

/// Lets the clients end, whatever comes.
struct Stops<'a>(&'a AtomicBool);

impl Drop for Stops<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// The faults of this run: each once, or so many in any order.
fn chosen(random: &mut Random) -> Vec<Fault> {
    let only = std::env::var("TORTURE_ONLY").unwrap_or_default();
    let all: Vec<Fault> = match number("TORTURE_ENGINES_TIMES") {
        None => ALL.into_iter().collect(),
        Some(times) => {
            let from: Vec<Fault> = ALL.into_iter().chain(MORE).collect();
            (0..times).map(|_| from[random.below(from.len() as u64) as usize]).collect()
        }
    };
    all.into_iter().filter(|(what, _)| what.contains(&only)).collect()
}

#[test]
fn whatever_breaks_nothing_acknowledged_is_lost_or_doubled_and_the_stages_agree() {
    let Some(engines) = Engines::start() else { return };
    let seed = some_seed();
    eprintln!("faults: seed {seed}, `cargo xtask torture --engines --seed {seed}` does the same again");
    let mut random = Random::new(seed);
    let world = World::new(engines);
    let (fleet, ledger) = (&world.fleet, &world.ledger);
    let began = Instant::now();
    // All at once: they make the keyspace, the topics and the indices together.
    everybody().for_each(|member| fleet.spawn(member));
    everybody().for_each(|member| fleet.listens(member));
    eprintln!("{} processes after {:.1?}", everybody().count(), began.elapsed());
    let matrix = number("TORTURE_MATRIX_TIMES");
    let faults = if matrix.is_some() { Vec::new() } else { chosen(&mut random) };
    let mut seeds = [0; 2].map(|_| Random::new(random.below(u64::MAX)));
    let [of_writer, of_switcher] = &mut seeds;
    std::thread::scope(|scope| {
        let _stops = Stops(&ledger.stop);
        let clients = [
            scope.spawn(|| client::write(fleet, ledger, of_writer)),
            scope.spawn(|| client::switch(fleet, ledger, of_switcher)),
            scope.spawn(|| client::watch(fleet, ledger)),
        ];
        if let Some(times) = matrix {
            matrix::run(&world, &mut random, times, &std::env::var("TORTURE_ONLY").unwrap_or_default());
        }
        for (no, (what, fault)) in faults.iter().enumerate() {
            let at = Instant::now();
            eprintln!("{}. {what}", no + 1);
            fault(&world, &mut random);
            let took = at.elapsed();
            let (caught_up, checked) = check::all(fleet, ledger);
            eprintln!("    {took:.1?}, caught up after {caught_up:.1?}, checked in {checked:.1?}");
            assert!(clients.iter().all(|client| !client.is_finished()), "a client broke off");
        }
    });
    ready_and_measured(&world);
    let count = |number: &std::sync::atomic::AtomicU64| number.load(Ordering::SeqCst);
    eprintln!(
        "{} faults in {:.0?}: {} requests acknowledged, {} of them sent again, {} lines there already; {} loose lines, {} \
         takes; {} searches, {} unanswered",
        faults.len(),
        began.elapsed(),
        count(&ledger.acknowledged),
        count(&ledger.again),
        count(&ledger.there_already),
        lock(&ledger.loose).len(),
        lock(&ledger.takes).0,
        count(&ledger.answered),
        count(&ledger.unanswered),
    );
    everybody().for_each(|member| {
        fleet.terminate(member);
    });
    start_up::on_engines(&world.engines, world.folder.path());
}

/// Every process says that it is ready, how far its stage is and what it did; none has taken much memory.
fn ready_and_measured(world: &World) {
    let page = |member, path: &str| {
        let ask = || world.fleet.ask(member, "GET", path, "text/plain", b"");
        // What was written last may still be on its way.
        let mut tries = (0..120).map(|_| {
            let reply = ask();
            if reply.as_ref().is_none_or(|reply| reply.status != 200) {
                std::thread::sleep(std::time::Duration::from_millis(250));
            }
            reply
        });
        let ready = tries.find_map(|reply| reply.filter(|reply| reply.status == 200));
        let reply = ready.or_else(ask).unwrap();
        assert_eq!(reply.status, 200, "{path} of {member:?}: {}", String::from_utf8_lossy(&reply.body));
        String::from_utf8(reply.body).unwrap()
    };
    let mut peaks = Vec::new();
    for member in everybody() {
        assert_eq!(page(member, "/readyz"), "ready\n");
        let metrics = page(member, "/metrics");
        for name in ["rushes_up 1", "rushes_stage_lag{stage=\"fuse\"", "rushes_stage_lag{stage=\"index\""] {
            assert!(metrics.contains(name), "{name} of {member:?}: {metrics}");
        }
        let peak = world.fleet.peak_mib(member);
        peaks.push(format!("{} {peak} MiB", member.0));
        assert!(peak < MEMORY_MIB, "{member:?} has had {peak} MiB");
    }
    let items = |stage: &str, members: [fleet::Member; 2]| -> u64 {
        let name = format!("rushes_stage_items_total{{stage=\"{stage}\"}} ");
        let of = |member| {
            let metrics = page(member, "/metrics");
            metrics.lines().find_map(|l| l.strip_prefix(&name)).unwrap().parse::<u64>().unwrap()
        };
        members.into_iter().map(of).sum()
    };
    let status = page(ANSWERING, "/v1/status");
    let status: Value = serde_json::from_str(&status).unwrap();
    assert_eq!(status["catching_up"], false);
    eprintln!("memory: {}", peaks.join(", "));
    eprintln!(
        "since they last started: {} assets fused, {} annotations indexed",
        items("fuse", FUSING),
        items("index", INDEXING)
    );
}
