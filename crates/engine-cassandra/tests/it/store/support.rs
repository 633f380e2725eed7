//! A store in a keyspace of its own.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rushes_engine_cassandra::client::{Cluster, Config};
use rushes_engine_cassandra::store::{CassandraStore, StoreOptions};
use rushes_store::{AnnotationStore, BlockFormat, Redactor};
use rushes_testkit::store_suite::StoreFixture;

/// A keyspace that is dropped at the end, and a store in it.
pub struct Fixture {
    config: Config,
    store: Option<Arc<CassandraStore>>,
}

/// A fixture, or `None` (and a loud line) where no server is named.
pub fn fixture() -> Option<Fixture> {
    let node = rushes_testkit::servers::cassandra()?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    let config = Config::of(&node, &format!("rushes_test_{:x}_{now:x}", std::process::id()));
    let mut fixture = Fixture { config, store: None };
    fixture.store = Some(fixture.another());
    Some(fixture)
}

/// Options for tests: no one waits long for dead processes.
pub fn options() -> StoreOptions {
    StoreOptions { silence: Duration::from_secs(3), lease: Duration::from_secs(2), ..StoreOptions::default() }
}

impl Fixture {
    /// Another process, so to speak: a connection and a store of its own in the same keyspace.
    pub fn another(&self) -> Arc<CassandraStore> {
        self.another_with(options())
    }

    /// A connection of its own.
    pub fn connect(&self) -> Arc<Cluster> {
        Arc::new(Cluster::connect(&self.config).unwrap())
    }

    /// Another process with these options.
    pub fn another_with(&self, options: StoreOptions) -> Arc<CassandraStore> {
        Arc::new(CassandraStore::open(self.connect(), options).unwrap())
    }

    /// The store.
    pub fn own(&self) -> &Arc<CassandraStore> {
        self.store.as_ref().unwrap()
    }

    /// Closes the first store.
    pub fn close(&mut self) {
        self.store = None;
    }
}

impl StoreFixture for Fixture {
    fn store(&self) -> Arc<dyn AnnotationStore> {
        Arc::clone(self.own()) as Arc<dyn AnnotationStore>
    }

    fn reopen(&mut self) -> bool {
        self.store = None;
        self.store = Some(self.another());
        true
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        self.store = None;
        let dropped = Cluster::connect(&self.config).and_then(|cluster| cluster.drop_keyspace());
        if let Err(error) = dropped
            && !std::thread::panicking()
        {
            panic!("{error}");
        }
    }
}

/// Blanks bytes: a "row" is a byte.
pub struct Bytes;

impl Redactor for Bytes {
    fn keep(&self, _: BlockFormat, bytes: &[u8], keep: &[u32]) -> rushes_types::Result<Option<Vec<u8>>> {
        let kept = (0..).zip(bytes).map(|(n, byte)| if keep.contains(&n) { *byte } else { 0 });
        Ok(Some(kept.collect()))
    }
}
