//! Archives to move.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rushes_archive::migrate::{Options, Report, migrate_archive};
use rushes_archive::{
    Archive, ArchiveFolder, ArchiveStore, Body, Caller, EmbeddedEngines, Engines, IngestMode, IngestOptions,
    Manifest, NoProgress, OpenEngines, OpenOptions, SearchRequest,
};
use rushes_plan::Plan;
use rushes_store::{AnnotationStore, MemoryStore};
use rushes_types::{AssetId, Commit, Error, ErrorKind, Result};
use serde_json::json;

/// Stage 1 in memory, and nothing above it.
#[derive(Clone)]
pub struct InMemory(pub Arc<MemoryStore>);

impl std::fmt::Debug for InMemory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("in memory")
    }
}

impl OpenEngines for InMemory {
    fn identity(&self, own: &Manifest) -> Result<Manifest> {
        Ok(own.clone())
    }

    fn open(&self, _: &ArchiveFolder<'_>) -> Result<Engines> {
        Err(Error::new(ErrorKind::Unsupported, "only stage 1 is in memory"))
    }

    fn store(&self, _: &ArchiveFolder<'_>) -> Result<Arc<dyn AnnotationStore>> {
        Ok(Arc::clone(&self.0) as Arc<dyn AnnotationStore>)
    }
}

/// Folders of one test.
pub struct Folders(tempfile::TempDir);

impl Folders {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

pub fn open(dir: &Path) -> Arc<Archive> {
    Archive::open(dir, OpenOptions::default()).unwrap()
}

pub fn line(asset: &str, model: &str, second: i64, label: &str) -> String {
    let (start, end) = (second * 1_000_000_000, (second + 2) * 1_000_000_000);
    json!({
        "asset_id": asset, "movie_id": "film", "model": model, "type": "CHARACTER_SEARCH", "label": label,
        "time_range": {"start_time_ns": start, "end_time_ns": end},
        "embedding_vector": [second as f32 + 0.5, 1.0],
    })
    .to_string()
}

pub fn ingest(archive: &Archive, lines: &[String], replace: bool) -> Commit {
    let mode = if replace { IngestMode::Replace } else { IngestMode::Loose };
    let body = lines.join("\n");
    let options = IngestOptions { mode, ..IngestOptions::default() };
    let report = archive.ingest(&Caller::local(), Body::Lines(body.as_bytes()), &options).unwrap();
    assert_eq!(report.rejected, 0, "{report:?}");
    report.commit.unwrap_or_default()
}

pub const ASSETS: [&str; 4] = ["a", "b", "c", "gone"];

/// An archive with runs that replace, loose lines, an alias, erasures and a token.
pub fn fill(dir: &Path) {
    let archive = open(dir);
    for asset in ASSETS {
        let lines: Vec<String> = (0..40)
            .map(|n| line(asset, ["faces@1", "places@2"][n % 2], n as i64, ["Joey", "kitchen"][n % 2]))
            .collect();
        ingest(&archive, &lines, false);
        ingest(&archive, &lines[..4], true);
        ingest(&archive, &[line(asset, "faces@1", 3, "Phoebe"), lines[9].clone()], false);
    }
    archive.engines().store.erase(&rushes_store::EraseTarget::Asset(id("gone"))).unwrap();
    let model = rushes_types::ModelRef::parse("places@2").unwrap();
    archive.engines().store.erase(&rushes_store::EraseTarget::Model(model, Some(id("b")))).unwrap();
    let label = rushes_store::LabelAliases {
        kind: rushes_types::AnnotationType::new("CHARACTER_SEARCH").unwrap(),
        label: "Joey".to_owned(),
        aliases: vec!["Joseph".to_owned()],
    };
    archive.engines().store.put_labels(&[label]).unwrap();
    let token = rushes_archive::TokenSpec {
        name: "editors".to_owned(),
        rights: [rushes_archive::Right::Read].into(),
        ..rushes_archive::TokenSpec::default()
    };
    archive.tokens().create(&token).unwrap();
    archive.close();
}

pub fn id(asset: &str) -> AssetId {
    AssetId::new(asset).unwrap()
}

/// Opens both sides, moves, closes them.
pub fn moved(from: (&Path, &dyn OpenEngines), to: (&Path, &dyn OpenEngines)) -> Result<Report> {
    let source = ArchiveStore::open(from.0, from.1)?;
    let target = ArchiveStore::open_target(to.0, &source, to.1)?;
    migrate_archive(&source, &target, Options::default(), &NoProgress)
}

pub fn embedded(from: &Path, to: &Path) -> Result<Report> {
    moved((from, &EmbeddedEngines), (to, &EmbeddedEngines))
}

/// What an archive answers and holds above stage 1.
pub fn answers(dir: &Path) -> (Vec<u128>, Vec<String>) {
    let archive = open(dir);
    let last = archive.engines().store.last_commit().unwrap();
    assert!(archive.wait_caught_up(last, Duration::from_secs(60)).unwrap());
    let digests = ASSETS.iter().map(|a| archive.engines().timeline.content_digest(&id(a)).unwrap()).collect();
    let plans = [
        json!({"all": [{"label": "Joseph"}], "limit": 100}),
        json!({"all": [{"label": "Joey"}, {"label": "kitchen"}], "limit": 100}),
        json!({"all": [{"vector": {"values": [3.0, 1.0], "space": "faces@1", "k": 5, "exact": true}}]}),
    ];
    let mut found = Vec::new();
    for plan in plans {
        let request =
            SearchRequest { plan: Plan::parse(&plan.to_string()).unwrap(), ..SearchRequest::default() };
        let answer = archive.search(&Caller::local(), &request).unwrap();
        assert!(!answer.moments.is_empty(), "{plan}");
        found.push(format!("{:?} at {:?}", answer.moments, answer.read_point));
    }
    archive.close();
    (digests, found)
}
