//! Annotation lines and record batches: bytes to annotations and back. No I/O.
//!
//! Two kinds of format live here. The *public* ones, which people and models write and read: annotation
//! lines ([`line`]), Arrow record batches ([`arrow`]), asset, model and label lines ([`records`]), and the
//! JSON documents that are shown ([`render`]). And *ours*: the compact codec of what fusion keeps
//! ([`codec`]). The public ones are read with errors that name the field; ours is read with length checks
//! and answers `Corrupt`.

pub mod arrow;
pub mod batch;
pub mod block;
pub mod codec;
mod digest;
pub mod line;
pub mod records;
pub mod render;
pub mod values;

pub use batch::{GroupedBlock, Request, RowError, RowInfo, split_request};
pub use block::{BlockContext, Format, decode_block, keep_only, redact, rows_of_block};
pub use line::{LineError, ParsedLine, ParsedWord, parse_line};
