//! A build with the drivers.

use std::path::PathBuf;
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
use toml::{Table, Value};

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
    let mut read = |name: &str, table| with_secrets(name, table, problems);
    let tables = Tables {
        cassandra: read("cassandra", tables.cassandra),
        kafka: read("kafka", tables.kafka),
        elasticsearch: read("elasticsearch", tables.elasticsearch),
    };
    let cassandra = section("cassandra", tables.cassandra, problems);
    let kafka = section("kafka", tables.kafka, problems);
    let elasticsearch = section("elasticsearch", tables.elasticsearch, problems);
    let settings = Settings { cassandra, kafka, elasticsearch };
    for (name, checked) in [
        ("cassandra", settings.cassandra.check()),
        ("kafka", settings.kafka.check()),
        ("elasticsearch", settings.elasticsearch.check()),
    ] {
        // What could not be read has its default here, and may not fit to the rest.
        let unread = problems.iter().any(|problem| problem.starts_with(&format!("`{name}.")));
        if let (Err(error), false) = (checked, unread) {
            problems.push(with_key(name, &error));
        }
    }
    settings
}

/// Settings whose values are never shown.
const SECRET: &[&str] = &["password", "api_key", "client_settings"];

/// Settings that may lie in a file of their own: `password_file` in place of `password`.
const IN_FILES: [&str; 2] = ["password", "api_key"];

/// A section with the secrets that it names files of.
fn with_secrets(name: &str, mut table: Table, problems: &mut Vec<String>) -> Table {
    for key in IN_FILES {
        let Some(file) = table.remove(&format!("{key}_file")) else { continue };
        let at = format!("`{name}.{key}_file`");
        if table.contains_key(key) {
            problems.push(format!("{at}: `{key}` is given, too; give one of both"));
            continue;
        }
        match file.as_str().map(std::fs::read_to_string) {
            Some(Ok(text)) => drop(table.insert(key.to_owned(), Value::String(text.trim_end().to_owned()))),
            Some(Err(e)) => problems.push(format!("{at}: the file cannot be read: {e}")),
            None => problems.push(format!("{at} must be the path of a file")),
        }
    }
    table
}

/// Reads a section; what cannot be read is left out, and named with its key.
fn section<T: DeserializeOwned + Default>(name: &str, table: Table, problems: &mut Vec<String>) -> T {
    let mut readable = Table::new();
    for (key, value) in table {
        let alone = Table::from_iter([(key.clone(), value.clone())]);
        match alone.try_into::<T>() {
            Ok(_) => drop(readable.insert(key, value)),
            Err(_) if SECRET.contains(&key.as_str()) => {
                problems.push(format!("`{name}.{key}` is of another kind; docs/{name}.md has an example"));
            }
            Err(e) => {
                let why = e.message().replace('\n', ", ");
                problems.push(format!("`{name}.{key}`: {why}; docs/{name}.md has all settings"));
            }
        }
    }
    readable.try_into().unwrap_or_else(|e: toml::de::Error| {
        problems.push(format!("section `[{name}]`: {}", e.message().replace('\n', ", ")));
        T::default()
    })
}

/// An error of a section with the key that it points at.
fn with_key(section: &str, error: &Error) -> String {
    match error.pointer().map(|pointer| pointer.trim_start_matches('/')) {
        Some(key) => format!("`{section}.{key}`: {}", error.message()),
        None => format!("section `[{section}]`: {}", error.message()),
    }
}

pub(crate) fn engines(choice: Choice, settings: Settings, file: Option<PathBuf>) -> Arc<dyn OpenEngines> {
    Arc::new(ChosenEngines { choice, settings, file, cluster: OnceLock::new() })
}

/// Opens each part on the engine chosen for it.
struct ChosenEngines {
    choice: Choice,
    settings: Settings,
    /// The file that the settings are from, where there is one.
    file: Option<PathBuf>,
    /// One connection pool for both stages that live there.
    cluster: OnceLock<Arc<Cluster>>,
}

impl ChosenEngines {
    fn cluster(&self) -> Result<Arc<Cluster>> {
        if let Some(cluster) = self.cluster.get() {
            return Ok(Arc::clone(cluster));
        }
        let cluster =
            Arc::new(Cluster::connect(&self.settings.cassandra).map_err(|e| self.of("cassandra", &e))?);
        Ok(Arc::clone(self.cluster.get_or_init(|| cluster)))
    }

    /// The error with the setting or the section that led there, and the file. The cause is already in the message; people
    /// get one sentence.
    fn of(&self, section: &str, error: &Error) -> Error {
        tracing::debug!(section, ?error, "an engine cannot be opened");
        let place = match &self.file {
            Some(file) => format!("`{}`", file.display()),
            None => "the configuration".to_owned(),
        };
        let message = match error.pointer().map(|pointer| pointer.trim_start_matches('/')) {
            Some(key) => format!("{} (`{key}` in section `[{section}]` of {place})", error.message()),
            None => format!("{} (section `[{section}]` of {place})", error.message()),
        };
        Error::new(error.kind(), message)
    }

    fn store(&self, place: &ArchiveFolder<'_>) -> Result<Arc<dyn AnnotationStore>> {
        match self.choice.of(Part::Store) {
            Engine::Cassandra => {
                let options = StoreOptions {
                    redactor: Some(place.redactor()),
                    on_damage: place.on_damage,
                    show_time: rushes_archive::show_time,
                    ..StoreOptions::default()
                };
                let store = CassandraStore::open(self.cluster()?, options);
                Ok(Arc::new(store.map_err(|e| self.of("cassandra", &e))?))
            }
            _ => place.store(),
        }
    }

    fn events(&self, place: &ArchiveFolder<'_>) -> Result<Arc<dyn EventLog>> {
        match self.choice.of(Part::Events) {
            Engine::Kafka => {
                let log = KafkaLog::open(self.settings.kafka.clone());
                Ok(Arc::new(log.map_err(|e| self.of("kafka", &e))?))
            }
            _ => place.events(),
        }
    }

    fn timeline(&self, place: &ArchiveFolder<'_>) -> Result<Arc<dyn TimelineStore>> {
        match self.choice.of(Part::Timeline) {
            Engine::Cassandra => {
                let settings = rushes_engine_cassandra::timeline::TimelineOptions::default();
                let fused = CassandraTimeline::open(self.cluster()?, settings);
                Ok(Arc::new(fused.map_err(|e| self.of("cassandra", &e))?))
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
                Ok(Arc::new(index.map_err(|e| self.of("elasticsearch", &e))?))
            }
            _ => place.index(),
        }
    }
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
        let said = self.cluster()?.put_if_absent(MANIFEST, &ours).map_err(|e| self.of("cassandra", &e))?;
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
