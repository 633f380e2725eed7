//! A store that is taken over holds nothing twice and knows what it lacks, whichever of its tables are of an earlier time.

use std::fs;

use rushes_store::prelude::*;
use rushes_store::{AppendMode, CommitRecord, Effect, EmbeddedStore, EraseTarget, OnDamage};
use rushes_testkit::store_suite::{asset, asset_id, history, lines, lines_of, model, run_id, spec};
use rushes_types::{AnnotationId, RunId, RunMode};

use crate::guarded::{IDENTITY, Place, add};

/// A store of which some tables are of an earlier time than the others, taken over. Before that time it held what `before`
/// wrote, and after it what `after` wrote too.
fn taken_over(
    ahead: &[&str],
    before: impl FnOnce(&EmbeddedStore),
    after: impl FnOnce(&EmbeddedStore),
) -> (Place, EmbeddedStore) {
    let place = Place::new();
    let store = place.open().unwrap();
    before(&store);
    store.purge().unwrap();
    after(&store);
    drop(store);
    {
        // These tables are flushed on their own, as they are when they are full; the others are only in the journal.
        let database = fjall::Database::builder(place.store()).open().unwrap();
        for table in ahead {
            let table = database.keyspace(table, fjall::KeyspaceCreateOptions::default).unwrap();
            table.rotate_memtable_and_wait().unwrap();
        }
    }
    fs::write(place.journal(), b"").unwrap();
    let store = place.open_as(IDENTITY, OnDamage::Accept).unwrap();
    (place, store)
}

/// Every choice of tables that is not all of them.
const AHEAD: &[&[&str]] =
    &[&[], &["ids"], &["blocks"], &["rows"], &["ids", "blocks"], &["ids", "rows"], &["blocks", "rows"]];

/// How many lines the asset holds, each as often as it is there.
fn held(store: &EmbeddedStore) -> usize {
    let of = |record: &CommitRecord| match &record.effect {
        Effect::Segment(segment) => lines_of(store, "a", segment.id).len(),
        _ => 0,
    };
    history(store, "a").iter().map(of).sum()
}

fn begin(store: &EmbeddedStore) {
    store.put_assets(&[asset("a")]).unwrap();
    add(store, "a", "1");
}

#[test]
fn what_a_store_that_is_taken_over_lacks_can_be_sent_again_whichever_tables_are_of_an_earlier_time() {
    for ahead in AHEAD {
        let (_place, store) = taken_over(ahead, begin, |store| add(store, "a", "2"));
        let is_whole = ahead.contains(&"blocks") && ahead.contains(&"rows");
        assert_eq!(held(&store), if is_whole { 2 } else { 1 }, "{ahead:?}");
        let again = [lines("a", "m@1", &[("1", 0, "1"), ("2", 0, "2")])];
        for _ in 0..2 {
            store.append_loose(&again, AppendMode::Partial).unwrap();
            assert_eq!(held(&store), 2, "{ahead:?}");
        }
    }
}

#[test]
fn what_was_never_written_before_the_tables_parted_is_known_by_its_ids_again() {
    // Scopes and models of lines are rows too.
    let first = |store: &EmbeddedStore| {
        store.put_assets(&[asset("a")]).unwrap();
    };
    for ahead in AHEAD {
        let (_place, store) = taken_over(ahead, first, |store| add(store, "a", "1"));
        for _ in 0..2 {
            add(&store, "a", "1");
            assert_eq!(held(&store), 1, "{ahead:?}");
        }
    }
}

#[test]
fn what_was_erased_before_a_store_is_taken_over_can_be_sent_again() {
    for ahead in AHEAD {
        let (_place, store) = taken_over(
            ahead,
            |store| {
                begin(store);
                add(store, "a", "2");
            },
            |store| {
                let (asset, model, run) = (asset_id("a"), model("m@1"), RunId::loose());
                let id = AnnotationId::new("2").unwrap();
                store.erase(&EraseTarget::Annotation { asset, model, run, id }).unwrap().unwrap();
            },
        );
        for _ in 0..2 {
            add(&store, "a", "2");
            assert_eq!(held(&store), 2, "{ahead:?}");
        }
    }
}

#[test]
fn a_run_of_a_store_that_is_taken_over_takes_nothing_twice() {
    let run = || run_id("r");
    let sent = [lines("a", "m@1", &[("1", 0, "1"), ("2", 1, "2")])];
    let first = |store: &EmbeddedStore| {
        store.put_assets(&[asset("a")]).unwrap();
        store.open_run(&spec("r", "a", "m@1", RunMode::Append, None)).unwrap();
    };
    for ahead in AHEAD {
        let (_place, store) = taken_over(ahead, first, |store| {
            store.append(&run(), &sent, AppendMode::Partial).unwrap();
        });
        store.append(&run(), &sent, AppendMode::Partial).unwrap();
        store.commit_run(&run()).unwrap();
        assert_eq!(held(&store), 2, "{ahead:?}");
    }
}
