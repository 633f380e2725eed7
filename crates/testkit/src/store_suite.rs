//! The laws of [`AnnotationStore`]: one function per law; [`store_suite!`](crate::store_suite!) makes each a test.
#![allow(missing_docs, reason = "a law is a sentence: its name says it")]

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use rushes_store::current::Current;
use rushes_store::documents::KeptDocument;
use rushes_store::{
    AnnotationStore, AppendMode, BlockInput, CommitRecord, Effect, EraseTarget, Erased, Memo, Receipt,
    RunSegment, RunSpec,
};
use rushes_types::limits::DOCUMENT_BYTES_MAX;
use rushes_types::{
    AnnotationHeader, AnnotationId, AnnotationType, Asset, AssetId, BlockFormat, Commit, ErrorKind,
    FrameRate, LabelAliases, Metric, Model, ModelRef, MovieId, NS_PER_SECOND, Run, RunId, RunMode, RunState,
    Space, SpaceId, TimeRange, Value, Visibility,
};

/// A store under test.
pub trait StoreFixture {
    /// The store.
    fn store(&self) -> Arc<dyn AnnotationStore>;
    /// Closes and opens the store again; `false` if it does not persist.
    fn reopen(&mut self) -> bool {
        false
    }
}

/// An annotation of a test: id, start in seconds, text.
pub type TestAnnotation<'a> = (&'a str, i64, &'a str);

/// An asset id.
#[must_use]
pub fn asset_id(id: &str) -> AssetId {
    AssetId::new(id).unwrap()
}

/// An asset of the movie `movie`.
#[must_use]
pub fn asset(id: &str) -> Asset {
    Asset::new(asset_id(id), MovieId::new("movie").unwrap())
}

/// A model.
#[must_use]
pub fn model(text: &str) -> ModelRef {
    ModelRef::parse(text).unwrap()
}

/// A run id.
#[must_use]
pub fn run_id(id: &str) -> RunId {
    RunId::new(id).unwrap()
}

/// The line of an annotation.
#[must_use]
pub fn line(said: &TestAnnotation<'_>) -> String {
    format!("{{\"annotation_id\":\"{}\",\"s\":{},\"label\":\"{}\"}}\n", said.0, said.1, said.2)
}

/// Headers of the lines of these annotations.
#[must_use]
pub fn rows(said: &[TestAnnotation<'_>]) -> Vec<AnnotationHeader> {
    let row = |(position, said): (u32, &TestAnnotation<'_>)| {
        let mut hash = DefaultHasher::new();
        (said.1, said.2).hash(&mut hash);
        AnnotationHeader {
            id: AnnotationId::new(said.0).unwrap(),
            start_ns: said.1 * NS_PER_SECOND,
            digest: hash.finish().into(),
            position,
            source: u64::from(position) + 1,
        }
    };
    (0..).zip(said).map(row).collect()
}

/// A block of lines.
#[must_use]
pub fn lines(on: &str, by: &str, said: &[TestAnnotation<'_>]) -> BlockInput<'static> {
    let bytes: String = said.iter().map(line).collect();
    BlockInput {
        asset: asset_id(on),
        model: model(by),
        format: BlockFormat::Lines,
        rows: Cow::Owned(rows(said)),
        bytes: Cow::Owned(bytes.into_bytes()),
    }
}

/// What a run is opened with; coverage in seconds.
#[must_use]
pub fn spec(id: &str, on: &str, by: &str, mode: RunMode, coverage: Option<(i64, i64)>) -> RunSpec {
    let range = |(start, end)| TimeRange::new(start * NS_PER_SECOND, end * NS_PER_SECOND).unwrap();
    RunSpec {
        id: Some(run_id(id)),
        asset: asset_id(on),
        model: model(by),
        mode,
        coverage: coverage.map(range),
    }
}

/// All of an asset's history.
#[must_use]
pub fn history(store: &dyn AnnotationStore, on: &str) -> Vec<CommitRecord> {
    store.history(&asset_id(on), Commit::NONE, usize::MAX).unwrap()
}

/// The lines of a segment's annotations.
#[must_use]
pub fn lines_of(store: &dyn AnnotationStore, on: &str, segment: u64) -> Vec<String> {
    let mut found = Vec::new();
    store
        .blocks(&asset_id(on), segment, &mut |block| {
            let lines: Vec<&[u8]> = block.bytes.split_inclusive(|b| *b == b'\n').collect();
            assert!(block.positions.is_sorted());
            for position in block.positions {
                found.push(String::from_utf8_lossy(lines[position as usize]).into_owned());
            }
            Ok(())
        })
        .unwrap();
    found
}

/// All bytes of a segment's blocks.
#[must_use]
pub fn bytes_of(store: &dyn AnnotationStore, on: &str, segment: u64) -> Vec<u8> {
    let mut found = Vec::new();
    store
        .blocks(&asset_id(on), segment, &mut |block| {
            found.extend_from_slice(&block.bytes);
            Ok(())
        })
        .unwrap();
    found
}

/// The segment of a run.
#[must_use]
pub fn segment_of(store: &dyn AnnotationStore, on: &str, run: &str) -> Option<RunSegment> {
    history(store, on).into_iter().find_map(|r| match r.effect {
        Effect::Segment(s) if s.run.as_str() == run => Some(s),
        _ => None,
    })
}

/// The segment that a commit added.
#[must_use]
pub fn segment_at(store: &dyn AnnotationStore, on: &str, commit: Commit) -> u64 {
    let record = history(store, on).into_iter().find(|r| r.commit == commit).unwrap();
    match record.effect {
        Effect::Segment(segment) | Effect::Restored(segment) => segment.id,
        other => panic!("commit {commit} brought no segment: {other:?}"),
    }
}

/// An asset's current annotations: (id, start in seconds, label), by a fold over its history.
#[must_use]
pub fn current(store: &dyn AnnotationStore, on: &str) -> BTreeSet<(String, i64, String)> {
    let fold = Current::of(&history(store, on));
    let mut found = BTreeSet::new();
    for live in fold.segments() {
        for line in lines_of(store, on, live.segment.id) {
            let parts: Vec<&str> = line.split('"').collect();
            let start: i64 = parts[6].trim_matches([':', ',']).parse().unwrap();
            if fold.is_current(live.segment.id, start * NS_PER_SECOND) {
                found.insert((parts[3].to_owned(), start, parts[9].to_owned()));
            }
        }
    }
    found
}

fn model_of(store: &dyn AnnotationStore, model: &ModelRef) -> Option<Model> {
    store.models().unwrap().into_iter().find(|known| known.model == *model)
}

pub(crate) fn said(all: &[TestAnnotation<'_>]) -> BTreeSet<(String, i64, String)> {
    all.iter().map(|s| (s.0.to_owned(), s.1, s.2.to_owned())).collect()
}

pub(crate) fn register(store: &dyn AnnotationStore, ids: &[&str]) {
    let assets: Vec<Asset> = ids.iter().map(|id| asset(id)).collect();
    store.put_assets(&assets).unwrap();
}

pub(crate) fn loose(store: &dyn AnnotationStore, on: &str, by: &str, all: &[TestAnnotation<'_>]) -> Receipt {
    store.append_loose(&[lines(on, by, all)], AppendMode::Partial).unwrap()
}

pub(crate) fn committed(
    store: &dyn AnnotationStore,
    spec: &RunSpec,
    all: &[TestAnnotation<'_>],
) -> (Run, Commit) {
    let run = store.open_run(spec).unwrap();
    let (on, by) = (spec.asset.as_str(), spec.model.as_str());
    store.append(&run.id, &[lines(on, by, all)], AppendMode::Partial).unwrap();
    let commit = store.commit_run(&run.id).unwrap();
    (store.run(&run.id).unwrap().unwrap(), commit)
}

pub(crate) fn kind<T: std::fmt::Debug>(outcome: rushes_types::Result<T>) -> ErrorKind {
    outcome.unwrap_err().kind()
}

pub(crate) const WHOLE: Option<(i64, i64)> = None;
pub(crate) const REPLACE: RunMode = RunMode::Replace;
pub(crate) const APPEND: RunMode = RunMode::Append;

pub fn assets_are_read_back_as_registered(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    let nested = Value::Map([("deep".to_owned(), Value::List(vec![Value::Null, Value::Float(-0.5)]))].into());
    let full = Asset {
        collection: Some("c".into()),
        series: Some("s".into()),
        season: Some(-1),
        episode: Some(24),
        title: Some("Ünïcode \u{1F3AC}".into()),
        duration_ns: Some(i64::MAX),
        frame_rate: Some(FrameRate::new(24_000, 1_001).unwrap()),
        start_timecode: Some("01:00:00:00".into()),
        drop_frame: true,
        reel: Some("A001".into()),
        scene: Some("12A".into()),
        take: Some("3".into()),
        camera: Some("B".into()),
        circled: Some(false),
        language: Some("en-GB".into()),
        path: Some("/media/x.mov".into()),
        attributes: [
            ("int".to_owned(), Value::Int(i64::MIN)),
            ("text".to_owned(), Value::Text(String::new())),
            ("yes".to_owned(), Value::Bool(true)),
            ("nested".to_owned(), nested),
        ]
        .into(),
        ..asset("full")
    };
    let commit = store.put_assets(&[full.clone(), asset("bare")]).unwrap();
    assert!(commit.is_some());
    assert_eq!(store.asset(&full.id).unwrap(), Some(full));
    assert_eq!(store.asset(&asset_id("bare")).unwrap(), Some(asset("bare")));
    assert_eq!(store.asset(&asset_id("none")).unwrap(), None);
    assert_eq!(store.last_commit().unwrap(), commit.unwrap());
}

pub fn an_unchanged_asset_makes_no_commit(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    register(&*store, &["a"]);
    let before = store.last_commit().unwrap();
    assert_eq!(store.put_assets(&[asset("a")]).unwrap(), None);
    assert_eq!(store.put_assets(&[]).unwrap(), None);
    assert_eq!(store.last_commit().unwrap(), before);
    let changed = Asset { title: Some("new".into()), ..asset("a") };
    let commit = store.put_assets(std::slice::from_ref(&changed)).unwrap().unwrap();
    assert!(commit > before);
    assert_eq!(store.asset(&changed.id).unwrap(), Some(changed));
    assert!(history(&*store, "a").iter().all(|r| r.effect == Effect::Registered));
}

pub fn the_last_word_on_an_asset_wins(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    let last = Asset { title: Some("last".into()), ..asset("a") };
    store.put_assets(&[asset("a"), last.clone()]).unwrap();
    assert_eq!(store.asset(&last.id).unwrap(), Some(last));
    assert_eq!(history(&*store, "a").len(), 1);
}

pub fn assets_come_in_pages_by_id(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    register(&*store, &["b", "a", "ab", "c", "B"]);
    let ids = |after: Option<&str>, limit| -> Vec<String> {
        let page = store.assets(after.map(asset_id).as_ref(), limit).unwrap();
        page.into_iter().map(|a| a.id.as_str().to_owned()).collect()
    };
    assert_eq!(ids(None, 10), ["B", "a", "ab", "b", "c"]);
    assert_eq!(ids(None, 2), ["B", "a"]);
    assert_eq!(ids(Some("a"), 2), ["ab", "b"]);
    assert_eq!(ids(Some("c"), 2), [""; 0]);
    assert_eq!(ids(None, 0), [""; 0]);
}

pub(crate) fn with_space(by: &str, space: &str, dimensions: usize, encoder: Option<&str>) -> Model {
    let space = Space {
        id: SpaceId::new(space).unwrap(),
        dimensions,
        metric: Metric::Cosine,
        encoder: encoder.map(str::to_owned),
    };
    Model { model: model(by), types: Vec::new(), language: None, space: Some(space) }
}

pub fn a_registered_space_never_changes(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    let first = with_space("clip@1", "clip", 4, None);
    store.put_model(&first).unwrap();
    store.put_model(&first).unwrap();
    assert_eq!(kind(store.put_model(&with_space("clip@1", "clip", 5, None))), ErrorKind::Conflict);
    assert_eq!(kind(store.put_model(&with_space("clip@1", "other", 4, None))), ErrorKind::Conflict);
    assert_eq!(kind(store.put_model(&Model { space: None, ..first.clone() })), ErrorKind::Conflict);
    assert_eq!(kind(store.put_model(&with_space("clip@2", "clip", 5, None))), ErrorKind::Conflict);
    assert_eq!(model_of(&*store, &first.model), Some(first));
    let named = with_space("clip@1", "clip", 4, Some("encoder"));
    store.put_model(&named).unwrap();
    assert_eq!(kind(store.put_model(&with_space("clip@1", "clip", 4, Some("another")))), ErrorKind::Conflict);
    assert_eq!(kind(store.put_model(&with_space("clip@1", "clip", 4, None))), ErrorKind::Conflict);
    store.put_model(&with_space("clip@3", "clip", 4, Some("encoder"))).unwrap();
    let kinds = vec![AnnotationType::new("SHOT").unwrap(), AnnotationType::new("OBJECT_SEARCH").unwrap()];
    let typed = Model { types: kinds, language: Some("de".into()), ..named };
    store.put_model(&typed).unwrap();
    let names: Vec<String> = store.models().unwrap().iter().map(|m| m.model.as_str().to_owned()).collect();
    assert_eq!(names, ["clip@1", "clip@3"]);
    assert_eq!(store.models().unwrap()[0], typed);
    assert_eq!(model_of(&*store, &model("none@1")), None);
}

pub fn a_changed_model_gives_events_of_the_assets_it_wrote_on(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    register(&*store, &["a", "b", "c"]);
    store.put_model(&with_space("clip@1", "clip", 4, None)).unwrap();
    loose(&*store, "a", "clip@1", &[("1", 0, "x")]);
    loose(&*store, "b", "other@1", &[("1", 0, "x")]);
    committed(&*store, &spec("r", "c", "clip@1", REPLACE, WHOLE), &[("1", 0, "x")]);
    let lengths = || ["a", "b", "c"].map(|on| history(&*store, on).len());
    let before = lengths();
    store.put_model(&with_space("clip@1", "clip", 4, Some("encoder"))).unwrap();
    assert_eq!(lengths(), [before[0] + 1, before[1], before[2] + 1]);
    assert_eq!(history(&*store, "a").last().unwrap().effect, Effect::Registered);
    store.put_model(&with_space("clip@1", "clip", 4, Some("encoder"))).unwrap();
    assert_eq!(lengths(), [before[0] + 1, before[1], before[2] + 1]);
}

/// A document of the kind `bin`.
fn document(id: &str, version: u64, text: &str) -> KeptDocument {
    KeptDocument { kind: "bin".into(), id: id.into(), version, bytes: text.as_bytes().to_vec() }
}

/// The documents of the kind `bin` that are listed.
fn listed(store: &dyn AnnotationStore) -> Vec<KeptDocument> {
    let mut all = Vec::new();
    store
        .each_document("bin", &mut |document| {
            all.push(document);
            Ok(())
        })
        .unwrap();
    all
}

pub fn a_document_is_changed_only_by_who_knows_what_is_there(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    store.put_document(&document("b", 1, "one")).unwrap();
    store.put_document(&document("a", 1, "other")).unwrap();
    for version in [0, 1, 3] {
        assert_eq!(kind(store.put_document(&document("b", version, "x"))), ErrorKind::Conflict);
    }
    store.put_document(&document("b", 2, "two")).unwrap();
    assert_eq!(kind(store.put_document(&document("b", 2, "late"))), ErrorKind::Conflict);
    assert_eq!(store.document("bin", "b").unwrap(), Some(document("b", 2, "two")));
    assert_eq!(store.document("other", "b").unwrap(), None);
    assert_eq!(listed(&*store), [document("a", 1, "other"), document("b", 2, "two")]);
    // Removed is a version, too.
    store.put_document(&document("b", 3, "")).unwrap();
    assert_eq!(listed(&*store), [document("a", 1, "other")]);
    assert_eq!(kind(store.put_document(&document("b", 3, "late"))), ErrorKind::Conflict);
    store.put_document(&document("b", 4, "again")).unwrap();
    let large = KeptDocument { bytes: vec![0; DOCUMENT_BYTES_MAX + 1], ..document("c", 1, "") };
    assert_eq!(kind(store.put_document(&large)), ErrorKind::TooLarge);
    assert_eq!(kind(store.put_document(&document("c\n", 1, "x"))), ErrorKind::Invalid);
    store.import_document(&document("a", 9, "from elsewhere")).unwrap();
    let kept = [document("a", 9, "from elsewhere"), document("b", 4, "again")];
    assert_eq!(listed(&*store), kept);
    drop(store);
    if fixture.reopen() {
        assert_eq!(listed(&*fixture.store()), kept);
    }
}

pub fn of_many_who_change_one_document_at_once_one_wins_each_time(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    store.put_document(&document("b", 1, "0")).unwrap();
    let won = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..4)
            .map(|writer| {
                let store = &store;
                scope.spawn(move || {
                    let mut won = 0;
                    for _ in 0..10 {
                        let there = store.document("bin", "b").unwrap().unwrap();
                        let next = document("b", there.version + 1, &format!("{writer}"));
                        match store.put_document(&next) {
                            Ok(()) => won += 1,
                            Err(error) => assert!(
                                matches!(error.kind(), ErrorKind::Conflict | ErrorKind::Busy),
                                "{error}"
                            ),
                        }
                    }
                    won
                })
            })
            .collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).sum::<u64>()
    });
    assert!(won >= 10, "{won}");
    assert_eq!(store.document("bin", "b").unwrap().unwrap().version, 1 + won);
}

pub fn labels_replace_the_aliases_of_the_same_label(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    let label = |kind: &str, label: &str, aliases: &[&str]| LabelAliases {
        kind: AnnotationType::new(kind).unwrap(),
        label: label.to_owned(),
        aliases: aliases.iter().map(|a| (*a).to_owned()).collect(),
    };
    let (joey, kitchen) = (label("CHARACTER", "Joey", &["Joseph"]), label("SCENE", "kitchen", &["cuisine"]));
    store.put_labels(&[kitchen.clone(), joey.clone(), label("CHARACTER", "Ross", &["Doc"])]).unwrap();
    let changed = label("CHARACTER", "Joey", &["Joe", "Tribbiani"]);
    store.put_labels(&[changed.clone(), label("CHARACTER", "Ross", &[])]).unwrap();
    assert_eq!(store.labels().unwrap(), [changed, kitchen]);
    let long = label("SCENE", &"x".repeat(100_000), &["y"]);
    assert_eq!(kind(store.put_labels(&[long])), ErrorKind::TooLarge);
}

fn memo(key: &str, value: &str) -> Memo {
    Memo { key: key.to_owned(), value: value.as_bytes().to_vec() }
}

pub fn memos_are_kept_by_shelf_in_the_order_of_their_names(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    let (a, b, c) = (memo("a", "1"), memo("b\u{1}x", "2"), memo("c", ""));
    assert_eq!(store.put_memos("events", &[c.clone(), a.clone(), b.clone()], false).unwrap(), 3);
    assert_eq!(store.put_memos("event", &[memo("a", "other")], false).unwrap(), 1);
    assert_eq!(store.memos("events", None, 9).unwrap(), [a.clone(), b.clone(), c.clone()]);
    assert_eq!(store.memos("events", None, 2).unwrap(), [a.clone(), b.clone()]);
    assert_eq!(store.memos("events", Some("b\u{1}x"), 9).unwrap(), [c]);
    assert_eq!(store.memos("events", Some("b"), 1).unwrap(), [b]);
    assert_eq!(store.memos("event", None, 9).unwrap(), [memo("a", "other")]);
    assert!(store.memos("none", None, 9).unwrap().is_empty());
    assert_eq!(kind(store.put_memos("", &[a], false)), ErrorKind::Invalid);
    assert_eq!(kind(store.put_memos("events", &[memo("", "1")], false)), ErrorKind::Invalid);
    let long = Memo { key: "k".to_owned(), value: vec![0; 2 << 20] };
    assert_eq!(kind(store.put_memos("events", &[long], false)), ErrorKind::TooLarge);
}

pub fn a_memo_stays_as_it_is_unless_it_is_replaced(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    let (old, new) = (memo("a", "old"), memo("a", "new"));
    assert_eq!(store.put_memos("s", &[old.clone(), old.clone()], false).unwrap(), 1);
    assert_eq!(store.put_memos("s", &[new.clone(), memo("b", "2")], false).unwrap(), 1);
    assert_eq!(store.memos("s", None, 1).unwrap(), [old]);
    assert_eq!(store.put_memos("s", std::slice::from_ref(&new), true).unwrap(), 1);
    assert_eq!(store.put_memos("s", std::slice::from_ref(&new), true).unwrap(), 0);
    assert_eq!(store.memos("s", None, 1).unwrap(), std::slice::from_ref(&new));
    drop(store);
    if fixture.reopen() {
        assert_eq!(fixture.store().memos("s", None, 1).unwrap(), [new]);
    }
}

pub fn removed_memos_are_gone(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    store.put_memos("s", &[memo("a", "1"), memo("b", "2")], false).unwrap();
    store.put_memos("t", &[memo("a", "1")], false).unwrap();
    let names = ["a".to_owned(), "c".to_owned()];
    assert_eq!(store.remove_memos("s", &names).unwrap(), 1);
    assert_eq!(store.remove_memos("s", &names).unwrap(), 0);
    assert_eq!(store.memos("s", None, 9).unwrap(), [memo("b", "2")]);
    assert_eq!(store.memos("t", None, 9).unwrap(), [memo("a", "1")]);
}

pub fn a_run_is_opened_once_by_the_same_words(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    register(&*store, &["a", "b"]);
    let words = spec("r", "a", "m@1", REPLACE, Some((0, 10)));
    let run = store.open_run(&words).unwrap();
    assert_eq!((run.state, run.annotations, run.committed), (RunState::Open, 0, None));
    assert_eq!((&run.asset, &run.model, run.coverage), (&words.asset, &words.model, words.coverage));
    assert_eq!(store.open_run(&words).unwrap(), run);
    assert_eq!(store.run(&run.id).unwrap(), Some(run.clone()));
    for other in [
        spec("r", "b", "m@1", REPLACE, Some((0, 10))),
        spec("r", "a", "m@2", REPLACE, Some((0, 10))),
        spec("r", "a", "m@1", APPEND, Some((0, 10))),
        spec("r", "a", "m@1", REPLACE, WHOLE),
    ] {
        assert_eq!(kind(store.open_run(&other)), ErrorKind::Conflict);
    }
    store.commit_run(&run.id).unwrap();
    assert_eq!(store.open_run(&words).unwrap().state, RunState::Committed);
    assert_eq!(kind(store.open_run(&spec("s", "none", "m@1", REPLACE, WHOLE))), ErrorKind::NotFound);
    assert_eq!(kind(store.open_run(&spec("-", "a", "m@1", REPLACE, WHOLE))), ErrorKind::Invalid);
    assert_eq!(store.run(&run_id("s")).unwrap(), None);
}

pub fn a_run_without_an_id_is_given_one_of_its_own(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    register(&*store, &["a"]);
    let words = RunSpec { id: None, ..spec("x", "a", "m@1", APPEND, WHOLE) };
    let ids: BTreeSet<RunId> = (0..5).map(|_| store.open_run(&words).unwrap().id).collect();
    assert_eq!(ids.len(), 5);
}

pub fn runs_come_in_pages_by_id(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    register(&*store, &["a", "b"]);
    for (id, on) in [("r3", "a"), ("r1", "a"), ("r2", "b"), ("r4", "a")] {
        store.open_run(&spec(id, on, "m@1", APPEND, WHOLE)).unwrap();
    }
    let ids = |on: Option<&str>, after: Option<&str>, limit| -> Vec<String> {
        let page = store.runs(on.map(asset_id).as_ref(), after.map(run_id).as_ref(), limit).unwrap();
        page.into_iter().map(|r| r.id.as_str().to_owned()).collect()
    };
    assert_eq!(ids(None, None, 10), ["r1", "r2", "r3", "r4"]);
    assert_eq!(ids(None, Some("r1"), 2), ["r2", "r3"]);
    assert_eq!(ids(Some("a"), None, 10), ["r1", "r3", "r4"]);
    assert_eq!(ids(Some("a"), Some("r1"), 1), ["r3"]);
    assert_eq!(ids(Some("none"), None, 10), [""; 0]);
}

pub fn a_run_is_seen_only_when_it_is_committed_and_then_whole(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    register(&*store, &["a"]);
    let run = store.open_run(&spec("r", "a", "m@1", REPLACE, WHOLE)).unwrap();
    let (first, second) = ([("1", 0, "x"), ("2", 1, "y")], [("3", 2, "z")]);
    let receipt = store.append(&run.id, &[lines("a", "m@1", &first)], AppendMode::Partial).unwrap();
    assert_eq!((receipt.accepted, receipt.commit), (2, None));
    store.append(&run.id, &[lines("a", "m@1", &second)], AppendMode::Partial).unwrap();
    let before = store.last_commit().unwrap();
    assert!(current(&*store, "a").is_empty());
    assert_eq!(store.counts().unwrap().annotations, 0);
    assert_eq!(store.run(&run.id).unwrap().unwrap().annotations, 3);

    let commit = store.commit_run(&run.id).unwrap();
    assert!(commit > before);
    assert_eq!(store.last_commit().unwrap(), commit);
    assert_eq!(current(&*store, "a"), said(&[first[0], first[1], second[0]]));
    let segment = segment_of(&*store, "a", "r").unwrap();
    assert_eq!((segment.annotations, segment.mode, segment.coverage), (3, REPLACE, None));
    assert_eq!(store.counts().unwrap().annotations, 3);
    let run = store.run(&run.id).unwrap().unwrap();
    assert_eq!((run.state, run.committed), (RunState::Committed, Some(commit)));
    assert_eq!(store.commit_run(&run.id).unwrap(), commit);
    assert_eq!(store.last_commit().unwrap(), commit);
    let told = store.outbox(0, 100).unwrap().rows;
    assert!(told.iter().any(|row| row.commit == commit && row.asset == asset_id("a")));
}

pub fn blocks_give_back_the_bytes_that_were_sent(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    register(&*store, &["a"]);
    let three = [("1", 0, ""), ("2", 0, ""), ("3", 0, "")];
    let odd: Vec<&[u8]> =
        vec![b"{\"a\": 1}\r\n  \t\n\xff\xfe\x00 not text\n", b"one\ntwo\nthree without an end", b"\n\n\n"];
    for (n, bytes) in (0..).zip(odd) {
        let by = format!("m{n}@1");
        let block = BlockInput { bytes: Cow::Borrowed(bytes), ..lines("a", &by, &three) };
        let commit = store.append_loose(&[block], AppendMode::Partial).unwrap().commit.unwrap();
        assert_eq!(bytes_of(&*store, "a", segment_at(&*store, "a", commit)), bytes);
    }
    let arrow: Vec<u8> = (0..10_000u32).flat_map(|n| (n % 251).to_le_bytes()).collect();
    let mut some = rows(&three);
    for (row, position) in some.iter_mut().zip([4, 70, 900]) {
        row.position = position;
    }
    let block = BlockInput {
        format: BlockFormat::Arrow,
        bytes: Cow::Owned(arrow.clone()),
        rows: Cow::Owned(some),
        ..lines("a", "arrow@1", &[])
    };
    let commit = store.append_loose(&[block], AppendMode::Partial).unwrap().commit.unwrap();
    let mut found = Vec::new();
    let mut keep = |block| {
        found.push(block);
        Ok(())
    };
    store.blocks(&asset_id("a"), segment_at(&*store, "a", commit), &mut keep).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].format, &found[0].positions), (BlockFormat::Arrow, &vec![4, 70, 900]));
    assert_eq!(found[0].bytes, arrow);
}

pub fn a_large_request_is_kept_to_the_byte_and_in_order(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    register(&*store, &["a"]);
    let texts: Vec<(String, String)> =
        (0..3_000).map(|n| (format!("id-{n}"), "x".repeat(300 + n % 700))).collect();
    let all: Vec<TestAnnotation<'_>> =
        (0..).zip(&texts).map(|(n, (id, text))| (id.as_str(), n, text.as_str())).collect();
    let block = lines("a", "m@1", &all);
    let bytes = block.bytes.to_vec();
    let receipt = store.append_loose(&[block], AppendMode::Partial).unwrap();
    assert_eq!(receipt.accepted, 3_000);
    let segment = segment_at(&*store, "a", receipt.commit.unwrap());
    assert_eq!(bytes_of(&*store, "a", segment), bytes);
    let expected: Vec<String> = all.iter().map(line).collect();
    assert_eq!(lines_of(&*store, "a", segment), expected);
    let clash = [("new", 0, "x"), ("id-2999", 0, "another")];
    let receipt = loose(&*store, "a", "m@1", &clash);
    assert_eq!((receipt.accepted, receipt.rejected.len()), (1, 1));
    let target = EraseTarget::Annotation {
        asset: asset_id("a"),
        model: model("m@1"),
        run: RunId::loose(),
        id: AnnotationId::new("id-2000").unwrap(),
    };
    store.erase(&target).unwrap().unwrap();
    let left = lines_of(&*store, "a", segment);
    assert_eq!(left.len(), 2_999);
    assert!(!left.contains(&expected[2_000]));
}

pub fn what_is_there_is_a_duplicate_and_another_content_is_rejected(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    register(&*store, &["a"]);
    let run = store.open_run(&spec("r", "a", "m@1", APPEND, WHOLE)).unwrap();
    let first = [("1", 0, "x"), ("2", 1, "y")];
    let again = [("0", 0, "new"), ("1", 0, "x"), ("2", 1, "other"), ("0", 0, "new"), ("0", 0, "clash")];
    let check = |append: &dyn Fn(&[BlockInput<'_>]) -> Receipt| {
        assert_eq!(append(&[lines("a", "m@1", &first)]).accepted, 2);
        let receipt = append(&[lines("a", "m@1", &[("3", 3, "w")]), lines("a", "m@1", &again)]);
        assert_eq!((receipt.accepted, receipt.duplicates), (2, 2));
        let places: Vec<(usize, u32)> = receipt.rejected.iter().map(|r| (r.block, r.position)).collect();
        assert_eq!(places, [(1, 2), (1, 4)]);
        assert!(receipt.rejected.iter().all(|r| r.source == u64::from(r.position) + 1), "as it was sent");
        assert!(receipt.rejected[0].reason.contains("`2`"), "{}", receipt.rejected[0].reason);
        let last = store.last_commit().unwrap();
        let receipt = append(&[lines("a", "m@1", &first)]);
        assert_eq!((receipt.accepted, receipt.duplicates, receipt.commit), (0, 2, None));
        assert_eq!(store.last_commit().unwrap(), last);
    };
    check(&|blocks| store.append(&run.id, blocks, AppendMode::Partial).unwrap());
    store.abort_run(&run.id).unwrap();
    check(&|blocks| store.append_loose(blocks, AppendMode::Partial).unwrap());
    assert_eq!(current(&*store, "a"), said(&[first[0], first[1], ("3", 3, "w"), ("0", 0, "new")]));
}

/// A request with one row that conflicts with a stored one and one that conflicts with an earlier row; and the same
/// request without them.
fn clashing() -> (BlockInput<'static>, BlockInput<'static>) {
    let good = [("1", 0, "x"), ("3", 3, "z")];
    let bad = [good[0], good[1], ("2", 1, "other"), ("3", 3, "another")];
    (lines("a", "m@1", &bad), lines("a", "m@1", &good))
}

pub fn all_or_nothing_keeps_nothing_where_a_row_is_refused(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    register(&*store, &["a", "b"]);
    let run = store.open_run(&spec("r", "a", "m@1", APPEND, WHOLE)).unwrap().id;
    let there = [("1", 0, "x"), ("2", 1, "y")];
    let check = |append: &dyn Fn(&[BlockInput<'_>], AppendMode) -> Receipt| {
        append(&[lines("a", "m@1", &there)], AppendMode::Atomic);
        let (counts, last) = (store.counts().unwrap(), store.last_commit().unwrap());
        let (bad, good) = clashing();
        let refused = append(&[lines("a", "m@1", &[("9", 9, "w")]), bad], AppendMode::Atomic);
        assert_eq!((refused.accepted, refused.duplicates, refused.commit), (0, 1, None));
        let places: Vec<(usize, u32)> = refused.rejected.iter().map(|r| (r.block, r.position)).collect();
        assert_eq!(places, [(1, 2), (1, 3)]);
        let now = store.counts().unwrap();
        assert_eq!((now.annotations, now.commits), (counts.annotations, counts.commits));
        assert_eq!(store.last_commit().unwrap(), last);
        // Its ids are still free and no numbers were used.
        let taken = append(&[lines("a", "m@1", &[("9", 9, "other")]), good], AppendMode::Atomic);
        assert_eq!((taken.accepted, taken.duplicates, taken.rejected.len()), (2, 1, 0));
    };
    check(&|blocks, take| store.append(&run, blocks, take).unwrap());
    assert_eq!(store.run(&run).unwrap().unwrap().annotations, 4);
    store.abort_run(&run).unwrap();
    check(&|blocks, take| store.append_loose(blocks, take).unwrap());
    let left = [there[0], there[1], ("9", 9, "other"), ("3", 3, "z")];
    assert_eq!(current(&*store, "a"), said(&left));
    // All of the request: rows of another asset are not kept either.
    let two = [lines("b", "m@1", &[("1", 0, "x")]), clashing().0];
    assert_eq!(store.append_loose(&two, AppendMode::Atomic).unwrap().accepted, 0);
    assert!(current(&*store, "b").is_empty());
    let last = store.last_commit().unwrap();
    let receipt = store.append_loose(&two[..1], AppendMode::Partial).unwrap();
    assert_eq!(receipt.commit, Some(store.last_commit().unwrap()));
    assert!(receipt.commit.unwrap() > last);
}

pub fn taking_nothing_says_what_would_become(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    register(&*store, &["a"]);
    let run = store.open_run(&spec("r", "a", "m@1", APPEND, WHOLE)).unwrap().id;
    let (bad, good) = clashing();
    for append in [
        &(|blocks: &[BlockInput<'_>], take| store.append(&run, blocks, take).unwrap())
            as &dyn Fn(&[BlockInput<'_>], AppendMode) -> Receipt,
        &|blocks, take| store.append_loose(blocks, take).unwrap(),
    ] {
        append(&[lines("a", "m@1", &[("1", 0, "x"), ("2", 1, "y")])], AppendMode::Partial);
        let last = store.last_commit().unwrap();
        let would = append(std::slice::from_ref(&bad), AppendMode::DryRun);
        assert_eq!((would.accepted, would.duplicates, would.rejected.len(), would.commit), (1, 1, 2, None));
        assert_eq!(append(std::slice::from_ref(&good), AppendMode::DryRun).accepted, 1);
        assert_eq!(store.last_commit().unwrap(), last);
        let did = append(std::slice::from_ref(&bad), AppendMode::Partial);
        assert_eq!((did.accepted, did.duplicates, &did.rejected), (1, 1, &would.rejected));
    }
    // The outcome can be predicted even for an asset that is not registered yet.
    let new = lines("new", "m@1", &[("1", 0, "x"), ("1", 0, "x"), ("1", 0, "clash")]);
    let would = store.append_loose(std::slice::from_ref(&new), AppendMode::DryRun).unwrap();
    assert_eq!((would.accepted, would.duplicates, would.rejected.len()), (1, 1, 1));
    assert_eq!(rushes_store::receipt_for_new_run(&[new]), would);
    assert!(history(&*store, "new").is_empty());
}

pub fn lines_that_do_not_count_are_not_kept(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    register(&*store, &["a"]);
    loose(&*store, "a", "m@1", &[("1", 0, "x")]);
    let receipt = loose(&*store, "a", "m@1", &[("1", 0, "x"), ("2", 0, "y"), ("1", 0, "clash")]);
    let bytes = bytes_of(&*store, "a", segment_at(&*store, "a", receipt.commit.unwrap()));
    assert_eq!(String::from_utf8(bytes).unwrap(), format!("\n{}\n", line(&("2", 0, "y"))));
}

pub fn only_an_open_run_takes_annotations_of_its_own(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    register(&*store, &["a", "b"]);
    let one = [("1", 0, "x")];
    let run = store.open_run(&spec("r", "a", "m@1", REPLACE, WHOLE)).unwrap().id;
    assert_eq!(kind(store.append(&run, &[lines("b", "m@1", &one)], AppendMode::Partial)), ErrorKind::Invalid);
    assert_eq!(kind(store.append(&run, &[lines("a", "m@2", &one)], AppendMode::Partial)), ErrorKind::Invalid);
    assert_eq!(kind(store.append(&run_id("none"), &[], AppendMode::Partial)), ErrorKind::NotFound);
    store.commit_run(&run).unwrap();
    assert_eq!(
        kind(store.append(&run, &[lines("a", "m@1", &one)], AppendMode::Partial)),
        ErrorKind::Conflict
    );
    assert_eq!(kind(store.abort_run(&run)), ErrorKind::Conflict);
    let other = store.open_run(&spec("s", "a", "m@1", REPLACE, WHOLE)).unwrap().id;
    assert_eq!(kind(store.restore_run(&other)), ErrorKind::Conflict);
    assert_eq!(kind(store.set_visibility(&other, Visibility::Kept)), ErrorKind::Conflict);
    store.abort_run(&other).unwrap();
    assert_eq!(
        kind(store.append(&other, &[lines("a", "m@1", &one)], AppendMode::Partial)),
        ErrorKind::Conflict
    );
    assert_eq!(kind(store.commit_run(&other)), ErrorKind::Conflict);
    for outcome in [
        store.commit_run(&run_id("none")).err(),
        store.abort_run(&run_id("none")).err(),
        store.restore_run(&run_id("none")).err(),
        store.set_visibility(&run_id("none"), Visibility::Kept).err(),
    ] {
        assert_eq!(outcome.unwrap().kind(), ErrorKind::NotFound);
    }
}

pub fn an_aborted_run_leaves_nothing(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    register(&*store, &["a"]);
    let run = store.open_run(&spec("r", "a", "m@1", REPLACE, WHOLE)).unwrap().id;
    store.append(&run, &[lines("a", "m@1", &[("1", 0, "x")])], AppendMode::Partial).unwrap();
    let before = store.last_commit().unwrap();
    store.abort_run(&run).unwrap();
    store.abort_run(&run).unwrap();
    assert_eq!(store.last_commit().unwrap(), before);
    let aborted = store.run(&run).unwrap().unwrap();
    assert_eq!((aborted.state, aborted.annotations), (RunState::Aborted, 0));
    assert!(current(&*store, "a").is_empty());
    assert_eq!(store.counts().unwrap().annotations, 0);
}

pub fn a_replace_run_supersedes_its_models_name_inside_its_coverage(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    register(&*store, &["a"]);
    loose(&*store, "a", "m@1", &[("1", 0, "x"), ("2", 5, "x"), ("3", 9, "x"), ("4", 10, "x")]);
    loose(&*store, "a", "n@1", &[("1", 5, "n")]);
    committed(&*store, &spec("r", "a", "m@2", REPLACE, Some((5, 10))), &[("7", 6, "y")]);
    let left = [("1", 0, "x"), ("4", 10, "x"), ("1", 5, "n"), ("7", 6, "y")];
    assert_eq!(current(&*store, "a"), said(&left));
    // What is still current is a duplicate; what was superseded may be sent again, also with other content.
    let receipt = loose(&*store, "a", "m@1", &[("1", 0, "x"), ("2", 5, "x"), ("3", 8, "other")]);
    assert_eq!((receipt.accepted, receipt.duplicates), (2, 1));
    let mut more = left.to_vec();
    more.extend([("2", 5, "x"), ("3", 8, "other")]);
    assert_eq!(current(&*store, "a"), said(&more));
    let receipt = loose(&*store, "a", "m@1", &[("3", 8, "other"), ("3", 9, "x")]);
    assert_eq!((receipt.accepted, receipt.duplicates, receipt.rejected.len()), (0, 1, 1));
    committed(&*store, &spec("s", "a", "m@3", REPLACE, WHOLE), &[]);
    assert_eq!(current(&*store, "a"), said(&[("1", 5, "n")]));
}

pub fn an_append_run_adds(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    register(&*store, &["a"]);
    loose(&*store, "a", "m@1", &[("1", 0, "x")]);
    committed(&*store, &spec("r", "a", "m@1", APPEND, WHOLE), &[("1", 0, "x"), ("2", 1, "y")]);
    let records = history(&*store, "a");
    assert_eq!(Current::of(&records).segments().len(), 2);
    assert_eq!(store.counts().unwrap().annotations, 3);
}

pub fn loose_lines_know_what_a_current_run_said(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    register(&*store, &["a"]);
    committed(&*store, &spec("r", "a", "m@1", REPLACE, WHOLE), &[("1", 0, "x"), ("2", 5, "y")]);
    let receipt = loose(&*store, "a", "m@1", &[("1", 0, "x"), ("2", 5, "other"), ("3", 6, "z")]);
    assert_eq!((receipt.accepted, receipt.duplicates, receipt.rejected.len()), (1, 1, 1));
    // Another version is another identity.
    assert_eq!(loose(&*store, "a", "m@2", &[("2", 5, "other")]).accepted, 1);
    committed(&*store, &spec("s", "a", "m@1", REPLACE, Some((0, 1))), &[]);
    let receipt = loose(&*store, "a", "m@1", &[("1", 0, "x"), ("2", 5, "y")]);
    assert_eq!((receipt.accepted, receipt.duplicates), (1, 1));
}

pub fn a_loose_request_makes_one_segment_for_each_asset_and_model(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    register(&*store, &["a", "b"]);
    let before = [history(&*store, "a").len(), history(&*store, "b").len()];
    let request = [
        lines("a", "m@1", &[("1", 0, "x")]),
        lines("b", "m@1", &[("1", 0, "x")]),
        lines("a", "n@1", &[("1", 0, "x")]),
        lines("a", "m@1", &[("2", 0, "x"), ("1", 0, "x")]),
    ];
    let receipt = store.append_loose(&request, AppendMode::Partial).unwrap();
    assert_eq!((receipt.accepted, receipt.duplicates), (4, 1));
    assert_eq!(receipt.commit, Some(store.last_commit().unwrap()));
    assert_eq!(history(&*store, "a").len(), before[0] + 2);
    assert_eq!(history(&*store, "b").len(), before[1] + 1);
    let mut segments = BTreeSet::new();
    for record in history(&*store, "a") {
        if let Effect::Segment(s) = record.effect {
            assert_eq!((&s.run, s.mode), (&RunId::loose(), APPEND));
            assert!(segments.insert(s.id), "each has a number of its own");
            assert_eq!(s.annotations, lines_of(&*store, "a", s.id).len() as u64);
        }
    }
    let last = store.last_commit().unwrap();
    let refused = [lines("a", "m@1", &[("9", 0, "x")]), lines("none", "m@1", &[("1", 0, "x")])];
    assert_eq!(kind(store.append_loose(&refused, AppendMode::Partial)), ErrorKind::NotFound);
    assert_eq!(store.last_commit().unwrap(), last);
    assert_eq!(loose(&*store, "a", "m@1", &[("9", 0, "x")]).accepted, 1);
    assert_eq!(store.append_loose(&[], AppendMode::Partial).unwrap(), Receipt::default());
}

pub fn a_restored_run_acts_as_if_committed_now(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    register(&*store, &["a"]);
    let first = [("1", 0, "old"), ("2", 20, "old")];
    let (run, commit) = committed(&*store, &spec("r", "a", "m@1", REPLACE, Some((0, 10))), &first);
    assert_eq!(store.restore_run(&run.id).unwrap(), commit, "nothing came after it");
    committed(&*store, &spec("s", "a", "m@2", REPLACE, WHOLE), &[("1", 1, "new"), ("2", 15, "new")]);
    assert_eq!(current(&*store, "a"), said(&[("1", 1, "new"), ("2", 15, "new")]));
    let restored = store.restore_run(&run.id).unwrap();
    assert!(restored > commit);
    assert_eq!(store.run(&run.id).unwrap().unwrap().committed, Some(restored));
    assert_eq!(current(&*store, "a"), said(&[first[0], first[1], ("2", 15, "new")]));
    assert_eq!(store.restore_run(&run.id).unwrap(), restored, "sent twice, done once");
    let record = history(&*store, "a").pop().unwrap();
    assert_eq!(record.commit, restored);
    assert!(matches!(record.effect, Effect::Restored(s) if s.run == run.id && s.annotations == 2));

    let (added, _) = committed(&*store, &spec("t", "a", "m@1", APPEND, WHOLE), &[("5", 3, "added")]);
    committed(&*store, &spec("u", "a", "m@1", REPLACE, WHOLE), &[]);
    store.restore_run(&added.id).unwrap();
    assert_eq!(current(&*store, "a"), said(&[("5", 3, "added")]));
}

pub fn visibility_is_said_when_it_changes(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    register(&*store, &["a"]);
    let (run, _) = committed(&*store, &spec("r", "a", "m@1", REPLACE, WHOLE), &[("1", 0, "x")]);
    assert_eq!(run.visibility, Visibility::Kept);
    assert_eq!(store.set_visibility(&run.id, Visibility::Kept).unwrap(), None);
    let commit = store.set_visibility(&run.id, Visibility::Archived).unwrap().unwrap();
    assert_eq!(store.set_visibility(&run.id, Visibility::Archived).unwrap(), None);
    assert_eq!(store.run(&run.id).unwrap().unwrap().visibility, Visibility::Archived);
    let record = history(&*store, "a").pop().unwrap();
    assert_eq!(record, CommitRecord { commit, effect: Effect::Visibility(run.id, Visibility::Archived) });
}

pub fn history_comes_in_pages_and_ascends(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    register(&*store, &["a", "ab"]);
    for n in 0..5 {
        loose(&*store, "a", "m@1", &[(&format!("{n}"), n, "x")]);
        loose(&*store, "ab", "m@1", &[(&format!("{n}"), n, "x")]);
    }
    let all = history(&*store, "a");
    assert_eq!(all.len(), 6);
    assert!(all.windows(2).all(|w| w[0].commit < w[1].commit));
    let page = store.history(&asset_id("a"), all[1].commit, 2).unwrap();
    assert_eq!(page, all[2..4]);
    assert!(store.history(&asset_id("a"), all[5].commit, 2).unwrap().is_empty());
    assert!(store.history(&asset_id("none"), Commit::NONE, 2).unwrap().is_empty());
}

pub fn the_outbox_has_a_row_for_every_commit_until_it_is_trimmed(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    register(&*store, &["a", "b"]);
    for n in 0..4 {
        loose(&*store, if n % 2 == 0 { "a" } else { "b" }, "m@1", &[(&format!("{n}"), n, "x")]);
    }
    let rows = store.outbox(0, 100).unwrap().rows;
    assert!(rows.windows(2).all(|w| w[0].sequence < w[1].sequence));
    for on in ["a", "b"] {
        let told: Vec<Commit> = rows.iter().filter(|r| r.asset == asset_id(on)).map(|r| r.commit).collect();
        let made: Vec<Commit> = history(&*store, on).iter().map(|r| r.commit).collect();
        assert_eq!(told, made);
    }
    assert_eq!(store.outbox(rows[1].sequence, 2).unwrap().rows, rows[2..4]);
    store.trim_outbox(rows[2].sequence).unwrap();
    assert_eq!(store.outbox(0, 100).unwrap().rows, rows[3..]);
    store.trim_outbox(u64::MAX).unwrap();
    assert!(store.outbox(0, 100).unwrap().rows.is_empty());
    loose(&*store, "a", "m@1", &[("new", 0, "x")]);
    assert_eq!(store.outbox(0, 100).unwrap().rows.len(), 1);
}

pub fn an_erased_asset_is_gone_but_for_its_tombstone(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    register(&*store, &["a", "ab"]);
    loose(&*store, "a", "m@1", &[("1", 0, "x")]);
    loose(&*store, "ab", "m@1", &[("1", 0, "x")]);
    let (run, _) = committed(&*store, &spec("r", "a", "m@1", REPLACE, WHOLE), &[("2", 0, "x")]);
    let segment = segment_of(&*store, "a", "r").unwrap().id;
    store.open_run(&spec("open", "a", "m@1", REPLACE, WHOLE)).unwrap();
    let commit = store.erase(&EraseTarget::Asset(asset_id("a"))).unwrap().unwrap();
    assert_eq!(store.erase(&EraseTarget::Asset(asset_id("a"))).unwrap(), None);
    assert_eq!(store.erase(&EraseTarget::Asset(asset_id("none"))).unwrap(), None);
    assert_eq!(history(&*store, "a"), [CommitRecord { commit, effect: Effect::Erased(Erased::Asset) }]);
    assert_eq!(store.asset(&asset_id("a")).unwrap(), None);
    assert_eq!(store.run(&run.id).unwrap(), None);
    assert!(store.runs(None, None, 10).unwrap().is_empty());
    assert!(bytes_of(&*store, "a", segment).is_empty());
    assert_eq!(store.counts().unwrap().annotations, 1);
    assert_eq!(store.counts().unwrap().assets, 1);
    assert_eq!(current(&*store, "ab"), said(&[("1", 0, "x")]));
    let refused = store.append_loose(&[lines("a", "m@1", &[("1", 0, "x")])], AppendMode::Partial);
    assert_eq!(kind(refused), ErrorKind::NotFound);
    // It may be registered again, without any trace of before.
    register(&*store, &["a"]);
    assert_eq!(loose(&*store, "a", "m@1", &[("1", 0, "other")]).accepted, 1);
    assert_eq!(current(&*store, "a"), said(&[("1", 0, "other")]));
}

pub fn erasing_a_movie_erases_its_assets(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    register(&*store, &["a", "b"]);
    let other = Asset::new(asset_id("c"), MovieId::new("another").unwrap());
    store.put_assets(&[other]).unwrap();
    let target = EraseTarget::Movie(MovieId::new("movie").unwrap());
    let commit = store.erase(&target).unwrap();
    assert_eq!(commit, Some(store.last_commit().unwrap()));
    assert_eq!(store.erase(&target).unwrap(), None);
    let left: Vec<AssetId> = store.assets(None, 10).unwrap().into_iter().map(|a| a.id).collect();
    assert_eq!(left, [asset_id("c")]);
    assert_eq!((history(&*store, "a").len(), history(&*store, "b").len()), (1, 1));
}

pub fn erasing_a_model_takes_what_this_version_wrote(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    register(&*store, &["a", "b", "c"]);
    store.put_model(&with_space("m@1", "space", 4, None)).unwrap();
    for on in ["a", "b"] {
        loose(&*store, on, "m@1", &[("1", 0, "x")]);
        loose(&*store, on, "m@2", &[("1", 0, "y")]);
    }
    store.open_run(&spec("open", "c", "m@1", REPLACE, WHOLE)).unwrap();
    let one = EraseTarget::Model(model("m@1"), Some(asset_id("a")));
    let commit = store.erase(&one).unwrap().unwrap();
    assert_eq!(store.erase(&one).unwrap(), None);
    assert_eq!(current(&*store, "a"), said(&[("1", 0, "y")]));
    assert_eq!(current(&*store, "b"), said(&[("1", 0, "x"), ("1", 0, "y")]));
    let record = history(&*store, "a").pop().unwrap();
    assert_eq!(record, CommitRecord { commit, effect: Effect::Erased(Erased::Model(model("m@1"))) });
    let all = EraseTarget::Model(model("m@1"), None);
    assert_eq!(store.erase(&all).unwrap(), Some(store.last_commit().unwrap()));
    assert_eq!(store.erase(&all).unwrap(), None);
    assert_eq!(current(&*store, "b"), said(&[("1", 0, "y")]));
    assert_eq!(store.run(&run_id("open")).unwrap(), None);
    assert!(model_of(&*store, &model("m@1")).is_some(), "its registration stays");
    assert_eq!(loose(&*store, "a", "m@1", &[("1", 0, "again")]).accepted, 1);
}

pub fn an_erased_run_leaves_superseded_what_it_superseded(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    register(&*store, &["a"]);
    loose(&*store, "a", "m@1", &[("1", 0, "x"), ("2", 20, "x")]);
    let (added, _) = committed(&*store, &spec("add", "a", "m@1", APPEND, WHOLE), &[("9", 0, "y")]);
    let (run, _) = committed(&*store, &spec("r", "a", "m@2", REPLACE, Some((0, 10))), &[("3", 1, "z")]);
    store.set_visibility(&run.id, Visibility::Kept).unwrap();
    let segment = segment_of(&*store, "a", "r").unwrap().id;
    let commit = store.erase(&EraseTarget::Run(run.id.clone())).unwrap().unwrap();
    assert_eq!(store.erase(&EraseTarget::Run(run.id.clone())).unwrap(), None);
    store.erase(&EraseTarget::Run(added.id)).unwrap().unwrap();
    assert_eq!(current(&*store, "a"), said(&[("2", 20, "x")]));
    assert!(bytes_of(&*store, "a", segment).is_empty());
    let records = history(&*store, "a");
    assert!(records.contains(&CommitRecord { commit, effect: Effect::Erased(Erased::Run(run.id.clone())) }));
    assert_eq!(segment_of(&*store, "a", "r").unwrap().annotations, 0, "a hollow record stays");
    assert_eq!(segment_of(&*store, "a", "add"), None);
    assert!(!records.iter().any(|r| matches!(r.effect, Effect::Visibility(..))));
    assert_eq!(store.run(&run.id).unwrap(), None);
    assert_eq!(store.counts().unwrap().annotations, 2);
    assert_eq!(kind(store.erase(&EraseTarget::Run(RunId::loose()))), ErrorKind::Invalid);
    assert_eq!(store.erase(&EraseTarget::Run(run_id("none"))).unwrap(), None);
}

pub fn an_erased_annotation_is_blank_and_may_be_said_again(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    register(&*store, &["a"]);
    let three = [("1", 0, "x"), ("2", 5, "secret"), ("3", 9, "z")];
    let (run, _) = committed(&*store, &spec("r", "a", "m@1", REPLACE, WHOLE), &three);
    let target = |run: &RunId, id: &str| EraseTarget::Annotation {
        asset: asset_id("a"),
        model: model("m@1"),
        run: run.clone(),
        id: AnnotationId::new(id).unwrap(),
    };
    let commit = store.erase(&target(&run.id, "2")).unwrap().unwrap();
    assert_eq!(store.erase(&target(&run.id, "2")).unwrap(), None);
    assert_eq!(store.erase(&target(&RunId::loose(), "1")).unwrap(), None);
    assert_eq!(store.erase(&target(&run_id("none"), "1")).unwrap(), None);
    let segment = segment_of(&*store, "a", "r").unwrap();
    assert_eq!(segment.annotations, 2);
    assert_eq!(lines_of(&*store, "a", segment.id), [line(&three[0]), line(&three[2])]);
    let blank = format!("{}\n{}", line(&three[0]), line(&three[2]));
    assert_eq!(bytes_of(&*store, "a", segment.id), blank.as_bytes());
    let effect = Effect::Erased(Erased::Annotation {
        model: model("m@1"),
        run: run.id.clone(),
        id: AnnotationId::new("2").unwrap(),
        start_ns: 5 * NS_PER_SECOND,
    });
    assert_eq!(history(&*store, "a").pop().unwrap(), CommitRecord { commit, effect });
    assert_eq!(store.run(&run.id).unwrap().unwrap().annotations, 2);
    assert_eq!(store.counts().unwrap().annotations, 2);
    assert_eq!(loose(&*store, "a", "m@1", &[("2", 5, "other")]).accepted, 1);
    for id in ["1", "3"] {
        store.erase(&target(&run.id, id)).unwrap().unwrap();
    }
    assert!(bytes_of(&*store, "a", segment.id).is_empty());
    assert_eq!(current(&*store, "a"), said(&[("2", 5, "other")]));
}

pub fn erasing_a_loose_annotation_erases_its_superseded_copies(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    register(&*store, &["a"]);
    let first = loose(&*store, "a", "m@1", &[("1", 0, "secret"), ("2", 0, "x")]).commit.unwrap();
    let first = segment_at(&*store, "a", first);
    committed(&*store, &spec("r", "a", "m@1", REPLACE, WHOLE), &[]);
    let second = loose(&*store, "a", "m@1", &[("1", 3, "secret still")]).commit.unwrap();
    let second = segment_at(&*store, "a", second);
    let target = EraseTarget::Annotation {
        asset: asset_id("a"),
        model: model("m@1"),
        run: RunId::loose(),
        id: AnnotationId::new("1").unwrap(),
    };
    store.erase(&target).unwrap().unwrap();
    assert_eq!(lines_of(&*store, "a", first), [line(&("2", 0, "x"))]);
    assert!(lines_of(&*store, "a", second).is_empty());
    for segment in [first, second] {
        let bytes = bytes_of(&*store, "a", segment);
        assert!(!String::from_utf8(bytes).unwrap().contains("secret"));
    }
    assert_eq!(store.counts().unwrap().annotations, 1);
}

pub fn counts_follow_what_is_there(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    register(&*store, &["a", "b"]);
    loose(&*store, "a", "m@1", &[("1", 0, "x"), ("2", 0, "x")]);
    committed(&*store, &spec("r", "a", "m@1", REPLACE, WHOLE), &[("3", 0, "x")]);
    let counts = store.counts().unwrap();
    assert_eq!((counts.assets, counts.annotations), (2, 3), "superseded ones count too");
    assert_eq!(counts.commits, store.outbox(0, 100).unwrap().rows.len() as u64);
    assert!(counts.bytes > 0);
}

pub fn many_threads_write_at_once(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    register(&*store, &["a0", "a1", "a2", "a3"]);
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let store = Arc::clone(&store);
            std::thread::spawn(move || {
                let on = format!("a{writer}");
                let mut last = Commit::NONE;
                for n in 0..15 {
                    let id = format!("{n}");
                    let commit = loose(&*store, &on, "m@1", &[(&id, n, "x")]).commit.unwrap();
                    assert!(commit > last);
                    assert!(store.last_commit().unwrap() >= commit, "what is acknowledged is durable");
                    last = commit;
                }
            })
        })
        .collect();
    for writer in writers {
        writer.join().unwrap();
    }
    for writer in 0..4 {
        assert_eq!(current(&*store, &format!("a{writer}")).len(), 15);
    }
}

pub fn everything_survives_a_restart(fixture: &mut dyn StoreFixture) {
    let store = fixture.store();
    register(&*store, &["a", "b", "gone"]);
    store.put_model(&with_space("m@1", "space", 4, Some("e"))).unwrap();
    loose(&*store, "a", "m@1", &[("1", 0, "x"), ("2", 5, "x")]);
    committed(&*store, &spec("r", "a", "m@1", REPLACE, Some((0, 3))), &[("3", 1, "y")]);
    let open = store.open_run(&spec("open", "b", "m@1", REPLACE, WHOLE)).unwrap().id;
    store.append(&open, &[lines("b", "m@1", &[("1", 0, "before")])], AppendMode::Partial).unwrap();
    store.erase(&EraseTarget::Asset(asset_id("gone"))).unwrap();
    // Two commits are carried and trimmed.
    let carried = store.outbox(0, 2).unwrap().rows;
    store.trim_outbox(carried[1].sequence).unwrap();
    // Positions in the outbox need not outlive a restart; what is in it does.
    let waiting = |store: &dyn AnnotationStore| {
        let rows = store.outbox(0, 100).unwrap().rows;
        let mut waiting: Vec<_> = rows.into_iter().map(|row| (row.asset, row.commit)).collect();
        waiting.sort();
        waiting
    };
    let see = |store: &dyn AnnotationStore| {
        let counts = store.counts().unwrap();
        (
            store.assets(None, 10).unwrap(),
            store.models().unwrap(),
            store.runs(None, None, 10).unwrap(),
            ["a", "b", "gone"].map(|on| history(store, on)),
            current(store, "a"),
            waiting(store),
            store.last_commit().unwrap(),
            (counts.assets, counts.annotations, counts.commits),
        )
    };
    let before = see(&*store);
    drop(store);
    if !fixture.reopen() {
        return;
    }
    let store = fixture.store();
    assert_eq!(see(&*store), before);
    let receipt = store
        .append(&open, &[lines("b", "m@1", &[("1", 0, "before"), ("2", 0, "after")])], AppendMode::Partial)
        .unwrap();
    assert_eq!((receipt.accepted, receipt.duplicates), (1, 1), "a run goes on after a restart");
    let commit = store.commit_run(&open).unwrap();
    assert!(commit > before.6);
    assert_eq!(current(&*store, "b"), said(&[("1", 0, "before"), ("2", 0, "after")]));
    let receipt = loose(&*store, "a", "m@1", &[("1", 0, "x"), ("2", 5, "x"), ("3", 1, "y")]);
    assert_eq!((receipt.accepted, receipt.duplicates), (1, 2));
}

/// Makes every law of the annotation store a test of the fresh, empty fixture that `$make` creates.
#[macro_export]
macro_rules! store_suite {
    ($make:expr) => {
        $crate::store_suite!(@ $make;
            assets_are_read_back_as_registered,
            an_unchanged_asset_makes_no_commit,
            the_last_word_on_an_asset_wins,
            assets_come_in_pages_by_id,
            a_registered_space_never_changes,
            a_changed_model_gives_events_of_the_assets_it_wrote_on,
            labels_replace_the_aliases_of_the_same_label,
            memos_are_kept_by_shelf_in_the_order_of_their_names,
            a_memo_stays_as_it_is_unless_it_is_replaced,
            removed_memos_are_gone,
            a_document_is_changed_only_by_who_knows_what_is_there,
            of_many_who_change_one_document_at_once_one_wins_each_time,
            a_run_is_opened_once_by_the_same_words,
            a_run_without_an_id_is_given_one_of_its_own,
            runs_come_in_pages_by_id,
            a_run_is_seen_only_when_it_is_committed_and_then_whole,
            blocks_give_back_the_bytes_that_were_sent,
            a_large_request_is_kept_to_the_byte_and_in_order,
            what_is_there_is_a_duplicate_and_another_content_is_rejected,
            all_or_nothing_keeps_nothing_where_a_row_is_refused,
            taking_nothing_says_what_would_become,
            lines_that_do_not_count_are_not_kept,
            only_an_open_run_takes_annotations_of_its_own,
            an_aborted_run_leaves_nothing,
            a_replace_run_supersedes_its_models_name_inside_its_coverage,
            an_append_run_adds,
            loose_lines_know_what_a_current_run_said,
            a_loose_request_makes_one_segment_for_each_asset_and_model,
            a_restored_run_acts_as_if_committed_now,
            visibility_is_said_when_it_changes,
            history_comes_in_pages_and_ascends,
            the_outbox_has_a_row_for_every_commit_until_it_is_trimmed,
            an_erased_asset_is_gone_but_for_its_tombstone,
            erasing_a_movie_erases_its_assets,
            erasing_a_model_takes_what_this_version_wrote,
            an_erased_run_leaves_superseded_what_it_superseded,
            an_erased_annotation_is_blank_and_may_be_said_again,
            erasing_a_loose_annotation_erases_its_superseded_copies,
            counts_follow_what_is_there,
            many_threads_write_at_once,
            everything_survives_a_restart,
        );
    };
    (@ $make:expr; $($law:ident,)*) => {
        $(
            #[test]
            fn $law() {
                $crate::store_suite::$law(&mut $make);
            }
        )*
    };
}
