//! What the archive says of itself, in the words of the reader.

use rushes_store::{CommitRecord, Erased, RunSegment};
use rushes_types::{
    AssetDocument, Attributes, Commit, FrameRate, FusedAnnotation, RunMode, TimeRange, Visibility,
};
use serde_json::{Map, Value as Json};

use super::codec::{Analysed, Annotation, Asset, Bucket, Document, Model, Space, Word};
use super::store::{self, Effect, Segment};

pub fn value(value: &rushes_types::Value) -> Json {
    use rushes_types::Value as V;
    match value {
        V::Null => Json::Null,
        V::Bool(flag) => Json::Bool(*flag),
        V::Int(n) => Json::from(*n),
        V::Float(x) => super::bytes::fraction(*x),
        V::Text(text) => Json::String(text.clone()),
        V::List(list) => Json::Array(list.iter().map(self::value).collect()),
        V::Map(map) => Json::Object(attributes(map)),
    }
}

fn attributes(map: &Attributes) -> Map<String, Json> {
    map.iter().map(|(name, v)| (name.clone(), value(v))).collect()
}

fn range(range: TimeRange) -> (u64, u64) {
    (range.start_ns().unsigned_abs(), range.end_ns().unsigned_abs())
}

pub fn asset(asset: &rushes_types::Asset) -> Asset {
    let mut wanted = Asset::new(asset.id.as_str().to_owned(), asset.movie.as_str().to_owned());
    let texts = [
        ("collection", &asset.collection),
        ("series", &asset.series),
        ("title", &asset.title),
        ("start_timecode", &asset.start_timecode),
        ("reel", &asset.reel),
        ("scene", &asset.scene),
        ("take", &asset.take),
        ("camera", &asset.camera),
        ("language", &asset.language),
        ("path", &asset.path),
    ];
    wanted.texts.extend(texts.into_iter().filter_map(|(name, text)| Some((name, text.clone()?))));
    let numbers = [("season", asset.season), ("episode", asset.episode), ("duration_ns", asset.duration_ns)];
    wanted.numbers.extend(numbers.into_iter().filter_map(|(name, number)| Some((name, number?))));
    wanted.frame_rate = asset.frame_rate.map(FrameRate::ratio).map(|(num, den)| (num.into(), den.into()));
    wanted.drop_frame = asset.drop_frame;
    wanted.circled = asset.circled;
    wanted.attributes = attributes(&asset.attributes);
    wanted
}

pub fn model(model: &rushes_types::Model) -> Model {
    Model {
        model: model.model.as_str().to_owned(),
        types: model.types.iter().map(|kind| kind.as_str().to_owned()).collect(),
        language: model.language.clone(),
        space: model.space.as_ref().map(|space| Space {
            id: space.id.as_str().to_owned(),
            dimensions: space.dimensions as u64,
            metric: space.metric.as_str().to_owned(),
            encoder: space.encoder.clone(),
        }),
    }
}

fn coverage(coverage: Option<TimeRange>) -> Option<(i64, i64)> {
    coverage.map(|range| (range.start_ns(), range.end_ns()))
}

/// A run; how it is stored (segment, blocks) only the store knows.
pub fn run(run: &rushes_types::Run, stored: &store::Run) -> store::Run {
    store::Run {
        run: run.id.as_str().to_owned(),
        asset: run.asset.as_str().to_owned(),
        model: run.model.as_str().to_owned(),
        append: run.mode == RunMode::Append,
        coverage: coverage(run.coverage),
        state: ["open", "committed", "aborted"]
            .iter()
            .zip(0..)
            .find(|(s, _)| **s == run.state.as_str())
            .unwrap()
            .1,
        kept: run.visibility == Visibility::Kept,
        commit: run.committed.map_or(0, |commit| commit.0),
        annotations: run.annotations,
        segment: stored.segment,
        blocks: stored.blocks,
    }
}

fn segment(segment: &RunSegment) -> Segment {
    Segment {
        number: segment.id,
        model: segment.model.as_str().to_owned(),
        run: segment.run.as_str().to_owned(),
        append: segment.mode == RunMode::Append,
        coverage: coverage(segment.coverage),
        annotations: segment.annotations,
    }
}

pub fn effect(record: &CommitRecord) -> (u64, Effect) {
    use rushes_store::Effect as E;
    let effect = match &record.effect {
        E::Registered => Effect::Registered,
        E::Segment(s) => Effect::Committed(segment(s)),
        E::Restored(s) => Effect::Restored(segment(s)),
        E::Visibility(run, to) => {
            Effect::VisibilitySet { run: run.as_str().to_owned(), kept: *to == Visibility::Kept }
        }
        E::Erased(Erased::Asset) => Effect::AssetErased,
        E::Erased(Erased::Model(model)) => Effect::ModelErased(model.as_str().to_owned()),
        E::Erased(Erased::Run(run)) => Effect::RunErased(run.as_str().to_owned()),
        E::Erased(Erased::Annotation { model, run, id, start_ns }) => Effect::AnnotationErased {
            model: model.as_str().to_owned(),
            run: run.as_str().to_owned(),
            id: id.as_str().to_owned(),
            start: *start_ns,
        },
    };
    (record.commit.0, effect)
}

pub fn annotation(fused: &FusedAnnotation) -> ((String, u64, u128), Annotation) {
    let a = &fused.annotation;
    let word = |word: &rushes_types::Word| Word {
        text: word.text.clone(),
        range: range(word.range),
        confidence: word.confidence,
    };
    let annotation = Annotation {
        kept: fused.kept,
        range: range(a.range),
        validities: fused.validities.iter().map(|v| (v.born.0, v.died.0)).collect(),
        kind: a.kind.as_str().to_owned(),
        label: a.label.clone(),
        model: a.model.as_str().to_owned(),
        run: a.run.as_str().to_owned(),
        id: a.id.as_str().to_owned(),
        text: a.text.clone(),
        language: a.language.clone(),
        confidence: a.confidence,
        words: a.words.iter().map(word).collect(),
        attributes: attributes(&a.attributes),
        vector: a.vector.clone(),
    };
    ((a.asset.as_str().to_owned(), annotation.range.0, a.key().0), annotation)
}

pub fn bucket(bucket: &rushes_types::Bucket) -> Bucket {
    let member = |m: &rushes_types::BucketMember| (m.start_ns, m.end_ns, m.key.0);
    let intersection = |i: &rushes_types::Intersection| {
        (i.start_ns, i.end_ns, i.members.iter().map(|member| u64::from(*member)).collect())
    };
    Bucket {
        truncated: bucket.truncated,
        annotations: bucket.annotations.iter().map(member).collect(),
        intersections: bucket.intersections.iter().map(intersection).collect(),
    }
}

pub fn document(document: &AssetDocument) -> Document {
    let analysed = |a: &rushes_types::Analysed| Analysed {
        model: a.model.as_str().to_owned(),
        run: a.run.as_str().to_owned(),
        range: range(a.range),
        born: a.validity.born.0,
        died: if a.validity.died == Commit::NEVER { u64::MAX } else { a.validity.died.0 },
    };
    Document {
        asset: asset(&document.asset),
        models: document.models.iter().map(model).collect(),
        analysed: document.analysed.iter().map(analysed).collect(),
    }
}
