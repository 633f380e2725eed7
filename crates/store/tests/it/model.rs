//! Random operations on the embedded store and on the store in memory: both answer the same.

use std::sync::Arc;

use proptest::prelude::*;
use rushes_store::{AnnotationStore, AppendMode, EmbeddedStore, StoreOptions};
use rushes_testkit::store_model::{self, Op};
use rushes_testkit::store_suite::StoreFixture;

struct Embedded {
    folder: tempfile::TempDir,
    store: Option<Arc<EmbeddedStore>>,
}

impl Embedded {
    fn open(folder: &tempfile::TempDir) -> Option<Arc<EmbeddedStore>> {
        Some(Arc::new(EmbeddedStore::open(folder.path(), StoreOptions::default()).unwrap()))
    }
}

impl StoreFixture for Embedded {
    fn store(&self) -> Arc<dyn AnnotationStore> {
        Arc::clone(self.store.as_ref().unwrap()) as Arc<dyn AnnotationStore>
    }

    fn reopen(&mut self) -> bool {
        self.store = None;
        self.store = Self::open(&self.folder);
        true
    }
}

fn check(ops: &[Op]) {
    let folder = tempfile::tempdir().unwrap();
    let store = Embedded::open(&folder);
    store_model::check(ops, &mut Embedded { folder, store });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_embedded_store_does_what_the_store_in_memory_does(ops in store_model::ops(50)) {
        check(&ops);
    }
}

#[test]
fn a_purge_changes_nothing_that_is_seen() {
    check(&[
        Op::PutAsset(0, false),
        Op::Loose(vec![(0, 0, vec![(0, 0, 0), (1, 5, 0)])], AppendMode::Partial),
        Op::Open(Some(0), 0, 0, true, Some((0, 3))),
        Op::Append(0, vec![(2, 1, 1)], AppendMode::Partial),
        Op::Commit(0),
        Op::EraseAnnotation(0, 0, None, 1),
        Op::Purge,
        Op::Loose(vec![(0, 0, vec![(0, 0, 0), (1, 5, 0)])], AppendMode::Partial),
        Op::Reopen,
        Op::Purge,
    ]);
}
