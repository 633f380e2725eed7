//! Indices to be tested, each under a prefix of its own and dropped at the end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use rushes_engine_elastic::{ElasticConfig, ElasticIndex, ElasticOptions};
use rushes_index::{Clock, Index};
use rushes_testkit::index_suite::IndexFixture;
use rushes_testkit::servers;

/// A prefix that no other test has.
pub fn prefix() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    format!("t{:x}-{:x}-{}", now & 0xffff_ffff_ffff, std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst))
}

pub struct Elastic {
    index: Option<ElasticIndex>,
    pub config: ElasticConfig,
    seconds: Arc<AtomicU64>,
}

impl Elastic {
    /// `None` where no cluster is named.
    pub fn new() -> Option<Self> {
        Self::with(|_| ())
    }

    pub fn with(change: impl FnOnce(&mut ElasticConfig)) -> Option<Self> {
        Some(Self::at(&servers::elasticsearch()?, change))
    }

    /// On a cluster of this address.
    pub fn at(url: &str, change: impl FnOnce(&mut ElasticConfig)) -> Self {
        let mut config = ElasticConfig { prefix: prefix(), ..ElasticConfig::at(url) };
        change(&mut config);
        let mut fixture = Self { index: None, config, seconds: Arc::new(AtomicU64::new(1_000)) };
        fixture.reopen();
        fixture
    }

    pub fn elastic(&self) -> &ElasticIndex {
        self.index.as_ref().unwrap()
    }

    pub fn options(&self) -> ElasticOptions {
        ElasticOptions { clock: Clock::manual(self.seconds.clone()), ..ElasticOptions::default() }
    }
}

impl IndexFixture for Elastic {
    fn index(&self) -> &dyn Index {
        self.elastic()
    }

    fn pass(&self, seconds: u64) {
        self.seconds.fetch_add(seconds, Ordering::SeqCst);
    }

    fn reopen(&mut self) {
        self.index = None;
        self.index = Some(ElasticIndex::open(self.config.clone(), self.options()).unwrap());
    }
}

impl Drop for Elastic {
    fn drop(&mut self) {
        if let Some(index) = &self.index {
            let _ = index.drop_indices();
        }
    }
}
