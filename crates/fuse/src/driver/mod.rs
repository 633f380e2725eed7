//! Stage 2's driver: reads the store, calls the pure decisions of [`crate`], writes the timeline.
//!
//! An asset is brought forward in steps that end at a commit. A step holds at most [`STEP_ANNOTATIONS_MAX`] new
//! annotations, but at least one commit whole: a run of three million annotations is held in memory once, with the rows
//! that it supersedes and the buckets that it touches. Steps may be cut anywhere; the stored result does not depend on
//! it. Two things read a whole asset: a replace run without coverage (all that it may supersede), and a change of the
//! asset's language (every annotation that named no language of its own is resolved again).

mod batch;
mod blocks;
mod step;

use crate::TextAnalysis;
use rushes_store::History;
use rushes_timeline::{TimelineStore, TimelineUpdate};
use rushes_types::limits::BUCKET_NS_DEFAULT;
use rushes_types::{AssetId, Commit, Result};

pub use batch::{BATCH_ROWS_MAX, fuse_batch};
pub use blocks::annotations_of;
pub use step::{LoadedStep, PendingStep, load_step, next_step};

/// Commits read at once.
pub const HISTORY_PAGE: usize = 1_024;
/// New annotations fused in one step; a single commit may hold more.
pub const STEP_ANNOTATIONS_MAX: u64 = 200_000;

/// How fusion is done.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// Length of a bucket, in nanoseconds.
    pub bucket_ns: i64,
    /// Knows words and languages.
    pub linguist: &'a dyn TextAnalysis,
    /// Commits read at once: see [`HISTORY_PAGE`].
    pub history_page: usize,
    /// New annotations in one step: see [`STEP_ANNOTATIONS_MAX`].
    pub step_annotations_max: u64,
}

impl<'a> Options<'a> {
    /// The default options.
    #[must_use]
    pub fn new(linguist: &'a dyn TextAnalysis) -> Self {
        Self {
            bucket_ns: BUCKET_NS_DEFAULT,
            linguist,
            history_page: HISTORY_PAGE,
            step_annotations_max: STEP_ANNOTATIONS_MAX,
        }
    }
}

/// Brings an asset to its newest commit. Returns its progress.
///
/// # Errors
/// Where a store fails.
pub fn fuse_asset(
    source: &dyn History,
    fused: &dyn TimelineStore,
    asset: &AssetId,
    options: Options<'_>,
) -> Result<Commit> {
    while let Some(update) = next_update(source, fused, asset, options)? {
        fused.apply(&[update], &[])?;
    }
    fused.progress(asset)
}

/// The next step of an asset, not applied; `None` when it is fused up to its newest commit.
///
/// # Errors
/// Where a store fails.
pub fn next_update(
    source: &dyn History,
    fused: &dyn TimelineStore,
    asset: &AssetId,
    options: Options<'_>,
) -> Result<Option<TimelineUpdate>> {
    let step = load_step(source, fused, asset, options)?;
    step.map(|step| step.decide(fused, options)).transpose()
}
