//! An archive on engines of a test's own: a keyspace, topics and indices that go when it is done.

use std::sync::Arc;
use std::time::Duration;

use rushes_archive::{
    Archive, Body, Caller, IngestMode, IngestOptions, NoProgress, OpenOptions, SearchRequest,
};
use rushes_engine_cassandra::client::Cluster;
use rushes_engine_elastic::{ElasticConfig, ElasticIndex, ElasticOptions};
use rushes_engine_kafka::{KafkaConfig, KafkaLog};
use rushes_engines::Configured;
use rushes_plan::Plan;
use rushes_testkit::servers;
use serde_json::Value;
use tempfile::TempDir;

/// How long the stages may take to catch up.
const PATIENCE: Duration = Duration::from_secs(120);

/// Which part runs elsewhere than in the folder.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mixture {
    pub store: bool,
    pub events: bool,
    pub fused: bool,
    pub index: bool,
}

/// The configuration of an archive, and what goes when it is dropped.
pub struct Place {
    pub table: toml::Table,
    pub dir: TempDir,
    used: Mixture,
}

impl Place {
    /// `None`, said on stderr, where a server that the mixture needs is not there.
    pub fn new(mixture: Mixture) -> Option<Self> {
        let mut text = "[engines]\n".to_owned();
        let mut sections = String::new();
        let name = format!("rushes_test_{}", fastrand());
        if mixture.store || mixture.fused {
            let node = servers::cassandra()?;
            sections += &format!("[cassandra]\nnodes = ['{node}']\nkeyspace = '{name}'\n");
        }
        if mixture.events {
            let server = servers::kafka()?;
            sections += &format!(
                "[kafka]\nservers = ['{server}']\nprefix = '{name}'\npartitions = 3\nreplication = 1\nmin_insync = 1\n"
            );
        }
        if mixture.index {
            let url = servers::elasticsearch()?;
            sections += &format!("[elasticsearch]\nurls = ['{url}']\nprefix = '{name}'\n");
        }
        for (used, part, engine) in [
            (mixture.store, "store", "cassandra"),
            (mixture.events, "events", "kafka"),
            (mixture.fused, "fused", "cassandra"),
            (mixture.index, "index", "elasticsearch"),
        ] {
            if used {
                text += &format!("{part} = '{engine}'\n");
            }
        }
        let table = (text + &sections).parse().unwrap();
        Some(Self { table, dir: TempDir::new().unwrap(), used: mixture })
    }

    /// Opens the archive in a folder of this name, with these stages' workers.
    pub fn open(&self, folder: &str, options: OpenOptions) -> Open {
        let engines = Configured::read(&self.table, &[]).unwrap().engines();
        let options = OpenOptions { engines, ..options };
        let archive = Archive::open(&self.dir.path().join(folder), options).unwrap();
        Open { archive, caller: Caller::local() }
    }

    fn section<T: serde::de::DeserializeOwned>(&self, name: &str) -> T {
        self.table[name].clone().try_into().unwrap()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Best effort: a failing test has failed already.
        if self.used.store || self.used.fused {
            let cluster = Cluster::connect(&self.section("cassandra"));
            let _ = cluster.and_then(|cluster| cluster.drop_keyspace());
        }
        if self.used.index {
            let config: ElasticConfig = self.section("elasticsearch");
            let _ =
                ElasticIndex::open(config, ElasticOptions::default()).and_then(|index| index.drop_indices());
        }
        if self.used.events {
            let config: KafkaConfig = self.section("kafka");
            let _ = KafkaLog::open(config).and_then(|log| log.remove());
        }
    }
}

/// A number that no other test has.
fn fastrand() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::hash::RandomState::new().build_hasher().finish()
}

/// An open archive.
pub struct Open {
    pub archive: Arc<Archive>,
    pub caller: Caller,
}

impl Open {
    pub fn ingest(&self, lines: &str, mode: IngestMode) {
        let options = IngestOptions { mode, ..IngestOptions::default() };
        let report = self.archive.ingest(&self.caller, Body::Lines(lines.as_bytes()), &options).unwrap();
        assert_eq!(report.errors, []);
    }

    pub fn catch_up(&self) {
        let upto = self.archive.status().unwrap().last_commit;
        assert!(self.archive.wait_caught_up(upto, PATIENCE).unwrap(), "{:?}", self.archive.status());
    }

    /// All that is answered but for what differs from run to run: read point, time, cursor.
    pub fn answer(&self, plan: &Value) -> String {
        let plan = Plan::parse(&plan.to_string()).unwrap();
        let answer = self
            .archive
            .search(&self.caller, &SearchRequest { q: None, plan, ..SearchRequest::default() })
            .unwrap();
        let shown = format!("{:#?}\n{:#?}\n{:?}", answer.moments, answer.groups, answer.total);
        // Each store names runs in its own way.
        let lines =
            shown.lines().map(|line| if line.trim_start().starts_with("run: \"run-") { "run" } else { line });
        lines.collect::<Vec<_>>().join("\n")
    }

    pub fn verify_clean(&self) {
        let report = self.archive.verify(&self.caller, &NoProgress).unwrap();
        assert_eq!(report.problems, Vec::<String>::new());
        assert!(!report.catching_up);
    }
}
