//! Models and vector spaces.

use crate::id::{AnnotationType, ModelRef, SpaceId};

/// How two vectors of a space are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// Cosine of the angle, −1 … 1; larger is nearer. Zero vectors are refused.
    Cosine,
    /// Euclidean distance, 0 …; smaller is nearer.
    L2,
}

impl Metric {
    /// `cosine` or `l2`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cosine => "cosine",
            Self::L2 => "l2",
        }
    }

    /// Reads `cosine`, `l2` or `euclidean`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "cosine" => Some(Self::Cosine),
            "l2" | "euclidean" => Some(Self::L2),
            _ => None,
        }
    }
}

/// A vector space: where vectors can be compared with each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Space {
    /// Its name; by default the model that writes it, `name@version`.
    pub id: SpaceId,
    /// Numbers in a vector.
    pub dimensions: usize,
    /// The metric that approximate search is built for, and that clauses use unless they name another.
    pub metric: Metric,
    /// The encoder that turns a text or a picture into a vector of this space, where one is known.
    pub encoder: Option<String>,
}

/// Who wrote an annotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// Name and version.
    pub model: ModelRef,
    /// The types it writes; empty when it was registered by a line: then any.
    pub types: Vec<AnnotationType>,
    /// The language it writes, where it has one (BCP 47).
    pub language: Option<String>,
    /// The space of its vectors, where it writes any.
    pub space: Option<Space>,
}
