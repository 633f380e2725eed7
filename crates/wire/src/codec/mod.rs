//! The compact binary form of what fusion keeps: annotations, buckets, asset documents.
//!
//! The parts are those of [`rushes_types::codec`], floats little endian. A version byte leads. Reading checks every
//! length against the bytes present and fails with `Corrupt`; it never panics and never allocates more than the input
//! could fill. The asset is not written: it is in the key of the row.
//!
//! Rejected: serde with a binary format. It costs a dependency, hides the layout that [`peek`] needs, and
//! gives no promise across versions.

mod annotation;
mod bucket;
mod document;
mod format;

pub use annotation::{AnnotationDecoder, Peek, decode_annotation, encode_annotation, peek};
pub use bucket::{decode_bucket, encode_bucket};
pub use document::{decode_asset, decode_document, encode_asset, encode_document};
pub use format::{decode_attributes, encode_attributes};
