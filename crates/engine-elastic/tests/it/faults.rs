//! What a busy, a failing or a vanishing cluster does to writes.

use std::time::Duration;

use rushes_engine_elastic::ElasticIndex;
use rushes_index::Budget;
use rushes_index::Index;
use rushes_plan::{Filter, Test};
use rushes_testkit::index_suite::{IndexFixture, asset_id, clause, current, labelled, put, update, vectored};
use rushes_testkit::proxy::bulk::BulkProxy;
use rushes_testkit::servers;
use rushes_types::{Change, Commit, ErrorKind};

use crate::fixtures::Elastic;

/// An index behind a proxy, and the proxy.
fn behind_proxy() -> Option<(Elastic, BulkProxy)> {
    let proxy = BulkProxy::before(&servers::elasticsearch()?).unwrap();
    let fixture = Elastic::with(|config| {
        config.urls = vec![proxy.url()];
        config.patience_ms = 8_000;
        config.request_ms = 4_000;
        config.bulk_bytes = 20_000;
    })?;
    Some((fixture, proxy))
}

fn changes(count: i64) -> Vec<Change> {
    (0..count).map(|n| put(&current(labelled("a", &format!("{n:04}"), n, "Joey"), 1))).collect()
}

fn found(index: &ElasticIndex) -> usize {
    let reader = index.reader(None).unwrap();
    reader.hits(&clause(Test::Any), &Filter::default(), Budget::of_maintenance()).unwrap().hits.len()
}

#[test]
fn a_busy_cluster_is_asked_again_until_it_takes_everything() {
    let Some((fixture, proxy)) = behind_proxy() else { return };
    proxy.refuse(3);
    proxy.fail_items(2, 3, 429);
    proxy.lose_answers(2);
    fixture.index().apply(&[update("a", 0, 1, changes(300))]).unwrap();
    fixture.index().publish(Commit(1)).unwrap();
    assert_eq!(found(fixture.elastic()), 300);
    assert_eq!(fixture.index().progress(&asset_id("a")).unwrap(), Commit(1));
    let seen = proxy.seen();
    assert!(seen.failed_items > 0 && seen.refused == 3 && seen.unanswered == 2, "{seen:?}");
}

#[test]
fn a_cluster_that_stays_busy_is_an_error_after_the_patience() {
    let Some((mut fixture, proxy)) = behind_proxy() else { return };
    fixture.config.patience_ms = 500;
    fixture.reopen();
    proxy.refuse(10_000);
    let error = fixture.index().apply(&[update("a", 0, 1, changes(3))]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
    assert_eq!(fixture.index().progress(&asset_id("a")).unwrap(), Commit::NONE);
    assert_eq!(found(fixture.elastic()), 0);
}

#[test]
fn a_document_that_can_never_be_taken_is_named() {
    let Some((fixture, proxy)) = behind_proxy() else { return };
    proxy.fail_items(1, 2, 400);
    let error = fixture.index().apply(&[update("a", 0, 1, changes(3))]).unwrap_err();
    assert!(error.to_string().contains("document `"), "{error}");
    assert_eq!(fixture.index().progress(&asset_id("a")).unwrap(), Commit::NONE);
    // The same update comes again, and is taken.
    fixture.index().apply(&[update("a", 0, 1, changes(3))]).unwrap();
    fixture.index().publish(Commit(1)).unwrap();
    assert_eq!(found(fixture.elastic()), 3);
}

#[test]
fn a_cut_of_the_network_is_waited_for() {
    let Some((fixture, proxy)) = behind_proxy() else { return };
    fixture.index().apply(&[update("a", 0, 1, changes(5))]).unwrap();
    fixture.index().publish(Commit(1)).unwrap();
    proxy.network().cut();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(1_500));
            proxy.network().heal();
        });
        let more = put(&current(labelled("a", "late", 9, "Joey"), 2));
        fixture.index().apply(&[update("a", 1, 2, vec![more])]).unwrap();
    });
    fixture.index().publish(Commit(2)).unwrap();
    assert_eq!(found(fixture.elastic()), 6);
    // One that lasts is an error, and soon.
    proxy.network().cut();
    let begun = std::time::Instant::now();
    let error = fixture.index().reader(None).map(|_| ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert!(begun.elapsed() < Duration::from_secs(20));
    proxy.network().heal();
}

#[test]
fn another_node_is_asked_where_one_is_away() {
    let Some(url) = servers::elasticsearch() else { return };
    let silent = "http://127.0.0.1:9".to_owned();
    let Some(fixture) = Elastic::with(|config| config.urls = vec![silent, url]) else { return };
    fixture.index().apply(&[update("a", 0, 1, changes(5))]).unwrap();
    fixture.index().publish(Commit(1)).unwrap();
    assert_eq!(found(fixture.elastic()), 5);
}

#[test]
fn a_lower_commit_loses_and_the_same_one_changes_nothing() {
    let Some(fixture) = Elastic::new() else { return };
    // Two workers that began from the same state: the one that is behind comes last.
    let other = ElasticIndex::open(fixture.config.clone(), fixture.options()).unwrap();
    let mut joey = current(labelled("a", "joey", 2, "Joey"), 1);
    let early = update("a", 0, 1, vec![put(&joey)]);
    joey.validities[0].died = Commit(2);
    let late = update("a", 0, 2, vec![put(&joey)]);
    std::thread::scope(|scope| {
        scope.spawn(|| fixture.index().apply(std::slice::from_ref(&late)).unwrap());
        scope.spawn(|| other.apply(std::slice::from_ref(&early)).unwrap());
    });
    other.apply(&[early]).unwrap();
    fixture.index().publish(Commit(2)).unwrap();
    assert_eq!(fixture.index().progress(&asset_id("a")).unwrap(), Commit(2));
    assert_eq!(found(fixture.elastic()), 0);
}

#[test]
fn a_server_that_is_killed_in_the_middle_loses_nothing() {
    let Some(server) = rushes_testkit::engines::elasticsearch() else { return };
    let fixture =
        Elastic::at(&server.address(), |config| (config.patience_ms, config.bulk_bytes) = (120_000, 20_000));
    fixture.index().apply(&[update("a", 0, 1, changes(500))]).unwrap();
    fixture.index().publish(Commit(1)).unwrap();
    let held = fixture.index().reader(None).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(150));
            server.kill();
            server.start_again();
        });
        for commit in 2..=12 {
            let new =
                (0..200).map(|n| put(&current(labelled("a", &format!("{commit}-{n}"), n, "Ross"), commit)));
            fixture.index().apply(&[update("a", commit - 1, commit, new.collect())]).unwrap();
            fixture.index().publish(Commit(commit)).unwrap();
            let hits = found(fixture.elastic());
            assert_eq!(hits, 500 + 200 * usize::try_from(commit - 1).unwrap());
        }
    });
    // Its point in time died with the server; the read point did not.
    assert_eq!(
        held.hits(&clause(Test::Any), &Filter::default(), Budget::of_maintenance()).unwrap().hits.len(),
        500
    );
}

#[test]
fn a_space_that_another_process_listed_and_did_not_map_takes_vectors_all_the_same() {
    let Some(fixture) = Elastic::new() else { return };
    let scene = vectored("a", "1", 0, &[1.0, 2.0]);
    fixture.elastic().list_space(&scene.model, 2).unwrap();
    fixture.index().apply(&[update("a", 0, 1, vec![put(&current(scene, 1))])]).unwrap();
    fixture.index().publish(Commit(1)).unwrap();
    assert_eq!(found(fixture.elastic()), 1);
}
