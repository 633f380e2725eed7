//! Annotation lines and record batches: bytes to annotations and back. No I/O.
//!
//! **Layout.** Two families of formats live here, and they never mix.
//!
//! The *public* ones are written and read by people and models: annotation lines ([`line`]), Arrow record batches
//! ([`arrow`]), asset, model and label lines ([`records`]), and the JSON documents that are shown ([`render`]). They are
//! read with errors that name the field and say how to mend it, and are bounded by [`rushes_types::limits::Limits`].
//! [`batch`] takes a request apart: each line is checked, and the lines are grouped by asset and model into blocks;
//! [`block`] reads a stored block back.
//!
//! The *internal* one is the compact codec of what fusion stores ([`codec`]). It is read with length checks and fails
//! with `Corrupt`: such bytes cannot be repaired, only rebuilt.
//!
//! **Invariants.**
//!
//! * The bytes of a block are the bytes that were sent. An accepted line is never rewritten; an Arrow batch is
//!   rewritten only where it mixes assets or models.
//! * A line and an Arrow row that say the same have the same digest, whatever the order of fields, white space and
//!   escapes. The digest decides whether a re-sent annotation is a duplicate, so it never changes.
//! * What was accepted once can be read for ever: stored blocks are read without limits.
//! * No input panics. Nesting, counts and lengths are bounded before anything is allocated for them.
//!
//! **Rejected.** A tree of JSON values, or a derived `Deserialize`, for lines: errors would name types instead of the
//! field at fault, and texts would be copied that a borrowing reader leaves in the body. Keeping parsed annotations in
//! place of the bytes as sent: a field that this version does not know would be lost to the next. One encoding for both
//! families: the public one must stay readable, the internal one must be skippable without allocating (see [`codec`]).

pub mod arrow;
pub mod batch;
pub mod block;
pub mod codec;
mod digest;
pub mod line;
pub mod records;
pub mod render;
pub mod values;

pub use batch::{GroupedBlock, Request, RowError, split_request};
pub use block::{BlockContext, decode_block, headers_of_block, keep_only, redact};
pub use line::{LineError, ParsedLine, ParsedWord, parse_line};
