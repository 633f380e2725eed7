//! Rows that are deleted, put back or put in behind the store's back are noticed, named, and stop all writing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rushes_engine_cassandra::client::Cluster;
use rushes_engine_cassandra::store::{CassandraStore, FaultAction, FaultPoint, StoreOptions};
use rushes_store::prelude::*;
use rushes_store::{AppendMode, EraseTarget, OnDamage};
use rushes_testkit::store_suite::{asset, asset_id, current, lines, run_id, spec};
use rushes_types::{ErrorKind, Result, RunMode};

use crate::store::support::{self, Fixture};

fn add(store: &CassandraStore, on: &str, id: &str) {
    store.append_loose(&[lines(on, "m@1", &[(id, 1, "x")])], AppendMode::Partial).unwrap();
}

/// Assets `a` and `b` with loose lines and a run each; commits that are carried and commits that are not.
fn fill(store: &CassandraStore) {
    store.put_assets(&[asset("a"), asset("b")]).unwrap();
    for on in ["a", "b"] {
        add(store, on, "1");
        add(store, on, "2");
        let run = format!("run-{on}");
        store.open_run(&spec(&run, on, "r@1", RunMode::Replace, None)).unwrap();
        let said = [("r1", 1, "x"), ("r2", 2, "y")];
        store.append(&run_id(&run), &[lines(on, "r@1", &said)], AppendMode::Partial).unwrap();
        store.commit_run(&run_id(&run)).unwrap();
    }
    let rows = store.outbox(0, 1_000).unwrap().rows;
    store.trim_outbox(rows.last().unwrap().sequence).unwrap();
    add(store, "a", "3");
}

fn examined(store: &CassandraStore) -> Vec<String> {
    store.examine(&mut |_| Ok(())).unwrap()
}

fn run(cluster: &Cluster, cql: &str) {
    cluster.block_on(cluster.define(cql)).unwrap();
}

fn open(fixture: &Fixture, on_damage: OnDamage) -> Result<CassandraStore> {
    let options = StoreOptions { on_damage, show_time: |ms| format!("<{ms}>"), ..support::options() };
    CassandraStore::open(fixture.connect(), options)
}

#[track_caller]
fn refused(fixture: &Fixture) -> String {
    let Err(error) = open(fixture, OnDamage::Refuse) else { panic!("a damaged store opens") };
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
    error.message().to_owned()
}

#[test]
fn a_whole_store_is_found_whole_whatever_was_done_with_it() {
    let Some(fixture) = support::fixture() else { return };
    let store = fixture.own();
    fill(store);
    assert_eq!(examined(store), [""; 0]);
    store.erase(&EraseTarget::Run(run_id("run-b"))).unwrap();
    let annotation = EraseTarget::Annotation {
        asset: asset_id("a"),
        model: rushes_testkit::store_suite::model("m@1"),
        run: rushes_types::RunId::loose(),
        id: rushes_types::AnnotationId::new("1").unwrap(),
    };
    store.erase(&annotation).unwrap();
    store.erase(&EraseTarget::Asset(asset_id("b"))).unwrap();
    store.put_assets(&[asset("b")]).unwrap();
    // More than stay in a head.
    (0..150).for_each(|n| add(store, "b", &format!("more {n}")));
    store.purge().unwrap();
    assert_eq!(examined(store), [""; 0]);
    assert_eq!(store.examine_quickly().unwrap(), [""; 0]);
    assert!(store.capabilities().keeps_chain);
    assert_eq!(examined(&open(&fixture, OnDamage::Refuse).unwrap()), [""; 0]);
}

#[test]
fn an_emptied_table_is_noticed_on_opening_and_named() {
    for (table, word) in [
        ("heads", "changes that were acknowledged are missing"),
        ("history", "is missing"),
        ("blocks", "the content of commit"),
        ("ids", "the content of commit"),
        ("assets", "the list of assets"),
    ] {
        let Some(fixture) = support::fixture() else { return };
        fill(fixture.own());
        let cluster = Arc::clone(fixture.own().cluster());
        run(&cluster, &format!("TRUNCATE {}", cluster.table(table)));
        let said = refused(&fixture);
        assert!(said.contains(word) && said.contains("asset `a`"), "{table}: {said}");
        assert!(examined(fixture.own()).iter().any(|wrong| wrong.contains("asset `a`")), "{table}");
        assert!(!fixture.own().examine_quickly().unwrap().is_empty(), "{table}");
        // The processes that have it open write no more.
        let until = Instant::now() + Duration::from_secs(20);
        let stopped = loop {
            match fixture.own().append_loose(&[lines("b", "m@1", &[("9", 1, "x")])], AppendMode::Partial) {
                Err(e) if e.kind() == ErrorKind::Storage => break true,
                _ if Instant::now() > until => break false,
                _ => std::thread::sleep(Duration::from_millis(100)),
            }
        };
        assert!(stopped, "{table}: writes go on");
        assert!(fixture.own().damage().is_some(), "{table}");
    }
}

#[test]
fn single_rows_that_are_deleted_are_found_by_examining() {
    type Row = (&'static str, &'static str, &'static str);
    // What is deleted, by which condition, and what is said of it.
    let rows: [Row; 5] = [
        ("history", "asset = 'a' AND chunk = 0 AND num = {commit}", "commits that were acknowledged at"),
        ("ids", "asset = 'a' AND piece = {piece} AND chunk = 0", "ids are missing"),
        ("blocks", "asset = 'a' AND piece = {piece} AND chunk = 0", "rows of content are missing"),
        ("run_names", "run = 'run-a'", "the name of run `run-a` is missing"),
        ("chain", "asset = 'a' AND chunk = 0 AND seq = 2", "changes 2 to 2 are missing in its chain"),
    ];
    let Some(fixture) = support::fixture() else { return };
    fill(fixture.own());
    let cluster = Arc::clone(fixture.own().cluster());
    let first = |cql: &str| {
        let rows = cluster.block_on(cluster.rows::<(i64,)>(cql, ())).unwrap();
        rows.first().unwrap().0.to_string()
    };
    let commit = first("SELECT num FROM history WHERE asset = 'a' AND chunk = 0");
    let piece = first("SELECT piece FROM blocks WHERE asset = 'a' ALLOW FILTERING");
    assert_eq!(examined(fixture.own()), [""; 0]);
    for (table, condition, word) in rows {
        let condition = condition.replace("{commit}", &commit).replace("{piece}", &piece);
        run(&cluster, &format!("DELETE FROM {} WHERE {condition}", cluster.table(table)));
        let said = examined(fixture.own());
        assert!(said.iter().any(|s| s.contains(word) && s.contains("asset `a`")), "{table}: {said:?}");
        assert!(said.iter().all(|s| !s.contains("asset `b`")), "{table}: {said:?}");
    }
}

#[test]
fn a_change_of_content_or_of_a_commit_is_found_by_examining() {
    let Some(fixture) = support::fixture() else { return };
    fill(fixture.own());
    let cluster = Arc::clone(fixture.own().cluster());
    let rows = cluster
        .block_on(cluster.rows::<(i64, i64, Option<Vec<u8>>)>(
            "SELECT chunk, num, value FROM history WHERE asset = 'b' AND chunk = 0",
            (),
        ))
        .unwrap();
    let ((_, _, first), (chunk, second, _)) = (&rows[1], &rows[2]);
    let put = "INSERT INTO history (asset, chunk, num, value) VALUES ('b', ?, ?, ?)";
    cluster.block_on(cluster.write(put, (chunk, second, first.clone()))).unwrap();
    let said = examined(fixture.own());
    assert!(said.iter().any(|s| s.contains("asset `b`") && s.contains("acknowledged")), "{said:?}");
}

#[test]
fn rows_of_another_keyspace_are_told_from_ours() {
    let (Some(ours), Some(theirs)) = (support::fixture(), support::fixture()) else { return };
    fill(ours.own());
    fill(theirs.own());
    theirs.own().put_assets(&[asset("c")]).unwrap();
    let (from, to) = (theirs.own().cluster(), ours.own().cluster());
    type Head = (String, i32, String, i64, Option<Vec<u8>>, Option<i64>, Option<i64>, Option<i64>);
    let read = "SELECT asset, kind, name, num, value, version, last_commit, commits FROM heads";
    let put = "INSERT INTO heads (asset, kind, name, num, value, version, last_commit, commits) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    let copy = |wanted: &str| {
        for row in from.block_on(from.rows::<Head>(read, ())).unwrap() {
            if row.0 == wanted {
                to.block_on(to.write(put, row)).unwrap();
            }
        }
    };
    copy("c");
    let said = examined(ours.own());
    assert!(said.iter().any(|s| s.contains("asset `c`")), "{said:?}");
    assert!(said.iter().all(|s| !s.contains("asset `a`")), "{said:?}");
    copy("a");
    let said = refused(&ours);
    assert!(said.contains("asset `a`"), "{said}");
}

#[test]
fn a_damaged_store_is_read_and_taken_over() {
    let Some(mut fixture) = support::fixture() else { return };
    fill(fixture.own());
    let cluster = Arc::clone(fixture.own().cluster());
    run(&cluster, &format!("DELETE FROM {} WHERE asset = 'a'", cluster.table("heads")));
    let said = refused(&fixture);
    assert!(said.contains("asset `a`") && said.contains("<"), "{said}");
    fixture.close();
    let store = open(&fixture, OnDamage::ReadOnly).unwrap();
    assert!(store.damage().is_some());
    assert_eq!(current(&store, "b").len(), 4);
    let lines_of_b = [lines("b", "m@1", &[("8", 1, "x")])];
    assert_eq!(store.append_loose(&lines_of_b, AppendMode::Partial).unwrap_err().kind(), ErrorKind::Storage);
    drop(store);
    refused(&fixture);
    let store = open(&fixture, OnDamage::Accept).unwrap();
    assert!(store.append_loose(&lines_of_b, AppendMode::Partial).unwrap().accepted == 1);
    store.put_assets(&[asset("a")]).unwrap();
    add(&store, "a", "again");
    assert_eq!(examined(&store), [""; 0]);
    drop(store);
    let store = open(&fixture, OnDamage::Refuse).unwrap();
    assert_eq!((current(&store, "a").len(), current(&store, "b").len()), (1, 5));
}

#[test]
fn a_crash_between_a_commit_and_its_record_is_no_damage() {
    let Some(fixture) = support::fixture() else { return };
    fill(fixture.own());
    let faults: rushes_engine_cassandra::store::Faults =
        Arc::new(|at| if at == FaultPoint::Made { FaultAction::Die } else { FaultAction::Continue });
    for n in 0..3 {
        let mortal =
            fixture.another_with(StoreOptions { faults: Some(Arc::clone(&faults)), ..support::options() });
        let said = format!("unrecorded {n}");
        assert!(mortal.append_loose(&[lines("a", "m@1", &[(&said, 1, "x")])], AppendMode::Partial).is_err());
    }
    assert_eq!(examined(fixture.own()), [""; 0]);
    assert_eq!(fixture.own().examine_quickly().unwrap(), [""; 0]);
    let store = open(&fixture, OnDamage::Refuse).unwrap();
    add(&store, "a", "after");
    assert_eq!(examined(&store)[..], [""; 0]);
}

#[test]
fn assets_of_an_earlier_version_get_a_chain_on_opening() {
    let Some(mut fixture) = support::fixture() else { return };
    fill(fixture.own());
    let cluster = Arc::clone(fixture.own().cluster());
    fixture.close();
    for cql in [
        format!("DELETE FROM {} WHERE asset = 'a' AND kind = 0", cluster.table("heads")),
        format!("DELETE FROM {} WHERE asset = 'b' AND kind = 0", cluster.table("heads")),
        format!("TRUNCATE {}", cluster.table("chain")),
        format!("TRUNCATE {}", cluster.table("chain_ends")),
        format!("TRUNCATE {}", cluster.table("chain_of")),
    ] {
        run(&cluster, &cql);
    }
    let store = open(&fixture, OnDamage::Refuse).unwrap();
    assert_eq!(examined(&store), [""; 0]);
    add(&store, "a", "4");
    assert_eq!(examined(&store), [""; 0]);
    run(&cluster, &format!("DELETE FROM {} WHERE asset = 'b'", cluster.table("heads")));
    assert!(examined(&store).iter().any(|s| s.contains("asset `b`")));
}
