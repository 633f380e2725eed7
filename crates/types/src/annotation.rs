//! Annotations: what a model states about a time range.

use std::fmt;

use crate::id::{AnnotationId, AnnotationType, AssetId, ModelRef, RunId};
use crate::time::TimeRange;
use crate::value::Attributes;

/// A spoken or written word with its time.
#[derive(Debug, Clone, PartialEq)]
pub struct Word {
    /// The word as written.
    pub text: String,
    /// When it is said.
    pub range: TimeRange,
    /// How sure the model is, 0 … 1.
    pub confidence: Option<f64>,
}

/// A model's statement about a time range, normalised. Its identity is (asset, model, run, id).
#[derive(Debug, Clone, PartialEq)]
pub struct Annotation {
    /// The asset.
    pub asset: AssetId,
    /// The model that wrote it.
    pub model: ModelRef,
    /// In which run; [`RunId::loose`] for loose lines.
    pub run: RunId,
    /// Its id within asset, model and run.
    pub id: AnnotationId,
    /// What kind of thing it says.
    pub kind: AnnotationType,
    /// When.
    pub range: TimeRange,
    /// A name: "Joey", "kitchen".
    pub label: Option<String>,
    /// Longer text: a line of dialogue.
    pub text: Option<String>,
    /// The words of the text with their times.
    pub words: Vec<Word>,
    /// Language of label and text (BCP 47), as sent.
    pub language: Option<String>,
    /// A vector in the model's space; finite numbers.
    pub vector: Option<Vec<f32>>,
    /// How sure the model is, 0 … 1; missing counts as 1.
    pub confidence: Option<f64>,
    /// Any further attributes.
    pub attributes: Attributes,
}

impl Annotation {
    /// The key of its identity within the asset.
    #[must_use]
    pub fn key(&self) -> AnnotationKey {
        AnnotationKey::of(&self.model, &self.run, &self.id)
    }

    /// The confidence that counts: a missing one is 1.
    #[must_use]
    pub fn confidence_or_one(&self) -> f64 {
        self.confidence.unwrap_or(1.0)
    }
}

/// A 128-bit key of (model, run, annotation id): names an annotation within its asset.
///
/// It is the XXH3 hash of the three names, so that it depends on nothing but the identity: not on the
/// order of arrival, not on the archive.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AnnotationKey(pub u128);

impl AnnotationKey {
    /// The key of an identity.
    #[must_use]
    pub fn of(model: &ModelRef, run: &RunId, id: &AnnotationId) -> Self {
        let mut hash = xxhash_rust::xxh3::Xxh3::new();
        for part in [model.as_str(), run.as_str(), id.as_str()] {
            hash.update(&(part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        Self(hash.digest128())
    }

    /// The key as 16 bytes that sort as the key does.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// The key back from [`AnnotationKey::to_bytes`].
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }
}

impl fmt::Debug for AnnotationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}
