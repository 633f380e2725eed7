//! Blocks as they are sent to a store and read back, and the outcome of an append.

use std::borrow::Cow;

use rushes_types::{AnnotationHeader, AssetId, BlockFormat, Commit, ModelRef};

/// Annotations of one asset and one model, as sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockInput<'a> {
    /// The asset.
    pub asset: AssetId,
    /// The model.
    pub model: ModelRef,
    /// How `bytes` is written.
    pub format: BlockFormat,
    /// The annotations. For lines, every line of `bytes` has its header; an Arrow batch may hold rows of
    /// other assets and models too, which are not listed.
    pub rows: Cow<'a, [AnnotationHeader]>,
    /// The bytes as sent.
    pub bytes: Cow<'a, [u8]>,
}

/// A block as read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// How `bytes` is written.
    pub format: BlockFormat,
    /// The positions that count: neither duplicates nor erased; ascending.
    pub positions: Vec<u32>,
    /// The bytes as sent, except that whatever does not count is blank: duplicates, rejected and erased rows, and in
    /// Arrow rows of other assets or models. Otherwise bytes would remain that no record names, and that could not be
    /// erased.
    pub bytes: Vec<u8>,
}

/// What to do with a request of which some annotations are rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AppendMode {
    /// The others are kept.
    #[default]
    Partial,
    /// None is kept: nothing is written.
    Atomic,
    /// Nothing is written: the receipt says what would have happened.
    DryRun,
}

/// The outcome of an append.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Receipt {
    /// Newly kept, or with [`AppendMode::DryRun`] those that would be.
    pub accepted: u64,
    /// Already there with the same content: nothing was done.
    pub duplicates: u64,
    /// Rejected, ascending by input block and position.
    pub rejected: Vec<Rejection>,
    /// The last commit this made, if any.
    pub commit: Option<Commit>,
}

/// An annotation that was rejected.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rejection {
    /// Which of the input blocks it is in, from 0.
    pub block: usize,
    /// Its position in that block.
    pub position: u32,
    /// The line (or row) of the request that it came in: its header's [`AnnotationHeader::source`].
    pub source: u64,
    /// Why, and how to mend it.
    pub reason: String,
}
