//! The words of Rushes: ids, time, annotations, assets, models, runs, commits, buckets, errors.
//!
//! Everything here is plain data with its invariants. There is no I/O, no async and no file format in this crate, only
//! the building blocks of binary formats ([`codec`]). So every stage can share these types without sharing anything
//! else.

mod annotation;
mod asset;
mod backoff;
mod block;
mod bucket;
pub mod codec;
mod commit;
mod error;
mod fused;
mod id;
mod label;
pub mod limits;
mod model;
pub mod pointer;
mod printable;
mod run;
mod settings;
mod time;
mod time_set;
mod timecode;
mod value;

pub use annotation::{Annotation, AnnotationKey, Word};
pub use asset::Asset;
pub use backoff::Backoff;
pub use block::{AnnotationHeader, BlockFormat};
pub use bucket::{Bucket, BucketMember, BucketNo, Intersection};
pub use commit::{Commit, ReadPoint, Validity, Watermark};
pub use error::{Blame, Error, ErrorKind, Result};
pub use fused::{AssetDocument, AssetStep, Change, FusedAnnotation, FusedKey};
pub use id::{
    AnnotationId, AnnotationType, AssetId, IdError, ModelRef, MovieId, RunId, SpaceId, check_id, known_types,
};
pub use label::LabelAliases;
pub use model::{Metric, Model, Space};
pub use printable::{is_unsafe_to_show, printable};
pub use run::{Analysed, Run, RunMode, RunState, Visibility};
pub use settings::both_or_none;
pub use time::{NS_PER_SECOND, TimeError, TimeRange};
pub use time_set::TimeSet;
pub use timecode::{FrameRate, Timecode, TimecodeError};
pub use value::{Attributes, Value};
