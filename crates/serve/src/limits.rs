//! Every limit of the server, as named constants. [`crate::ServeConfig`] carries the configurable ones.

use std::time::Duration;

/// Longest JSON body of a request that is no ingest (a plan with its vectors, a picture), in bytes.
pub const JSON_BYTES_MAX: usize = 16 << 20;
/// Longest block of request headers, in bytes.
pub const HEADER_BYTES_MAX: usize = 64 << 10;
/// Most request headers.
pub const HEADERS_MAX: usize = 64;
/// Headers must be there within this time; a kept-alive connection is closed after it, too.
pub const HEADER_TIME_MAX: Duration = Duration::from_secs(20);
/// A request body must not pause for longer.
pub const BODY_PAUSE_MAX: Duration = Duration::from_secs(30);
/// A request body must be there whole within this time.
pub const BODY_TIME_MAX: Duration = Duration::from_secs(600);
/// Most connections at a time; further ones wait to be accepted.
pub const CONNECTIONS_MAX: usize = 512;
/// Most requests at a time; further ones are answered 429.
pub const REQUESTS_MAX: usize = 64;
/// Most requests at a time that carry annotations: each may hold a whole body in memory.
pub const INGESTS_MAX: usize = 8;
/// Most media files that are played at a time.
pub const MEDIA_STREAMS_MAX: usize = 32;
/// `Retry-After` of an answer 429, in seconds.
pub const RETRY_AFTER_SECONDS: u64 = 1;
/// Requests in flight have this long to end when the server is stopped.
pub const DRAIN_TIME_MAX: Duration = Duration::from_secs(20);
/// How long `wait` waits for annotations to become searchable.
pub const WAIT_TIME_MAX: Duration = Duration::from_secs(60);
/// How long a client may show a picture without asking again whether it still may, in seconds.
pub const PICTURE_CACHED_SECONDS: u32 = 600;
/// `Retry-After` for a client that waits for a proxy, in seconds.
pub const PROXY_RETRY_SECONDS: u64 = 1;
/// Bytes of a media file that are read at a time.
pub const MEDIA_CHUNK_BYTES: usize = 256 << 10;
/// Pieces of a streamed answer that wait for a slow client.
pub const STREAM_PIECES: usize = 4;
/// A client that takes none of a streamed answer for this long is let go.
pub const STREAM_PAUSE_MAX: Duration = Duration::from_secs(60);
/// Longest request id that is accepted from a client, in bytes.
pub const REQUEST_ID_BYTES_MAX: usize = 64;
/// Most entries of a listing (assets, runs), and what is given where none is named.
pub const LIST_MAX: usize = 1_000;
/// Entries of a listing where the request names no number.
pub const LIST_DEFAULT: usize = 100;
/// Most buckets of one answer (an hour of seconds).
pub const BUCKETS_MAX: usize = 3_600;
/// Buckets of one answer where the request names no number.
pub const BUCKETS_DEFAULT: usize = 600;
/// Length of an answer above which it is split into pages, in bytes.
pub const ANSWER_BYTES_MAX: usize = 32 << 20;
/// Largest seed of coins: what every JSON reader keeps to the last digit.
pub const SEED_MAX: u64 = (1 << 53) - 1;
/// Most profiles that one preview compares.
pub const PROFILES_COMPARED_MAX: usize = 4;
/// Most suggestions of one answer.
pub const SUGGESTIONS_MAX: usize = 50;
/// Suggestions of one answer where the request names no number.
pub const SUGGESTIONS_DEFAULT: usize = 10;
/// Most ids that one line of the audit log names.
pub const AUDIT_IDS_MAX: usize = 1_000;
/// Longest discovery file that is read, in bytes.
pub const DISCOVERY_BYTES_MAX: u64 = 16 << 10;
/// Most logins on the page at a time; the least recently used one ends.
pub const LOGINS_MAX: usize = 1_000;
/// A login without requests during this time ends.
pub const LOGIN_IDLE_MAX: Duration = Duration::from_secs(12 * 3600);
/// Longest access token that a login takes, in bytes.
pub const TOKEN_BYTES_MAX: usize = 1024;
/// Most dead letters shown, or replayed, by one request.
pub const EVENTS_MAX: usize = 1_000;
/// Longest path of a folder that a request names, in bytes.
pub const PATH_BYTES_MAX: usize = 4_096;
/// Most moments of an exported table; an edit list has fewer by its format.
pub const EXPORT_MOMENTS_MAX: usize = 10_000;
/// Moments that an export reads at once.
pub const EXPORT_PAGE: usize = 500;
/// Requests a second that one token, or one who is logged in, may send on average.
pub const TOKEN_RATE_MAX: u32 = 1_000;
/// Requests that one token may send at once, above its average.
pub const TOKEN_BURST_MAX: u32 = 4_000;
/// Requests a second that may come from one address on average, before a token is known. A proxy is one address.
pub const ADDRESS_RATE_MAX: u32 = 4_000;
/// Requests that may come from one address at once, above its average.
pub const ADDRESS_BURST_MAX: u32 = 16_000;
/// Wrong tokens a minute that are refused as such from one address; further ones are told to wait.
pub const FAILED_LOGINS_MAX: u32 = 30;
/// Most tokens or addresses whose requests are counted at a time.
pub const RATE_KEYS_MAX: usize = 16_384;
/// A file of the audit log that is longer is put aside, in bytes.
pub const AUDIT_FILE_BYTES_MAX: u64 = 64 << 20;
/// Most problems of the audit log's chain that are named.
pub const AUDIT_PROBLEMS_MAX: usize = 100;
/// Most lines of the audit log in one answer.
pub const AUDIT_LINES_MAX: usize = 10_000;
/// Lines of the audit log in one answer where the request names no number.
pub const AUDIT_LINES_DEFAULT: usize = 1_000;
/// Longest life of a signed link, in seconds: thirty days.
pub const LINK_SECONDS_MAX: u64 = 30 * 86_400;
/// Life of a signed link where the request names none, in seconds.
pub const LINK_SECONDS_DEFAULT: u64 = 3_600;
