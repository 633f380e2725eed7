//! Several processes on one asset.

use std::collections::BTreeSet;
use std::sync::Arc;

use rushes_engine_cassandra::store::CassandraStore;
use rushes_store::prelude::*;
use rushes_store::{AppendMode, EraseTarget};
use rushes_testkit::store_suite::{
    TestAnnotation, asset, asset_id, bytes_of, current, history, lines, model, run_id, segment_of, spec,
};
use rushes_types::{AnnotationId, Error, ErrorKind, Result, RunMode};

use crate::store::support;

/// Sends again what may be sent again, as clients do.
fn until_told<T>(mut call: impl FnMut() -> Result<T>) -> Result<T> {
    for _ in 0..20 {
        match call() {
            Err(e) if e.kind().is_retryable() => {}
            told => return told,
        }
    }
    call()
}

fn together<T: Send>(
    stores: &[&Arc<CassandraStore>],
    each: impl Fn(usize, &CassandraStore) -> T + Sync,
) -> Vec<T> {
    let each = &each;
    std::thread::scope(|scope| {
        let all: Vec<_> =
            stores.iter().enumerate().map(|(n, store)| scope.spawn(move || each(n, store))).collect();
        all.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn processes_that_write_to_one_asset_lose_nothing_and_double_nothing() {
    let Some(fixture) = support::fixture() else { return };
    let (a, b, c) = (fixture.own(), fixture.another(), fixture.another());
    a.put_assets(&[asset("a")]).unwrap();
    let counts = together(&[a, &b, &c], |n, store| {
        let (mut accepted, mut duplicates) = (0, 0);
        for turn in 0..15 {
            // One id of its own, and one that all of them send.
            let (own, shared) = (format!("{n}-{turn}"), format!("shared-{turn}"));
            let said = [(own.as_str(), turn, "x"), (shared.as_str(), turn, "x")];
            let receipt =
                until_told(|| store.append_loose(&[lines("a", "m@1", &said)], AppendMode::Partial)).unwrap();
            accepted += receipt.accepted;
            duplicates += receipt.duplicates;
        }
        (accepted, duplicates)
    });
    let (accepted, duplicates) = counts.iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    assert_eq!((accepted, duplicates), (60, 30));
    assert_eq!(current(&**a, "a").len(), 60);
    let records = history(&*b, "a");
    assert!(records.windows(2).all(|w| w[0].commit < w[1].commit));
    assert_eq!(a.counts().unwrap().annotations, 60);
}

#[test]
fn two_processes_that_append_to_one_run_take_each_id_once() {
    let Some(fixture) = support::fixture() else { return };
    let (a, b) = (fixture.own(), fixture.another());
    a.put_assets(&[asset("a")]).unwrap();
    a.open_run(&spec("r", "a", "m@1", RunMode::Replace, None)).unwrap();
    let accepted = together(&[a, &b], |n, store| {
        let mut accepted = 0;
        for turn in 0..10 {
            let ids: Vec<String> = (0..20).map(|i| format!("{}", turn * 10 + i)).collect();
            let text = if n == 0 { "x" } else { "y" };
            let said: Vec<TestAnnotation<'_>> = ids.iter().map(|id| (id.as_str(), turn, text)).collect();
            accepted +=
                until_told(|| store.append(&run_id("r"), &[lines("a", "m@1", &said)], AppendMode::Partial))
                    .unwrap()
                    .accepted;
        }
        accepted
    });
    assert_eq!(accepted.iter().sum::<u64>(), 110, "ids 0 … 109, each once");
    b.commit_run(&run_id("r")).unwrap();
    let found: BTreeSet<String> = current(&**a, "a").into_iter().map(|(id, _, _)| id).collect();
    assert_eq!((found.len(), current(&**a, "a").len()), (110, 110));
}

#[test]
fn a_runs_name_is_given_once_over_all_assets() {
    let Some(fixture) = support::fixture() else { return };
    let (a, b) = (fixture.own(), fixture.another());
    a.put_assets(&[asset("a"), asset("b")]).unwrap();
    for n in 0..5 {
        let name = format!("r{n}");
        let opened = together(&[a, &b], |n, store| {
            store.open_run(&spec(&name, ["a", "b"][n], "m@1", RunMode::Append, None))
        });
        let won = opened.iter().filter(|o| o.is_ok()).count();
        assert_eq!(won, 1, "{opened:?}");
        let lost: Vec<&Error> = opened.iter().filter_map(|o| o.as_ref().err()).collect();
        assert!(matches!(lost[0].kind(), ErrorKind::Conflict | ErrorKind::Busy), "{lost:?}");
    }
    assert_eq!(b.runs(None, None, 100).unwrap().len(), 5);
}

#[test]
fn annotations_of_one_block_that_two_processes_erase_are_both_gone() {
    let Some(fixture) = support::fixture() else { return };
    let (a, b) = (fixture.own(), fixture.another());
    a.put_assets(&[asset("a")]).unwrap();
    let ids: Vec<String> = (0..24).map(|n| format!("secret-{n}-")).collect();
    let said: Vec<TestAnnotation<'_>> = ids.iter().map(|id| (id.as_str(), 1, "x")).collect();
    a.open_run(&spec("r", "a", "m@1", RunMode::Replace, None)).unwrap();
    a.append(&run_id("r"), &[lines("a", "m@1", &said)], AppendMode::Partial).unwrap();
    a.commit_run(&run_id("r")).unwrap();
    together(&[a, &b], |n, store| {
        for id in ids.iter().skip(n).step_by(2).take(8) {
            let target = EraseTarget::Annotation {
                asset: asset_id("a"),
                model: model("m@1"),
                run: run_id("r"),
                id: AnnotationId::new(id).unwrap(),
            };
            until_told(|| store.erase(&target)).unwrap().unwrap();
        }
    });
    a.purge().unwrap();
    let segment = segment_of(&**a, "a", "r").unwrap();
    assert_eq!(segment.annotations, 8);
    let bytes = String::from_utf8(bytes_of(&*b, "a", segment.id)).unwrap();
    let left: Vec<&String> = ids.iter().filter(|id| bytes.contains(id.as_str())).collect();
    assert_eq!(left, ids.iter().skip(16).collect::<Vec<_>>());
    assert_eq!(a.run(&run_id("r")).unwrap().unwrap().annotations, 8);
}

#[test]
fn an_asset_erased_while_others_write_to_it_holds_nothing_of_before() {
    let Some(fixture) = support::fixture() else { return };
    let (a, b) = (fixture.own(), fixture.another());
    for round in 0..3 {
        a.put_assets(&[asset("a")]).unwrap();
        together(&[a, &b], |n, store| {
            if n == 0 {
                std::thread::sleep(std::time::Duration::from_millis(20 * round));
                until_told(|| store.erase(&EraseTarget::Asset(asset_id("a")))).unwrap();
                return;
            }
            for turn in 0..20 {
                let id = format!("{turn}");
                let sent = until_told(|| {
                    store.append_loose(&[lines("a", "m@1", &[(&id, turn, "secret")])], AppendMode::Partial)
                });
                match sent {
                    Ok(_) => {}
                    Err(e) => return assert_eq!(e.kind(), ErrorKind::NotFound, "{e}"),
                }
            }
        });
        assert_eq!(a.asset(&asset_id("a")).unwrap(), None);
        assert_eq!(history(&*b, "a").len(), 1, "only the tombstone");
        assert_eq!(a.counts().unwrap().annotations, 0);
    }
    a.purge().unwrap();
    let left = a.cluster().block_on(a.cluster().rows::<(String,)>("SELECT asset FROM blocks", ())).unwrap();
    assert!(left.is_empty(), "{} blocks are left", left.len());
    let left = a.cluster().block_on(a.cluster().rows::<(String,)>("SELECT asset FROM ids", ())).unwrap();
    assert!(left.is_empty(), "{} rows of ids are left", left.len());
}
