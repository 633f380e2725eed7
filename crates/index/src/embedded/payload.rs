//! The content of an annotation beyond its entry, as bytes.
//!
//! This is not the codec of fused annotations: type, model, run, language and range are in the entry, whose names
//! thousands of entries share; vectors are stored together by space; and validities change independently. Including
//! them would make each payload half as large again.

use rushes_types::{Annotation, AnnotationId, AnnotationType, AssetId, ModelRef, RunId, TimeRange, Word};
use rushes_wire::codec::{decode_attributes, encode_attributes};

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
    if !annotation.attributes.is_empty() {
        encode_attributes(&annotation.attributes, out);
    }
}

/// The fields of an annotation that its entry holds.
#[derive(Debug, Clone)]
pub(crate) struct EntryContext {
    pub asset: AssetId,
    pub kind: AnnotationType,
    pub model: ModelRef,
    pub run: RunId,
    pub language: Option<String>,
    pub range: TimeRange,
    pub vector: Option<Vec<f32>>,
}

pub(crate) fn decode_annotation(bytes: &[u8], known: EntryContext) -> Option<Annotation> {
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
    // Attributes take the rest of the bytes; no byte where there are none.
    let attributes = if bytes.0.is_empty() { Default::default() } else { decode_attributes(bytes.0).ok()? };
    let EntryContext { asset, kind, model, run, language, range, vector } = known;
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

/// The id alone: for breaking ties.
pub(crate) fn decode_annotation_id(bytes: &[u8]) -> Option<AnnotationId> {
    AnnotationId::new(Bytes(bytes).text()?).ok()
}
