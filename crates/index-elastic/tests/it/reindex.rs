//! A new index behind the alias, while searches and writes go on.

use std::sync::atomic::{AtomicBool, Ordering};

use rushes_index::Index;
use rushes_index_elastic::ElasticIndex;
use rushes_plan::{Filter, Test};
use rushes_testkit::index_suite::{IndexFixture, clause, current, labelled, near, put, update, vectored};
use rushes_types::{Change, Commit, Metric};

use crate::fixtures::Elastic;
use crate::rest::must;

#[test]
fn searches_and_writes_go_on_while_an_index_is_made_anew() {
    let Some(fixture) = Elastic::new() else { return };
    let base: Vec<Change> = (0..6_000)
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
    let held = fixture.index().reader(None).unwrap();
    let writer = ElasticIndex::open(fixture.config.clone(), fixture.options()).unwrap();
    let done = AtomicBool::new(false);
    let (copied, commits, searches) = std::thread::scope(|scope| {
        let searching = scope.spawn(|| {
            let mut searches = 0;
            while !done.load(Ordering::SeqCst) {
                let reader = fixture.index().reader(None).unwrap();
                let hits = reader.hits(&clause(Test::Any), &Filter::default()).unwrap().hits.len();
                let expected = 6_000 + usize::try_from(reader.read_point().upto.0).unwrap() - 1;
                assert_eq!(hits, expected);
                searches += 1;
            }
            searches
        });
        let writing = scope.spawn(|| {
            let mut commit = 1;
            while !done.load(Ordering::SeqCst) {
                commit += 1;
                let new = put(&current(labelled("b", &format!("w{commit}"), 3, "Ross"), commit));
                let after = if commit == 2 { 0 } else { commit - 1 };
                writer.apply(&[update("b", after, commit, vec![new])]).unwrap();
                writer.publish(Commit(commit)).unwrap();
            }
            commit
        });
        let copied = fixture.elastic().reindex();
        std::thread::sleep(std::time::Duration::from_millis(300));
        done.store(true, Ordering::SeqCst);
        (copied.unwrap(), writing.join().unwrap(), searching.join().unwrap())
    });
    assert!(copied >= 6_000 && searches > 0, "{copied} copied, {searches} searches");
    let reader = fixture.index().reader(None).unwrap();
    assert_eq!(reader.read_point().upto, Commit(commits));
    let all = reader.hits(&clause(Test::Any), &Filter::default()).unwrap().hits.len();
    assert_eq!(all, 6_000 + usize::try_from(commits).unwrap() - 1);
    let nearest = reader.nearest(&near(&[1.0, 9.0], Some(3), Metric::Cosine, None), &Filter::default(), None);
    assert_eq!(nearest.unwrap().hits.len(), 3);
    // One that was opened before reads on.
    assert_eq!(held.hits(&clause(Test::Any), &Filter::default()).unwrap().hits.len(), 6_000);
    let url = format!("{}/{}-annotations", fixture.config.urls[0], fixture.config.prefix);
    let indices = must("GET", &url, &serde_json::Value::Null);
    let names: Vec<&String> = indices.as_object().unwrap().keys().collect();
    assert_eq!(names, [&format!("{}-annotations-v2", fixture.config.prefix)]);
    println!("{copied} documents copied under {searches} searches and {} commits", commits - 1);
}
