//! What is checked of a line or row before it is accepted, whatever its format.

use rushes_types::limits::Limits;
use rushes_types::{AnnotationId, AnnotationType, AssetId, ModelRef, MovieId};

use super::{LineError, ParsedLine};

/// Longest language tag that is accepted, in bytes (BCP 47 asks for room for 35).
const LANGUAGE_BYTES_MAX: usize = 35;

/// Checks asset, movie and model: a batch does this once for each distinct name.
pub(crate) fn check_names(line: &ParsedLine<'_>) -> Result<(), LineError> {
    AssetId::check(&line.asset).map_err(|e| LineError::id("/asset_id", &e))?;
    ModelRef::parse(&line.model).map_err(|e| LineError::id("/model", &e))?;
    if let Some(movie) = &line.movie {
        MovieId::check(movie).map_err(|e| LineError::id("/movie_id", &e))?;
    }
    Ok(())
}

/// Checks everything but the names.
pub(crate) fn check_fields(line: &ParsedLine<'_>, limits: &Limits) -> Result<(), LineError> {
    AnnotationType::check(&line.kind).map_err(|e| LineError::id("/type", &e))?;
    if let Some(id) = &line.id {
        AnnotationId::check(id).map_err(|e| LineError::id("/annotation_id", &e))?;
    }
    if let Some(label) = &line.label {
        if label.len() > limits.label_bytes_max {
            let detail = format!(
                "label has {} bytes; at most {} are accepted: longer speech belongs into `text`",
                label.len(),
                limits.label_bytes_max
            );
            return Err(LineError::new("/label", detail));
        }
        check_text("/label", label)?;
    }
    if let Some(text) = &line.text {
        check_text("/text", text)?;
    }
    if let Some(language) = &line.language {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if language.len() > LANGUAGE_BYTES_MAX || !language.bytes().all(plain) {
            let detail = "language is no BCP 47 tag; write one such as `en` or `pt-BR`, or leave it out";
            return Err(LineError::new("/language", detail));
        }
    }
    check_confidence("/confidence_score", line.confidence)?;
    for (n, word) in line.words.iter().enumerate() {
        check_text(&format!("/words/{n}/text"), &word.text)?;
        if word.confidence.is_some() {
            check_confidence(&format!("/words/{n}/confidence"), word.confidence)?;
        }
    }
    line.vector.as_deref().map_or(Ok(()), |vector| check_vector(vector, limits))
}

fn check_text(pointer: &str, text: &str) -> Result<(), LineError> {
    let bad = |b: u8| (b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r')) || b == 0x7f;
    match text.bytes().find(|b| bad(*b)) {
        Some(b) => Err(LineError::new(pointer, format!("holds the control character U+{b:04X}; remove it"))),
        None => Ok(()),
    }
}

fn check_confidence(pointer: &str, confidence: Option<f64>) -> Result<(), LineError> {
    match confidence {
        Some(x) if !(0.0..=1.0).contains(&x) => {
            let detail = format!("confidence `{x}` is not between 0 and 1; divide a percentage by 100");
            Err(LineError::new(pointer, detail))
        }
        _ => Ok(()),
    }
}

fn check_vector(vector: &[f32], limits: &Limits) -> Result<(), LineError> {
    const POINTER: &str = "/embedding_vector";
    if vector.is_empty() {
        return Err(LineError::new(POINTER, "the vector is empty; leave the field out"));
    }
    if vector.len() > limits.dimensions_max {
        let detail = format!(
            "the vector has {} numbers; at most {} are accepted",
            vector.len(),
            limits.dimensions_max
        );
        return Err(LineError::new(POINTER, detail));
    }
    // One pass without a branch a number: the sum of x·0 is 0 exactly when all are finite.
    let finite = vector.iter().fold(0.0f32, |sum, x| x.mul_add(0.0, sum)) == 0.0;
    if !finite {
        let at = vector.iter().position(|x| !x.is_finite()).unwrap_or(0);
        let detail = "the number does not fit a 32-bit float; send finite numbers";
        return Err(LineError::new(format!("{POINTER}/{at}"), detail));
    }
    Ok(())
}
