//! What is moved is the same.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rushes_archive::migrate::{Options, abort_open_runs, compare, migrate_archive, survey};
use rushes_archive::{ArchiveStore, EmbeddedEngines, NoProgress, Progress};
use rushes_store::{AnnotationStore, EraseTarget, MemoryStore, RunSpec};
use rushes_types::{Commit, ErrorKind, ModelRef, RunMode};

use crate::migrate::support::{
    ASSETS, Folders, InMemory, answers, embedded, fill, id, ingest, line, moved, open,
};

#[test]
fn an_archive_moved_away_and_back_gives_the_same_answers_and_digests() {
    let folders = Folders::new();
    let [first, second, third] = ["first", "second", "third"].map(|name| folders.path(name));
    fill(&first);
    let before = answers(&first);
    let memory = InMemory(Arc::new(MemoryStore::new()));
    let away = moved((&first, &EmbeddedEngines), (&second, &memory)).unwrap();
    assert!(away.compared.is_same() && away.compared.problems.is_empty(), "{away:?}");
    assert_eq!((away.moved, away.compared.assets, away.open_runs.len()), (4, 4, 0));
    assert_eq!(away.copied.annotations, away.compared.annotations);
    let back = moved((&second, &memory), (&third, &EmbeddedEngines)).unwrap();
    assert!(back.compared.is_same());
    assert_eq!(back.compared.source, away.compared.source);
    assert_eq!(answers(&third), before);
    assert_eq!(
        std::fs::read(first.join("tokens.json")).unwrap(),
        std::fs::read(third.join("tokens.json")).unwrap()
    );
    // And it goes on: the next commit is the next number.
    for dir in [&first, &third] {
        let archive = open(dir);
        ingest(&archive, &[line("a", "faces@1", 50, "Joey")], false);
        archive.close();
    }
    assert_eq!(answers(&third), answers(&first));
}

#[test]
fn moving_again_copies_nothing_and_what_is_new_is_followed() {
    let folders = Folders::new();
    let (first, second) = (folders.path("first"), folders.path("second"));
    fill(&first);
    embedded(&first, &second).unwrap();
    let _ = answers(&second);
    let again = embedded(&first, &second).unwrap();
    assert_eq!((again.moved, again.copied.annotations, again.passes), (0, 0, 1));
    assert!(again.compared.is_same() && !second.join("rebuild.json").exists(), "nothing is to be rebuilt");
    let archive = open(&first);
    ingest(&archive, &[line("c", "faces@1", 60, "Joey"), line("new", "faces@3", 1, "Joey")], false);
    let model = ModelRef::parse("faces@1").unwrap();
    archive.engines().store.erase(&EraseTarget::Model(model, Some(id("a")))).unwrap();
    archive.close();
    drop(archive);
    let more = embedded(&first, &second).unwrap();
    assert!(more.compared.is_same(), "{more:?}");
    assert_eq!(more.moved, 3);
    assert!(second.join("erased.json").exists(), "bytes of what was erased are still to be purged");
    assert_eq!(answers(&second), answers(&first));
}

#[test]
fn a_source_that_grows_meanwhile_is_followed_until_it_rests() {
    let folders = Folders::new();
    let dir = folders.path("first");
    fill(&dir);
    let archive = open(&dir);
    let writing = AtomicBool::new(true);
    let memory = InMemory(Arc::new(MemoryStore::new()));
    // The store of the archive itself, as another process would see it.
    let shared = Shared(Arc::clone(&archive.engines().store));
    let report = std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 0..40 {
                let asset = ASSETS[n % 3];
                ingest(&archive, &[line(asset, "faces@1", 100 + n as i64, "Joey")], false);
                if n % 10 == 9 {
                    archive.engines().store.erase(&EraseTarget::Asset(id("gone"))).unwrap();
                    ingest(&archive, &[line("gone", "faces@1", n as i64, "Joey")], false);
                }
            }
            writing.store(false, Ordering::SeqCst);
        });
        let source = ArchiveStore::open(&dir, &shared).unwrap();
        let target = ArchiveStore::open_target(&folders.path("second"), &source, &memory).unwrap();
        let mut report;
        loop {
            report = migrate_archive(&source, &target, Options::default(), &NoProgress).unwrap();
            if !writing.load(Ordering::SeqCst) {
                break migrate_archive(&source, &target, Options::default(), &NoProgress).unwrap();
            }
            assert!(report.compared.behind == 0);
        }
    });
    assert!(report.compared.is_same(), "{report:?}");
    archive.close();
}

/// A store that is open already.
#[derive(Clone)]
struct Shared(Arc<dyn AnnotationStore>);

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("shared")
    }
}

impl rushes_archive::OpenEngines for Shared {
    fn identity(&self, own: &rushes_archive::Manifest) -> rushes_types::Result<rushes_archive::Manifest> {
        Ok(own.clone())
    }

    fn open(&self, _: &rushes_archive::ArchiveFolder<'_>) -> rushes_types::Result<rushes_archive::Engines> {
        Err(rushes_types::Error::new(ErrorKind::Unsupported, "only stage 1"))
    }

    fn store(&self, _: &rushes_archive::ArchiveFolder<'_>) -> rushes_types::Result<Arc<dyn AnnotationStore>> {
        Ok(Arc::clone(&self.0))
    }
}

/// Asks to stop after so many questions.
struct StopAfter(AtomicU64);

impl Progress for StopAfter {
    fn set(&self, _: &str, _: u64, _: Option<u64>) {}
    fn cancelled(&self) -> bool {
        self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_err()
    }
}

#[test]
fn a_move_that_was_broken_off_leaves_whole_assets_and_goes_on() {
    let folders = Folders::new();
    let (first, second) = (folders.path("first"), folders.path("second"));
    fill(&first);
    let mut broken = 0;
    for after in 1.. {
        let source = ArchiveStore::open(&first, &EmbeddedEngines).unwrap();
        let target = ArchiveStore::open_target(&second, &source, &EmbeddedEngines).unwrap();
        let stop = StopAfter(AtomicU64::new(after));
        match migrate_archive(&source, &target, Options { jobs: 1 }, &stop) {
            Ok(report) => {
                assert!(report.compared.is_same());
                break;
            }
            Err(error) => assert_eq!(error.kind(), ErrorKind::Cancelled),
        }
        broken += 1;
        for asset in ASSETS {
            let there = target.store().history(&id(asset), Commit::NONE, 1_000).unwrap().len();
            let whole = source.store().history(&id(asset), Commit::NONE, 1_000).unwrap().len();
            assert!(there == 0 || there == whole, "{asset}: {there} of {whole}");
        }
    }
    assert!(broken > 5);
    assert_eq!(answers(&second), answers(&first));
}

#[test]
fn open_runs_are_named_and_given_up_on_demand() {
    let folders = Folders::new();
    let (first, second) = (folders.path("first"), folders.path("second"));
    fill(&first);
    let archive = open(&first);
    let spec = RunSpec {
        id: Some(rushes_types::RunId::new("half").unwrap()),
        asset: id("a"),
        model: ModelRef::parse("faces@9").unwrap(),
        mode: RunMode::Replace,
        coverage: None,
    };
    archive.engines().store.open_run(&spec).unwrap();
    archive.close();
    drop(archive);
    let refused = embedded(&first, &second).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    assert!(refused.message().contains("`half`") && refused.message().contains("--abort-open"), "{refused}");
    let source = ArchiveStore::open(&first, &EmbeddedEngines).unwrap();
    let would = survey(source.store(), None, 2, &NoProgress).unwrap();
    assert_eq!((would.assets, would.to_move, would.open_runs.len()), (4, 4, 1));
    assert_eq!(abort_open_runs(source.store()).unwrap(), 1);
    let target = ArchiveStore::open_target(&second, &source, &EmbeddedEngines).unwrap();
    migrate_archive(&source, &target, Options::default(), &NoProgress).unwrap();
    let would = survey(source.store(), Some(target.store()), 2, &NoProgress).unwrap();
    assert_eq!((would.assets, would.to_move, would.open_runs.len()), (4, 0, 0));
    assert!(compare(source.store(), target.store(), 2, &NoProgress).unwrap().is_same());
}
