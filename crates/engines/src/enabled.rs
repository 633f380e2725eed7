//! A build with the drivers.

use std::sync::{Arc, OnceLock};

use rushes_archive::{ArchiveFolder, Engines, Manifest, OpenEngines, Part};
use rushes_engine_cassandra::client::Cluster;
use rushes_engine_cassandra::store::{CassandraStore, StoreOptions};
use rushes_engine_cassandra::timeline::CassandraTimeline;
use rushes_engine_elastic::{ElasticConfig, ElasticIndex, ElasticOptions};
use rushes_engine_kafka::{KafkaConfig, KafkaLog};
use rushes_events::EventLog;
use rushes_index::Index;
use rushes_store::AnnotationStore;
use rushes_timeline::TimelineStore;
use rushes_types::{Error, Result};
use serde::de::DeserializeOwned;
use toml::Table;

use crate::choice::{Choice, Engine};

/// The sections that say how engines are reached.
pub(crate) struct Tables {
    pub cassandra: Table,
    pub kafka: Table,
    pub elasticsearch: Table,
}

/// How engines are reached.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Cassandra, under the store and the timeline.
    pub cassandra: rushes_engine_cassandra::client::Config,
    /// Kafka, under the event log.
    pub kafka: KafkaConfig,
    /// Elasticsearch, under the index.
    pub elasticsearch: ElasticConfig,
}

impl Settings {
    /// The same engines under another keyspace, and other beginnings of the names of topics and indices.
    pub(crate) fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.cassandra.keyspace);
        name.clone_into(&mut self.kafka.prefix);
        name.clone_into(&mut self.elasticsearch.prefix);
        self
    }
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
    Arc::new(ChosenEngines { choice, settings, cluster: OnceLock::new() })
}

/// Opens each part on the engine chosen for it.
struct ChosenEngines {
    choice: Choice,
    settings: Settings,
    /// One connection pool for both stages that live there.
    cluster: OnceLock<Arc<Cluster>>,
}

impl ChosenEngines {
    fn cluster(&self) -> Result<Arc<Cluster>> {
        if let Some(cluster) = self.cluster.get() {
            return Ok(Arc::clone(cluster));
        }
        let cluster = Arc::new(Cluster::connect(&self.settings.cassandra).map_err(|e| of("cassandra", &e))?);
        Ok(Arc::clone(self.cluster.get_or_init(|| cluster)))
    }

    fn store(&self, place: &ArchiveFolder<'_>) -> Result<Arc<dyn AnnotationStore>> {
        match self.choice.of(Part::Store) {
            Engine::Cassandra => {
                let options = StoreOptions { redactor: Some(place.redactor()), ..StoreOptions::default() };
                let store = CassandraStore::open(self.cluster()?, options);
                Ok(Arc::new(store.map_err(|e| of("cassandra", &e))?))
            }
            _ => place.store(),
        }
    }

    fn events(&self, place: &ArchiveFolder<'_>) -> Result<Arc<dyn EventLog>> {
        match self.choice.of(Part::Events) {
            Engine::Kafka => {
                let log = KafkaLog::open(self.settings.kafka.clone());
                Ok(Arc::new(log.map_err(|e| of("kafka", &e))?))
            }
            _ => place.events(),
        }
    }

    fn timeline(&self, place: &ArchiveFolder<'_>) -> Result<Arc<dyn TimelineStore>> {
        match self.choice.of(Part::Timeline) {
            Engine::Cassandra => {
                let settings = rushes_engine_cassandra::timeline::TimelineOptions::default();
                let fused = CassandraTimeline::open(self.cluster()?, settings);
                Ok(Arc::new(fused.map_err(|e| of("cassandra", &e))?))
            }
            _ => place.timeline(),
        }
    }

    fn index(&self, place: &ArchiveFolder<'_>) -> Result<Arc<dyn Index>> {
        match self.choice.of(Part::Index) {
            Engine::Elasticsearch => {
                let options = ElasticOptions { analyzer: place.analyzer(), ..ElasticOptions::default() };
                let config = self.settings.elasticsearch.clone();
                let index = match place.empty_index {
                    true => ElasticIndex::recreate(config, options),
                    false => ElasticIndex::open(config, options),
                };
                Ok(Arc::new(index.map_err(|e| of("elasticsearch", &e))?))
            }
            _ => place.index(),
        }
    }
}

/// The error with the section whose settings led there.
fn of(section: &str, error: &Error) -> Error {
    tracing::debug!(section, ?error, "an engine cannot be opened");
    let message = format!("{} (section `[{section}]` of the configuration)", error.message());
    // The cause is already in the message; people get one sentence.
    Error::new(error.kind(), message)
}

/// The name under which the archive's manifest is shared.
const MANIFEST: &str = "archive";

impl OpenEngines for ChosenEngines {
    /// The store holds the archive's manifest: where the store is shared, the manifest is too.
    fn identity(&self, own: &Manifest) -> Result<Manifest> {
        if self.choice.of(Part::Store) != Engine::Cassandra {
            return Ok(own.clone());
        }
        let ours = own.to_text()?;
        let said = self.cluster()?.put_if_absent(MANIFEST, &ours).map_err(|e| of("cassandra", &e))?;
        Manifest::from_text(&said)
    }

    fn open(&self, place: &ArchiveFolder<'_>) -> Result<Engines> {
        Ok(Engines {
            store: self.store(place)?,
            events: self.events(place)?,
            timeline: self.timeline(place)?,
            index: self.index(place)?,
        })
    }

    fn has_index_here(&self) -> bool {
        self.choice.of(Part::Index) == Engine::Embedded
    }
    fn store(&self, place: &ArchiveFolder<'_>) -> Result<Arc<dyn AnnotationStore>> {
        Self::store(self, place)
    }
}

impl std::fmt::Debug for ChosenEngines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({:?})", self.choice, self.settings)
    }
}
