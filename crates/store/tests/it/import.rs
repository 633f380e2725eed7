//! Stores that take over what random operations left in another one, and go on.

use proptest::prelude::*;
use rushes_kv::FaultPoint;
use rushes_store::prelude::*;
use rushes_store::{AppendMode, EmbeddedStore, MemoryStore, StoreOptions};
use rushes_testkit::import_suite::{seen, take_over};
use rushes_testkit::store_model::{self, ASSETS, Numbers, Op, op};
use rushes_testkit::store_suite::{asset, asset_id, history, lines, run_id, spec};
use rushes_types::{ErrorKind, RunMode, RunState};

use crate::faults::{fail_from, open};
use crate::purge::holds;

fn do_it(store: &dyn AnnotationStore, op: &Op) -> String {
    store_model::do_it(store, op, Numbers::Same)
}

/// Takes everything over. A run's id may have gone to another asset, and is free only after that was imported.
fn move_all(from: &dyn AnnotationStore, to: &dyn AnnotationStore) {
    to.import_models(&from.models().unwrap()).unwrap();
    for round in 0.. {
        let mut conflicts = 0;
        for asset in from.assets_with_history(None, 10).unwrap() {
            if let Err(error) = take_over(from, to, asset.as_str()) {
                assert!(error.kind() == ErrorKind::Conflict && round < 4, "{error}");
                conflicts += 1;
            }
        }
        if conflicts == 0 {
            break;
        }
    }
    for on in ASSETS {
        assert_eq!(seen(to, on), seen(from, on), "{on}");
    }
    let (ours, theirs) = (to.counts().unwrap(), from.counts().unwrap());
    assert_eq!((ours.assets, ours.annotations), (theirs.assets, theirs.annotations));
}

fn give_up_open_runs(store: &dyn AnnotationStore) {
    for run in store.runs(None, None, 100).unwrap() {
        if run.state == RunState::Open {
            store.abort_run(&run.id).unwrap();
        }
    }
}

fn check(phases: &[Vec<Op>; 3], to_embedded: bool) {
    let folder = tempfile::tempdir().unwrap();
    let embedded = EmbeddedStore::open(folder.path(), StoreOptions::default()).unwrap();
    let memory = MemoryStore::new();
    let (from, to): (&dyn AnnotationStore, &dyn AnnotationStore) =
        if to_embedded { (&memory, &embedded) } else { (&embedded, &memory) };
    let [first, second, third] = phases;
    for op in first {
        do_it(from, op);
    }
    move_all(from, to);
    for op in second {
        do_it(from, op);
    }
    give_up_open_runs(from);
    move_all(from, to);
    for op in third {
        assert_eq!(do_it(to, op), do_it(from, op), "{op:?}");
        for on in ASSETS {
            assert_eq!(seen(to, on), seen(from, on), "{on} after {op:?}");
        }
    }
}

/// Operations that mean the same wherever they are done: runs are named, nothing is reopened.
fn ops() -> impl Strategy<Value = Vec<Op>> {
    let named = op().prop_filter("", |op| !matches!(op, Op::Open(None, ..) | Op::Reopen | Op::Trim(_)));
    prop::collection::vec(named, 1..25)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_store_that_took_everything_over_does_what_the_other_does(
        first in ops(), second in ops(), third in ops(), to_embedded in any::<bool>(),
    ) {
        let registered: Vec<Op> = (0..ASSETS.len()).map(|a| Op::PutAsset(a, false)).collect();
        check(&[[registered, first].concat(), second, third], to_embedded);
    }
}

#[test]
fn a_take_over_that_a_fault_ends_leaves_nothing_and_no_bytes() {
    const SECRET: &str = "zQ8rJ2mVx1tLpW";
    let from = MemoryStore::new();
    from.put_assets(&[asset("a")]).unwrap();
    from.append_loose(&[lines("a", "m@1", &[("1", 0, "x"), ("2", 5, SECRET)])], AppendMode::Partial).unwrap();
    from.open_run(&spec("r", "a", "m@1", RunMode::Replace, Some((0, 3)))).unwrap();
    from.append(&run_id("r"), &[lines("a", "m@1", &[("3", 1, "y")])], AppendMode::Partial).unwrap();
    from.commit_run(&run_id("r")).unwrap();
    for point in [FaultPoint::Write, FaultPoint::Sync] {
        let mut failed = 0;
        for n in 0.. {
            let folder = tempfile::tempdir().unwrap();
            let store = open(folder.path(), Some(fail_from(point, n, std::io::ErrorKind::Other)));
            let done = take_over(&from, &store, "a");
            drop(store);
            let store = open(folder.path(), None);
            let there = !history(&store, "a").is_empty();
            match done {
                Ok(_) => {
                    assert!(there);
                    break;
                }
                // What was written and not synced may come back, whole.
                Err(_) if there => assert_eq!(point, FaultPoint::Sync),
                Err(_) => {
                    assert_eq!(
                        (store.asset(&asset_id("a")).unwrap(), store.counts().unwrap().annotations),
                        (None, 0)
                    );
                    store.purge().unwrap();
                    assert_eq!(holds(folder.path(), SECRET), Vec::<String>::new(), "{point:?} {n}");
                }
            }
            failed += 1;
            take_over(&from, &store, "a").unwrap();
            assert_eq!(seen(&store, "a"), seen(&from, "a"), "{point:?} {n}");
        }
        assert!(failed >= 2, "{point:?}: {failed}");
    }
}
