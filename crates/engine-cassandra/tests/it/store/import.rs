//! Taking over what is large: histories of several chunks, runs of several pieces.

use rushes_store::prelude::*;
use rushes_store::{AppendMode, AssetImport, CommitRecord, Effect, Erased, Imported, MemoryStore};
use rushes_testkit::import_suite::{hand_over, seen, take_over};
use rushes_testkit::store_suite::{TestAnnotation, asset, asset_id, history, lines, run_id, spec};
use rushes_types::{Commit, RunMode};

use crate::store::support::fixture;

fn registered(numbers: std::ops::Range<u64>) -> Vec<CommitRecord> {
    numbers.map(|n| CommitRecord { commit: Commit(n), effect: Effect::Registered }).collect()
}

#[test]
fn a_history_of_several_chunks_is_imported_added_to_and_imported_again() {
    const CHUNK: u64 = 4_096;
    let Some(fixture) = fixture() else { return };
    let store = fixture.own();
    let import = |history: Vec<CommitRecord>| {
        let import =
            AssetImport { asset: asset_id("a"), document: Some(asset("a")), runs: Vec::new(), history };
        let done = store.import(&import, &mut |_, _| panic!("there is no content")).unwrap();
        assert_eq!(history_of(&**store), import.history);
        done
    };
    let mut all = registered(5..2 * CHUNK + 100);
    assert_eq!(import(all.clone()), Imported::Added);
    all.extend(registered(3 * CHUNK..4 * CHUNK));
    assert_eq!(import(all.clone()), Imported::Added);
    // The relay moves the tail; then a model is erased at the source, and little is left.
    let rows = store.outbox(0, 100).unwrap().rows;
    assert_eq!(rows.len(), 1, "{rows:?}");
    store.trim_outbox(rows[0].sequence).unwrap();
    assert_eq!(history_of(&**store), all);
    let erased = Effect::Erased(Erased::Model(rushes_testkit::store_suite::model("m@1")));
    let few: Vec<CommitRecord> = all
        .iter()
        .filter(|record| record.commit.0.is_multiple_of(1_000))
        .cloned()
        .chain([CommitRecord { commit: Commit(5 * CHUNK), effect: erased }])
        .collect();
    assert_eq!(import(few.clone()), Imported::Replaced);
    let rows = store.outbox(0, 100).unwrap().rows;
    rows.iter().for_each(|row| store.trim_outbox(row.sequence).unwrap());
    assert_eq!(history_of(&**store), few, "also after the tail was moved");
    let own = store.put_assets(&[rushes_types::Asset { title: Some("t".into()), ..asset("a") }]).unwrap();
    assert!(own.unwrap() > Commit(5 * CHUNK));
    assert_eq!(history_of(&*fixture.another()).len(), few.len() + 1);
}

fn history_of(store: &dyn AnnotationStore) -> Vec<CommitRecord> {
    let mut all = Vec::new();
    loop {
        let after = all.last().map_or(Commit::NONE, |r: &CommitRecord| r.commit);
        let page = store.history(&asset_id("a"), after, 1_000).unwrap();
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

#[test]
fn a_large_run_moves_to_cassandra_and_from_there_to_memory() {
    let Some(fixture) = fixture() else { return };
    let from = MemoryStore::new();
    from.put_assets(&[asset("a")]).unwrap();
    let run = from.open_run(&spec("r", "a", "m@1", RunMode::Replace, None)).unwrap().id;
    let ids: Vec<String> = (0..60_000).map(|n| format!("annotation-{n:08}-{}", n * 7_919 % 99_991)).collect();
    for some in ids.chunks(20_000) {
        let said: Vec<TestAnnotation<'_>> =
            some.iter().map(|id| (id.as_str(), 7, "something that is said")).collect();
        from.append(&run, &[lines("a", "m@1", &said)], AppendMode::Partial).unwrap();
    }
    from.commit_run(&run).unwrap();
    let store = fixture.own();
    assert_eq!(take_over(&from, &**store, "a").unwrap(), Imported::Added);
    assert_eq!(store.counts().unwrap().annotations, 60_000);
    let other = fixture.another();
    let back = MemoryStore::new();
    let import = AssetImport::read(&*other, &asset_id("a")).unwrap().unwrap();
    back.import(&import, &mut |segment, each| hand_over(&*other, &import, segment.id, each)).unwrap();
    assert_eq!(seen(&back, "a"), seen(&from, "a"));
    assert_eq!(history(&back, "a").len(), 2);
    assert_eq!(back.run(&run_id("r")).unwrap(), from.run(&run_id("r")).unwrap());
}
