//! Annotations and asset documents as bytes.

use rushes_types::{
    Analysed, Annotation, AnnotationId, AnnotationType, Asset, AssetDocument, AssetId, Attributes, Commit,
    FrameRate, Lifetime, Metric, Model, ModelRef, MovieId, RunId, Space, SpaceId, TimeRange, Value, Word,
    limits,
};

use super::bytes::{Bytes, put_bytes, put_varint};

fn put_text(out: &mut Vec<u8>, text: &str) {
    put_bytes(out, text.as_bytes());
}

fn put_option<T>(out: &mut Vec<u8>, value: Option<T>, put: impl FnOnce(&mut Vec<u8>, T)) {
    out.push(u8::from(value.is_some()));
    if let Some(value) = value {
        put(out, value);
    }
}

fn option<'a, T>(bytes: &mut Bytes<'a>, read: impl FnOnce(&mut Bytes<'a>) -> Option<T>) -> Option<Option<T>> {
    match bytes.u8()? {
        0 => Some(None),
        _ => Some(Some(read(bytes)?)),
    }
}

fn put_f64(out: &mut Vec<u8>, value: f64) {
    out.extend(value.to_le_bytes());
}

fn f64_of(bytes: &mut Bytes<'_>) -> Option<f64> {
    bytes.array().map(f64::from_le_bytes)
}

fn put_i64(out: &mut Vec<u8>, value: i64) {
    out.extend(value.to_le_bytes());
}

fn i64_of(bytes: &mut Bytes<'_>) -> Option<i64> {
    bytes.array().map(i64::from_le_bytes)
}

fn put_range(out: &mut Vec<u8>, range: TimeRange) {
    put_i64(out, range.start_ns());
    put_i64(out, range.end_ns());
}

fn range_of(bytes: &mut Bytes<'_>) -> Option<TimeRange> {
    TimeRange::new(i64_of(bytes)?, i64_of(bytes)?).ok()
}

fn owned(bytes: &mut Bytes<'_>) -> Option<String> {
    bytes.text().map(str::to_owned)
}

fn put_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.push(0),
        Value::Bool(value) => out.extend([1, u8::from(*value)]),
        Value::Int(value) => {
            out.push(2);
            put_i64(out, *value);
        }
        Value::Float(value) => {
            out.push(3);
            put_f64(out, *value);
        }
        Value::Text(value) => {
            out.push(4);
            put_text(out, value);
        }
        Value::List(values) => {
            out.push(5);
            put_varint(out, values.len() as u64);
            values.iter().for_each(|value| put_value(out, value));
        }
        Value::Map(values) => {
            out.push(6);
            put_attributes(out, values);
        }
    }
}

fn value_of(bytes: &mut Bytes<'_>, depth: usize) -> Option<Value> {
    let depth = depth.checked_sub(1)?;
    Some(match bytes.u8()? {
        0 => Value::Null,
        1 => Value::Bool(bytes.u8()? != 0),
        2 => Value::Int(i64_of(bytes)?),
        3 => Value::Float(f64_of(bytes)?),
        4 => Value::Text(owned(bytes)?),
        5 => {
            let count = bytes.length()?;
            let mut values = Vec::new();
            for _ in 0..count {
                values.push(value_of(bytes, depth)?);
            }
            Value::List(values)
        }
        6 => Value::Map(attributes_of(bytes, depth)?),
        _ => return None,
    })
}

fn put_attributes(out: &mut Vec<u8>, attributes: &Attributes) {
    put_varint(out, attributes.len() as u64);
    for (name, value) in attributes {
        put_text(out, name);
        put_value(out, value);
    }
}

fn attributes_of(bytes: &mut Bytes<'_>, depth: usize) -> Option<Attributes> {
    let count = bytes.length()?;
    let mut attributes = Attributes::new();
    for _ in 0..count {
        let name = owned(bytes)?;
        attributes.insert(name, value_of(bytes, depth)?);
    }
    Some(attributes)
}

/// An annotation without its vector, asset, type, model, run and language, which its entry knows.
pub(crate) fn encode_annotation(annotation: &Annotation, out: &mut Vec<u8>) {
    put_text(out, annotation.id.as_str());
    put_option(out, annotation.label.as_deref(), put_text);
    put_option(out, annotation.text.as_deref(), put_text);
    put_option(out, annotation.confidence, put_f64);
    put_varint(out, annotation.words.len() as u64);
    for word in &annotation.words {
        put_text(out, &word.text);
        put_range(out, word.range);
        put_option(out, word.confidence, put_f64);
    }
    put_attributes(out, &annotation.attributes);
}

/// What an entry knows of its annotation.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub asset: AssetId,
    pub kind: AnnotationType,
    pub model: ModelRef,
    pub run: RunId,
    pub language: Option<String>,
    pub range: TimeRange,
    pub vector: Option<Vec<f32>>,
}

pub(crate) fn decode_annotation(bytes: &[u8], known: Known) -> Option<Annotation> {
    let mut bytes = Bytes(bytes);
    let id = AnnotationId::new(bytes.text()?).ok()?;
    let label = option(&mut bytes, owned)?;
    let text = option(&mut bytes, owned)?;
    let confidence = option(&mut bytes, f64_of)?;
    let mut words = Vec::new();
    for _ in 0..bytes.length()? {
        let text = owned(&mut bytes)?;
        let range = range_of(&mut bytes)?;
        words.push(Word { text, range, confidence: option(&mut bytes, f64_of)? });
    }
    let attributes = attributes_of(&mut bytes, limits::JSON_DEPTH_MAX)?;
    let Known { asset, kind, model, run, language, range, vector } = known;
    Some(Annotation {
        asset,
        model,
        run,
        id,
        kind,
        range,
        label,
        text,
        words,
        language,
        vector,
        confidence,
        attributes,
    })
}

/// The id alone: for ties.
pub(crate) fn decode_annotation_id(bytes: &[u8]) -> Option<AnnotationId> {
    AnnotationId::new(Bytes(bytes).text()?).ok()
}

/// The free attributes alone would need all before them to be read: they are last, so that what is asked more
/// often comes first.
pub(crate) fn encode_document(document: &AssetDocument, out: &mut Vec<u8>) {
    let asset = &document.asset;
    put_text(out, asset.id.as_str());
    put_text(out, asset.movie.as_str());
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
    texts.into_iter().for_each(|text| put_option(out, text.as_deref(), put_text));
    [asset.season, asset.episode, asset.duration_ns].into_iter().for_each(|n| put_option(out, n, put_i64));
    put_option(out, asset.frame_rate, |out, rate| put_text(out, &rate.to_string()));
    out.push(u8::from(asset.drop_frame));
    put_option(out, asset.circled, |out, circled| out.push(u8::from(circled)));
    put_attributes(out, &asset.attributes);
    put_varint(out, document.models.len() as u64);
    document.models.iter().for_each(|model| put_model(out, model));
    put_varint(out, document.analysed.len() as u64);
    for analysed in &document.analysed {
        put_text(out, analysed.model.as_str());
        put_text(out, analysed.run.as_str());
        put_range(out, analysed.range);
        put_varint(out, analysed.lifetime.born.0);
        put_varint(out, analysed.lifetime.died.0);
    }
}

fn put_model(out: &mut Vec<u8>, model: &Model) {
    put_text(out, model.model.as_str());
    put_varint(out, model.types.len() as u64);
    model.types.iter().for_each(|kind| put_text(out, kind.as_str()));
    put_option(out, model.language.as_deref(), put_text);
    put_option(out, model.space.as_ref(), |out, space| {
        put_text(out, space.id.as_str());
        put_varint(out, space.dimensions as u64);
        put_text(out, space.metric.as_str());
        put_option(out, space.encoder.as_deref(), put_text);
    });
}

fn model_of(bytes: &mut Bytes<'_>) -> Option<Model> {
    let model = ModelRef::parse(bytes.text()?).ok()?;
    let mut types = Vec::new();
    for _ in 0..bytes.length()? {
        types.push(AnnotationType::new(bytes.text()?).ok()?);
    }
    let language = option(bytes, owned)?;
    let space = option(bytes, |bytes| {
        Some(Space {
            id: SpaceId::new(bytes.text()?).ok()?,
            dimensions: bytes.length()?,
            metric: Metric::parse(bytes.text()?)?,
            encoder: option(bytes, owned)?,
        })
    })?;
    Some(Model { model, types, language, space })
}

pub(crate) fn decode_document(bytes: &[u8]) -> Option<AssetDocument> {
    let mut bytes = Bytes(bytes);
    let id = AssetId::new(bytes.text()?).ok()?;
    let movie = MovieId::new(bytes.text()?).ok()?;
    let mut asset = Asset::new(id, movie);
    for text in [
        &mut asset.collection,
        &mut asset.series,
        &mut asset.title,
        &mut asset.start_timecode,
        &mut asset.reel,
        &mut asset.scene,
        &mut asset.take,
        &mut asset.camera,
        &mut asset.language,
        &mut asset.path,
    ] {
        *text = option(&mut bytes, owned)?;
    }
    for number in [&mut asset.season, &mut asset.episode, &mut asset.duration_ns] {
        *number = option(&mut bytes, i64_of)?;
    }
    asset.frame_rate = option(&mut bytes, |bytes| FrameRate::parse(bytes.text()?).ok())?;
    asset.drop_frame = bytes.u8()? != 0;
    asset.circled = option(&mut bytes, |bytes| bytes.u8().map(|circled| circled != 0))?;
    asset.attributes = attributes_of(&mut bytes, limits::JSON_DEPTH_MAX)?;
    let mut models = Vec::new();
    for _ in 0..bytes.length()? {
        models.push(model_of(&mut bytes)?);
    }
    let mut analysed = Vec::new();
    for _ in 0..bytes.length()? {
        let model = ModelRef::parse(bytes.text()?).ok()?;
        let run = RunId::new(bytes.text()?).ok()?;
        let range = range_of(&mut bytes)?;
        let lifetime = Lifetime { born: Commit(bytes.varint()?), died: Commit(bytes.varint()?) };
        analysed.push(Analysed { model, run, range, lifetime });
    }
    Some(AssetDocument { asset, models, analysed })
}
