//! Buckets: one second of one asset with all that touches it.

use std::fmt;

use crate::annotation::AnnotationKey;

/// A bucket's number: bucket `k` is `[k·len, (k+1)·len)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BucketNo(pub u64);

impl BucketNo {
    /// First instant of the bucket, in nanoseconds.
    #[must_use]
    pub fn start_ns(self, bucket_ns: i64) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX).saturating_mul(bucket_ns)
    }
}

impl fmt::Display for BucketNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A stretch of a bucket in which the same annotations, at least two, are present throughout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intersection {
    /// First instant, in nanoseconds.
    pub start_ns: i64,
    /// End in nanoseconds; equal to the start only at a point event.
    pub end_ns: i64,
    /// Positions in [`Bucket::annotations`], ascending.
    pub members: Vec<u32>,
}

/// A current annotation as a bucket lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BucketMember {
    /// Its start in nanoseconds.
    pub start_ns: i64,
    /// Its key.
    pub key: AnnotationKey,
    /// Its end in nanoseconds: with it, overlaps are found without reading the annotation.
    pub end_ns: i64,
}

/// One second of one asset: the current annotations that touch it and where they overlap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Which second.
    pub no: BucketNo,
    /// The current annotations that touch the bucket, ascending by start and key.
    pub annotations: Vec<BucketMember>,
    /// Where at least two of them overlap, ascending, at most
    /// [`crate::limits::BUCKET_INTERSECTIONS_MAX`] with [`crate::limits::BUCKET_INTERSECTION_MEMBERS_MAX`]
    /// members in all.
    pub intersections: Vec<Intersection>,
    /// Were intersections left out for their number?
    pub truncated: bool,
}
