//! What fusion writes and indexing reads: normalised annotations with their validities, asset by asset.

use crate::annotation::{Annotation, AnnotationKey};
use crate::asset::Asset;
use crate::commit::{Commit, Validity};
use crate::id::AssetId;
use crate::model::Model;
use crate::run::Analysed;

/// The place of a fused annotation within its asset: start and key. Sorts by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FusedKey {
    /// Start in nanoseconds.
    pub start_ns: i64,
    /// Key of (model, run, id).
    pub key: AnnotationKey,
}

/// A normalised annotation and when it was current.
#[derive(Debug, Clone, PartialEq)]
pub struct FusedAnnotation {
    /// The annotation as sent. Its `language` is resolved: the line's, else the asset's, else detected.
    pub annotation: Annotation,
    /// When it was current: ascending, disjoint; the last interval may still be open.
    pub validities: Vec<Validity>,
    /// Can a query still pin its run once it is no longer current?
    pub kept: bool,
}

impl FusedAnnotation {
    /// Where it lies.
    #[must_use]
    pub fn fused_key(&self) -> FusedKey {
        FusedKey { start_ns: self.annotation.range.start_ns(), key: self.annotation.key() }
    }

    /// Is it current after the last commit that was fused?
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.validities.last().is_some_and(|l| l.died == Commit::NEVER)
    }
}

/// One asset as the later stages see it.
#[derive(Debug, Clone, PartialEq)]
pub struct AssetDocument {
    /// The asset.
    pub asset: Asset,
    /// The models that wrote current or kept annotations on it, by name and version.
    pub models: Vec<Model>,
    /// Which stretches were analysed, by which run and model, and when: for `require_analysed`.
    pub analysed: Vec<Analysed>,
}

/// One difference between two commits of an asset.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// The annotation is new, or its validities or `kept` changed: its present state.
    Put(Box<FusedAnnotation>),
    /// The annotation was erased: no trace of it may stay.
    Erased(FusedKey),
}

/// All that changed on an asset between two commits. `B` is the form of a bucket: the timeline takes bucket rows, an
/// index buckets with their annotations.
#[derive(Debug, Clone, PartialEq)]
pub struct AssetStep<B> {
    /// The asset.
    pub asset: AssetId,
    /// Its document at `upto`; `None` when it was erased.
    pub document: Option<AssetDocument>,
    /// The commit this step starts from.
    pub after: Commit,
    /// The commit this step brings it to.
    pub upto: Commit,
    /// Annotations in their present state, and erased ones.
    pub changes: Vec<Change>,
    /// The buckets that changed, in their present state; a bucket that became empty is listed, with no annotations.
    pub buckets: Vec<B>,
}
