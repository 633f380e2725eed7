//! An asset's history: what each of its commits did.

use rushes_types::{AnnotationId, AssetId, Commit, ModelRef, MovieId, RunId, RunMode, TimeRange, Visibility};

/// One step in an asset's history.
#[derive(Debug, Clone, PartialEq)]
pub struct CommitRecord {
    /// Its number.
    pub commit: Commit,
    /// What it did.
    pub effect: Effect,
}

/// What a commit did.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// The asset was registered or changed, or a model that wrote on it was.
    Registered,
    /// A segment of annotations became current: a run was committed, or loose lines came.
    Segment(RunSegment),
    /// An earlier committed run was made current again: it acts as if it was committed now.
    Restored(RunSegment),
    /// A run that is not current was kept or archived.
    Visibility(RunId, Visibility),
    /// Annotations were erased.
    Erased(Erased),
}

impl Effect {
    /// The segment that became current, if one did.
    #[must_use]
    pub const fn segment(&self) -> Option<&RunSegment> {
        match self {
            Self::Segment(segment) | Self::Restored(segment) => Some(segment),
            Self::Registered | Self::Visibility(..) | Self::Erased(_) => None,
        }
    }
}

/// A run segment: annotations that became current by one commit, of a run or of loose lines. What later runs left of it
/// follows from the history: see [`crate::current`].
#[derive(Debug, Clone, PartialEq)]
pub struct RunSegment {
    /// Identifies its blocks in [`crate::History::blocks`]; assigned by the store.
    pub id: u64,
    /// The model.
    pub model: ModelRef,
    /// The run; [`RunId::loose`] for loose lines.
    pub run: RunId,
    /// Replace or append.
    pub mode: RunMode,
    /// What it looked at: `None` all of the asset (a run) or nothing (loose lines claim no coverage).
    pub coverage: Option<TimeRange>,
    /// How many annotations it holds.
    pub annotations: u64,
}

/// What was erased of an asset.
#[derive(Debug, Clone, PartialEq)]
pub enum Erased {
    /// All of it.
    Asset,
    /// All that a model (this version) wrote.
    Model(ModelRef),
    /// A run.
    Run(RunId),
    /// One annotation of a run: key fields without content.
    Annotation {
        /// The model.
        model: ModelRef,
        /// The run.
        run: RunId,
        /// The id.
        id: AnnotationId,
        /// Its start in nanoseconds, so that later stages find it.
        start_ns: i64,
    },
}

/// What to erase.
#[derive(Debug, Clone, PartialEq)]
pub enum EraseTarget {
    /// An asset and all its annotations.
    Asset(AssetId),
    /// All assets of a movie.
    Movie(MovieId),
    /// All that a model (this version) wrote, on one asset or on all.
    Model(ModelRef, Option<AssetId>),
    /// One run.
    Run(RunId),
    /// One annotation.
    Annotation {
        /// The asset.
        asset: AssetId,
        /// The model.
        model: ModelRef,
        /// The run.
        run: RunId,
        /// The id.
        id: AnnotationId,
    },
}
