//! What Elasticsearch can answer besides what was asked for, and what becomes of it: the one table that decides.
//!
//! An answer is known by the exception it names, before its status: while nodes start, shards move or a master is
//! elected, the same exception comes with 400, 404, 409, 500 or 503, as a whole answer or for one item of an answer that
//! is itself a 200.

use std::fmt;

use rushes_types::ErrorKind;

use self::Becomes::{
    Busy, Conflict, DiskFull, Full, Gone, Misconfigured, Missing, Mistake, Unavailable, Waits,
};
use self::When::{Always, Says, Status};

/// What becomes of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Becomes {
    /// Something is not ready: asked again within the patience, then 503 with Retry-After.
    Waits,
    /// Too much to do or too little memory: asked again within the patience, then 429 with Retry-After.
    Busy,
    /// The engine failed and would fail again at once: 503 with Retry-After.
    Unavailable,
    /// The point in time that was read is gone: another is opened.
    Gone,
    /// Somebody else was faster: what is there is read, and decided again.
    Conflict,
    /// There is no room until somebody makes some: 507.
    DiskFull,
    /// A setting, of the cluster or of ours, must be mended by an operator: 503.
    Misconfigured,
    /// What should be there is not: it must be rebuilt.
    Missing,
    /// More than the engine takes at once: a bulk request is sent in halves, any other is an error.
    Full,
    /// A mistake of this crate.
    Mistake,
}

/// A condition on an answer besides its exception.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    Always,
    Status(u16),
    /// Its reason contains this.
    Says(&'static str),
}

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// The exception, in the engine's words.
    pub name: &'static str,
    pub(crate) when: When,
    /// What becomes of it.
    pub becomes: Becomes,
    /// What it means and what to do about it.
    pub mend: &'static str,
}

const fn row(name: &'static str, when: When, becomes: Becomes, mend: &'static str) -> Answer {
    Answer { name, when, becomes, mend }
}

/// What is not ready needs no more words than these.
const NOT_READY: &str = "it is not ready; try again later";
const NO_MASTER: &str = "the cluster has no master; look at its nodes";
const TOO_BUSY: &str = "it is too busy; try again later, or give its nodes more memory";
const LOG: &str = "it failed; the log of its nodes says why";
const READ_ONLY: &str = "the index is set to read-only; set `index.blocks.*` and `cluster.blocks.*` back";
const DISK: &str = "its disk is full; make room, then it takes writes again by itself";
const CLOSED: &str = "it has closed the point in time that was read; try again";
const CREDENTIALS: &str =
    "it does not take this user or key; set `user` and `password`, or `api_key`, of `[elasticsearch]`";
const RIGHTS: &str = "this user or key lacks the right; grant it `all` on the indices of `prefix`, and `monitor` on the \
                      cluster";
const GONE: &str = "the index is missing; was it deleted? `rushes rebuild` rebuilds it";
const CHANGED: &str = "its mapping was changed; `rushes rebuild --index` makes it anew";
const TOO_LARGE: &str = "the request is too large for it; set `bulk_bytes` of `[elasticsearch]` lower";
const OURS: &str = "it refuses what was asked of it, which is a mistake of rushes";

/// The table. The first row that fits counts.
pub const ANSWERS: &[Answer] = &[
    // A shard is not started, recovers, moves, or has lost its primary.
    row("illegal_index_shard_state_exception", Always, Waits, NOT_READY),
    row("index_shard_not_started_exception", Always, Waits, NOT_READY),
    row("index_shard_recovering_exception", Always, Waits, NOT_READY),
    row("index_shard_not_recovering_exception", Always, Waits, NOT_READY),
    row("index_shard_relocated_exception", Always, Waits, NOT_READY),
    row("index_shard_started_exception", Always, Waits, NOT_READY),
    row("index_shard_closed_exception", Always, Waits, NOT_READY),
    row("index_primary_shard_not_allocated_exception", Always, Waits, NOT_READY),
    row("no_longer_primary_shard_exception", Always, Waits, NOT_READY),
    row("no_shard_available_action_exception", Always, Waits, NOT_READY),
    row("primary_missing_action_exception", Always, Waits, NOT_READY),
    row("retry_on_primary_exception", Always, Waits, NOT_READY),
    row("retry_on_replica_exception", Always, Waits, NOT_READY),
    row("shard_not_found_exception", Always, Waits, NOT_READY),
    row("shard_not_in_primary_mode_exception", Always, Waits, NOT_READY),
    row("shard_lock_obtain_failed_exception", Always, Waits, NOT_READY),
    row("unavailable_shards_exception", Always, Waits, NOT_READY),
    row("recovery_failed_exception", Always, Waits, NOT_READY),
    row("delay_recovery_exception", Always, Waits, NOT_READY),
    // Its files were closed during the request, because it moves or its node stops.
    row("already_closed_exception", Always, Waits, NOT_READY),
    row("search_phase_execution_exception", Status(503), Waits, NOT_READY),
    // A node leaves, or the one that was asked cannot reach it.
    row("connect_transport_exception", Always, Waits, NOT_READY),
    row("node_not_connected_exception", Always, Waits, NOT_READY),
    row("node_disconnected_exception", Always, Waits, NOT_READY),
    row("node_closed_exception", Always, Waits, NOT_READY),
    row("no_node_available_exception", Always, Waits, NOT_READY),
    row("no_such_node_exception", Always, Waits, NOT_READY),
    row("failed_node_exception", Always, Waits, NOT_READY),
    row("send_request_transport_exception", Always, Waits, NOT_READY),
    row("receive_timeout_transport_exception", Always, Waits, NOT_READY),
    row("task_cancelled_exception", Always, Waits, NOT_READY),
    // There is no master, another is elected, or it has too much to do.
    row("master_not_discovered_exception", Always, Waits, NO_MASTER),
    row("not_master_exception", Always, Waits, NO_MASTER),
    row("failed_to_commit_cluster_state_exception", Always, Waits, NO_MASTER),
    row("coordination_state_rejected_exception", Always, Waits, NO_MASTER),
    row("incompatible_cluster_state_version_exception", Always, Waits, NOT_READY),
    row("process_cluster_event_timeout_exception", Always, Waits, NOT_READY),
    row("timeout_exception", Always, Waits, NOT_READY),
    row("search_timeout_exception", Always, Waits, NOT_READY),
    row("snapshot_in_progress_exception", Always, Waits, "a snapshot is made of it; try again later"),
    row(
        "concurrent_snapshot_execution_exception",
        Always,
        Waits,
        "a snapshot is made of it; try again later",
    ),
    // Blocks: those of a cluster that starts go by themselves, those of a disk or of an operator do not.
    row("cluster_block_exception", Says("no master"), Waits, NO_MASTER),
    row("cluster_block_exception", Says("flood"), DiskFull, DISK),
    row("cluster_block_exception", Says("read-only-allow-delete"), DiskFull, DISK),
    row("cluster_block_exception", Status(503), Waits, NOT_READY),
    row("cluster_block_exception", Always, Misconfigured, READ_ONLY),
    row("index_closed_exception", Always, Misconfigured, "the index was closed; open it with `_open`"),
    // Too much to do, too little memory.
    row("circuit_breaking_exception", Always, Busy, TOO_BUSY),
    row("es_rejected_execution_exception", Always, Busy, TOO_BUSY),
    row("rejected_execution_exception", Always, Busy, TOO_BUSY),
    // It failed, and would again.
    row("out_of_memory_error", Always, Unavailable, LOG),
    row("engine_exception", Always, Unavailable, LOG),
    row("engine_creation_failure_exception", Always, Unavailable, LOG),
    row("refresh_failed_engine_exception", Always, Unavailable, LOG),
    row("flush_failed_engine_exception", Always, Unavailable, LOG),
    row("translog_exception", Always, Unavailable, LOG),
    row("translog_corrupted_exception", Always, Unavailable, LOG),
    row("corrupt_index_exception", Always, Unavailable, LOG),
    // Others were faster, or what was read is gone: handled where it is asked.
    row("version_conflict_engine_exception", Always, Conflict, "many change the same at once; try again"),
    row("search_context_missing_exception", Always, Gone, CLOSED),
    // An operator must mend a setting.
    row("security_exception", Status(401), Misconfigured, CREDENTIALS),
    row("security_exception", Always, Misconfigured, RIGHTS),
    row("strict_dynamic_mapping_exception", Always, Misconfigured, CHANGED),
    row(
        "too_many_buckets_exception",
        Always,
        Misconfigured,
        "set `search.max_buckets` of the cluster to 65536",
    ),
    row(
        "validation_exception",
        Says("maximum"),
        Misconfigured,
        "the cluster holds as many shards as it may; raise `cluster.max_shards_per_node`, or add nodes",
    ),
    row("index_not_found_exception", Always, Missing, GONE),
    // Without an exception: what a proxy before the cluster answers, or the cluster before it reads a request.
    row("", Status(401), Misconfigured, CREDENTIALS),
    row("", Status(403), Misconfigured, RIGHTS),
    // Health that was waited for and did not come.
    row("", Status(408), Waits, NOT_READY),
    row("", Status(413), Full, TOO_LARGE),
    row("", Status(429), Busy, TOO_BUSY),
    row("", Status(502), Waits, NOT_READY),
    row("", Status(503), Waits, NOT_READY),
    row("", Status(504), Waits, NOT_READY),
    // A 200 that is not whole, named by this crate.
    row(FAILED_SHARDS, Always, Waits, NOT_READY),
    row(TIMED_OUT, Always, Busy, "the search took longer than the cluster allows; try again later"),
    row(NOT_ACKNOWLEDGED, Always, Waits, "not all nodes have heard of the change; try again later"),
];

/// Names of what is wrong in an answer that is a 200.
pub(crate) const FAILED_SHARDS: &str = "failed_shards";
/// See [`FAILED_SHARDS`].
pub(crate) const TIMED_OUT: &str = "timed_out";
/// See [`FAILED_SHARDS`].
pub(crate) const NOT_ACKNOWLEDGED: &str = "not_acknowledged";

/// What becomes of a 5xx that is in no row.
const UNKNOWN_FAILURE: Answer = row("", Always, Unavailable, LOG);
/// What becomes of a 502, 503, 504 with an exception that is in no row.
const UNKNOWN_WAIT: Answer = row("", Always, Waits, NOT_READY);
/// What becomes of a 429 with an exception that is in no row.
const UNKNOWN_BUSY: Answer = row("", Always, Busy, TOO_BUSY);
/// What becomes of a 401, a 403 with an exception that is in no row.
const UNKNOWN_RIGHT: Answer = row("", Always, Misconfigured, RIGHTS);
/// What becomes of everything else.
const UNKNOWN: Answer = row("", Always, Mistake, OURS);

impl Answer {
    /// The row of an exception; `None` if there is none.
    pub(crate) fn known(name: &str, status: u16, reason: &str) -> Option<&'static Self> {
        ANSWERS.iter().find(|row| {
            row.name == name
                && match row.when {
                    Always => true,
                    Status(of) => of == status,
                    Says(what) => reason.contains(what),
                }
        })
    }

    /// The row for what is in none: the engine's own trouble by its status, else a mistake of ours.
    pub(crate) const fn unknown(status: u16) -> &'static Self {
        match status {
            401 | 403 => &UNKNOWN_RIGHT,
            429 => &UNKNOWN_BUSY,
            502..=504 => &UNKNOWN_WAIT,
            500..=599 => &UNKNOWN_FAILURE,
            _ => &UNKNOWN,
        }
    }
}

impl Becomes {
    /// May the same request succeed in a moment, so that it is sent again?
    #[must_use]
    pub const fn is_asked_again(self) -> bool {
        matches!(self, Waits | Busy)
    }

    /// The kind of the error in the end.
    #[must_use]
    pub const fn kind(self) -> ErrorKind {
        match self {
            Waits | Unavailable | Gone => ErrorKind::Unavailable,
            Busy | Conflict => ErrorKind::Busy,
            DiskFull => ErrorKind::StorageFull,
            Misconfigured => ErrorKind::Misconfigured,
            Missing => ErrorKind::NotFound,
            Full => ErrorKind::TooLarge,
            Mistake => ErrorKind::Bug,
        }
    }
}

impl fmt::Display for Becomes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Waits => "asked again, then 503 with Retry-After",
            Busy => "asked again, then 429 with Retry-After",
            Unavailable => "503 with Retry-After",
            Gone => "read again at a new point in time",
            Conflict => "what is there is read, and decided again",
            DiskFull => "507, until there is room",
            Misconfigured => "503, until it is mended",
            Missing => "503 to a search; the command names the rebuild",
            Full => "sent in halves",
            Mistake => "500, with all of its text in the log",
        })
    }
}

/// A row of a table in Markdown.
impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.name.is_empty() { "no exception" } else { self.name };
        write!(f, "| `{name}`")?;
        match self.when {
            Always => {}
            Status(status) => write!(f, ", {status}")?,
            Says(what) => write!(f, ", \"{what}\"")?,
        }
        write!(f, " | {} | {} |", self.becomes, self.mend)
    }
}
