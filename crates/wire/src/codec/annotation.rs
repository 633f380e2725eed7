//! Fused annotations.

use rushes_types::{
    Annotation, AnnotationId, AnnotationType, AssetId, Commit, FusedAnnotation, IdError, ModelRef, Result,
    RunId, TimeRange, Validity, Word,
};

use super::format::{Reader, Writer, corrupt, put_range, read_range};

const VERSION: u8 = 1;
const KEPT: u8 = 1;

/// What can be read of an encoded annotation without allocating.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Peek<'a> {
    /// When.
    pub range: TimeRange,
    /// Can its run be pinned once it is not current?
    pub kept: bool,
    /// Its last validity.
    pub last: Validity,
    /// The type.
    pub kind: &'a str,
    /// The label.
    pub label: Option<&'a str>,
    /// The model, `name@version`.
    pub model: &'a str,
    /// The run.
    pub run: &'a str,
}

/// Adds the encoded annotation to `out`. Its asset is left out.
pub fn encode_annotation(fused: &FusedAnnotation, out: &mut Vec<u8>) {
    let a = &fused.annotation;
    let mut w = Writer::onto(out);
    w.u8(VERSION);
    w.u8(if fused.kept { KEPT } else { 0 });
    put_range(&mut w, a.range);
    w.uint(fused.validities.len() as u64);
    // The last one first: it says whether the annotation is current.
    for validity in fused.validities.iter().rev() {
        w.uint(validity.born.0);
        // NEVER becomes 0, a short number; no commit dies at 0.
        w.uint(validity.died.0.wrapping_add(1));
    }
    w.text(a.kind.as_str());
    w.opt_text(a.label.as_deref());
    w.text(a.model.as_str());
    w.text(a.run.as_str());
    w.text(a.id.as_str());
    w.opt_text(a.text.as_deref());
    w.opt_text(a.language.as_deref());
    w.opt_float(a.confidence);
    w.uint(a.words.len() as u64);
    for word in &a.words {
        w.text(&word.text);
        put_range(&mut w, word.range);
        w.opt_float(word.confidence);
    }
    w.attributes(&a.attributes);
    // The vector comes last, as it is: a reader that needs only the vector finds it from the end.
    w.bool(a.vector.is_some());
    if let Some(vector) = &a.vector {
        w.uint(vector.len() as u64);
        for x in vector {
            w.bytes(&x.to_le_bytes());
        }
    }
}

struct Head<'a> {
    peek: Peek<'a>,
    validities: Vec<Validity>,
}

fn head<'a>(r: &mut Reader<'a>, all_validities: bool) -> Result<Head<'a>> {
    if r.u8()? != VERSION {
        return Err(corrupt("an annotation has an unknown version"));
    }
    let kept = r.u8()? & KEPT != 0;
    let range = read_range(r)?;
    let count = r.count(2)?;
    let mut last = None;
    let mut validities = Vec::with_capacity(if all_validities { count } else { 0 });
    for _ in 0..count {
        let born = Commit(r.uint()?);
        let died = Commit(r.uint()?.wrapping_sub(1));
        let validity = Validity { born, died };
        last = last.or(Some(validity));
        if all_validities {
            validities.push(validity);
        }
    }
    validities.reverse();
    let last = last.ok_or_else(|| corrupt("an annotation was never current"))?;
    let kind = r.text()?;
    let label = r.opt_text()?;
    let peek = Peek { range, kept, last, kind, label, model: r.text()?, run: r.text()? };
    Ok(Head { peek, validities })
}

/// Reads the beginning of an encoded annotation, without allocating.
///
/// # Errors
/// [`rushes_types::ErrorKind::Corrupt`] where the bytes are damaged.
pub fn peek(bytes: &[u8]) -> Result<Peek<'_>> {
    head(&mut Reader::new(bytes), false).map(|h| h.peek)
}

/// Decodes an annotation of an asset.
///
/// # Errors
/// [`rushes_types::ErrorKind::Corrupt`] where the bytes are damaged.
pub fn decode_annotation(asset: &AssetId, bytes: &[u8]) -> Result<FusedAnnotation> {
    AnnotationDecoder::new(asset.clone()).decode(bytes)
}

/// Decodes many annotations of one asset: names that repeat from one to the next are shared.
pub struct AnnotationDecoder {
    asset: AssetId,
    kind: Option<AnnotationType>,
    model: Option<ModelRef>,
    run: Option<RunId>,
}

fn shared<T: Clone>(
    last: &mut Option<T>,
    text: &str,
    as_str: impl Fn(&T) -> &str,
    make: impl Fn(&str) -> std::result::Result<T, IdError>,
) -> Result<T> {
    if let Some(known) = last.as_ref().filter(|known| as_str(known) == text) {
        return Ok(known.clone());
    }
    let made = make(text).map_err(|e| corrupt(&e.to_string()))?;
    *last = Some(made.clone());
    Ok(made)
}

impl AnnotationDecoder {
    /// A decoder for an asset.
    #[must_use]
    pub fn new(asset: AssetId) -> Self {
        Self { asset, kind: None, model: None, run: None }
    }

    /// Decodes one annotation.
    ///
    /// # Errors
    /// [`rushes_types::ErrorKind::Corrupt`] where the bytes are damaged.
    pub fn decode(&mut self, bytes: &[u8]) -> Result<FusedAnnotation> {
        let mut r = Reader::new(bytes);
        let Head { peek, validities } = head(&mut r, true)?;
        let id = AnnotationId::new(r.text()?).map_err(|e| corrupt(&e.to_string()))?;
        let text = r.opt_string()?;
        let language = r.opt_string()?;
        let confidence = r.opt_float()?;
        let count = r.count(4)?;
        let mut words = Vec::with_capacity(count);
        for _ in 0..count {
            let text = r.text()?.to_owned();
            words.push(Word { text, range: read_range(&mut r)?, confidence: r.opt_float()? });
        }
        let attributes = r.attributes()?;
        let vector = if r.bool()? {
            let n = r.count(4)?;
            let bytes = r.take(n * 4)?;
            let number = |b: &[u8]| f32::from_le_bytes([b[0], b[1], b[2], b[3]]);
            Some(bytes.chunks_exact(4).map(number).collect())
        } else {
            None
        };
        r.end()?;
        let annotation = Annotation {
            asset: self.asset.clone(),
            model: shared(&mut self.model, peek.model, ModelRef::as_str, ModelRef::parse)?,
            run: shared(&mut self.run, peek.run, RunId::as_str, RunId::new)?,
            id,
            kind: shared(&mut self.kind, peek.kind, AnnotationType::as_str, AnnotationType::new)?,
            range: peek.range,
            label: peek.label.map(str::to_owned),
            text,
            words,
            language,
            vector,
            confidence,
            attributes,
        };
        Ok(FusedAnnotation { annotation, validities, kept: peek.kept })
    }
}
