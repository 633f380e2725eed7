use std::sync::Arc;

use rushes_store::{AnnotationStore, MemoryStore};
use rushes_testkit::store_suite::StoreFixture;

struct InMemory(Arc<MemoryStore>);

impl StoreFixture for InMemory {
    fn store(&self) -> Arc<dyn AnnotationStore> {
        Arc::clone(&self.0) as Arc<dyn AnnotationStore>
    }
}

rushes_testkit::store_suite!(InMemory(Arc::new(MemoryStore::new())));
rushes_testkit::import_suite!(InMemory(Arc::new(MemoryStore::new())));
