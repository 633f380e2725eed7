//! A keyspace of its own for each test.

use std::time::{SystemTime, UNIX_EPOCH};

use rushes_engine_cassandra::client::{Cluster, Config};

/// A connection with a keyspace that is dropped with it.
pub struct Own(Cluster);

impl std::ops::Deref for Own {
    type Target = Cluster;

    fn deref(&self) -> &Cluster {
        &self.0
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        let _ = self.0.drop_keyspace();
    }
}

/// A name that no other test has.
pub fn keyspace() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    format!("rushes_test_{:x}_{:x}", std::process::id(), now)
}

/// A keyspace of its own, or `None` (and a loud line) where no server is named.
pub fn own() -> Option<Own> {
    let node = rushes_testkit::servers::cassandra()?;
    Some(Own(Cluster::connect(&Config::of(&node, &keyspace())).unwrap()))
}
