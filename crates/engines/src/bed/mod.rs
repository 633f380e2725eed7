//! Engines of a benchmark's own: a keyspace, topics and indices under a random name, which go at its end, and what each
//! engine's own client does with the same rows.

mod cassandra;
mod kafka;

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rushes_archive::{OpenEngines, Part};
use rushes_bench::beds::{Bed, Ceiling};
use rushes_engine_elastic::{ElasticIndex, ElasticOptions, Recording};
use rushes_engine_kafka::KafkaLog;
use rushes_index::Index;
use rushes_types::{Error, Result};

use super::{Chosen, Settings};
use crate::choice::{Choice, Engine};
use cassandra::Seen;

/// The file of requests to the index, in the bed's scratch folder.
const REQUESTS: &str = "requests";

/// See [`Bed`].
struct Own {
    chosen: Arc<Chosen>,
    recording: Arc<Recording>,
    /// What lay in a part before.
    seen: Mutex<BTreeMap<Part, Seen>>,
}

/// Engines as configured, under a name of their own.
pub(crate) fn bed(choice: Choice, mut settings: Settings, scratch: &Path) -> Result<Box<dyn Bed>> {
    // Every hasher of the standard library has a seed of its own.
    let name = format!("rushes_bench_{:016x}", RandomState::new().hash_one(std::process::id()));
    settings.cassandra.keyspace.clone_from(&name);
    settings.kafka.prefix.clone_from(&name);
    settings.elasticsearch.prefix = name;
    let path = scratch.join(REQUESTS);
    let file = OpenOptions::new().create(true).truncate(true).read(true).write(true).open(&path);
    let file = file.map_err(|e| Error::io(&format!("making the file `{}`", path.display()), e))?;
    let recording = Arc::new(Recording::new(file));
    let chosen = Chosen { choice, settings, cluster: OnceLock::new(), recording: Some(recording.clone()) };
    Ok(Box::new(Own { chosen: Arc::new(chosen), recording, seen: Mutex::default() }))
}

impl Own {
    fn runs_on(&self, part: Part) -> Engine {
        self.chosen.choice.of(part)
    }

    fn index(&self) -> Result<ElasticIndex> {
        ElasticIndex::open(self.chosen.settings.elasticsearch.clone(), ElasticOptions::default())
    }

    fn remove_topics(&self) -> Result<()> {
        KafkaLog::open(self.chosen.settings.kafka.clone())?.remove()
    }
}

impl Bed for Own {
    fn engines(&self) -> Arc<dyn OpenEngines> {
        self.chosen.clone()
    }

    fn begin(&self, part: Part) -> Result<()> {
        match self.runs_on(part) {
            Engine::Cassandra => {
                let seen = cassandra::seen(&*self.chosen.cluster()?, part)?;
                self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(part, seen);
            }
            Engine::Elasticsearch => self.recording.begin(),
            Engine::Embedded | Engine::Kafka => {}
        }
        Ok(())
    }

    fn ceiling(&self, part: Part) -> Result<Option<Ceiling>> {
        match self.runs_on(part) {
            Engine::Cassandra => {
                let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner).remove(&part);
                cassandra::copy(&*self.chosen.cluster()?, part, &seen.unwrap_or_default()).map(Some)
            }
            Engine::Elasticsearch => {
                let replayed = self.index()?.replay(&self.recording)?;
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
            Engine::Kafka => kafka::measure(&self.chosen.settings.kafka, events).map(Some),
            _ => Ok(None),
        }
    }

    fn bytes(&self) -> Result<Vec<(Part, u64)>> {
        let mut all = Vec::new();
        for part in [Part::Store, Part::Timeline] {
            if self.runs_on(part) == Engine::Cassandra {
                all.push((part, cassandra::bytes(&*self.chosen.cluster()?, part)?));
            }
        }
        if self.runs_on(Part::Index) == Engine::Elasticsearch {
            all.push((Part::Index, self.index()?.counts()?.bytes));
        }
        Ok(all)
    }

    fn remove(&self) -> Result<()> {
        let choice = &self.chosen.choice;
        let mut left = Vec::new();
        let mut note = |what: &str, removed: Result<()>| {
            if let Err(error) = removed {
                left.push(format!("{what}: {error}"));
            }
        };
        if choice.uses(Engine::Cassandra) {
            note("Cassandra", self.chosen.cluster().and_then(|cluster| cluster.drop_keyspace()));
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
        let name = &self.chosen.settings.kafka.prefix;
        let kind = rushes_types::ErrorKind::Unavailable;
        let left = left.join("; ");
        Err(Error::new(kind, format!("what the benchmark wrote as `{name}` could not be removed: {left}")))
    }
}
