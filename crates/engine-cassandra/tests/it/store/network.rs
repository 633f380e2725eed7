//! What the network does between a process and the server.

use std::sync::Arc;
use std::time::Duration;

use rushes_engine_cassandra::client::{Cluster, Config};
use rushes_engine_cassandra::store::CassandraStore;
use rushes_store::AppendMode;
use rushes_store::prelude::*;
use rushes_testkit::proxy::Proxy;
use rushes_testkit::store_suite::{asset, asset_id, current, history, lines, run_id, spec};
use rushes_types::RunMode;

use crate::store::support;

/// A store that reaches the server through a proxy, and does not wait long.
fn behind(proxy: &Proxy, keyspace: &str) -> Arc<CassandraStore> {
    let config = Config {
        request_timeout_ms: 400,
        connect_timeout_ms: 2_000,
        retries: 2,
        ..Config::of(&proxy.address().to_string(), keyspace)
    };
    let cluster = Arc::new(Cluster::connect(&config).unwrap());
    Arc::new(CassandraStore::open(cluster, support::options()).unwrap())
}

/// Sends until it is told that it is done, while the network is bad for a while.
fn send(store: &CassandraStore, proxy: &Proxy, id: &str, harm: impl Fn(&Proxy) + Sync) -> (u64, u64) {
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // At another moment of the request each time.
            let n: u64 = id.parse().unwrap();
            std::thread::sleep(Duration::from_micros(400 * n));
            harm(proxy);
            std::thread::sleep(Duration::from_millis(900));
            proxy.heal();
        });
        for _ in 0..40 {
            match store.append_loose(&[lines("a", "m@1", &[(id, 1, "x")])], AppendMode::Partial) {
                Ok(receipt) => return (receipt.accepted, receipt.duplicates),
                Err(e) => assert!(e.kind().is_retryable(), "{e}"),
            }
        }
        panic!("never told");
    })
}

#[test]
fn answers_that_do_not_come_and_cut_connections_lose_nothing_and_double_nothing() {
    let Some(fixture) = support::fixture() else { return };
    let own = fixture.own();
    own.put_assets(&[asset("a")]).unwrap();
    let proxy = Proxy::before(&own.cluster().config().nodes[0]).unwrap();
    let store = behind(&proxy, &own.cluster().config().keyspace);
    assert!(proxy.accepted() > 0, "the store goes through the proxy");
    for n in 0..12 {
        let id = format!("{n}");
        let harm = [Proxy::stall_answers, Proxy::cut, Proxy::stall][n % 3];
        let (accepted, duplicates) = send(&store, &proxy, &id, harm);
        assert_eq!(accepted + duplicates, 1);
        assert_eq!(current(&**own, "a").len(), n + 1, "once, whatever was told");
    }
    let records = history(&**own, "a");
    assert_eq!(records.len(), 13, "and by one commit each");
    // A write of unknown outcome does not hold the watermark for ever.
    let last = records.last().unwrap().commit;
    let since = std::time::Instant::now();
    let mut upto = rushes_types::Commit::NONE;
    while upto < last {
        assert!(since.elapsed() < Duration::from_secs(30), "the watermark stands at {upto}");
        upto = own.outbox(0, 1_000).unwrap().watermark.unwrap_or(upto);
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_run_goes_on_after_the_network_was_cut() {
    let Some(fixture) = support::fixture() else { return };
    let own = fixture.own();
    own.put_assets(&[asset("a")]).unwrap();
    let proxy = Proxy::before(&own.cluster().config().nodes[0]).unwrap();
    let store = behind(&proxy, &own.cluster().config().keyspace);
    store.open_run(&spec("r", "a", "m@1", RunMode::Replace, None)).unwrap();
    store.append(&run_id("r"), &[lines("a", "m@1", &[("1", 0, "x")])], AppendMode::Partial).unwrap();
    proxy.cut();
    let error =
        store.append(&run_id("r"), &[lines("a", "m@1", &[("2", 0, "x")])], AppendMode::Partial).unwrap_err();
    assert!(error.kind().is_retryable(), "{error}");
    assert!(store.asset(&asset_id("a")).unwrap_err().kind().is_retryable());
    proxy.heal();
    let mut told = None;
    for _ in 0..40 {
        match store.append(&run_id("r"), &[lines("a", "m@1", &[("2", 0, "x")])], AppendMode::Partial) {
            Ok(receipt) => {
                told = Some(receipt);
                break;
            }
            Err(e) => assert!(e.kind().is_retryable(), "{e}"),
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    let receipt = told.unwrap();
    assert_eq!(receipt.accepted + receipt.duplicates, 1);
    store.commit_run(&run_id("r")).unwrap();
    assert_eq!(current(&**own, "a").len(), 2);
}
