//! Stores that take over what random operations left in another one, and go on.

use proptest::prelude::*;
use rushes_store::{AnnotationStore, EmbeddedStore, MemoryStore, StoreOptions};
use rushes_testkit::import_suite::{seen, take_over};
use rushes_types::{ErrorKind, RunState};

use crate::model::{ASSETS, Op, do_it, op};

/// Takes everything over. A run's id may have moved to another asset, so a second round may be needed.
fn move_all(from: &dyn AnnotationStore, to: &dyn AnnotationStore) {
    to.import_models(&from.models().unwrap()).unwrap();
    let mut rounds = 0;
    while ASSETS
        .iter()
        .filter(|on| from.assets_with_history(None, 10).unwrap().iter().any(|a| a.as_str() == **on))
        .any(|on| match take_over(from, to, on) {
            Ok(_) => false,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
                true
            }
        })
    {
        rounds += 1;
        // `any` stops at the first conflict: the others come first the next time.
        for on in ASSETS.iter().rev() {
            let _ = take_over_if_there(from, to, on);
        }
        assert!(rounds < 5, "a conflict that stays");
    }
    for on in ASSETS {
        assert_eq!(seen(to, on), seen(from, on), "{on}");
    }
    let (ours, theirs) = (to.counts().unwrap(), from.counts().unwrap());
    assert_eq!((ours.assets, ours.annotations), (theirs.assets, theirs.annotations));
}

fn take_over_if_there(from: &dyn AnnotationStore, to: &dyn AnnotationStore, on: &str) -> Option<ErrorKind> {
    let there = from.assets_with_history(None, 10).unwrap().iter().any(|a| a.as_str() == on);
    if there { take_over(from, to, on).err().map(|e| e.kind()) } else { None }
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

/// Operations that mean the same wherever they are done: runs are named, nothing is opened anew.
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
