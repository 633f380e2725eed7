//! An index's folder read by a reader that was written from docs/formats.md: it shares no code with the index, so the page says what the
//! bytes are, and a change of the bytes that the page does not tell fails here.

mod bytes;
mod codec;
mod reader;

use std::collections::{BTreeMap, BTreeSet};

use rushes_index::{AssetUpdate, Index, space_of, word_starts};
use rushes_testkit::index_history::{ASSETS, History};
use rushes_testkit::index_suite::{IndexFixture, annotation, asset_id, current, document, put, update};
use rushes_text::{Analyzer, Forms, Language, for_each_token, normalise_label};
use rushes_types::{
    Analysed, AssetDocument, Attributes, Commit, FrameRate, FusedAnnotation, Metric, TimeRange, Validity,
    Word, known_types,
};

use crate::fixtures::Embedded;
use codec::{Document, Value};
use reader::{Annotation, Segment};

fn value(value: &rushes_types::Value) -> Value {
    use rushes_types::Value as V;
    match value {
        V::Null => Value::Null,
        V::Bool(b) => Value::Flag(*b),
        V::Int(n) => Value::Whole(*n),
        V::Float(x) => Value::Float(*x),
        V::Text(text) => Value::Text(text.clone()),
        V::List(list) => Value::List(list.iter().map(self::value).collect()),
        V::Map(map) => Value::Map(attributes(map)),
    }
}

fn attributes(map: &Attributes) -> BTreeMap<String, Value> {
    map.iter().map(|(name, v)| (name.clone(), value(v))).collect()
}

/// The annotation key by the page.
fn key(model: &str, run: &str, id: &str) -> u128 {
    let mut bytes = Vec::new();
    for part in [model, run, id] {
        bytes.extend((part.len() as u64).to_le_bytes());
        bytes.extend(part.bytes());
    }
    xxhash_rust::xxh3::xxh3_128(&bytes)
}

/// What went in, as the reader is to give it back.
fn wanted(fused: &FusedAnnotation, document: &AssetDocument) -> Annotation {
    let a = &fused.annotation;
    let space = || space_of(Some(document), &a.model).unwrap().as_str().to_owned();
    let word = |word: &Word| reader::Word {
        text: word.text.clone(),
        start: word.range.start_ns(),
        end: word.range.end_ns(),
        confidence: word.confidence,
    };
    Annotation {
        asset: a.asset.as_str().to_owned(),
        kind: a.kind.as_str().to_owned(),
        model: a.model.as_str().to_owned(),
        run: a.run.as_str().to_owned(),
        language: a.language.clone(),
        key: key(a.model.as_str(), a.run.as_str(), a.id.as_str()),
        start: a.range.start_ns(),
        end: a.range.end_ns(),
        id: a.id.as_str().to_owned(),
        label: a.label.clone(),
        text: a.text.clone(),
        confidence: a.confidence,
        words: a.words.iter().map(word).collect(),
        attributes: attributes(&a.attributes),
        vector: a.vector.clone().map(|vector| (space(), vector)),
        validity: reader::Validity {
            kept: fused.kept,
            erased: false,
            intervals: fused.validities.iter().map(|v| (v.born.0, v.died.0)).collect(),
        },
    }
}

fn wanted_document(document: &AssetDocument) -> Document {
    let asset = &document.asset;
    let texts = [
        &asset.collection,
        &asset.series,
        &asset.title,
        &asset.start_timecode,
        &asset.reel,
        &asset.scene,
        &asset.take,
        &asset.camera,
        &asset.language,
        &asset.path,
    ];
    let model = |model: &rushes_types::Model| codec::Model {
        model: model.model.as_str().to_owned(),
        types: model.types.iter().map(|kind| kind.as_str().to_owned()).collect(),
        language: model.language.clone(),
        space: model.space.as_ref().map(|space| codec::Space {
            id: space.id.as_str().to_owned(),
            dimensions: space.dimensions as u64,
            is_l2: space.metric == Metric::L2,
            encoder: space.encoder.clone(),
        }),
    };
    let analysed = |analysed: &Analysed| codec::Analysed {
        model: analysed.model.as_str().to_owned(),
        run: analysed.run.as_str().to_owned(),
        start: analysed.range.start_ns().unsigned_abs(),
        length: analysed.range.duration_ns().unsigned_abs(),
        born: analysed.validity.born.0,
        died: analysed.validity.died.0,
    };
    let rate = asset.frame_rate.map_or((0, 0), FrameRate::ratio);
    Document {
        id: asset.id.as_str().to_owned(),
        movie: asset.movie.as_str().to_owned(),
        texts: texts.into_iter().cloned().collect(),
        numbers: vec![asset.season, asset.episode, asset.duration_ns],
        frame_rate: (rate.0.into(), rate.1.into()),
        drop_frame: asset.drop_frame,
        circled: asset.circled.map_or(2, u8::from),
        attributes: attributes(&asset.attributes),
        models: document.models.iter().map(model).collect(),
        analysed: document.analysed.iter().map(analysed).collect(),
    }
}

/// The label and the text of an annotation, as fields 0 and 1 of its positions.
fn fields(a: &Annotation) -> [(u32, &str); 2] {
    let (label, text) = (a.label.as_deref().unwrap_or_default(), a.text.as_deref());
    let is_dialogue = rushes_types::AnnotationType::new(&a.kind).unwrap().is_dialogue();
    match text {
        None if is_dialogue => [(0, ""), (1, label)],
        text => [(0, label), (1, text.unwrap_or_default())],
    }
}

fn check_entries(segment: &Segment) {
    let order = |a: &Annotation| (a.asset.clone(), a.start, a.end, a.key);
    assert!(segment.entries.is_sorted_by_key(|entry| order(&entry.annotation)));
    for entry in &segment.entries {
        let a = &entry.annotation;
        assert_eq!(a.key, key(&a.model, &a.run, &a.id));
        assert_eq!(entry.confidence, a.confidence.unwrap_or(1.0));
        let mut length = 0;
        for_each_token(fields(a)[1].1, |token| length = token.position + 1);
        assert_eq!(entry.text_length, length);
    }
}

fn check_terms(segment: &Segment) {
    type Key = (String, String, String);
    let mut terms: BTreeMap<Key, BTreeMap<u32, Vec<(u32, u32)>>> = BTreeMap::new();
    for (no, entry) in (0_u32..).zip(&segment.entries) {
        let a = &entry.annotation;
        let language = a.language.as_deref().map(Language::parse).unwrap_or_default();
        for (field, text) in fields(a) {
            for_each_token(text, |token| {
                let language = language.as_str().to_owned();
                let key = (token.folded.to_owned(), language, token.lower.to_owned());
                terms.entry(key).or_default().entry(no).or_default().push((field, token.position));
            });
        }
    }
    terms.values_mut().flat_map(|entries| entries.values_mut()).for_each(|positions| {
        positions.sort_unstable_by_key(|(field, position)| position * 2 + field);
    });
    let read = segment.terms.iter().map(|term| {
        let key = (term.folded.clone(), term.language.clone(), term.lower.clone());
        (key, term.postings.clone())
    });
    assert_eq!(read.collect::<BTreeMap<_, _>>(), terms);
    let analyzer = Analyzer::new(Language::Und);
    let mut forms = Forms::new();
    for term in &segment.terms {
        analyzer.forms(&term.lower, &term.folded, Language::parse(&term.language), &mut forms);
        assert_eq!(term.forms, forms.iter().map(str::to_owned).collect::<BTreeSet<_>>());
    }
}

fn check_lists(segment: &Segment) {
    let mut types: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    let mut labels: BTreeMap<String, Vec<reader::LabelRow>> = BTreeMap::new();
    let mut dialogue: BTreeMap<(String, String), Vec<u32>> = BTreeMap::new();
    for (no, entry) in (0_u32..).zip(&segment.entries) {
        let a = &entry.annotation;
        types.entry(a.kind.clone()).or_default().push(no);
        if let Some(label) = &a.label {
            let row = (a.start, a.end, entry.confidence, no, entry.source);
            labels.entry(label.clone()).or_default().push(row);
        }
        if a.kind == known_types::DIALOGUE {
            dialogue.entry((a.asset.clone(), a.model.clone())).or_default().push(no);
        }
    }
    assert_eq!(segment.types, types);
    assert_eq!(segment.dialogue, dialogue);
    let read = segment.labels.iter().map(|label| (label.written.clone(), label.rows.clone()));
    assert_eq!(read.collect::<BTreeMap<_, _>>(), labels);
    for label in &segment.labels {
        assert_eq!(label.normalised, normalise_label(&label.written));
        let start = |rest: &str| rest.as_bytes()[..rest.len().min(32)].to_vec();
        assert_eq!(label.starts, word_starts(&label.normalised).map(start).collect());
    }
}

#[allow(clippy::cast_possible_truncation, reason = "as the page says: a mean in 32 bits")]
fn check_vectors(segment: &Segment) {
    let with_vectors = segment.entries.iter().filter(|e| e.annotation.vector.is_some()).count();
    assert_eq!(segment.spaces.iter().map(|space| space.rows.len()).sum::<usize>(), with_vectors);
    for space in &segment.spaces {
        let directed: Vec<_> = space.rows.iter().filter(|row| row.norm.is_normal()).collect();
        for (d, mean) in space.mean.iter().enumerate() {
            let sum: f64 = directed.iter().map(|row| f64::from(row.vector[d]) / row.norm).sum();
            assert_eq!(*mean, (sum / directed.len().max(1) as f64) as f32);
        }
        for row in &space.rows {
            let length = |components: Vec<f64>| components.iter().map(|x| x * x).sum::<f64>().sqrt();
            assert_eq!(row.norm, length(row.vector.iter().map(|x| f64::from(*x)).collect()));
            assert_eq!(row.vector.len(), space.dimensions);
            let left_out = row.vector.iter().zip(&row.codes);
            let left_out = left_out.map(|(x, code)| f64::from(*x) - f64::from(row.scale) * f64::from(*code));
            assert!(length(left_out.collect()) <= f64::from(row.residual));
            for ((code, mean), sign) in row.codes.iter().zip(&space.mean).zip(&row.signs) {
                let beyond = f64::from(row.scale * f32::from(*code)) > row.norm * f64::from(*mean);
                assert_eq!(*sign, beyond && row.norm.is_normal());
            }
        }
    }
}

/// What was put into an index: per asset the last document, and every annotation that was not erased.
struct PutIn {
    documents: BTreeMap<String, (u64, Option<AssetDocument>)>,
    annotations: Vec<FusedAnnotation>,
}

impl PutIn {
    fn document(&self, asset: &str) -> &AssetDocument {
        self.documents[asset].1.as_ref().unwrap()
    }

    fn apply(&mut self, index: &dyn Index, update: &AssetUpdate) {
        index.apply(std::slice::from_ref(update)).unwrap();
        let asset = update.asset.as_str().to_owned();
        self.documents.insert(asset, (update.upto.0, update.document.clone()));
    }

    fn check(&self, index: &reader::Index) {
        let mut read = Vec::new();
        for segment in &index.segments {
            check_entries(segment);
            check_terms(segment);
            check_lists(segment);
            check_vectors(segment);
            read.extend(segment.entries.iter().map(|e| &e.annotation).filter(|a| !a.validity.erased));
        }
        let place = |a: &Annotation| (a.asset.clone(), a.start, a.key);
        read.sort_by_key(|a| place(a));
        let document = |fused: &FusedAnnotation| self.document(fused.annotation.asset.as_str());
        let mut all: Vec<Annotation> =
            self.annotations.iter().map(|fused| wanted(fused, document(fused))).collect();
        all.sort_by_key(place);
        assert_eq!(read, all.iter().collect::<Vec<_>>());
        let mut newest: BTreeMap<&str, &reader::DocumentRecord> = BTreeMap::new();
        for record in index.segments.iter().flat_map(|segment| &segment.documents) {
            let known = newest.entry(&record.asset).or_insert(record);
            if (known.publish, known.progress) < (record.publish, record.progress) {
                *known = record;
            }
        }
        let read =
            newest.iter().map(|(a, record)| ((*a).to_owned(), (record.progress, record.document.clone())));
        let all = self.documents.iter().map(|(asset, (progress, document))| {
            (asset.clone(), (*progress, document.as_ref().map(wanted_document)))
        });
        assert_eq!(read.collect::<BTreeMap<_, _>>(), all.collect::<BTreeMap<_, _>>());
    }
}

#[test]
fn random_histories_are_read_back_by_the_page() {
    let (mut tombstones, mut merges, mut several) = (false, false, false);
    for seed in 0..20 {
        let fixture = Embedded::flushing(if seed % 2 == 0 { 2_000 } else { 1 << 20 });
        let mut history = History::new(seed);
        let mut put_in = PutIn { documents: BTreeMap::new(), annotations: Vec::new() };
        for _ in 0..8 {
            for _ in 0..3 {
                history.step();
            }
            for asset in ASSETS {
                let progress = || fixture.index().progress(&asset_id(asset)).unwrap();
                while let Some(update) = history.update(asset, progress()) {
                    put_in.apply(fixture.index(), &update);
                }
            }
            fixture.index().publish(Commit(history.commit)).unwrap();
            if history.dice.roll(3) == 0 {
                let before = fixture.index().counts().unwrap().segments;
                fixture.index().maintain().unwrap();
                merges |= fixture.index().counts().unwrap().segments < before;
            }
            put_in.annotations = history.annotations();
            let index = reader::read(fixture.folder.path());
            assert_eq!(index.read_points.last().map(|(upto, ..)| *upto), Some(history.commit));
            tombstones |= index.segments.iter().any(|segment| segment.has_tombstones);
            several |= index.segments.len() > 1;
            put_in.check(&index);
        }
        while fixture.index().maintain().unwrap() {}
        fixture.index().purge().unwrap();
        put_in.check(&reader::read(fixture.folder.path()));
    }
    assert!(tombstones && merges && several, "{tombstones} {merges} {several}");
}

/// An annotation and a document that have every field.
fn everything() -> (FusedAnnotation, AssetDocument) {
    use rushes_types::Value as V;
    let mut one = annotation("a", "clip@1", "r1", "every", known_types::DIALOGUE, 1);
    one.label = Some("Joey's Apartment".to_owned());
    one.text = Some("How you doin'? Müde: l'été, running".to_owned());
    one.language = Some("de".to_owned());
    one.vector = Some((0_i16..70).map(|x| f32::from(x) * 0.37 - 11.0).collect());
    one.confidence = Some(0.25);
    let range = |from, to| TimeRange::new(from, to).unwrap();
    one.words = vec![
        Word { text: "How".to_owned(), range: range(5, 9), confidence: None },
        Word { text: "you".to_owned(), range: range(9, 12), confidence: Some(0.5) },
    ];
    let list = V::List(vec![V::Null, V::Bool(true), V::Int(-7), V::Float(-0.5), V::Text("ü".to_owned())]);
    let map = V::Map([("inner".to_owned(), list.clone())].into_iter().collect());
    one.attributes = [("list".to_owned(), list), ("map".to_owned(), map)].into_iter().collect();
    let mut document = document("a");
    let asset = &mut document.asset;
    for text in [&mut asset.collection, &mut asset.series, &mut asset.title, &mut asset.start_timecode] {
        *text = Some("01:00:00:00".to_owned());
    }
    for text in [&mut asset.reel, &mut asset.scene, &mut asset.take, &mut asset.camera, &mut asset.path] {
        *text = Some("x".to_owned());
    }
    (asset.season, asset.episode, asset.duration_ns) = (Some(-1), Some(24), Some(1 << 40));
    asset.frame_rate = Some(FrameRate::new(30_000, 1_001).unwrap());
    (asset.drop_frame, asset.circled, asset.language) = (true, Some(false), Some("de".to_owned()));
    asset.attributes = one.attributes.clone();
    let analysed = |died| Analysed {
        model: one.model.clone(),
        run: one.run.clone(),
        range: range(0, 1 << 41),
        validity: Validity { born: Commit(1), died },
    };
    document.analysed = vec![analysed(Commit(2)), analysed(Commit::NEVER)];
    let mut fused = current(one, 1);
    fused.validities = vec![Validity { born: Commit(1), died: Commit(2) }, Validity::from(Commit(3))];
    (fused, document)
}

#[test]
fn every_field_is_read_back_by_the_page() {
    let fixture = Embedded::new();
    let (every, full) = everything();
    let bare = current(annotation("b", "m@2", "r9", "bare", known_types::SHOT, 0), 4);
    let mut zero = bare.clone();
    zero.annotation = annotation("b", "clip@1", "r3", "zero", known_types::SCENE, 0);
    zero.annotation.vector = Some(vec![0.0; 70]);
    let mut put_in = PutIn { documents: BTreeMap::new(), annotations: Vec::new() };
    let whole = AssetUpdate { document: Some(full), ..update("a", 0, 3, vec![put(&every)]) };
    put_in.apply(fixture.index(), &whole);
    put_in.apply(fixture.index(), &update("b", 0, 4, vec![put(&bare), put(&zero)]));
    fixture.index().publish(Commit(4)).unwrap();
    put_in.annotations = vec![every, bare, zero];
    let index = reader::read(fixture.folder.path());
    put_in.check(&index);
    assert_eq!((index.format, &index.read_points[..]), (3, &[(4, 1_000, 1)][..]));
    assert!(index.analyser.starts_with(rushes_text::ANALYSER_VERSION));
    assert_eq!(index.segments.iter().map(|segment| segment.entries.len()).sum::<usize>(), 3);
}
