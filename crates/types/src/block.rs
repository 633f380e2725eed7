//! Blocks: annotations as they were sent, many in one piece of bytes.

use crate::id::AnnotationId;

/// How the bytes of a block are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BlockFormat {
    /// JSON, one annotation a line, each line ended by `\n`.
    Lines,
    /// One Arrow IPC stream: schema and one record batch.
    Arrow,
}

/// What is known about one annotation of a block without decoding its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnotationHeader {
    /// The annotation's id: as sent, or derived from its content.
    pub id: AnnotationId,
    /// Its start, in nanoseconds: decides to which coverage it belongs.
    pub start_ns: i64,
    /// A 128-bit digest of its content: it distinguishes a re-sent annotation from a clash of ids.
    pub digest: u128,
    /// Where it lies in the block, from 0: line number for [`BlockFormat::Lines`], row of the batch for Arrow.
    pub position: u32,
    /// Line (or row) of the request that it came in, from 1, as errors name it; of a stored block that is read back, its
    /// position, from 1.
    pub source: u64,
}
