//! A keyspace of its own for each test, on the server that an environment variable names.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use rushes_engine_cassandra::client::{Cluster, Config};
use rushes_engine_cassandra::timeline::{CassandraTimeline, TimelineOptions};

/// A keyspace that is dropped with it.
pub struct Keyspace(pub Arc<Cluster>);

impl Drop for Keyspace {
    fn drop(&mut self) {
        let _ = self.0.drop_keyspace();
    }
}

impl Keyspace {
    /// One more worker's store in this keyspace.
    pub fn worker(&self) -> CassandraTimeline {
        self.worker_with(settings())
    }

    /// As [`Keyspace::worker`], with other options.
    pub fn worker_with(&self, options: TimelineOptions) -> CassandraTimeline {
        CassandraTimeline::open(Arc::clone(&self.0), options).unwrap()
    }
}

/// Impatient, so that tests need not wait.
pub fn settings() -> TimelineOptions {
    TimelineOptions {
        patience: Duration::from_millis(700),
        lease: Duration::from_secs(2),
        keep_aborted: Duration::ZERO,
    }
}

/// A keyspace of its own, or `None` (and a loud line) where no server is named.
pub fn keyspace() -> Option<Keyspace> {
    narrow(Config::default().max_in_flight)
}

/// As [`keyspace`], with as many requests under way at once.
pub fn narrow(max_in_flight: usize) -> Option<Keyspace> {
    let node = rushes_testkit::servers::cassandra()?;
    let name = format!("rushes_fused_{:016x}", RandomState::new().build_hasher().finish());
    let config = Config { max_in_flight, ..Config::of(&node, &name) };
    Some(Keyspace(Arc::new(Cluster::connect(&config).unwrap())))
}

/// A store in a keyspace of its own.
pub fn fresh() -> Option<(CassandraTimeline, Keyspace)> {
    let keyspace = keyspace()?;
    Some((keyspace.worker(), keyspace))
}
