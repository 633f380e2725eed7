//! Annotation lines: one JSON object a line.
//!
//! Reading is one pass over the bytes with borrowed text: no tree of values is built but for
//! `attributes`. Unknown top-level fields are allowed: they stay in the stored line, count in its digest
//! (two lines that differ only there are two annotations), and are not searchable; what shall be searched
//! belongs into `attributes`.

mod check;
mod read;

use std::borrow::Cow;
use std::fmt;

use rushes_types::limits::Limits;
use rushes_types::{
    Annotation, AnnotationId, AnnotationType, AssetId, Attributes, Error, IdError, ModelRef, MovieId, RunId,
    TimeRange, Word,
};

pub(crate) use check::{check_fields, check_names};
pub(crate) use read::read_line;

/// A line as read and checked; text borrows from the line where it has no escapes.
#[derive(Debug, Clone, PartialEq)]
pub struct ParsedLine<'a> {
    /// `asset_id`.
    pub asset: Cow<'a, str>,
    /// `movie_id`.
    pub movie: Option<Cow<'a, str>>,
    /// `model`, as sent.
    pub model: Cow<'a, str>,
    /// `type`.
    pub kind: Cow<'a, str>,
    /// `time_range`.
    pub range: TimeRange,
    /// `annotation_id`, where one was sent.
    pub id: Option<Cow<'a, str>>,
    /// `label`; an empty one counts as none.
    pub label: Option<Cow<'a, str>>,
    /// `text`; an empty one counts as none.
    pub text: Option<Cow<'a, str>>,
    /// `words`.
    pub words: Vec<ParsedWord<'a>>,
    /// `language`.
    pub language: Option<Cow<'a, str>>,
    /// `embedding_vector`; finite numbers, not empty.
    pub vector: Option<Vec<f32>>,
    /// `confidence_score`, 0 … 1.
    pub confidence: Option<f64>,
    /// `attributes`.
    pub attributes: Attributes,
    /// Digest of the unknown fields, whatever their order; 0 without any.
    pub unknown: u128,
}

/// A word of a line.
#[derive(Debug, Clone, PartialEq)]
pub struct ParsedWord<'a> {
    /// The word as written (`text`, or `word`).
    pub text: Cow<'a, str>,
    /// When it is said.
    pub range: TimeRange,
    /// How sure the model is, 0 … 1.
    pub confidence: Option<f64>,
}

/// Why a line is refused: the field, what is wrong with it, and the mend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineError {
    /// The field, as a JSON pointer; empty for the whole line.
    pub pointer: String,
    /// Why, and how to mend it.
    pub detail: String,
}

impl LineError {
    pub(crate) fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), detail: detail.into() }
    }

    pub(crate) fn id(pointer: &str, source: &IdError) -> Self {
        Self::new(pointer, source.to_string())
    }
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.pointer.is_empty() {
            f.write_str(&self.detail)
        } else {
            write!(f, "{} (at `{}`)", self.detail, self.pointer)
        }
    }
}

impl std::error::Error for LineError {}

impl From<LineError> for Error {
    fn from(error: LineError) -> Self {
        let pointer = error.pointer;
        let out = Self::invalid(error.detail);
        if pointer.is_empty() { out } else { out.at(pointer) }
    }
}

/// Reads and checks one line (without its line end).
///
/// # Errors
/// [`LineError`] names the first field that is wrong.
pub fn parse_line<'a>(line: &'a [u8], limits: &Limits) -> Result<ParsedLine<'a>, LineError> {
    let parsed = read_line(line, limits)?;
    check_names(&parsed)?;
    Ok(parsed)
}

impl ParsedLine<'_> {
    /// The digest of all it says but its id, whatever the order of fields and the white space.
    #[must_use]
    pub fn digest(&self) -> u128 {
        crate::digest::of_line(self)
    }

    /// Its id: the one sent, else one derived from `digest`.
    ///
    /// # Errors
    /// Where the id that was sent is none.
    pub fn annotation_id(&self, digest: u128) -> Result<AnnotationId, LineError> {
        match &self.id {
            Some(id) => AnnotationId::new(id),
            None => AnnotationId::new(&crate::digest::derived_id(digest)),
        }
        .map_err(|e| LineError::id("/annotation_id", &e))
    }

    /// The movie, where one is named.
    ///
    /// # Errors
    /// Where the name is no id.
    pub fn movie_id(&self) -> Result<Option<MovieId>, LineError> {
        self.movie.as_deref().map(MovieId::new).transpose().map_err(|e| LineError::id("/movie_id", &e))
    }

    /// The annotation that the line is, in a run.
    ///
    /// # Errors
    /// Where its id or type is none.
    pub fn into_annotation(
        self,
        asset: AssetId,
        model: ModelRef,
        run: RunId,
    ) -> Result<Annotation, LineError> {
        let id = match &self.id {
            Some(_) => self.annotation_id(0)?,
            None => self.annotation_id(self.digest())?,
        };
        let kind = AnnotationType::new(&self.kind).map_err(|e| LineError::id("/type", &e))?;
        let word =
            |w: ParsedWord<'_>| Word { text: w.text.into_owned(), range: w.range, confidence: w.confidence };
        Ok(Annotation {
            asset,
            model,
            run,
            id,
            kind,
            range: self.range,
            label: self.label.map(Cow::into_owned),
            text: self.text.map(Cow::into_owned),
            words: self.words.into_iter().map(word).collect(),
            language: self.language.map(Cow::into_owned),
            vector: self.vector,
            confidence: self.confidence,
            attributes: self.attributes,
        })
    }
}
