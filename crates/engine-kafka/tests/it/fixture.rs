//! A log of its own for each test: a fresh prefix, and its topics removed at the end.

use std::sync::Arc;

use rushes_engine_kafka::{KafkaConfig, KafkaLog, KnownConsumers};
use rushes_events::EventLog;
use rushes_testkit::events_suite::LogFixture;
use rushes_testkit::servers;

/// Settings for one test on the broker that the environment names.
pub fn config(partitions: u32) -> Option<KafkaConfig> {
    servers::kafka().map(|server| config_on(&server, partitions))
}

/// Settings for one test on a broker.
pub fn config_on(server: &str, partitions: u32) -> KafkaConfig {
    let random = getrandom::u64().unwrap();
    KafkaConfig {
        servers: vec![server.to_owned()],
        prefix: format!("rushes-test-{random:016x}"),
        partitions,
        replication: 1,
        min_insync: Some(1),
        consumers: KnownConsumers { committed: Vec::new(), fused: Vec::new() },
        trim_every_s: 0,
        session_timeout_ms: 6_000,
        ..KafkaConfig::default()
    }
}

/// Removes what a test made, also when it fails.
pub struct Removed(pub KafkaConfig);

impl Drop for Removed {
    fn drop(&mut self) {
        if let Ok(log) = KafkaLog::open(self.0.clone()) {
            let _ = log.remove();
        }
    }
}

/// A log under the laws: one partition, so that all events have one order.
pub struct OnKafka {
    log: Option<Arc<KafkaLog>>,
    config: Removed,
}

impl OnKafka {
    pub fn new() -> Option<Self> {
        let config = config(1)?;
        let log = KafkaLog::open(config.clone()).unwrap();
        Some(Self { log: Some(Arc::new(log)), config: Removed(config) })
    }
}

impl LogFixture for OnKafka {
    fn log(&self) -> Arc<dyn EventLog> {
        Arc::clone(self.log.as_ref().unwrap()) as Arc<dyn EventLog>
    }

    fn reopen(&mut self) -> bool {
        assert!(self.log.take().and_then(Arc::into_inner).is_some(), "somebody still uses the log");
        // Another process knows the consumers by its settings only.
        self.config.0.consumers.committed = vec!["c".to_owned(), "idle".to_owned()];
        self.log = Some(Arc::new(KafkaLog::open(self.config.0.clone()).unwrap()));
        true
    }
}

impl Drop for OnKafka {
    fn drop(&mut self) {
        self.log = None;
    }
}
