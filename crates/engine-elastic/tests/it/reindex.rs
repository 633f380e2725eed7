//! A new index behind the alias, while searches and writes go on.

use std::sync::atomic::{AtomicBool, Ordering};

use rushes_engine_elastic::{ElasticConfig, ElasticIndex};
use rushes_index::Budget;
use rushes_index::Index;
use rushes_plan::{Filter, Test};
use rushes_testkit::index_suite::{
    IndexFixture, asset_id, clause, current, labelled, near, put, update, vectored,
};
use rushes_types::{Change, Commit, Error, ErrorKind, Metric, Result};
use serde_json::{Value, json};

use crate::fixtures::Elastic;
use crate::rest::must;

/// Annotations at the beginning: more than are copied at once.
const BASE: i64 = 6_000;

fn fill(fixture: &Elastic) {
    let base: Vec<Change> = (0..BASE)
        .map(|n| {
            put(&current(
                if n % 3 == 0 {
                    vectored("a", &format!("v{n}"), n, &[1.0, n as f32])
                } else {
                    labelled("a", &format!("l{n}"), n, "Joey")
                },
                1,
            ))
        })
        .collect();
    fixture.index().apply(&[update("a", 0, 1, base)]).unwrap();
    fixture.index().publish(Commit(1)).unwrap();
}

/// Another process on the same index, with this many shards configured.
fn another(fixture: &Elastic, shards: u32) -> ElasticIndex {
    let config = ElasticConfig { shards, ..fixture.config.clone() };
    ElasticIndex::open(config, fixture.options()).unwrap()
}

/// Adds an annotation with each commit after the first until told to stop; the last commit.
fn write(writer: &ElasticIndex, done: &AtomicBool) -> u64 {
    let mut commit = 1;
    while !done.load(Ordering::SeqCst) {
        commit += 1;
        let new = put(&current(labelled("b", &format!("w{commit}"), 3, "Ross"), commit));
        let after = if commit == 2 { 0 } else { commit - 1 };
        writer.apply(&[update("b", after, commit, vec![new])]).unwrap();
        writer.publish(Commit(commit)).unwrap();
    }
    commit
}

/// How many annotations a search finds, and how many it should.
fn found(index: &dyn Index) -> (usize, usize) {
    let reader = index.reader(None).unwrap();
    let hits =
        reader.hits(&clause(Test::Any), &Filter::default(), Budget::of_maintenance()).unwrap().hits.len();
    (hits, usize::try_from(BASE).unwrap() + usize::try_from(reader.read_point().upto.0).unwrap() - 1)
}

fn is_whole(index: &dyn Index) {
    let (found, expected) = found(index);
    assert_eq!(found, expected);
}

/// The indices of annotations, with their aliases.
fn indices(fixture: &Elastic) -> Vec<(String, Vec<String>)> {
    let (url, prefix) = (&fixture.config.urls[0], &fixture.config.prefix);
    let all = must("GET", &format!("{url}/{prefix}-annotations-v*/_alias"), &Value::Null);
    let own = |name: &str| name.strip_prefix(&format!("{prefix}-annotations")).unwrap().to_owned();
    let aliases = |state: &Value| state["aliases"].as_object().unwrap().keys().map(|a| own(a)).collect();
    all.as_object().unwrap().iter().map(|(name, state)| (own(name), aliases(state))).collect()
}

/// Only this version is there, and no process writes to a second one.
fn only(fixture: &Elastic, version: &str) {
    assert_eq!(indices(fixture), [(version.to_owned(), vec![String::new()])]);
    let url = format!("{}/{}-meta/_doc/archive", fixture.config.urls[0], fixture.config.prefix);
    assert_eq!(must("GET", &url, &Value::Null)["_source"]["filling"], Value::Null);
}

fn enough<T>() -> Result<T> {
    Err(Error::new(ErrorKind::Cancelled, "enough"))
}

#[test]
fn searches_and_writes_go_on_while_an_index_is_rebuilt() {
    let Some(fixture) = Elastic::new() else { return };
    fill(&fixture);
    let held = fixture.index().reader(None).unwrap();
    let writer = another(&fixture, 1);
    let mut steps = Vec::new();
    let done = AtomicBool::new(false);
    let (copied, commits, searches) = std::thread::scope(|scope| {
        let searching = scope.spawn(|| {
            let mut searches = 0;
            while !done.load(Ordering::SeqCst) {
                is_whole(fixture.index());
                searches += 1;
            }
            searches
        });
        let writing = scope.spawn(|| write(&writer, &done));
        let copied = another(&fixture, 3).reindex(&mut |done, total| {
            steps.push((done, total));
            Ok(())
        });
        std::thread::sleep(std::time::Duration::from_millis(300));
        done.store(true, Ordering::SeqCst);
        (copied.unwrap(), writing.join().unwrap(), searching.join().unwrap())
    });
    assert!(copied >= 6_000 && searches > 0, "{copied} copied, {searches} searches");
    let reader = fixture.index().reader(None).unwrap();
    assert_eq!(reader.read_point().upto, Commit(commits));
    is_whole(fixture.index());
    assert!(
        steps.len() > 3 && steps.is_sorted() && steps.iter().all(|(done, total)| done <= total),
        "{steps:?}"
    );
    let nearest = reader.nearest(
        &near(&[1.0, 9.0], Some(3), Metric::Cosine, None),
        &Filter::default(),
        None,
        Budget::of_maintenance(),
    );
    assert_eq!(nearest.unwrap().hits.len(), 3);
    // One that was opened before reads on.
    assert_eq!(
        held.hits(&clause(Test::Any), &Filter::default(), Budget::of_maintenance()).unwrap().hits.len(),
        6_000
    );
    only(&fixture, "-v2");
    let url = format!("{}/{}-annotations-v2", fixture.config.urls[0], fixture.config.prefix);
    let index = &must("GET", &url, &Value::Null)[format!("{}-annotations-v2", fixture.config.prefix)];
    assert_eq!(index["settings"]["index"]["number_of_shards"], json!("3"));
    println!("{copied} documents copied under {searches} searches and {} commits", commits - 1);
}

#[test]
fn one_that_is_interrupted_leaves_the_index_as_it_was() {
    let Some(fixture) = Elastic::new() else { return };
    fill(&fixture);
    let writer = another(&fixture, 1);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| write(&writer, &done));
        for pages in 0..5 {
            let mut left = pages;
            let error = fixture.index().reindex(&mut |_, _| {
                left -= 1;
                if left < 0 { enough() } else { Ok(()) }
            });
            assert_eq!(error.unwrap_err().kind(), ErrorKind::Cancelled, "after {pages} pages");
            only(&fixture, "-v1");
            is_whole(fixture.index());
        }
        done.store(true, Ordering::SeqCst);
        // It wrote all the time, whatever came and went.
        assert!(writing.join().unwrap() > 5);
    });
    only(&fixture, "-v1");
    is_whole(fixture.index());
    fixture.index().reindex(&mut |_, _| Ok(())).unwrap();
    only(&fixture, "-v7");
    is_whole(fixture.index());
}

/// Fills a new index and ends in the middle, as a process that is killed.
fn killed(fixture: &Elastic) {
    let index = another(fixture, 1);
    let killed =
        std::panic::AssertUnwindSafe(|| index.reindex(&mut |_, _| std::panic::resume_unwind(Box::new(()))));
    assert!(std::panic::catch_unwind(killed).is_err());
    assert_eq!(indices(fixture).len(), 2, "a half-filled one is left");
}

#[test]
fn what_a_killed_process_left_goes_by_itself_or_with_the_next_call() {
    let Some(fixture) = Elastic::new() else { return };
    fill(&fixture);
    let mut commit = 1;
    let mut add = || {
        commit += 1;
        let new = put(&current(labelled("b", &format!("w{commit}"), 3, "Ross"), commit));
        let after = if commit == 2 { 0 } else { commit - 1 };
        fixture.index().apply(&[update("b", after, commit, vec![new])]).unwrap();
        fixture.index().publish(Commit(commit)).unwrap();
        is_whole(fixture.index());
    };
    killed(&fixture);
    add();
    fixture.index().maintain().unwrap();
    fixture.pass(500);
    fixture.index().maintain().unwrap();
    assert_eq!(indices(&fixture).len(), 2, "it may only be slow");
    fixture.pass(101);
    fixture.index().maintain().unwrap();
    only(&fixture, "-v1");
    add();
    killed(&fixture);
    add();
    fixture.index().reindex(&mut |_, _| Ok(())).unwrap();
    only(&fixture, "-v4");
    add();
}

#[test]
fn of_two_that_do_it_at_once_the_last_goes_on() {
    let Some(fixture) = Elastic::new() else { return };
    fill(&fixture);
    let (first, second) = (another(&fixture, 1), another(&fixture, 2));
    let mut begun = false;
    let overtaken = first.reindex(&mut |_, _| {
        if !begun {
            begun = true;
            second.reindex(&mut |_, _| Ok(()))?;
        }
        Ok(())
    });
    assert_eq!(overtaken.unwrap_err().kind(), ErrorKind::Conflict);
    only(&fixture, "-v3");
    is_whole(fixture.index());
}

#[test]
fn what_is_erased_during_the_copy_is_not_copied_back() {
    let Some(fixture) = Elastic::new() else { return };
    fill(&fixture);
    let writer = another(&fixture, 1);
    let mut pages = 0;
    fixture
        .index()
        .reindex(&mut |_, _| {
            pages += 1;
            if pages == 2 {
                let gone = rushes_index::AssetUpdate { document: None, ..update("a", 1, 2, Vec::new()) };
                writer.apply(&[gone])?;
                writer.publish(Commit(2))?;
            }
            Ok(())
        })
        .unwrap();
    let back = put(&current(labelled("a", "back", 3, "Ross"), 3));
    writer.apply(&[update("a", 2, 3, vec![back])]).unwrap();
    writer.publish(Commit(3)).unwrap();
    let reader = fixture.index().reader(None).unwrap();
    assert_eq!(
        reader.hits(&clause(Test::Any), &Filter::default(), Budget::of_maintenance()).unwrap().hits.len(),
        1
    );
    assert!(reader.find(&asset_id("a"), "l1", Budget::of_maintenance()).unwrap().is_none());
    assert_eq!(fixture.index().counts().unwrap().entries, 1);
}
