//! Restored to any commit: what an archive that stopped there held, or a refusal that names the nearest commits.

use std::collections::BTreeMap;

use rushes_archive::{
    BackupRequest, Body, IngestMode, IngestOptions, NoProgress, RestoreRequest, Stage, restore,
};
use rushes_store::{AnnotationStore, Effect, EmbeddedStore, EraseTarget, StoreOptions};
use rushes_testkit::random::{Random, seed_from};
use rushes_types::{Asset, AssetId, Commit, ErrorKind, MovieId, Visibility};

use crate::flow::{Open, line};

/// Changes of a history.
const CHANGES: usize = 45;
const MODELS: [&str; 3] = ["faces@1", "faces@2", "places@1"];

/// All that a store says of its content, but for the numbers that it gives segments.
fn content(store: &dyn AnnotationStore) -> String {
    let mut all = String::new();
    for asset in store.assets_with_history(None, 1_000).unwrap() {
        all += &format!("{asset} {:?}\n", store.asset(&asset).unwrap());
        for run in store.runs(Some(&asset), None, 1_000).unwrap() {
            all += &format!("{run:?}\n");
        }
        for mut record in store.history(&asset, Commit::NONE, 1_000).unwrap() {
            if let Effect::Segment(segment) | Effect::Restored(segment) = &mut record.effect {
                let id = std::mem::take(&mut segment.id);
                if segment.annotations > 0 {
                    store
                        .blocks(&asset, id, &mut |block| {
                            all += &String::from_utf8_lossy(&block.bytes);
                            Ok(())
                        })
                        .unwrap();
                }
            }
            all += &format!("{record:?}\n");
        }
    }
    all
}

/// A history under way.
struct History {
    open: Open,
    random: Random,
    assets: Vec<String>,
    takes: i64,
    /// What the store held when it stopped at a commit.
    at: BTreeMap<u64, String>,
    /// Commits after which something earlier is not known: what was erased, what was described anew.
    forgets: Vec<u64>,
    backups: Vec<u64>,
}

impl History {
    fn new(seed: u64) -> Self {
        let open = Open::new();
        for stage in [Stage::Fuse, Stage::Index] {
            open.archive.pause(stage);
        }
        Self {
            open,
            random: Random::new(seed),
            assets: Vec::new(),
            takes: 0,
            at: BTreeMap::new(),
            forgets: Vec::new(),
            backups: Vec::new(),
        }
    }

    fn store(&self) -> &dyn AnnotationStore {
        self.open.archive.engines().store.as_ref()
    }

    fn write(&mut self, mode: IngestMode) {
        if self.assets.is_empty() || self.random.once_in(6) {
            self.assets.push(format!("e{}", self.assets.len()));
        }
        let (asset, model) = (self.random.pick(&self.assets).clone(), *self.random.pick(&MODELS));
        self.takes += 1;
        let start = self.takes % 50;
        let lines: String = (0..=self.random.below(2) as i64)
            .map(|n| {
                line(&asset, model, "CHARACTER_SEARCH", &format!("take {} {n}", self.takes), start, start + 3)
            })
            .collect();
        let options = IngestOptions { mode, ..IngestOptions::default() };
        self.open.archive.ingest(&self.open.caller, Body::Lines(lines.as_bytes()), &options).unwrap();
    }

    fn change(&mut self) {
        match self.random.below(40) {
            0..19 => self.write(IngestMode::Loose),
            19..30 => self.write(IngestMode::Replace),
            30..34 => {
                let runs = self.store().runs(None, None, 1_000).unwrap();
                let committed = runs.into_iter().filter(|run| run.committed.is_some()).collect::<Vec<_>>();
                if committed.is_empty() {
                    return;
                }
                let run = self.random.pick(&committed).id.clone();
                if self.random.once_in(2) {
                    self.store().restore_run(&run).unwrap();
                } else {
                    self.store().set_visibility(&run, Visibility::Archived).unwrap();
                }
            }
            34 => self.erase(),
            35 => self.describe(),
            _ => {
                let request = BackupRequest::set(&self.open.dir.path().join("set"), None);
                let report = self.open.archive.backup(&self.open.caller, &request, &NoProgress).unwrap();
                self.backups.push(report.list.commit);
            }
        }
    }

    fn erase(&mut self) {
        let Some(asset) = self.assets.first().map(|_| self.random.pick(&self.assets).clone()) else { return };
        let asset = AssetId::new(&asset).unwrap();
        let model = self.random.pick(&MODELS).parse_model();
        let target = match self.random.once_in(2) {
            true => EraseTarget::Asset(asset),
            false => EraseTarget::Model(model, Some(asset)),
        };
        match self.open.archive.erase(&self.open.caller, &target) {
            Ok(commit) => self.forgets.extend(commit.map(|commit| commit.0)),
            // It was erased before.
            Err(error) => assert_eq!(error.kind(), ErrorKind::NotFound, "{error}"),
        }
    }

    fn describe(&mut self) {
        let Some(asset) = self.assets.first().map(|_| self.random.pick(&self.assets).clone()) else { return };
        let mut asset = Asset::new(AssetId::new(&asset).unwrap(), MovieId::new("show").unwrap());
        asset.title = Some(format!("title {}", self.random.below(1_000)));
        if let Some(commit) = self.store().put_assets(&[asset]).unwrap() {
            self.forgets.push(commit.0);
        }
    }

    fn run(&mut self) {
        for _ in 0..CHANGES {
            self.change();
            let last = self.store().last_commit().unwrap().0;
            self.at.insert(last, content(self.store()));
        }
        let request = BackupRequest::set(&self.open.dir.path().join("set"), None);
        let report = self.open.archive.backup(&self.open.caller, &request, &NoProgress).unwrap();
        self.backups.push(report.list.commit);
    }
}

trait ParseModel {
    fn parse_model(&self) -> rushes_types::ModelRef;
}

impl ParseModel for &str {
    fn parse_model(&self) -> rushes_types::ModelRef {
        rushes_types::ModelRef::parse(self).unwrap()
    }
}

/// The commits that a refusal names.
fn named(message: &str) -> Vec<u64> {
    message.split("`--at ").skip(1).map(|rest| rest.split('`').next().unwrap().parse().unwrap()).collect()
}

#[test]
fn every_commit_of_a_random_history_is_restored_as_it_was_or_refused_with_the_nearest() {
    let seed = seed_from("RUSHES_TEST_SEED");
    let mut history = History::new(seed);
    history.run();
    let (mut exact, mut refused) = (0, 0);
    let restored = |at: u64| {
        let dir = tempfile::tempdir().unwrap();
        let to = dir.path().join("a");
        let request =
            RestoreRequest { at: Some(at), ..RestoreRequest::new(&history.open.dir.path().join("set"), &to) };
        let report = restore(&request, &NoProgress)?;
        assert_eq!(report.content.commit, at, "seed {seed}");
        let left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(left, ["a"], "seed {seed}");
        let store = EmbeddedStore::open(&to.join("store"), StoreOptions::default())?;
        Ok::<_, rushes_types::Error>(content(&store))
    };
    for (at, wanted) in history.at.iter().filter(|(at, _)| **at > 0) {
        let next = *history.backups.iter().filter(|backup| *backup >= at).min().unwrap();
        // What was forgotten between this commit and the next backup may have been of it; else nothing is missing.
        let may_refuse = next > *at && history.forgets.iter().any(|forget| forget > at && *forget <= next);
        match restored(*at) {
            Ok(found) => {
                assert!(found == *wanted, "seed {seed}, commit {at}:\n{found}\ninstead of\n{wanted}");
                exact += 1;
            }
            Err(error) => {
                assert!(may_refuse && error.kind() == ErrorKind::Gone, "seed {seed}, commit {at}: {error}");
                let nearest = named(error.message());
                assert!(!nearest.is_empty() && nearest.len() <= 2, "{error}");
                for near in nearest {
                    let found =
                        restored(near).unwrap_or_else(|e| panic!("seed {seed}: {near} is named: {e}"));
                    if let Some(wanted) = history.at.get(&near) {
                        assert!(found == *wanted, "seed {seed}, commit {near}");
                    }
                }
                refused += 1;
            }
        }
    }
    eprintln!("seed {seed}: {exact} commits exact, {refused} refused, {} backups", history.backups.len());
    assert!(exact > 0, "seed {seed}");
}

#[test]
fn what_was_erased_does_not_come_back() {
    let mut history = History::new(1);
    history.write(IngestMode::Loose);
    let store = history.store();
    let before = store.last_commit().unwrap();
    let erased = store.erase(&EraseTarget::Asset(AssetId::new("e0").unwrap())).unwrap().unwrap();
    history.write(IngestMode::Loose);
    let set = history.open.dir.path().join("set");
    history.open.archive.backup(&history.open.caller, &BackupRequest::set(&set, None), &NoProgress).unwrap();
    let to = history.open.dir.path().join("to");
    let at = |at: Commit| {
        restore(&RestoreRequest { at: Some(at.0), ..RestoreRequest::new(&set, &to) }, &NoProgress)
    };
    let error = at(before).unwrap_err();
    assert_eq!((error.kind(), named(error.message())), (ErrorKind::Gone, vec![erased.0]), "{error}");
    assert_eq!(at(erased).unwrap().content.annotations, Some(0));
}
