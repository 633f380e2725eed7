//! Every limit of the product, as named constants. `Limits` carries the configurable ones.

/// Longest annotation line, in bytes.
pub const LINE_BYTES_MAX: usize = 1 << 20;
/// Most dimensions of a vector.
pub const DIMENSIONS_MAX: usize = 4096;
/// Longest request body, in bytes.
pub const REQUEST_BYTES_MAX: usize = 64 << 20;
/// Longest span of one annotation, in nanoseconds (48 h).
pub const SPAN_NS_MAX: i64 = 48 * 3600 * 1_000_000_000;
/// Latest time an annotation may end at, in nanoseconds from the start of the media (10,000 h): no
/// media file is longer, and bucket numbers stay far from overflow.
pub const TIME_NS_MAX: i64 = 10_000 * 3600 * 1_000_000_000;
/// Longest id (asset, movie, model, run, annotation, type), in bytes.
pub const ID_BYTES_MAX: usize = 512;
/// Longest label, in bytes. Longer speech belongs into `text`.
pub const LABEL_BYTES_MAX: usize = 16 << 10;
/// Deepest nesting of a JSON value that is accepted.
pub const JSON_DEPTH_MAX: usize = 64;
/// Annotations of a bucket above which its document is shown in parts.
pub const BUCKET_PART_ANNOTATIONS: usize = 5_000;
/// Intersections kept for one bucket; a crowded second is truncated and marked as such.
pub const BUCKET_INTERSECTIONS_MAX: usize = 64;
/// Members of the intersections kept for one bucket, counted over all of them: with hundreds present at once
/// the lists would outgrow what they are made from.
pub const BUCKET_INTERSECTION_MEMBERS_MAX: usize = 1_024;
/// Length of a bucket in nanoseconds where the archive names no other.
pub const BUCKET_NS_DEFAULT: i64 = 1_000_000_000;
/// Most clauses of a plan, over all its groups and sub-queries.
pub const CLAUSES_MAX: usize = 64;
/// Most items of a list in a plan (ids of a scope, words, values of an attribute).
pub const PLAN_LIST_MAX: usize = 10_000;
/// Most words that the clauses of a plan look for, all together: a cursor carries the weight of each.
pub const PLAN_WORDS_MAX: usize = 4_096;
/// Largest page of moments.
pub const PAGE_MAX: usize = 1_000;
/// Page of moments where the query names none.
pub const PAGE_DEFAULT: usize = 20;
/// Most neighbours a vector clause may ask for.
pub const K_MAX: usize = 10_000;
/// Neighbours a vector clause asks for where it names none.
pub const K_DEFAULT: usize = 200;
/// Longest free text of a query, in bytes.
pub const QUERY_BYTES_MAX: usize = 8 << 10;
/// Lines of dialogue join when the next starts at most this long after the one before ends: in phrases that run over
/// several lines, and in the windows that are encoded.
pub const DIALOGUE_JOIN_GAP_NS: i64 = 2_000_000_000;
/// How long a superseded entry stays readable by a cursor, in seconds.
pub const READ_POINT_SECONDS: u64 = 300;

/// The limits that an operator may set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// See [`LINE_BYTES_MAX`].
    pub line_bytes_max: usize,
    /// See [`DIMENSIONS_MAX`].
    pub dimensions_max: usize,
    /// See [`REQUEST_BYTES_MAX`].
    pub request_bytes_max: usize,
    /// See [`SPAN_NS_MAX`].
    pub span_ns_max: i64,
    /// See [`LABEL_BYTES_MAX`].
    pub label_bytes_max: usize,
    /// See [`CLAUSES_MAX`].
    pub clauses_max: usize,
    /// See [`PAGE_MAX`].
    pub page_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            line_bytes_max: LINE_BYTES_MAX,
            dimensions_max: DIMENSIONS_MAX,
            request_bytes_max: REQUEST_BYTES_MAX,
            span_ns_max: SPAN_NS_MAX,
            label_bytes_max: LABEL_BYTES_MAX,
            clauses_max: CLAUSES_MAX,
            page_max: PAGE_MAX,
        }
    }
}
