//! A build with the drivers.

use std::sync::{Arc, OnceLock};

use rushes_archive::{Engines, Manifest, OpenEngines, Place};
use rushes_cassandra::Cluster;
use rushes_events_kafka::{KafkaConfig, KafkaLog};
use rushes_fused_cassandra::CassandraFused;
use rushes_index_elastic::{ElasticConfig, ElasticIndex};
use rushes_store_cassandra::CassandraStore;
use rushes_types::{Error, Result};
use serde::de::DeserializeOwned;
use toml::Table;

use crate::choice::{Choice, Engine, Part};

/// The sections that say how engines are reached.
pub(crate) struct Tables {
    pub cassandra: Table,
    pub kafka: Table,
    pub elasticsearch: Table,
}

/// How engines are reached.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    cassandra: rushes_cassandra::Config,
    kafka: KafkaConfig,
    elasticsearch: ElasticConfig,
}

pub(crate) fn settings(_: &Choice, tables: Tables, problems: &mut Vec<String>) -> Settings {
    Settings {
        cassandra: section("cassandra", tables.cassandra, problems),
        kafka: section("kafka", tables.kafka, problems),
        elasticsearch: section("elasticsearch", tables.elasticsearch, problems),
    }
}

fn section<T: DeserializeOwned + Default>(name: &str, table: Table, problems: &mut Vec<String>) -> T {
    table.try_into().unwrap_or_else(|e: toml::de::Error| {
        problems.push(format!("section `[{name}]`: {}", e.message().replace('\n', ", ")));
        T::default()
    })
}

pub(crate) fn engines(choice: Choice, settings: Settings) -> Arc<dyn OpenEngines> {
    Arc::new(Chosen { choice, settings, cluster: OnceLock::new() })
}

/// Each part on the engine that was chosen for it.
struct Chosen {
    choice: Choice,
    settings: Settings,
    /// One connection pool for both stages that live there.
    cluster: OnceLock<Arc<Cluster>>,
}

impl std::fmt::Debug for Chosen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({:?})", self.choice, self.settings)
    }
}
