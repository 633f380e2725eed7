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
/// Longest document that people write and change as a whole, such as a bin, in bytes: one row on every engine.
pub const DOCUMENT_BYTES_MAX: usize = 4 << 20;
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
/// Most words that the clauses of a plan look for, all together, whether resolution finds them or the plan brings them:
/// each is compared with a whole dictionary, and a cursor carries the weight of each.
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

/// Most CPU time of one search, over all of its threads, in milliseconds: many times what a question takes on ten million
/// annotations.
pub const SEARCH_CPU_MS_MAX: u64 = 10_000;
/// Most memory that one search may hold for what it finds, in bytes: some six million hits.
pub const SEARCH_MEMORY_BYTES_MAX: u64 = 1 << 30;
/// Most memory that all searches may hold together, in bytes.
pub const SEARCHES_MEMORY_BYTES_MAX: u64 = 2 << 30;
/// Longest answer of one search, in bytes: a page ends before it would be longer.
pub const SEARCH_ANSWER_BYTES_MAX: usize = 8 << 20;
/// A search that has taken this much CPU time, in milliseconds, is a long one: few of these run at once.
pub const LONG_SEARCH_CPU_MS: u64 = 500;
/// How long a long search waits for its place before it is refused, in milliseconds.
pub const LONG_SEARCH_WAIT_MS_MAX: u64 = 30_000;
/// Most searches of one token at a time.
pub const SEARCHES_PER_TOKEN_MAX: usize = 32;
/// Most long searches of one token at a time, running and waiting.
pub const LONG_SEARCHES_PER_TOKEN_MAX: usize = 32;
/// A search is refused before it runs where its estimate is this many times what it may cost: an estimate is rough, and
/// what it takes for cheaper than it is ends while it runs.
pub const ESTIMATE_SLACK: u64 = 2;

/// The limits of searches that an operator may set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SearchLimits {
    /// See [`SEARCH_CPU_MS_MAX`].
    pub cpu_ms_max: u64,
    /// See [`LONG_SEARCH_CPU_MS`].
    pub long_cpu_ms: u64,
    /// See [`SEARCH_MEMORY_BYTES_MAX`].
    pub memory_bytes_max: u64,
    /// See [`SEARCH_ANSWER_BYTES_MAX`].
    pub answer_bytes_max: usize,
    /// See [`SEARCHES_MEMORY_BYTES_MAX`].
    pub all_memory_bytes_max: u64,
    /// See [`SEARCHES_PER_TOKEN_MAX`].
    pub per_token_max: usize,
    /// Most long searches that run at a time; others wait. All cores but one by default.
    pub long_max: usize,
    /// See [`LONG_SEARCHES_PER_TOKEN_MAX`].
    pub long_per_token_max: usize,
}

impl Default for SearchLimits {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            cpu_ms_max: SEARCH_CPU_MS_MAX,
            long_cpu_ms: LONG_SEARCH_CPU_MS,
            memory_bytes_max: SEARCH_MEMORY_BYTES_MAX,
            answer_bytes_max: SEARCH_ANSWER_BYTES_MAX,
            all_memory_bytes_max: SEARCHES_MEMORY_BYTES_MAX,
            per_token_max: SEARCHES_PER_TOKEN_MAX,
            long_max: cores.saturating_sub(1).max(1),
            long_per_token_max: LONG_SEARCHES_PER_TOKEN_MAX,
        }
    }
}

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
    /// Those of searches.
    pub search: SearchLimits,
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
            search: SearchLimits::default(),
        }
    }
}
