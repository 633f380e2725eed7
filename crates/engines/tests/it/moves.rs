//! An archive moved from a folder to the engines and back: the same answers, the same digests.

use rushes_archive::migrate::{Options, Report, migrate_archive};
use rushes_archive::{
    Archive, ArchiveStore, Caller, EmbeddedEngines, IngestMode, NoProgress, OpenEngines, OpenOptions,
};
use rushes_engines::Configured;
use rushes_store::EraseTarget;
use rushes_types::{AssetId, ModelRef};

use crate::mixtures::{FACES, questions, said, season};
use crate::place::{Mixture, Open, Place};

const ASSETS: [&str; 6] = ["e1", "e2", "e3", "e4", "e5", "e6"];

fn id(asset: &str) -> AssetId {
    AssetId::new(asset).unwrap()
}

fn embedded(place: &Place, folder: &str) -> Open {
    let archive = Archive::open(&place.dir.path().join(folder), OpenOptions::default()).unwrap();
    Open { archive, caller: Caller::local() }
}

fn moved(place: &Place, from: (&str, &dyn OpenEngines), to: (&str, &dyn OpenEngines)) -> Report {
    let source = ArchiveStore::open(&place.dir.path().join(from.0), from.1).unwrap();
    let target = ArchiveStore::open_target(&place.dir.path().join(to.0), &source, to.1).unwrap();
    let report = migrate_archive(&source, &target, Options::default(), &NoProgress).unwrap();
    assert!(report.compared.is_same(), "{report:?}");
    report
}

/// What an archive answers, and its fused assets as digests.
fn seen(open: &Open) -> (Vec<String>, Vec<u128>) {
    open.catch_up();
    open.verify_clean();
    let fused = &open.archive.engines().timeline;
    let digests = ASSETS.iter().map(|asset| fused.content_digest(&id(asset)).unwrap()).collect();
    (questions().iter().map(|plan| open.answer(plan)).collect(), digests)
}

#[test]
fn an_archive_moved_to_the_engines_and_back_is_the_same() {
    let Some(place) = Place::new(Mixture { store: true, events: true, fused: true, index: true }) else {
        return;
    };
    let engines = Configured::read(&place.table, &[]).unwrap().engines();
    let here = embedded(&place, "here");
    here.ingest(&season(), IngestMode::Loose);
    here.ingest(&said("e2", FACES, &serde_json::json!({"label": "Joey"}), 1, 3), IngestMode::Replace);
    let store = &here.archive.engines().store;
    store.erase(&EraseTarget::Asset(id("e6"))).unwrap();
    store.erase(&EraseTarget::Model(ModelRef::parse("places@1").unwrap(), Some(id("e5")))).unwrap();
    let wanted = seen(&here);
    here.archive.close();
    drop(here);

    let away = moved(&place, ("here", &EmbeddedEngines), ("there", engines.as_ref()));
    let there = place.open("there", OpenOptions::default());
    assert_eq!(seen(&there), wanted);
    there.ingest(&said("e1", FACES, &serde_json::json!({"label": "Joey"}), 30, 33), IngestMode::Loose);
    there.archive.engines().store.erase(&EraseTarget::Asset(id("e4"))).unwrap();
    let grown = seen(&there);
    assert_ne!(grown, wanted);
    there.archive.close();
    drop(there);

    let back = moved(&place, ("there", engines.as_ref()), ("back", &EmbeddedEngines));
    assert_ne!(back.compared.source, away.compared.source);
    let back = embedded(&place, "back");
    assert_eq!(seen(&back), grown);
    back.archive.close();
}

#[test]
fn what_changes_during_a_move_is_followed_on_cassandra() {
    let Some(place) = Place::new(Mixture { store: true, ..Mixture::default() }) else { return };
    let engines = Configured::read(&place.table, &[]).unwrap().engines();
    let change = |text: &str, erased: Option<&str>| {
        let here = embedded(&place, "here");
        here.ingest(text, IngestMode::Loose);
        if let Some(asset) = erased {
            here.archive.engines().store.erase(&EraseTarget::Asset(id(asset))).unwrap();
        }
        let seen = seen(&here);
        here.archive.close();
        seen
    };
    change(&season(), None);
    assert_eq!(moved(&place, ("here", &EmbeddedEngines), ("there", engines.as_ref())).moved, 6);
    assert_eq!(moved(&place, ("here", &EmbeddedEngines), ("there", engines.as_ref())).moved, 0);
    let wanted = change(&said("e3", FACES, &serde_json::json!({"label": "Joey"}), 40, 44), Some("e1"));
    assert_eq!(moved(&place, ("here", &EmbeddedEngines), ("there", engines.as_ref())).moved, 2);
    let there = place.open("there", OpenOptions::default());
    assert_eq!(seen(&there), wanted);
    there.archive.close();
}
