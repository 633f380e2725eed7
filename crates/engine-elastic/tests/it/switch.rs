//! A reader that polls through a run switch sees the old run or the new one, never half.

use std::sync::atomic::{AtomicBool, Ordering};

use rushes_engine_elastic::ElasticIndex;
use rushes_index::Budget;
use rushes_index::Index;
use rushes_plan::Filter;
use rushes_testkit::index_suite::{IndexFixture, current, label, labelled, put, update};
use rushes_types::{Change, Commit, FusedAnnotation, RunId};

use crate::fixtures::Elastic;

/// Annotations of a run.
const SIZE: i64 = 40;
const SWITCHES: u64 = 25;

fn run(commit: u64) -> Vec<FusedAnnotation> {
    let one = |n: i64| {
        let mut annotation = labelled("a", &format!("{n}"), n, "Joey");
        annotation.run = RunId::new(&format!("r{commit}")).unwrap();
        current(annotation, commit)
    };
    (0..SIZE).map(one).collect()
}

#[test]
fn a_poller_never_sees_half_of_a_switch() {
    let Some(fixture) = Elastic::with(|config| config.bulk_bytes = 5_000) else { return };
    let other = ElasticIndex::open(fixture.config.clone(), fixture.options()).unwrap();
    fixture.index().apply(&[update("a", 0, 1, run(1).iter().map(put).collect())]).unwrap();
    fixture.index().publish(Commit(1)).unwrap();
    let done = AtomicBool::new(false);
    let polls = std::thread::scope(|scope| {
        let poller = scope.spawn(|| {
            let mut polls = 0;
            while !done.load(Ordering::SeqCst) {
                let reader = other.reader(None).unwrap();
                let hits = reader
                    .hits(&label(&["joey"]), &Filter::default(), Budget::of_maintenance())
                    .unwrap()
                    .hits;
                let at = reader.read_point().upto.0;
                assert_eq!(hits.len(), usize::try_from(SIZE).unwrap(), "at {at}");
                let refs: Vec<_> = hits
                    .iter()
                    .map(|hit| rushes_index::AnnotationRef { asset: hit.asset, key: hit.first })
                    .collect();
                for fetched in reader.fetch(&refs, Budget::of_maintenance()).unwrap() {
                    assert_eq!(fetched.unwrap().annotation.run.as_str(), format!("r{at}"));
                }
                polls += 1;
            }
            polls
        });
        // Somebody else refreshes all the time, as another worker's publish would.
        let refresher = scope.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                let url =
                    format!("{}/{}-annotations/_refresh", fixture.config.urls[0], fixture.config.prefix);
                crate::rest::must("POST", &url, &serde_json::Value::Null);
            }
        });
        for commit in 2..=SWITCHES {
            let mut ended = run(commit - 1);
            ended.iter_mut().for_each(|fused| fused.validities[0].died = Commit(commit));
            let new = run(commit);
            let changes: Vec<Change> = ended.iter().chain(&new).map(put).collect();
            fixture.index().apply(&[update("a", commit - 1, commit, changes)]).unwrap();
            fixture.index().publish(Commit(commit)).unwrap();
        }
        done.store(true, Ordering::SeqCst);
        refresher.join().unwrap();
        poller.join().unwrap()
    });
    assert!(polls > 5, "only {polls} polls");
}
