use std::sync::Arc;

use rushes_store::{AnnotationStore, EmbeddedStore, StoreOptions};
use rushes_testkit::store_suite::StoreFixture;
use rushes_types::ErrorKind;

pub struct InFolder {
    pub folder: tempfile::TempDir,
    pub store: Option<Arc<EmbeddedStore>>,
}

impl InFolder {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = EmbeddedStore::open(folder.path(), StoreOptions::default()).unwrap();
        Self { folder, store: Some(Arc::new(store)) }
    }
}

impl StoreFixture for InFolder {
    fn store(&self) -> Arc<dyn AnnotationStore> {
        Arc::clone(self.store.as_ref().unwrap()) as Arc<dyn AnnotationStore>
    }

    fn reopen(&mut self) -> bool {
        assert_eq!(self.store.take().map(Arc::into_inner).map(|store| store.is_some()), Some(true));
        self.store =
            Some(Arc::new(EmbeddedStore::open(self.folder.path(), StoreOptions::default()).unwrap()));
        true
    }
}

rushes_testkit::store_suite!(InFolder::new());
rushes_testkit::import_suite!(InFolder::new());

#[test]
fn a_second_process_is_told_that_the_store_is_open() {
    let fixture = InFolder::new();
    let error = EmbeddedStore::open(fixture.folder.path(), StoreOptions::default()).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Busy);
}
