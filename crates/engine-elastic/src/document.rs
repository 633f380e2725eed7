//! An annotation as a document: its searchable fields, and the annotation itself in the product's codec.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rushes_index::word_starts;
use rushes_plan::matching::{language_of, primary_tag};
use rushes_text::{Analyzer, Forms, Language, Token, normalise_label, tokenise};
use rushes_types::{Annotation, Commit, Error, FusedAnnotation, Result, SpaceId, Value};
use rushes_wire::codec::{decode_annotation, encode_annotation};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::names::{beginning, vector_field};
use crate::schema::GRAPH_DIMENSIONS_MAX;

/// Bytes of a label that are indexed; longer labels are distinguished by the shared matcher.
pub(crate) const LABEL_BYTES_MAX: usize = 8_000;
/// Longest label that can be suggested, in bytes; engines take terms of at most 32,766.
const WRITTEN_BYTES_MAX: usize = 32_000;
/// Bytes of a label's prefix that are indexed.
pub(crate) const START_BYTES_MAX: usize = 64;
/// Words of a label that are indexed as starts of prefixes; a longer label is a candidate for every prefix.
const STARTS_MAX: usize = 64;
/// The term for the words left out.
pub(crate) const MANY_STARTS: &str = "\u{1}";
/// Bytes of an attribute that are indexed.
const ATTRIBUTE_BYTES_MAX: usize = 400;

/// The commit as the engine's signed number.
pub(crate) fn commit_number(commit: Commit) -> i64 {
    i64::try_from(commit.0).unwrap_or(i64::MAX)
}

/// An attribute as a term: equal values give equal terms.
pub(crate) fn attribute_term(name: &str, value: &Value) -> String {
    let mut term = format!("{name}=");
    match value {
        Value::Null => term.push_str("null"),
        Value::Bool(truth) => term.push_str(if *truth { "true" } else { "false" }),
        Value::Int(_) | Value::Float(_) => {
            // Positive and negative zero are equal.
            let number = value.as_f64().unwrap_or_default() + 0.0;
            term.push_str(&format!("n{number}"));
        }
        Value::Text(text) => {
            term.push('t');
            term.push_str(text);
        }
        // The shared matcher distinguishes them.
        Value::List(_) | Value::Map(_) => term.push_str("{}"),
    }
    beginning(&term, ATTRIBUTE_BYTES_MAX).to_owned()
}

/// The term of every annotation that has an attribute of this name.
pub(crate) fn attribute_name_term(name: &str) -> String {
    beginning(name, ATTRIBUTE_BYTES_MAX).to_owned()
}

/// The form of a word in a language as a term.
pub(crate) fn form_term(language: Language, form: &str) -> String {
    format!("{}:{form}", language.as_str())
}

/// Can the engine rank the vector? It rejects some, and others vanish or overflow in 32 bits.
pub(crate) fn is_even(vector: &[f32]) -> bool {
    /// Squared lengths that neither vanish nor overflow.
    const SQUARES: std::ops::Range<f64> = 1e-24..1e24;
    let square: f64 = vector.iter().map(|x| f64::from(*x) * f64::from(*x)).sum();
    !vector.is_empty() && vector.len() <= GRAPH_DIMENSIONS_MAX && SQUARES.contains(&square)
}

/// An annotation's document, to be serialised.
pub(crate) struct Document<'a> {
    fused: &'a FusedAnnotation,
    space: Option<(SpaceId, String)>,
    /// The commit that wrote it.
    commit: Commit,
    analyzer: &'a Analyzer,
}

impl<'a> Document<'a> {
    /// With the space of its vector, if it has one.
    pub fn new(fused: &'a FusedAnnotation, space: SpaceId, commit: Commit, analyzer: &'a Analyzer) -> Self {
        let field = |vector: &Vec<f32>| vector_field(&space, vector.len());
        let field = fused.annotation.vector.as_ref().map(field);
        Self { fused, space: field.map(|field| (space, field)), commit, analyzer }
    }
}

#[derive(Serialize)]
struct LifetimeRange {
    gte: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    lt: Option<i64>,
}

/// The validities that contain at least one commit.
fn validities(fused: &FusedAnnotation) -> Vec<LifetimeRange> {
    let lasting = fused.validities.iter().filter(|l| l.born < l.died);
    let range = lasting.map(|l| LifetimeRange {
        gte: commit_number(l.born),
        lt: (l.died != Commit::NEVER).then(|| commit_number(l.died)),
    });
    range.collect()
}

/// Words and forms, each once, and the texts as words with single spaces between.
struct AnalysedText {
    words: BTreeSet<String>,
    forms: BTreeSet<String>,
    texts: Vec<String>,
}

fn analysed_text(annotation: &Annotation, analyzer: &Analyzer) -> AnalysedText {
    let language = language_of(annotation);
    let mut said = AnalysedText { words: BTreeSet::new(), forms: BTreeSet::new(), texts: Vec::new() };
    let mut forms = Forms::new();
    for text in [&annotation.label, &annotation.text].into_iter().flatten() {
        let tokens: Vec<Token> = tokenise(text);
        for token in &tokens {
            analyzer.forms(&token.lower, &token.folded, language, &mut forms);
            said.forms.extend(forms.iter().map(|form| form_term(language, form)));
        }
        let words: Vec<&str> = tokens.iter().map(|token| token.folded.as_str()).collect();
        if !words.is_empty() {
            said.texts.push(words.join(" "));
        }
        said.words.extend(tokens.into_iter().map(|token| token.folded));
    }
    said
}

/// The starts of a normalised label's words: a prefix may match at any of them.
fn label_starts(label: &str) -> Vec<&str> {
    let mut starts: Vec<&str> =
        word_starts(label).take(STARTS_MAX + 1).map(|rest| beginning(rest, START_BYTES_MAX)).collect();
    if starts.len() > STARTS_MAX {
        starts.push(MANY_STARTS);
    }
    starts
}

fn attribute_terms(annotation: &Annotation) -> BTreeSet<String> {
    let mut terms = BTreeSet::new();
    for (name, value) in &annotation.attributes {
        terms.insert(attribute_name_term(name));
        terms.insert(attribute_term(name, value));
        if let Value::List(list) = value {
            terms.extend(list.iter().map(|item| attribute_term(name, item)));
        }
    }
    terms
}

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (fused, a) = (self.fused, &self.fused.annotation);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("asset", a.asset.as_str())?;
        map.serialize_entry("commit", &commit_number(self.commit))?;
        map.serialize_entry("type", a.kind.as_str())?;
        map.serialize_entry("model", a.model.as_str())?;
        map.serialize_entry("model_name", a.model.name())?;
        map.serialize_entry("run", a.run.as_str())?;
        map.serialize_entry("annotation_id", a.id.as_str())?;
        map.serialize_entry("start_ns", &a.range.start_ns())?;
        map.serialize_entry("end_ns", &a.range.end_ns())?;
        map.serialize_entry("lifetimes", &validities(fused))?;
        let born = fused.validities.iter().map(|l| l.born).min().unwrap_or(Commit::NEVER);
        let died = fused.validities.iter().map(|l| l.died).max().unwrap_or(Commit::NONE);
        map.serialize_entry("born", &commit_number(born))?;
        map.serialize_entry("died", &commit_number(died))?;
        map.serialize_entry("kept", &fused.kept)?;
        map.serialize_entry("confidence", &a.confidence_or_one())?;
        if let Some(label) = &a.label {
            let normalised = normalise_label(label);
            map.serialize_entry("label", beginning(&normalised, LABEL_BYTES_MAX))?;
            map.serialize_entry("label_written", beginning(label, WRITTEN_BYTES_MAX))?;
            map.serialize_entry("label_starts", &label_starts(&normalised))?;
        }
        let said = analysed_text(a, self.analyzer);
        if !said.words.is_empty() {
            map.serialize_entry("words", &said.words)?;
            map.serialize_entry("forms", &said.forms)?;
            map.serialize_entry("said", &said.texts)?;
        }
        if !a.attributes.is_empty() {
            map.serialize_entry("attributes", &attribute_terms(a))?;
        }
        let tag = a.language.as_deref().map(primary_tag).filter(|tag| tag != "und");
        if let Some(tag) = tag {
            map.serialize_entry("language", beginning(&tag, ATTRIBUTE_BYTES_MAX))?;
        }
        if let (Some((space, field)), Some(vector)) = (&self.space, &a.vector) {
            map.serialize_entry("space", space.as_str())?;
            map.serialize_entry("vector_field", field)?;
            if is_even(vector) {
                map.serialize_entry(field, vector)?;
            } else {
                map.serialize_entry("odd_vector", &true)?;
            }
            map.serialize_entry("vector", &BASE64_STANDARD.encode(vector_bytes(vector)))?;
        }
        map.serialize_entry("body", &BASE64_STANDARD.encode(body(fused)))?;
        map.end()
    }
}

/// All but the vector.
fn body(fused: &FusedAnnotation) -> Vec<u8> {
    let bare = FusedAnnotation {
        annotation: Annotation { vector: None, ..fused.annotation.clone() },
        validities: fused.validities.clone(),
        kept: fused.kept,
    };
    let mut bytes = Vec::new();
    encode_annotation(&bare, &mut bytes);
    bytes
}

fn vector_bytes(vector: &[f32]) -> Vec<u8> {
    vector.iter().flat_map(|x| x.to_le_bytes()).collect()
}

fn broken(what: &str) -> Error {
    Error::new(rushes_types::ErrorKind::Corrupt, format!("a document of the index has a broken {what}"))
        .mend("rebuild the index")
}

/// The annotation of a document's `body` and `vector`.
///
/// # Errors
/// [`rushes_types::ErrorKind::Corrupt`] where they are damaged.
pub(crate) fn read(
    asset: &rushes_types::AssetId,
    body: &str,
    vector: Option<&str>,
) -> Result<FusedAnnotation> {
    let body = BASE64_STANDARD.decode(body).map_err(|e| broken("body").because(e))?;
    let mut fused = decode_annotation(asset, &body)?;
    if let Some(vector) = vector {
        let bytes = BASE64_STANDARD.decode(vector).map_err(|e| broken("vector").because(e))?;
        let number = |b: &[u8; 4]| f32::from_le_bytes(*b);
        let (numbers, rest) = bytes.as_chunks::<4>();
        if !rest.is_empty() {
            return Err(broken("vector"));
        }
        fused.annotation.vector = Some(numbers.iter().map(number).collect());
    }
    Ok(fused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_are_the_same_have_the_same_term() {
        let same = |a: Value, b: Value| assert_eq!(attribute_term("n", &a), attribute_term("n", &b));
        same(Value::Int(3), Value::Float(3.0));
        same(Value::Float(0.0), Value::Float(-0.0));
        same(Value::Int(i64::MAX), Value::Int(i64::MAX - 1));
        assert_ne!(attribute_term("n", &Value::Int(1)), attribute_term("n", &Value::Text("1".to_owned())));
        assert!(attribute_term("n", &Value::Text("é".repeat(999))).len() <= ATTRIBUTE_BYTES_MAX);
    }

    #[test]
    fn vectors_without_a_direction_are_odd() {
        assert!(is_even(&[0.1, -7.25, 1e-20]));
        for odd in [&[][..], &[0.0, 0.0], &[1e-30, 0.0], &[1e30, 1.0]] {
            assert!(!is_even(odd), "{odd:?}");
        }
    }

    #[test]
    fn a_label_of_many_words_is_held_against_every_beginning() {
        assert_eq!(label_starts("joey tribbiani"), ["joey tribbiani", "tribbiani"]);
        let long = "word ".repeat(999);
        assert!(label_starts(long.trim()).contains(&MANY_STARTS));
    }
}
