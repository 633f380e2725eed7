//! Engines for one benchmark: a keyspace, topics and indices under a random name, removed at its end; and the upper
//! bound by each engine's own client.

mod cassandra;
mod kafka;

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rushes_archive::{ArchiveFolder, Engines, Manifest, OpenEngines, Part};
use rushes_engine_cassandra::client::Cluster;
use rushes_engine_elastic::{BulkRecording, ElasticConfig, ElasticIndex, ElasticOptions};
use rushes_engine_kafka::KafkaLog;
use rushes_engines::{Configured, Engine};
use rushes_index::Index;
use rushes_store::AnnotationStore;
use rushes_types::{Error, Result};

use crate::test_beds::{Ceiling, Embedded, TestBed, TestBeds};
use cassandra::Partitions;

/// The file of requests to the index, in the bed's scratch folder.
const REQUESTS: &str = "requests";

impl TestBeds for Configured {
    fn name(&self) -> String {
        self.choice().to_string()
    }

    fn fresh(&self, scratch: &Path) -> Result<Box<dyn TestBed>> {
        if self.choice().is_embedded() {
            return Embedded.fresh(scratch);
        }
        // Every hasher of the standard library has a seed of its own.
        let name = format!("rushes_bench_{:016x}", RandomState::new().hash_one(std::process::id()));
        let path = scratch.join(REQUESTS);
        let file = OpenOptions::new().create(true).truncate(true).read(true).write(true).open(&path);
        let file = file.map_err(|e| Error::io(&format!("making the file `{}`", path.display()), e))?;
        let configured = self.named(&name);
        let engines = Arc::new(RecordedEngines {
            engines: configured.engines(),
            elastic: (configured.choice().of(Part::Index) == Engine::Elasticsearch)
                .then(|| configured.settings().elasticsearch.clone()),
            recording: Arc::new(BulkRecording::new(file)),
        });
        Ok(Box::new(FreshBed { configured, engines, cluster: OnceLock::new(), before: Mutex::default() }))
    }
}

/// The configured engines; bulk requests to Elasticsearch are recorded.
#[derive(Debug)]
struct RecordedEngines {
    engines: Arc<dyn OpenEngines>,
    /// Set if the index is on Elasticsearch.
    elastic: Option<ElasticConfig>,
    recording: Arc<BulkRecording>,
}

impl OpenEngines for RecordedEngines {
    fn identity(&self, own: &Manifest) -> Result<Manifest> {
        self.engines.identity(own)
    }

    fn open(&self, place: &ArchiveFolder<'_>) -> Result<Engines> {
        let mut engines = self.engines.open(place)?;
        if let Some(config) = &self.elastic {
            let options = ElasticOptions { analyzer: place.analyzer(), ..ElasticOptions::default() };
            let index = ElasticIndex::open_recorded(config.clone(), options, self.recording.clone())?;
            engines.index = Arc::new(index);
        }
        Ok(engines)
    }

    fn has_index_here(&self) -> bool {
        self.engines.has_index_here()
    }

    fn store(&self, place: &ArchiveFolder<'_>) -> Result<Arc<dyn AnnotationStore>> {
        self.engines.store(place)
    }
}

/// See [`TestBed`].
struct FreshBed {
    /// The engines under a unique name.
    configured: Configured,
    engines: Arc<RecordedEngines>,
    cluster: OnceLock<Cluster>,
    /// The partitions of each part before.
    before: Mutex<BTreeMap<Part, Partitions>>,
}

impl FreshBed {
    fn runs_on(&self, part: Part) -> Engine {
        self.configured.choice().of(part)
    }

    fn cluster(&self) -> Result<&Cluster> {
        if let Some(cluster) = self.cluster.get() {
            return Ok(cluster);
        }
        let cluster = Cluster::connect(&self.configured.settings().cassandra)?;
        Ok(self.cluster.get_or_init(|| cluster))
    }

    fn index(&self) -> Result<ElasticIndex> {
        ElasticIndex::open(self.configured.settings().elasticsearch.clone(), ElasticOptions::default())
    }

    fn remove_topics(&self) -> Result<()> {
        KafkaLog::open(self.configured.settings().kafka.clone())?.remove()
    }
}

impl TestBed for FreshBed {
    fn engines(&self) -> Arc<dyn OpenEngines> {
        self.engines.clone()
    }

    fn begin(&self, part: Part) -> Result<()> {
        match self.runs_on(part) {
            Engine::Cassandra => {
                let before = cassandra::partitions_of(self.cluster()?, part)?;
                self.before.lock().unwrap_or_else(PoisonError::into_inner).insert(part, before);
            }
            Engine::Elasticsearch => self.engines.recording.begin(),
            Engine::Embedded | Engine::Kafka => {}
        }
        Ok(())
    }

    fn ceiling(&self, part: Part) -> Result<Option<Ceiling>> {
        match self.runs_on(part) {
            Engine::Cassandra => {
                let before = self.before.lock().unwrap_or_else(PoisonError::into_inner).remove(&part);
                cassandra::copy(self.cluster()?, part, &before.unwrap_or_default()).map(Some)
            }
            Engine::Elasticsearch => {
                let replayed = self.index()?.replay(&self.engines.recording)?;
                Ok(Some(Ceiling {
                    what: "`_bulk`, the same documents and mapping".to_owned(),
                    rows: replayed.documents,
                    bytes: replayed.bytes,
                    seconds: replayed.took.as_secs_f64(),
                }))
            }
            Engine::Embedded | Engine::Kafka => Ok(None),
        }
    }

    fn event_ceilings(&self, events: u64) -> Result<Option<[Ceiling; 2]>> {
        match self.runs_on(Part::Events) {
            Engine::Kafka => kafka::measure(&self.configured.settings().kafka, events).map(Some),
            _ => Ok(None),
        }
    }

    fn bytes(&self) -> Result<Vec<(Part, u64)>> {
        let mut all = Vec::new();
        for part in [Part::Store, Part::Timeline] {
            if self.runs_on(part) == Engine::Cassandra {
                all.push((part, cassandra::bytes(self.cluster()?, part)?));
            }
        }
        if self.runs_on(Part::Index) == Engine::Elasticsearch {
            all.push((Part::Index, self.index()?.counts()?.bytes));
        }
        Ok(all)
    }

    fn remove(&self) -> Result<()> {
        let choice = self.configured.choice();
        let mut left = Vec::new();
        let mut note = |what: &str, removed: Result<()>| {
            if let Err(error) = removed {
                left.push(format!("{what}: {error}"));
            }
        };
        if choice.uses(Engine::Cassandra) {
            note("Cassandra", self.cluster().and_then(|cluster| cluster.drop_keyspace()));
        }
        if choice.uses(Engine::Kafka) {
            note("Kafka", self.remove_topics());
        }
        if choice.uses(Engine::Elasticsearch) {
            note("Elasticsearch", self.index().and_then(|index| index.drop_indices()));
        }
        if left.is_empty() {
            return Ok(());
        }
        let name = &self.configured.settings().kafka.prefix;
        let kind = rushes_types::ErrorKind::Unavailable;
        let left = left.join("; ");
        Err(Error::new(kind, format!("what the benchmark wrote as `{name}` could not be removed: {left}")))
    }
}
