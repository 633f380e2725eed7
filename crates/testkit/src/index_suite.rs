//! The laws of the index, each a function of a fixture with a new, empty index.
//!
//! [`crate::index_laws!`] makes a test of each for one implementation.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use rushes_index::{AnnotationRef, AssetUpdate, Budget, Eligible, Hit, Index, IndexReader};
use rushes_plan::{
    AttributeTest, Clause, Filter, Fuzziness, NearestTest, PhraseTest, Pin, Test, ValueTest, Word, WordsTest,
};
use rushes_types::{
    Annotation, AnnotationId, AnnotationType, Asset, AssetDocument, AssetId, Attributes, Change, Commit,
    Error, ErrorKind, FusedAnnotation, Metric, Model, ModelRef, MovieId, ReadPoint, RunId, Space, SpaceId,
    TimeRange, TimeSet, Validity, Value, known_types, limits::READ_POINT_SECONDS,
};

/// An index under test.
pub trait IndexFixture {
    /// The index.
    fn index(&self) -> &dyn Index;
    /// Lets time go by on the index's clock.
    fn pass(&self, seconds: u64);
    /// Closes the index and opens it again, where it lives on disk.
    fn reopen(&mut self);
}

/// Makes a test of each law, for an expression that makes a fixture.
#[macro_export]
macro_rules! index_laws {
    (@ $make:expr; $($law:ident),* $(,)?) => {
        $(
            #[test]
            fn $law() {
                if let Some(mut fixture) = $make {
                    $crate::index_suite::$law(&mut fixture);
                }
            }
        )*
    };
    // For engines whose server may be missing: an `Option` of a fixture.
    (perhaps $make:expr) => {
        $crate::index_laws!(@ $make;
            an_update_is_seen_from_its_publish_on,
            an_update_that_is_not_new_changes_nothing,
            a_gap_is_a_conflict,
            a_reader_stays_as_it_was,
            an_earlier_read_point_answers_as_then_until_it_is_gone,
            commits_beyond_the_read_point_are_not_seen,
            what_is_erased_is_in_no_later_reader,
            an_erased_asset_is_gone_and_can_come_back,
            a_publish_survives_reopening,
            what_was_not_published_is_asked_for_again,
            labels_match_whole,
            words_match_by_form_beginning_and_typo,
            a_phrase_goes_on_in_the_next_line,
            a_phrase_does_not_go_on_over_a_pause,
            type_model_confidence_and_attributes_limit,
            languages_limit,
            a_pin_stands_in_place_of_what_is_current,
            nearest_are_the_k_nearest_with_ties_by_id,
            nearest_meet_the_eligible_times,
            nearest_within_a_threshold_in_either_metric,
            whole_annotations_come_back,
            an_id_finds_the_current_annotation_first,
            labels_are_suggested_by_frequency,
            spaces_are_those_of_current_vectors,
            joining_and_purging_change_no_answer,
            rebuilt_it_answers_the_same,
            clearing_leaves_nothing,
        );
    };
    ($make:expr) => {
        $crate::index_laws!(perhaps Some($make));
    };
}

/// A whole second, in nanoseconds.
pub const SECOND: i64 = 1_000_000_000;

/// A type.
pub fn kind(name: &str) -> AnnotationType {
    AnnotationType::new(name).unwrap()
}

/// An asset id.
pub fn asset_id(name: &str) -> AssetId {
    AssetId::new(name).unwrap()
}

/// An annotation of a second and a half, as a template.
pub fn annotation(asset: &str, model: &str, run: &str, id: &str, type_: &str, start_s: i64) -> Annotation {
    Annotation {
        asset: asset_id(asset),
        model: ModelRef::parse(model).unwrap(),
        run: RunId::new(run).unwrap(),
        id: AnnotationId::new(id).unwrap(),
        kind: kind(type_),
        range: TimeRange::new(start_s * SECOND, start_s * SECOND + SECOND * 3 / 2).unwrap(),
        label: None,
        text: None,
        words: Vec::new(),
        language: None,
        vector: None,
        confidence: None,
        attributes: Attributes::new(),
    }
}

/// An annotation with a label.
pub fn labelled(asset: &str, id: &str, start_s: i64, label: &str) -> Annotation {
    let label = Some(label.to_owned());
    Annotation { label, ..annotation(asset, "faces@1", "r1", id, known_types::CHARACTER, start_s) }
}

/// A line of dialogue.
pub fn line(asset: &str, id: &str, start_s: i64, text: &str) -> Annotation {
    let text = Some(text.to_owned());
    let language = Some("en".to_owned());
    Annotation { text, language, ..annotation(asset, "asr@1", "r2", id, known_types::DIALOGUE, start_s) }
}

/// An annotation with a vector.
pub fn vectored(asset: &str, id: &str, start_s: i64, vector: &[f32]) -> Annotation {
    let vector = Some(vector.to_vec());
    Annotation { vector, ..annotation(asset, "clip@1", "r3", id, known_types::SCENE, start_s) }
}

/// An annotation that is current from a commit on.
pub fn current(annotation: Annotation, born: u64) -> FusedAnnotation {
    FusedAnnotation { annotation, validities: vec![Validity::from(Commit(born))], kept: true }
}

/// An asset's document; `clip@1` writes into a space of another name.
pub fn document(asset: &str) -> AssetDocument {
    let space = Space {
        id: SpaceId::new("clip-space").unwrap(),
        dimensions: 2,
        metric: Metric::Cosine,
        encoder: None,
    };
    let clip = Model {
        model: ModelRef::parse("clip@1").unwrap(),
        types: Vec::new(),
        language: None,
        space: Some(space),
    };
    AssetDocument {
        asset: Asset::new(asset_id(asset), MovieId::new("movie").unwrap()),
        models: vec![clip],
        analysed: Vec::new(),
    }
}

/// A step of one asset.
pub fn update(asset: &str, after: u64, upto: u64, changes: Vec<Change>) -> AssetUpdate {
    let (after, upto) = (Commit(after), Commit(upto));
    AssetUpdate {
        asset: asset_id(asset),
        document: Some(document(asset)),
        after,
        upto,
        changes,
        buckets: Vec::new(),
    }
}

/// A change that puts an annotation.
pub fn put(fused: &FusedAnnotation) -> Change {
    Change::Put(Box::new(fused.clone()))
}

/// Puts annotations that are born at commit 1, asset by asset, and publishes.
fn filled(index: &dyn Index, annotations: Vec<Annotation>) {
    let mut by_asset: BTreeMap<String, Vec<Change>> = BTreeMap::new();
    for annotation in annotations {
        let asset = annotation.asset.as_str().to_owned();
        by_asset.entry(asset).or_default().push(put(&current(annotation, 1)));
    }
    let updates: Vec<_> =
        by_asset.into_iter().map(|(asset, changes)| update(&asset, 0, 1, changes)).collect();
    index.apply(&updates).unwrap();
    index.publish(Commit(1)).unwrap();
}

/// A clause with only this test.
pub fn clause(test: Test) -> Clause {
    Clause {
        no: 0,
        pointer: "/all/0".to_owned(),
        kind: None,
        model: None,
        test,
        min_confidence: 0.0,
        attributes: Vec::new(),
        weight: 1.0,
    }
}

/// A clause for labels.
pub fn label(labels: &[&str]) -> Clause {
    clause(Test::Label(labels.iter().map(|label| rushes_text::normalise_label(label)).collect()))
}

/// A word of weight 1.
pub fn word(text: &str) -> Word {
    Word { text: text.to_owned(), weight: 1.0, prefix: false }
}

/// A clause for words.
pub fn words(texts: &[&str], analysed: bool, fuzziness: Fuzziness) -> Clause {
    let words = texts.iter().map(|text| word(text)).collect();
    clause(Test::Words(WordsTest { words, every: true, analysed, fuzziness }))
}

/// A clause for a phrase.
pub fn phrase(texts: &[&str], slop: u32) -> Clause {
    let words = texts.iter().map(|text| word(text)).collect();
    clause(Test::Phrase(PhraseTest { words, slop, analysed: false, fuzziness: Fuzziness::Exact }))
}

/// A clause for the nearest of `clip@1`'s space.
pub fn near(query: &[f32], k: Option<usize>, metric: Metric, threshold: Option<f64>) -> Clause {
    let space = SpaceId::new("clip-space").unwrap();
    clause(Test::Nearest(NearestTest { space, query: query.into(), metric, exact: true, k, threshold }))
}

/// The annotation ids of hits, joined ones with `+`.
fn ids(reader: &dyn IndexReader, hits: &[Hit]) -> Vec<String> {
    let id = |hit: &Hit| {
        let keys = std::iter::once(hit.first).chain(hit.joined.iter().copied());
        let refs: Vec<_> = keys.map(|key| AnnotationRef { asset: hit.asset, key }).collect();
        let found = reader.fetch(&refs, Budget::of_maintenance()).unwrap();
        let ids = found.iter().map(|found| found.as_ref().unwrap().annotation.id.as_str().to_owned());
        ids.collect::<Vec<_>>().join("+")
    };
    hits.iter().map(id).collect()
}

fn found(reader: &dyn IndexReader, clause: &Clause) -> Vec<String> {
    found_in(reader, clause, &Filter::default())
}

fn found_in(reader: &dyn IndexReader, clause: &Clause, filter: &Filter) -> Vec<String> {
    let hits = match clause.test {
        Test::Nearest(_) => reader.nearest(clause, filter, None, Budget::of_maintenance()),
        _ => reader.hits(clause, filter, Budget::of_maintenance()),
    };
    ids(reader, &hits.unwrap().hits)
}

fn newest(index: &dyn Index) -> std::sync::Arc<dyn IndexReader> {
    index.reader(None).unwrap()
}

/// A reader sees nothing of an update before its publish, and all of it after.
pub fn an_update_is_seen_from_its_publish_on(fixture: &mut dyn IndexFixture) {
    let index = fixture.index();
    let joey = current(labelled("a", "1", 2, "Joey"), 1);
    index.apply(&[update("a", 0, 1, vec![put(&joey)])]).unwrap();
    assert_eq!(index.progress(&asset_id("a")).unwrap(), Commit(1));
    assert!(newest(index).assets().is_empty());
    assert!(found(&*newest(index), &label(&["joey"])).is_empty());
    index.publish(Commit(1)).unwrap();
    assert_eq!(newest(index).read_point(), &ReadPoint::at(Commit(1)));
    assert_eq!(newest(index).assets().len(), 1);
    assert_eq!(found(&*newest(index), &label(&["joey"])), ["1"]);
}

/// An update up to where the asset is already changes nothing.
pub fn an_update_that_is_not_new_changes_nothing(fixture: &mut dyn IndexFixture) {
    let index = fixture.index();
    filled(index, vec![labelled("a", "1", 2, "Joey")]);
    let other = current(labelled("a", "2", 2, "Joey"), 1);
    index.apply(&[update("a", 0, 1, vec![put(&other)])]).unwrap();
    index.publish(Commit(2)).unwrap();
    assert_eq!(found(&*newest(index), &label(&["joey"])), ["1"]);
    // One that begins earlier and ends later is accepted, and may repeat known changes.
    let first = current(labelled("a", "1", 2, "Joey"), 1);
    let second = current(labelled("a", "2", 3, "Joey"), 3);
    index.apply(&[update("a", 0, 3, vec![put(&first), put(&second)])]).unwrap();
    index.publish(Commit(3)).unwrap();
    assert_eq!(found(&*newest(index), &label(&["joey"])), ["1", "2"]);
}

/// An update that begins after the asset's progress is rejected.
pub fn a_gap_is_a_conflict(fixture: &mut dyn IndexFixture) {
    let error = fixture.index().apply(&[update("a", 4, 5, Vec::new())]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(fixture.index().progress(&asset_id("a")).unwrap(), Commit::NONE);
}

/// Later updates do not change the answers of an open reader.
pub fn a_reader_stays_as_it_was(fixture: &mut dyn IndexFixture) {
    let index = fixture.index();
    let mut joey = current(labelled("a", "1", 2, "Joey"), 1);
    index.apply(&[update("a", 0, 1, vec![put(&joey)])]).unwrap();
    index.publish(Commit(1)).unwrap();
    let before = newest(index);
    joey.validities[0].died = Commit(2);
    index.apply(&[update("a", 1, 2, vec![put(&joey)])]).unwrap();
    index.publish(Commit(2)).unwrap();
    fixture.pass(READ_POINT_SECONDS + 1);
    index.publish(Commit(3)).unwrap();
    while index.maintain().unwrap() {}
    assert_eq!(found(&*before, &label(&["joey"])), ["1"]);
    assert!(found(&*newest(index), &label(&["joey"])).is_empty());
}

/// A superseded read point is readable for five minutes, with unchanged answers.
pub fn an_earlier_read_point_answers_as_then_until_it_is_gone(fixture: &mut dyn IndexFixture) {
    let mut joey = current(labelled("a", "1", 2, "Joey"), 1);
    let rachel = current(labelled("b", "2", 2, "Joey"), 2);
    let index = fixture.index();
    index.apply(&[update("a", 0, 1, vec![put(&joey)])]).unwrap();
    index.publish(Commit(1)).unwrap();
    let then = ReadPoint::at(Commit(1));
    joey.validities[0].died = Commit(2);
    index.apply(&[update("a", 1, 2, vec![put(&joey)]), update("b", 0, 2, vec![put(&rachel)])]).unwrap();
    fixture.pass(READ_POINT_SECONDS * 10);
    index.publish(Commit(2)).unwrap();
    fixture.pass(READ_POINT_SECONDS);
    while index.maintain().unwrap() {}
    fixture.reopen();
    let index = fixture.index();
    let reader = index.reader(Some(&then)).unwrap();
    assert_eq!(reader.read_point(), &then);
    assert_eq!(reader.assets().len(), 1);
    assert_eq!(found(&*reader, &label(&["joey"])), ["1"]);
    assert_eq!(found(&*newest(index), &label(&["joey"])), ["2"]);
    fixture.pass(1);
    let gone = |at: &ReadPoint| index.reader(Some(at)).map(|_| ()).unwrap_err().kind();
    assert_eq!(gone(&then), ErrorKind::Gone);
    assert_eq!(gone(&ReadPoint::at(Commit(3))), ErrorKind::Gone);
    assert!(index.reader(Some(&ReadPoint::at(Commit(2)))).is_ok());
}

/// An asset may be ahead of the read point.
pub fn commits_beyond_the_read_point_are_not_seen(fixture: &mut dyn IndexFixture) {
    let index = fixture.index();
    let now = current(labelled("a", "1", 2, "Joey"), 1);
    let later = current(labelled("a", "2", 3, "Joey"), 5);
    index.apply(&[update("a", 0, 5, vec![put(&now), put(&later)])]).unwrap();
    index.publish(Commit(2)).unwrap();
    assert_eq!(found(&*newest(index), &label(&["joey"])), ["1"]);
    let pin = Pin { run: RunId::new("r1").unwrap(), asset: asset_id("a"), model_name: "faces".to_owned() };
    let pinned = Filter { pins: vec![pin], ..Filter::default() };
    assert_eq!(found_in(&*newest(index), &label(&["joey"]), &pinned), ["1"]);
    index.publish(Commit(5)).unwrap();
    assert_eq!(found(&*newest(index), &label(&["joey"])), ["1", "2"]);
    let in_flight = ReadPoint { upto: Commit(5), in_flight: vec![Commit(5)] };
    assert_eq!(found(&*index.reader(Some(&in_flight)).unwrap(), &label(&["joey"])), ["1"]);
}

/// Nothing of an erased annotation is found, at any read point.
pub fn what_is_erased_is_in_no_later_reader(fixture: &mut dyn IndexFixture) {
    let index = fixture.index();
    let joey = current(labelled("a", "1", 2, "Joey"), 1);
    let ross = current(labelled("a", "2", 3, "Ross"), 1);
    index.apply(&[update("a", 0, 1, vec![put(&joey), put(&ross)])]).unwrap();
    index.publish(Commit(1)).unwrap();
    index.apply(&[update("a", 1, 2, vec![Change::Erased(joey.fused_key())])]).unwrap();
    index.publish(Commit(2)).unwrap();
    for at in [None, Some(ReadPoint::at(Commit(1)))] {
        let reader = index.reader(at.as_ref()).unwrap();
        assert_eq!(found(&*reader, &clause(Test::Any)), ["2"]);
        assert!(reader.find(&asset_id("a"), "1", Budget::of_maintenance()).unwrap().is_none());
        let wanted = AnnotationRef { asset: reader.asset_no(&asset_id("a")).unwrap(), key: joey.fused_key() };
        assert_eq!(reader.fetch(&[wanted], Budget::of_maintenance()).unwrap(), [None]);
        assert!(reader.suggest("jo", &Filter::default(), 9, Budget::of_maintenance()).unwrap().is_empty());
    }
    index.purge().unwrap();
    assert_eq!(found(&*newest(index), &clause(Test::Any)), ["2"]);
}

/// An asset without a document is gone at every read point; later annotations are visible.
pub fn an_erased_asset_is_gone_and_can_come_back(fixture: &mut dyn IndexFixture) {
    filled(fixture.index(), vec![labelled("a", "1", 2, "Joey"), labelled("b", "2", 2, "Joey")]);
    let gone = AssetUpdate { document: None, ..update("a", 1, 2, Vec::new()) };
    fixture.index().apply(&[gone]).unwrap();
    fixture.index().publish(Commit(2)).unwrap();
    for at in [None, Some(ReadPoint::at(Commit(1)))] {
        let reader = fixture.index().reader(at.as_ref()).unwrap();
        assert_eq!(reader.assets().len(), 1);
        assert_eq!(found(&*reader, &label(&["joey"])), ["2"]);
    }
    fixture.index().purge().unwrap();
    fixture.reopen();
    assert_eq!(fixture.index().progress(&asset_id("a")).unwrap(), Commit(2));
    let again = current(labelled("a", "1", 2, "Joey"), 3);
    fixture.index().apply(&[update("a", 2, 3, vec![put(&again)])]).unwrap();
    fixture.index().publish(Commit(3)).unwrap();
    let reader = fixture.index().reader(Some(&ReadPoint::at(Commit(2)))).unwrap();
    assert_eq!(found(&*reader, &label(&["joey"])), ["2"]);
    assert_eq!(found(&*newest(fixture.index()), &label(&["joey"])), ["1", "2"]);
}

/// A publish survives a restart.
pub fn a_publish_survives_reopening(fixture: &mut dyn IndexFixture) {
    filled(fixture.index(), vec![labelled("a", "1", 2, "Joey"), vectored("a", "2", 3, &[1.0, 2.0])]);
    let mut joey = current(labelled("a", "1", 2, "Joey"), 1);
    joey.validities[0].died = Commit(2);
    fixture.index().apply(&[update("a", 1, 2, vec![put(&joey)])]).unwrap();
    fixture.index().publish(Commit(2)).unwrap();
    fixture.reopen();
    let reader = newest(fixture.index());
    assert_eq!(reader.read_point(), &ReadPoint::at(Commit(2)));
    assert_eq!(fixture.index().progress(&asset_id("a")).unwrap(), Commit(2));
    assert_eq!(found(&*reader, &clause(Test::Any)), ["2"]);
    assert_eq!(*reader.assets()[0], document("a"));
    let then = fixture.index().reader(Some(&ReadPoint::at(Commit(1)))).unwrap();
    assert_eq!(found(&*then, &clause(Test::Any)), ["1", "2"]);
}

/// After a restart an index on disk reports from which commit to continue.
pub fn what_was_not_published_is_asked_for_again(fixture: &mut dyn IndexFixture) {
    filled(fixture.index(), vec![labelled("a", "1", 2, "Joey")]);
    let second = current(labelled("a", "2", 3, "Joey"), 2);
    fixture.index().apply(&[update("a", 1, 2, vec![put(&second)])]).unwrap();
    fixture.reopen();
    let progress = fixture.index().progress(&asset_id("a")).unwrap();
    fixture.index().apply(&[update("a", progress.0, 2, vec![put(&second)])]).unwrap();
    fixture.index().publish(Commit(2)).unwrap();
    assert_eq!(found(&*newest(fixture.index()), &label(&["joey"])), ["1", "2"]);
}

/// A label matches only as a whole, ignoring case, accents and white space.
pub fn labels_match_whole(fixture: &mut dyn IndexFixture) {
    let labels = ["Phoebe", "PHOEBE ", "Phoebe Sr.", "Phœbe", "Joey"];
    let all = (0..).zip(labels).map(|(at, text)| labelled("a", &at.to_string(), at, text));
    filled(fixture.index(), all.collect());
    let reader = newest(fixture.index());
    assert_eq!(found(&*reader, &label(&["phoebe"])), ["0", "1", "3"]);
    assert_eq!(found(&*reader, &label(&["phoebe sr.", "joey"])), ["2", "4"]);
    assert!(found(&*reader, &label(&["phoeb"])).is_empty());
    let hits = reader.hits(&label(&["joey"]), &Filter::default(), Budget::of_maintenance()).unwrap().hits;
    assert_eq!((hits[0].score, hits[0].confidence, hits[0].similarity), (1.0, 1.0, None));
    assert_eq!(hits[0].range, TimeRange::new(4 * SECOND, 4 * SECOND + SECOND * 3 / 2).unwrap());
}

/// Words match in label and text, by the rules of `rushes_text`.
pub fn words_match_by_form_beginning_and_typo(fixture: &mut dyn IndexFixture) {
    let all = vec![
        line("a", "ran", 1, "He ran home"),
        line("a", "running", 4, "Running, Gunther!"),
        line("a", "none", 8, "Nothing here"),
        labelled("a", "label", 12, "runner up"),
    ];
    filled(fixture.index(), all);
    let reader = newest(fixture.index());
    assert!(found(&*reader, &words(&["run"], false, Fuzziness::Exact)).is_empty());
    assert_eq!(found(&*reader, &words(&["run"], true, Fuzziness::Exact)), ["ran", "running"]);
    assert_eq!(found(&*reader, &words(&["gunter"], false, Fuzziness::One)), ["running"]);
    assert_eq!(found(&*reader, &words(&["ran", "home"], false, Fuzziness::Exact)), ["ran"]);
    assert!(found(&*reader, &words(&["ran", "gunther"], false, Fuzziness::Exact)).is_empty());
    let mut either = words(&["run", "gunther"], false, Fuzziness::Exact);
    if let Test::Words(test) = &mut either.test {
        (test.every, test.words[0].prefix, test.words[1].weight) = (false, true, 3.0);
    }
    let hits = reader.hits(&either, &Filter::default(), Budget::of_maintenance()).unwrap().hits;
    assert_eq!(ids(&*reader, &hits), ["running", "label"]);
    let prefix = rushes_text::QUALITY_PREFIX;
    assert_eq!(hits.iter().map(|hit| hit.score).collect::<Vec<_>>(), [(prefix + 3.0) / 4.0, prefix / 4.0]);
}

/// Consecutive lines of one model count as joined for phrases.
pub fn a_phrase_goes_on_in_the_next_line(fixture: &mut dyn IndexFixture) {
    let mut doin = line("a", "2", 3, "doin'? Fine.");
    doin.confidence = Some(0.5);
    let all = vec![
        line("a", "1", 2, "Hey. How you"),
        doin,
        line("a", "3", 5, "And how you doin?"),
        // Another model's line does not come between.
        Annotation { model: ModelRef::parse("other@1").unwrap(), ..line("a", "0", 2, "doin") },
    ];
    filled(fixture.index(), all);
    let reader = newest(fixture.index());
    let hits = reader
        .hits(&phrase(&["how", "you", "doin"], 0), &Filter::default(), Budget::of_maintenance())
        .unwrap()
        .hits;
    assert_eq!(ids(&*reader, &hits), ["1+2", "3"]);
    assert_eq!(hits[0].range, TimeRange::new(2 * SECOND, 3 * SECOND + SECOND * 3 / 2).unwrap());
    assert_eq!((hits[0].confidence, hits[1].confidence), (0.5, 1.0));
    assert_eq!(found(&*reader, &phrase(&["you", "fine"], 1)), ["1+2"]);
    assert_eq!(found(&*reader, &phrase(&["fine", "how"], 1)), ["2+3"]);
    let sure = Clause { min_confidence: 0.9, ..phrase(&["how", "you", "doin"], 0) };
    assert_eq!(found(&*reader, &sure), ["3"]);
}

/// More than two seconds after the end of a line, the next is not joined.
pub fn a_phrase_does_not_go_on_over_a_pause(fixture: &mut dyn IndexFixture) {
    let mut after = line("a", "2", 0, "doin");
    after.range = TimeRange::new(SECOND * 7 / 2, SECOND * 4).unwrap();
    let mut late = line("b", "4", 0, "doin");
    late.range = TimeRange::new(SECOND * 7 / 2 + 1, SECOND * 4).unwrap();
    filled(fixture.index(), vec![line("a", "1", 0, "how you"), after, line("b", "3", 0, "how you"), late]);
    let reader = newest(fixture.index());
    assert_eq!(found(&*reader, &phrase(&["how", "you", "doin"], 0)), ["1+2"]);
}

/// All parts of a clause must match.
pub fn type_model_confidence_and_attributes_limit(fixture: &mut dyn IndexFixture) {
    let mut sure = labelled("a", "sure", 1, "Joey");
    sure.confidence = Some(0.9);
    sure.attributes.insert("size".to_owned(), Value::Int(3));
    let mut newer = labelled("a", "newer", 2, "Joey");
    newer.model = ModelRef::parse("faces@2").unwrap();
    newer.confidence = Some(0.4);
    newer.attributes.insert("size".to_owned(), Value::Float(7.5));
    let mut object = labelled("b", "object", 3, "Joey");
    object.kind = kind(known_types::OBJECT);
    filled(fixture.index(), vec![sure, newer, object]);
    let reader = newest(fixture.index());
    let joey = || label(&["joey"]);
    let of_kind = Clause { kind: Some(kind(known_types::CHARACTER)), ..joey() };
    assert_eq!(found(&*reader, &of_kind), ["sure", "newer"]);
    let any_of_kind = Clause { kind: Some(kind(known_types::OBJECT)), ..clause(Test::Any) };
    assert_eq!(found(&*reader, &any_of_kind), ["object"]);
    let of_version = Clause { model: Some("faces@2".to_owned()), ..joey() };
    assert_eq!(found(&*reader, &of_version), ["newer"]);
    let of_name = Clause { model: Some("faces".to_owned()), ..joey() };
    assert_eq!(found(&*reader, &of_name), ["sure", "newer", "object"]);
    assert_eq!(found(&*reader, &Clause { min_confidence: 0.5, ..joey() }), ["sure", "object"]);
    let test = |test| vec![AttributeTest { name: "size".to_owned(), test }];
    let large = ValueTest::Range(Bound::Excluded(3.0), Bound::Unbounded);
    assert_eq!(found(&*reader, &Clause { attributes: test(large), ..joey() }), ["newer"]);
    let three = ValueTest::In(vec![Value::Float(3.0)]);
    assert_eq!(found(&*reader, &Clause { attributes: test(three), ..joey() }), ["sure"]);
    let only_b = Filter { assets: Some(vec![asset_id("b"), asset_id("c")]), ..Filter::default() };
    assert_eq!(found_in(&*reader, &joey(), &only_b), ["object"]);
    assert_eq!(found_in(&*reader, &any_of_kind, &only_b), ["object"]);
}

/// Unknown languages always count.
pub fn languages_limit(fixture: &mut dyn IndexFixture) {
    let in_language = |id: &str, at, language: Option<&str>| Annotation {
        language: language.map(str::to_owned),
        ..line("a", id, at, "no")
    };
    let all = vec![
        in_language("en", 1, Some("en-US")),
        in_language("es", 5, Some("es")),
        in_language("unknown", 9, None),
    ];
    filled(fixture.index(), all);
    let reader = newest(fixture.index());
    let no = words(&["no"], false, Fuzziness::Exact);
    let only = Filter { languages: vec!["en".to_owned()], ..Filter::default() };
    assert_eq!(found_in(&*reader, &no, &only), ["en", "unknown"]);
    let without = Filter { languages_excluded: vec!["en-GB".to_owned()], ..Filter::default() };
    assert_eq!(found_in(&*reader, &no, &without), ["es", "unknown"]);
}

/// A pinned run replaces the current annotations of its model on its asset.
pub fn a_pin_stands_in_place_of_what_is_current(fixture: &mut dyn IndexFixture) {
    let index = fixture.index();
    let of_run = |id: &str, run: &str, model: &str, kept, validity| FusedAnnotation {
        annotation: Annotation {
            run: RunId::new(run).unwrap(),
            model: ModelRef::parse(model).unwrap(),
            ..labelled("a", id, 1, "Joey")
        },
        validities: vec![validity],
        kept,
    };
    let ended = Validity { born: Commit(1), died: Commit(2) };
    let all = [
        of_run("old", "r1", "faces@1", true, ended),
        of_run("archived", "r0", "faces@1", false, ended),
        of_run("new", "r2", "faces@2", true, Validity::from(Commit(2))),
        of_run("other", "r3", "hands@1", true, Validity::from(Commit(2))),
    ];
    index.apply(&[update("a", 0, 2, all.iter().map(put).collect())]).unwrap();
    index.publish(Commit(2)).unwrap();
    let reader = newest(index);
    let pinned = |run: &str| {
        let run = RunId::new(run).unwrap();
        let pin = Pin { run, asset: asset_id("a"), model_name: "faces".to_owned() };
        let filter = Filter { pins: vec![pin], ..Filter::default() };
        found_in(&*reader, &label(&["joey"]), &filter).into_iter().collect::<BTreeSet<_>>()
    };
    let set = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(
        found(&*reader, &label(&["joey"])).into_iter().collect::<BTreeSet<_>>(),
        set(&["new", "other"])
    );
    assert_eq!(pinned("r1"), set(&["old", "other"]));
    assert_eq!(pinned("r2"), set(&["new", "other"]));
    assert_eq!(pinned("r0"), set(&["other"]));
}

/// The nearest, and at the cut the lower id.
pub fn nearest_are_the_k_nearest_with_ties_by_id(fixture: &mut dyn IndexFixture) {
    let all = vec![
        vectored("a", "far", 1, &[-1.0, 0.0]),
        vectored("b", "tie-2", 1, &[2.0, 2.0]),
        vectored("a", "tie-3", 2, &[1.0, 1.0]),
        vectored("c", "tie-1", 3, &[4.0, 4.0]),
        vectored("c", "best", 4, &[5.0, 0.0]),
    ];
    filled(fixture.index(), all);
    let reader = newest(fixture.index());
    let nearest = |k| found(&*reader, &near(&[1.0, 0.0], Some(k), Metric::Cosine, None));
    assert_eq!(nearest(0), Vec::<String>::new());
    assert_eq!(nearest(1), ["best"]);
    assert_eq!(nearest(2), ["tie-1", "best"]);
    assert_eq!(nearest(3), ["tie-2", "tie-1", "best"]);
    assert_eq!(nearest(9), ["far", "tie-3", "tie-2", "tie-1", "best"]);
    let best = near(&[1.0, 0.0], Some(1), Metric::Cosine, None);
    let found = reader.nearest(&best, &Filter::default(), None, Budget::of_maintenance()).unwrap();
    assert!(!found.approximate);
    assert_eq!((found.hits[0].similarity, found.hits[0].score), (Some(1.0), 1.0));
}

/// If times are given, only annotations that overlap them count.
pub fn nearest_meet_the_eligible_times(fixture: &mut dyn IndexFixture) {
    let all = vec![
        vectored("a", "1", 1, &[1.0, 0.0]),
        vectored("a", "2", 5, &[1.0, 0.1]),
        vectored("b", "3", 5, &[1.0, 0.2]),
    ];
    filled(fixture.index(), all);
    let reader = newest(fixture.index());
    let times = TimeSet::of([TimeRange::new(5 * SECOND, 9 * SECOND).unwrap()]);
    let eligible: Eligible = [(reader.asset_no(&asset_id("a")).unwrap(), times)].into_iter().collect();
    let nearest = near(&[1.0, 0.0], Some(5), Metric::Cosine, None);
    let hits =
        reader.nearest(&nearest, &Filter::default(), Some(&eligible), Budget::of_maintenance()).unwrap().hits;
    assert_eq!(ids(&*reader, &hits), ["2"]);
}

/// All within a threshold, the bound itself too.
pub fn nearest_within_a_threshold_in_either_metric(fixture: &mut dyn IndexFixture) {
    let all = vec![
        vectored("a", "1", 1, &[3.0, 4.0]),
        vectored("a", "2", 5, &[0.0, 1.0]),
        vectored("a", "3", 9, &[0.0, 0.0]),
    ];
    filled(fixture.index(), all);
    let reader = newest(fixture.index());
    let l2 = |most| found(&*reader, &near(&[0.0, 0.0], None, Metric::L2, Some(most)));
    assert_eq!(l2(5.0), ["1", "2", "3"]);
    assert_eq!(l2(1.0), ["2", "3"]);
    assert_eq!(l2(0.0), ["3"]);
    assert!(l2(-1.0).is_empty());
    let cosine = |least| found(&*reader, &near(&[0.0, 2.0], None, Metric::Cosine, Some(least)));
    assert_eq!(cosine(0.8), ["1", "2"]);
    assert_eq!(cosine(1.0), ["2"]);
    assert_eq!(found(&*reader, &near(&[0.0, 1.0, 2.0], None, Metric::L2, None)), Vec::<String>::new());
}

/// An annotation is returned unchanged.
pub fn whole_annotations_come_back(fixture: &mut dyn IndexFixture) {
    let mut rich = line("a", "rich", 3, "How you doin'?");
    rich.label = Some("Joey\u{0} says".to_owned());
    rich.vector = Some(vec![0.1, -7.25, 1e-20]);
    rich.confidence = Some(0.25);
    let range = TimeRange::new(1, 2).unwrap();
    rich.words = vec![rushes_types::Word { text: "How".to_owned(), range, confidence: Some(0.5) }];
    let nested = Attributes::from([("deep".to_owned(), Value::List(vec![Value::Null, Value::Bool(true)]))]);
    rich.attributes.insert("map".to_owned(), Value::Map(nested));
    rich.attributes.insert("text".to_owned(), Value::Text("é".to_owned()));
    let fused = FusedAnnotation {
        annotation: rich,
        validities: vec![Validity { born: Commit(1), died: Commit(2) }, Validity::from(Commit(3))],
        kept: false,
    };
    fixture.index().apply(&[update("a", 0, 3, vec![put(&fused)])]).unwrap();
    fixture.index().publish(Commit(3)).unwrap();
    fixture.reopen();
    let reader = newest(fixture.index());
    let asset = reader.asset_no(&asset_id("a")).unwrap();
    let key = fused.fused_key();
    let missing = rushes_types::FusedKey { start_ns: 1, ..key };
    let refs = [AnnotationRef { asset, key: missing }, AnnotationRef { asset, key }];
    assert_eq!(reader.fetch(&refs, Budget::of_maintenance()).unwrap(), [None, Some(fused)]);
}

/// Of several annotations with one id, the current one is found; if there is none, a kept one.
pub fn an_id_finds_the_current_annotation_first(fixture: &mut dyn IndexFixture) {
    let index = fixture.index();
    let ended = vec![Validity { born: Commit(1), died: Commit(2) }];
    let of_run = |run: &str, start, validities: &[Validity], kept| {
        let annotation = Annotation { run: RunId::new(run).unwrap(), ..labelled("a", "x", start, "Joey") };
        FusedAnnotation { annotation, validities: validities.to_vec(), kept }
    };
    let archived = of_run("r0", 0, &ended, false);
    let kept = of_run("r1", 1, &ended, true);
    index.apply(&[update("a", 0, 2, vec![put(&archived), put(&kept)])]).unwrap();
    index.publish(Commit(2)).unwrap();
    assert_eq!(newest(index).find(&asset_id("a"), "x", Budget::of_maintenance()).unwrap(), Some(kept));
    let now = of_run("r2", 5, &[Validity::from(Commit(3))], true);
    index.apply(&[update("a", 2, 3, vec![put(&now)])]).unwrap();
    index.publish(Commit(3)).unwrap();
    assert_eq!(newest(index).find(&asset_id("a"), "x", Budget::of_maintenance()).unwrap(), Some(now));
    assert_eq!(newest(index).find(&asset_id("a"), "y", Budget::of_maintenance()).unwrap(), None);
    assert_eq!(newest(index).find(&asset_id("b"), "x", Budget::of_maintenance()).unwrap(), None);
}

/// Each word of a label may be what was typed.
pub fn labels_are_suggested_by_frequency(fixture: &mut dyn IndexFixture) {
    let labels = ["Joey Tribbiani", "joey tribbiani", "Joey Tribbiani", "Rachel", "Trip", "Trip"];
    let mut all: Vec<_> =
        (0..).zip(labels).map(|(at, text)| labelled("a", &at.to_string(), at, text)).collect();
    all.push(labelled("b", "0", 1, "Trip"));
    all.push(labelled("b", "1", 2, "Trip"));
    filled(fixture.index(), all);
    let reader = newest(fixture.index());
    let suggest = |typed: &str, filter: &Filter, limit| {
        let found = reader.suggest(typed, filter, limit, Budget::of_maintenance()).unwrap();
        found.into_iter().map(|s| format!("{} {}", s.text, s.count)).collect::<Vec<_>>()
    };
    let all = Filter::default();
    assert_eq!(suggest("TRI", &all, 9), ["Trip 4", "Joey Tribbiani 3"]);
    assert_eq!(suggest("TRI", &all, 1), ["Trip 4"]);
    assert_eq!(suggest("joey t", &all, 9), ["Joey Tribbiani 3"]);
    let in_a = Filter { assets: Some(vec![asset_id("a")]), ..Filter::default() };
    assert_eq!(suggest("tri", &in_a, 9), ["Joey Tribbiani 3", "Trip 2"]);
    assert!(suggest("ibb", &all, 9).is_empty());
}

/// A space without a current vector is not listed.
pub fn spaces_are_those_of_current_vectors(fixture: &mut dyn IndexFixture) {
    let mut own = vectored("a", "own", 2, &[1.0]);
    own.model = ModelRef::parse("dino@1").unwrap();
    filled(fixture.index(), vec![vectored("a", "1", 1, &[1.0, 0.0]), own.clone()]);
    let spaces = |index: &dyn Index| {
        newest(index)
            .spaces(&Filter::default(), Budget::of_maintenance())
            .unwrap()
            .iter()
            .map(|s| s.as_str().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(spaces(fixture.index()), ["clip-space", "dino@1"]);
    let mut ended = current(own, 1);
    ended.validities[0].died = Commit(2);
    fixture.index().apply(&[update("a", 1, 2, vec![put(&ended)])]).unwrap();
    fixture.index().publish(Commit(2)).unwrap();
    assert_eq!(spaces(fixture.index()), ["clip-space"]);
}

/// Maintenance changes no answer.
pub fn joining_and_purging_change_no_answer(fixture: &mut dyn IndexFixture) {
    for commit in 1..=20_u64 {
        let at = i64::try_from(commit).unwrap();
        let changes = vec![
            put(&current(labelled("a", &format!("l{commit}"), at, "Joey"), commit)),
            put(&current(line("a", &format!("t{commit}"), at, "how you"), commit)),
            put(&current(vectored("a", &format!("v{commit}"), at, &[1.0, 0.5]), commit)),
        ];
        fixture.index().apply(&[update("a", commit - 1, commit, changes)]).unwrap();
        fixture.index().publish(Commit(commit)).unwrap();
    }
    let clauses = [
        label(&["joey"]),
        phrase(&["you", "how"], 0),
        near(&[1.0, 0.0], Some(7), Metric::Cosine, None),
        clause(Test::Any),
    ];
    let answers = |index: &dyn Index| {
        let reader = newest(index);
        let answer = |clause: &Clause| match clause.test {
            Test::Nearest(_) => {
                reader.nearest(clause, &Filter::default(), None, Budget::of_maintenance()).unwrap().hits
            }
            _ => reader.hits(clause, &Filter::default(), Budget::of_maintenance()).unwrap().hits,
        };
        clauses.iter().map(answer).collect::<Vec<_>>()
    };
    let before = answers(fixture.index());
    assert_eq!(before[1].len(), 19);
    while fixture.index().maintain().unwrap() {}
    assert!(fixture.index().counts().unwrap().segments < 8);
    assert_eq!(answers(fixture.index()), before);
    let purged = fixture.index().purge().unwrap();
    assert!(purged || !fixture.index().capabilities().purges_at_once);
    fixture.reopen();
    assert_eq!(answers(fixture.index()), before);
}

/// An index that is rebuilt while it is searched answers as before.
pub fn rebuilt_it_answers_the_same(fixture: &mut dyn IndexFixture) {
    filled(fixture.index(), vec![labelled("a", "1", 2, "Joey"), vectored("a", "2", 3, &[1.0, 0.5])]);
    let held = newest(fixture.index());
    let mut steps = Vec::new();
    if fixture.index().capabilities().reindexes_online {
        let copied = fixture.index().reindex(&mut |done, total| {
            steps.push((done, total));
            Ok(())
        });
        let copied = copied.unwrap();
        assert!(
            copied >= 2 && steps.last().is_some_and(|(done, total)| done == total),
            "{copied}: {steps:?}"
        );
        let given_up = fixture.index().reindex(&mut |_, _| Err(Error::new(ErrorKind::Cancelled, "enough")));
        assert_eq!(given_up.unwrap_err().kind(), ErrorKind::Cancelled);
    }
    fixture.reopen();
    for reader in [held, newest(fixture.index())] {
        assert_eq!(found(&*reader, &clause(Test::Any)), ["1", "2"]);
    }
    assert_eq!(fixture.index().progress(&asset_id("a")).unwrap(), Commit(1));
}

/// A cleared index is like a new one.
pub fn clearing_leaves_nothing(fixture: &mut dyn IndexFixture) {
    filled(fixture.index(), vec![labelled("a", "1", 2, "Joey")]);
    fixture.index().clear().unwrap();
    assert!(newest(fixture.index()).assets().is_empty());
    assert_eq!(fixture.index().progress(&asset_id("a")).unwrap(), Commit::NONE);
    fixture.reopen();
    assert_eq!(fixture.index().counts().unwrap().entries, 0);
    filled(fixture.index(), vec![labelled("a", "1", 2, "Joey")]);
    assert_eq!(found(&*newest(fixture.index()), &label(&["joey"])), ["1"]);
}
