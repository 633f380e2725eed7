//! The laws of importing assets from another store: one function per law; [`import_suite!`](crate::import_suite!) makes
//! each a test.
#![allow(missing_docs, reason = "a law is a sentence: its name says it")]

use rushes_store::prelude::*;
use rushes_store::{
    AppendMode, AssetImport, Block, CommitRecord, EraseTarget, ImportBlock, Imported, MemoryStore,
};
use rushes_types::{
    AnnotationHeader, AnnotationId, Asset, Commit, Error, ErrorKind, ModelRef, Result, Run, RunId, Visibility,
};

use crate::store_suite::{
    APPEND, REPLACE, StoreFixture, WHOLE, asset, asset_id, committed, current, history, kind, lines,
    lines_of, loose, model, register, rows, run_id, said, spec, with_space,
};

/// Exports the blocks of a store: its lines are those of [`crate::store_suite::line`].
///
/// # Errors
/// Those of the store and of the consumer of the blocks.
pub fn hand_over(
    from: &dyn AnnotationStore,
    import: &AssetImport,
    segment: u64,
    each: &mut dyn FnMut(ImportBlock) -> Result<()>,
) -> Result<()> {
    from.blocks(&import.asset, segment, &mut |block| {
        let rows = headers(&block);
        each(ImportBlock { block, rows })
    })
}

/// The headers of what counts of a block of lines: its lines are those of [`crate::store_suite::line`].
#[must_use]
pub fn headers(block: &Block) -> Vec<AnnotationHeader> {
    let lines: Vec<&[u8]> = block.bytes.split_inclusive(|b| *b == b'\n').collect();
    let row = |position: &u32| {
        let line = String::from_utf8_lossy(lines[*position as usize]).into_owned();
        let parts: Vec<&str> = line.split('"').collect();
        let start: i64 = parts[6].trim_matches([':', ',']).parse().unwrap();
        let mut row = rows(&[(parts[3], start, parts[9])]).remove(0);
        row.position = *position;
        row
    };
    block.positions.iter().map(row).collect()
}

/// Imports an asset.
///
/// # Errors
/// Those of the stores.
pub fn take_over(from: &dyn AnnotationStore, to: &dyn AnnotationStore, on: &str) -> Result<Imported> {
    let import = AssetImport::read(from, &asset_id(on))?.unwrap();
    to.import(&import, &mut |segment, each| hand_over(from, &import, segment.id, each))
}

/// All that a store shows of an asset, except numbers of segments.
#[must_use]
pub fn seen(store: &dyn AnnotationStore, on: &str) -> String {
    let mut shown = String::new();
    for mut record in history(store, on) {
        let mut content = None;
        if let rushes_store::Effect::Segment(s) | rushes_store::Effect::Restored(s) = &mut record.effect {
            content = Some(lines_of(store, on, s.id));
            s.id = 0;
        }
        shown.push_str(&format!("{record:?} {content:?}\n"));
    }
    let runs = store.runs(Some(&asset_id(on)), None, 1_000).unwrap();
    let runs: Vec<Run> = runs.into_iter().filter(|r| r.state != rushes_types::RunState::Open).collect();
    shown.push_str(&format!(
        "{:?}\n{runs:?}\n{:?}\n",
        store.asset(&asset_id(on)).unwrap(),
        current(store, on)
    ));
    shown
}

/// A store with a bit of everything on `a`, other things on `b`, and a tombstone on `gone`.
fn source() -> MemoryStore {
    let store = MemoryStore::new();
    register(&store, &["a", "b", "gone"]);
    loose(&store, "gone", "m@1", &[("1", 0, "x")]);
    loose(&store, "a", "m@1", &[("1", 0, "x"), ("2", 5, "x"), ("5", 9, "x")]);
    committed(&store, &spec("r1", "a", "m@1", REPLACE, Some((0, 3))), &[("3", 1, "y"), ("4", 2, "y")]);
    committed(&store, &spec("r2", "a", "m@2", REPLACE, WHOLE), &[("3", 1, "z")]);
    committed(&store, &spec("empty", "a", "n@1", APPEND, WHOLE), &[]);
    store.restore_run(&run_id("r1")).unwrap();
    loose(&store, "b", "m@1", &[("1", 0, "x")]);
    loose(&store, "a", "m@1", &[("1", 0, "x"), ("5", 9, "x")]);
    store.set_visibility(&run_id("r2"), Visibility::Archived).unwrap();
    let given_up = store.open_run(&spec("given-up", "a", "m@1", REPLACE, WHOLE)).unwrap().id;
    store.append(&given_up, &[lines("a", "m@1", &[("9", 0, "never")])], AppendMode::Partial).unwrap();
    store.abort_run(&given_up).unwrap();
    committed(&store, &spec("erased", "a", "n@1", REPLACE, WHOLE), &[("7", 0, "secret")]);
    store.erase(&EraseTarget::Run(run_id("erased"))).unwrap();
    store.erase(&annotation("a", "m@1", &RunId::loose(), "5")).unwrap();
    store.put_assets(&[Asset { title: Some("t".to_owned()), ..asset("a") }]).unwrap();
    store.erase(&EraseTarget::Asset(asset_id("gone"))).unwrap();
    store
}

fn annotation(on: &str, by: &str, run: &RunId, id: &str) -> EraseTarget {
    let (asset, run, id) = (asset_id(on), run.clone(), AnnotationId::new(id).unwrap());
    EraseTarget::Annotation { asset, model: model(by), run, id }
}

const ALL: [&str; 3] = ["a", "b", "gone"];

fn moved(from: &dyn AnnotationStore, to: &dyn AnnotationStore) {
    for on in ALL {
        take_over(from, to, on).unwrap();
        assert_eq!(seen(to, on), seen(from, on), "{on}");
    }
    assert_eq!(to.counts().unwrap().assets, from.counts().unwrap().assets);
    assert_eq!(to.counts().unwrap().annotations, from.counts().unwrap().annotations);
}

pub fn an_imported_asset_is_the_same_to_the_last_number(fixture: &mut dyn StoreFixture) {
    let (from, store) = (source(), fixture.store());
    moved(&from, &*store);
    assert!(store.last_commit().unwrap() >= from.last_commit().unwrap());
    assert_eq!(store.assets_with_history(None, 10).unwrap(), ALL.map(asset_id));
    assert_eq!(store.assets(None, 10).unwrap(), from.assets(None, 10).unwrap());
    let rows: Vec<_> =
        store.outbox(0, 1_000).unwrap().rows.into_iter().map(|r| (r.asset, r.commit)).collect();
    for on in ALL {
        let last = history(&from, on).last().unwrap().commit;
        assert!(rows.contains(&(asset_id(on), last)), "later stages hear of `{on}`: {rows:?}");
    }
    drop(store);
    if fixture.reopen() {
        let store = fixture.store();
        for on in ALL {
            assert_eq!(seen(&*store, on), seen(&from, on), "{on}");
        }
    }
}

pub fn a_model_is_known_to_have_written_on_an_imported_asset_also_where_its_lines_are_erased(
    fixture: &mut dyn StoreFixture,
) {
    let (from, store) = (MemoryStore::new(), fixture.store());
    register(&from, &["a"]);
    from.put_model(&with_space("clip@1", "clip", 4, None)).unwrap();
    loose(&from, "a", "clip@1", &[("1", 0, "x")]);
    from.erase(&annotation("a", "clip@1", &RunId::loose(), "1")).unwrap();
    store.import_models(&from.models().unwrap()).unwrap();
    take_over(&from, &*store, "a").unwrap();
    for store in [&from as &dyn AnnotationStore, &*store] {
        store.put_model(&with_space("clip@1", "clip", 4, Some("encoder"))).unwrap();
    }
    let commits = history(&*store, "a");
    assert_eq!(commits.last().unwrap().effect, rushes_store::Effect::Registered);
    assert_eq!(commits.len(), history(&from, "a").len());
}

pub fn taking_over_again_changes_nothing(fixture: &mut dyn StoreFixture) {
    let (from, store) = (source(), fixture.store());
    moved(&from, &*store);
    for on in ALL {
        let import = AssetImport::read(&from, &asset_id(on)).unwrap().unwrap();
        let again = store.import(&import, &mut |_, _| panic!("nothing is read again")).unwrap();
        assert_eq!(again, Imported::Unchanged);
        assert_eq!(seen(&*store, on), seen(&from, on));
    }
    assert_eq!(store.counts().unwrap().annotations, from.counts().unwrap().annotations);
}

pub fn a_store_that_took_over_goes_on_as_the_one_before(fixture: &mut dyn StoreFixture) {
    let (from, store) = (source(), fixture.store());
    moved(&from, &*store);
    let last = from.last_commit().unwrap();
    for store in [&from as &dyn AnnotationStore, &*store] {
        let receipt =
            loose(store, "a", "m@1", &[("1", 0, "x"), ("3", 1, "y"), ("6", 8, "new"), ("4", 2, "other")]);
        assert_eq!((receipt.accepted, receipt.duplicates, receipt.rejected.len()), (1, 2, 1), "{receipt:?}");
        assert!(receipt.commit.unwrap() > last, "above every number that was imported");
        assert!(store.restore_run(&run_id("r2")).unwrap() > last);
        assert_eq!(kind(store.open_run(&spec("r1", "b", "m@1", REPLACE, WHOLE))), ErrorKind::Conflict);
        store.erase(&annotation("a", "m@1", &run_id("r1"), "4")).unwrap();
        store.erase(&annotation("a", "m@1", &RunId::loose(), "1")).unwrap();
        committed(store, &spec("later", "a", "n@1", REPLACE, WHOLE), &[("1", 0, "later")]);
        assert_eq!(kind(store.append(&run_id("given-up"), &[], AppendMode::Partial)), ErrorKind::Conflict);
    }
    assert_eq!(current(&*store, "a"), current(&from, "a"));
    assert_eq!(store.counts().unwrap().annotations, from.counts().unwrap().annotations);
    store.erase(&EraseTarget::Asset(asset_id("a"))).unwrap();
    assert_eq!(current(&*store, "a"), said(&[]));
}

pub fn what_came_since_is_added(fixture: &mut dyn StoreFixture) {
    let (from, store) = (source(), fixture.store());
    moved(&from, &*store);
    loose(&from, "a", "m@1", &[("8", 8, "since"), ("1", 0, "x")]);
    committed(&from, &spec("since", "a", "m@1", REPLACE, Some((0, 2))), &[("1", 0, "run")]);
    loose(&from, "a", "m@1", &[("10", 1, "again")]);
    from.restore_run(&run_id("r1")).unwrap();
    from.set_visibility(&run_id("r1"), Visibility::Archived).unwrap();
    let open = from.open_run(&spec("since-given-up", "b", "m@1", REPLACE, WHOLE)).unwrap().id;
    from.abort_run(&open).unwrap();
    let import = AssetImport::read(&from, &asset_id("a")).unwrap().unwrap();
    let mut read = Vec::new();
    let done = store.import(&import, &mut |segment, each| {
        read.push(segment.annotations);
        hand_over(&from, &import, segment.id, each)
    });
    assert_eq!(done.unwrap(), Imported::Added);
    assert_eq!(read.len(), 3, "only what is new is read");
    assert_eq!(take_over(&from, &*store, "b").unwrap(), Imported::Added);
    moved(&from, &*store);
    let receipt = loose(&*store, "a", "m@1", &[("8", 8, "since"), ("10", 1, "again")]);
    assert_eq!((receipt.accepted, receipt.duplicates), (1, 1), "what a run superseded may be said again");
}

pub fn what_was_erased_since_is_imported_again(fixture: &mut dyn StoreFixture) {
    let targets = [
        annotation("a", "m@1", &RunId::loose(), "1"),
        annotation("a", "m@1", &run_id("r1"), "3"),
        EraseTarget::Run(run_id("r2")),
        EraseTarget::Run(run_id("given-up")),
        EraseTarget::Model(model("m@1"), Some(asset_id("a"))),
        EraseTarget::Asset(asset_id("a")),
    ];
    let (from, store) = (source(), fixture.store());
    moved(&from, &*store);
    for target in &targets {
        from.erase(target).unwrap();
        assert_eq!(take_over(&from, &*store, "a").unwrap(), Imported::Replaced, "{target:?}");
        moved(&from, &*store);
    }
    register(&from, &["a"]);
    loose(&from, "a", "m@1", &[("1", 0, "begun anew")]);
    moved(&from, &*store);
    let receipt = loose(&*store, "a", "m@1", &[("1", 0, "begun anew"), ("2", 0, "more")]);
    assert_eq!((receipt.accepted, receipt.duplicates), (1, 1));
}

pub fn another_history_is_refused_and_left_alone(fixture: &mut dyn StoreFixture) {
    let (from, store) = (source(), fixture.store());
    moved(&from, &*store);
    loose(&*store, "a", "m@1", &[("own", 0, "mine")]);
    let before = seen(&*store, "a");
    assert_eq!(kind(take_over(&from, &*store, "a")), ErrorKind::Conflict);
    loose(&from, "a", "m@1", &[("other", 0, "theirs"), ("more", 0, "theirs")]);
    assert_eq!(kind(take_over(&from, &*store, "a")), ErrorKind::Conflict);
    assert_eq!(seen(&*store, "a"), before);
    // A run's id is unique in the archive.
    register(&from, &["c"]);
    committed(&from, &spec("shared", "c", "m@1", REPLACE, WHOLE), &[("1", 0, "x")]);
    register(&*store, &["d"]);
    committed(&*store, &spec("shared", "d", "m@1", REPLACE, WHOLE), &[("1", 0, "x")]);
    assert_eq!(kind(take_over(&from, &*store, "c")), ErrorKind::Conflict);
    assert!(history(&*store, "c").is_empty() && store.asset(&asset_id("c")).unwrap().is_none());
}

pub fn a_failed_take_over_leaves_nothing(fixture: &mut dyn StoreFixture) {
    let (from, store) = (source(), fixture.store());
    let import = AssetImport::read(&from, &asset_id("a")).unwrap().unwrap();
    let broken = || Error::new(ErrorKind::Unavailable, "the other store went away");
    for fail_at in 0..4 {
        let mut count = 0;
        let failed = store.import(&import, &mut |segment, each| {
            count += 1;
            hand_over(&from, &import, segment.id, each)?;
            if count > fail_at { Err(broken()) } else { Ok(()) }
        });
        assert_eq!(kind(failed), ErrorKind::Unavailable);
        let short = store.import(&import, &mut |_, _| Ok(()));
        assert_eq!(kind(short), ErrorKind::Corrupt, "content that is missing is no content");
        assert!(history(&*store, "a").is_empty() && store.asset(&import.asset).unwrap().is_none());
        assert_eq!(store.runs(None, None, 10).unwrap(), []);
        assert_eq!(store.counts().unwrap().annotations, 0);
    }
    moved(&from, &*store);
}

pub fn only_what_a_store_can_have_is_imported(fixture: &mut dyn StoreFixture) {
    let (from, store) = (source(), fixture.store());
    let good = AssetImport::read(&from, &asset_id("a")).unwrap().unwrap();
    let refused = |change: &dyn Fn(&mut AssetImport)| {
        let mut import = good.clone();
        change(&mut import);
        let done = store.import(&import, &mut |segment, each| hand_over(&from, &good, segment.id, each));
        assert_eq!(kind(done), ErrorKind::Invalid);
    };
    refused(&|import| import.history.clear());
    refused(&|import| import.history.swap(0, 1));
    refused(&|import| import.document = None);
    refused(&|import| import.document = Some(asset("b")));
    refused(&|import| import.runs[0].state = rushes_types::RunState::Open);
    refused(&|import| import.runs[0].asset = asset_id("b"));
    refused(&|import| import.history.retain(|r: &CommitRecord| r.effect.segment().is_none()));
    refused(&|import| {
        if let Some(last) = import.history.last_mut() {
            last.commit = Commit(rushes_store::COMMIT_MAX + 1);
        }
    });
    assert!(history(&*store, "a").is_empty());
}

pub fn models_are_imported_without_events_of_assets(fixture: &mut dyn StoreFixture) {
    let (from, store) = (source(), fixture.store());
    moved(&from, &*store);
    let before = store.last_commit().unwrap();
    store.import_models(&[with_space("m@1", "s", 4, None), with_space("n@1", "t", 2, None)]).unwrap();
    store.import_models(&[with_space("m@1", "s", 4, Some("e"))]).unwrap();
    let models: Vec<ModelRef> = store.models().unwrap().into_iter().map(|m| m.model).collect();
    assert_eq!(models, [model("m@1"), model("n@1")]);
    assert_eq!(store.models().unwrap()[0], with_space("m@1", "s", 4, Some("e")));
    assert_eq!(store.last_commit().unwrap(), before);
    assert_eq!(kind(store.import_models(&[with_space("m@1", "s", 5, None)])), ErrorKind::Conflict);
    moved(&from, &*store);
}

pub fn assets_with_far_apart_numbers_come_in_any_order(fixture: &mut dyn StoreFixture) {
    // Numbered as by another engine: by a clock.
    let from = source();
    let store = fixture.store();
    for on in ["gone", "b", "a"] {
        let mut import = AssetImport::read(&from, &asset_id(on)).unwrap().unwrap();
        let far = |n: u64| (1 << 52) + n * 1_000_003;
        for record in &mut import.history {
            record.commit = Commit(far(record.commit.0));
        }
        for run in &mut import.runs {
            run.committed = run.committed.map(|commit| Commit(far(commit.0)));
        }
        store.import(&import, &mut |segment, each| hand_over(&from, &import, segment.id, each)).unwrap();
        let page = store.outbox(0, 1_000).unwrap();
        for row in page.rows.iter().rev().take(1) {
            store.trim_outbox(row.sequence).unwrap();
        }
        assert_eq!(current(&*store, on), current(&from, on));
        let commits = |records: &[CommitRecord]| records.iter().map(|r| r.commit).collect::<Vec<_>>();
        assert_eq!(commits(&history(&*store, on)), commits(&import.history));
    }
    let last = store.last_commit().unwrap();
    assert!(last.0 > 1 << 52);
    assert!(loose(&*store, "b", "m@1", &[("2", 0, "more")]).commit.unwrap() > last);
}

pub fn a_run_without_annotations_shares_its_number_with_none(fixture: &mut dyn StoreFixture) {
    let (from, store) = (MemoryStore::new(), fixture.store());
    register(&from, &["a"]);
    committed(&from, &spec("empty", "a", "m@1", APPEND, WHOLE), &[]);
    take_over(&from, &*store, "a").unwrap();
    let later = store.open_run(&spec("later", "a", "m@1", APPEND, WHOLE)).unwrap().id;
    store
        .append(&later, &[lines("a", "m@1", &[("1", 0, "not of the other run")])], AppendMode::Partial)
        .unwrap();
    assert_eq!(current(&*store, "a"), said(&[]));
    assert_eq!(seen(&*store, "a"), seen(&from, "a"));
}

/// Makes every law of importing a test of the fresh, empty fixture that `$make` creates.
#[macro_export]
macro_rules! import_suite {
    ($make:expr) => {
        $crate::import_suite!(@ $make;
            an_imported_asset_is_the_same_to_the_last_number,
            a_model_is_known_to_have_written_on_an_imported_asset_also_where_its_lines_are_erased,
            taking_over_again_changes_nothing,
            a_store_that_took_over_goes_on_as_the_one_before,
            what_came_since_is_added,
            what_was_erased_since_is_imported_again,
            another_history_is_refused_and_left_alone,
            a_failed_take_over_leaves_nothing,
            only_what_a_store_can_have_is_imported,
            models_are_imported_without_events_of_assets,
            assets_with_far_apart_numbers_come_in_any_order,
            a_run_without_annotations_shares_its_number_with_none,
        );
    };
    (@ $make:expr; $($law:ident,)*) => {
        $(
            #[test]
            fn $law() {
                $crate::import_suite::$law(&mut $make);
            }
        )*
    };
}
