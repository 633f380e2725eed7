//! What goes wrong between us and the cluster: sorted by what may be done about it, with the message for people.
//!
//! An answer is sorted by the exception that it names before its status. While nodes start, shards move or a master is
//! elected, Elasticsearch gives one and the same reason with 400, 404, 409, 500 or 503, as a whole answer or for one item
//! of a bulk request or a multi-get that is itself a 200.

use std::fmt;

use rushes_types::{Error, ErrorKind};
use serde_json::Value;

/// Characters of the engine's reason that people are shown.
const DETAIL_CHARS_MAX: usize = 300;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Failure {
    /// No node answered.
    NoAnswer { node: String, why: String },
    /// The engine refused.
    Refused(Refusal),
    /// The answer is not what the protocol says.
    Malformed(String),
}

/// A refusal by the engine.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Refusal {
    pub status: u16,
    /// `index_not_found_exception` and the like.
    pub kind: String,
    pub reason: String,
}

/// What may be done about a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// Something is not there yet: the same request is sent again, and after our patience reported as
    /// [`ErrorKind::Unavailable`].
    NotReady,
    /// The cluster has too much to do or too little memory: the same, reported as [`ErrorKind::Busy`].
    Overloaded,
    /// A block that an operator sets, or a full disk: no waiting of ours ends it.
    Blocked,
    /// The cluster failed at it: reported as [`ErrorKind::Unavailable`], but not sent again, for it would fail again.
    Broken,
    /// Everything else: the caller must handle it.
    Refused,
}

/// Exceptions of shards, nodes and masters that are starting, moving or gone, whatever status they come with.
const NOT_READY: &[&str] = &[
    // A shard is not started, is recovered or moves.
    "illegal_index_shard_state_exception",
    "index_primary_shard_not_allocated_exception",
    "index_shard_closed_exception",
    "index_shard_not_started_exception",
    "index_shard_recovering_exception",
    "no_longer_primary_shard_exception",
    "no_shard_available_action_exception",
    "primary_missing_action_exception",
    "retry_on_primary_exception",
    "retry_on_replica_exception",
    "shard_not_found_exception",
    "shard_not_in_primary_mode_exception",
    "unavailable_shards_exception",
    // Its files are closed under the request because it moves away or its node stops.
    "already_closed_exception",
    // A node goes or cannot be reached by the one that we asked.
    "connect_transport_exception",
    "no_node_available_exception",
    "node_closed_exception",
    "node_disconnected_exception",
    "node_not_connected_exception",
    "receive_timeout_transport_exception",
    "send_request_transport_exception",
    // There is no master, or it has much to do.
    "failed_to_commit_cluster_state_exception",
    "master_not_discovered_exception",
    "not_master_exception",
    "process_cluster_event_timeout_exception",
    "timeout_exception",
    // An index is being copied to a snapshot, and cannot be deleted until that is done.
    "snapshot_in_progress_exception",
];

/// Exceptions of a cluster that has too much to do or too little memory.
const OVERLOADED: &[&str] = &["circuit_breaking_exception", "es_rejected_execution_exception"];

/// A missing index.
const INDEX_NOT_FOUND: &str = "index_not_found_exception";
/// A point in time that the cluster has closed.
const CONTEXT_MISSING: &str = "search_context_missing_exception";
/// Another version of the document is there.
const VERSION_CONFLICT: &str = "version_conflict_engine_exception";

impl Refusal {
    /// Of the body of an answer.
    pub fn read(status: u16, body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let error = body.get("error").unwrap_or(&Value::Null);
        Self::of(status, error)
    }

    /// Of an `error` object. Where it wraps another, the inner one is what happened.
    pub fn of(status: u16, error: &Value) -> Self {
        let inner = error.pointer("/root_cause/0").unwrap_or(error);
        let failed = error.pointer("/failed_shards/0/reason").unwrap_or(inner);
        let text = |name: &str| failed.get(name).and_then(Value::as_str).unwrap_or_default();
        let cause = failed.pointer("/caused_by/reason").and_then(Value::as_str);
        let mut reason = text("reason").to_owned();
        if let Some(cause) = cause {
            reason = format!("{reason}: {cause}");
        }
        let reason = reason.chars().filter(|c| !c.is_control()).take(DETAIL_CHARS_MAX).collect();
        Self { status, kind: text("type").to_owned(), reason }
    }

    /// Of the `error` of one document of a multi-get, which has no status of its own.
    pub fn of_document(error: &Value) -> Self {
        Self::of(503, error)
    }

    /// What may be done about it.
    pub fn class(&self) -> Class {
        let kind = self.kind.as_str();
        if kind == "cluster_block_exception" {
            // 503: the cluster's state is not recovered yet, or has no master. 403 and 429: an operator or a full disk
            // set it.
            return if self.status == 503 { Class::NotReady } else { Class::Blocked };
        }
        if NOT_READY.contains(&kind) {
            return Class::NotReady;
        }
        if OVERLOADED.contains(&kind) {
            return Class::Overloaded;
        }
        match self.status {
            _ if kind == INDEX_NOT_FOUND => Class::Refused,
            429 => Class::Overloaded,
            502..=504 => Class::NotReady,
            500..=599 => Class::Broken,
            _ => Class::Refused,
        }
    }

    /// May the same request be served in a while?
    pub fn may_pass(&self) -> bool {
        matches!(self.class(), Class::NotReady | Class::Overloaded)
    }

    /// Is the thing that was asked for not there, rather than not there yet?
    pub fn is_missing(&self) -> bool {
        self.status == 404 && self.class() == Class::Refused
    }

    /// Did a version or a sequence number stand against it?
    pub fn is_conflict(&self) -> bool {
        self.kind == VERSION_CONFLICT
    }
}

impl Failure {
    /// May the same request be served in a while?
    pub fn may_pass(&self) -> bool {
        match self {
            Self::NoAnswer { .. } => true,
            Self::Refused(refusal) => refusal.may_pass(),
            Self::Malformed(_) => false,
        }
    }

    /// Is it this kind of refusal?
    pub fn is(&self, kind: &str) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.kind == kind)
    }

    /// Was the point in time that was asked closed by the cluster, or did it go with the copies of its shards?
    pub fn is_closed_point(&self) -> bool {
        [CONTEXT_MISSING, INDEX_NOT_FOUND, "no_shard_available_action_exception"]
            .into_iter()
            .any(|kind| self.is(kind))
    }

    /// Did a version or a sequence number stand against it?
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.is_conflict())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAnswer { node, why } => write!(f, "`{node}` does not answer: {why}"),
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Malformed(why) => write!(f, "the answer makes no sense: {why}"),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it answers {}", self.status)?;
        if !self.kind.is_empty() {
            write!(f, ", {}", self.kind)?;
        }
        if !self.reason.is_empty() {
            write!(f, ": {}", self.reason)?;
        }
        Ok(())
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match &failure {
            Failure::NoAnswer { .. } => Self::new(
                ErrorKind::Unavailable,
                format!("elasticsearch: {failure}; is the cluster up, and is the address right?"),
            ),
            Failure::Refused(refusal) => refusal.clone().into(),
            Failure::Malformed(_) => Self::new(
                ErrorKind::Unsupported,
                format!("elasticsearch: {failure}; is it Elasticsearch that listens at this address?"),
            ),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        let (kind, mend) = match refusal.class() {
            Class::NotReady if refusal.reason.contains("no master") => {
                (ErrorKind::Unavailable, "the cluster has no master; look at its nodes")
            }
            Class::NotReady => (ErrorKind::Unavailable, "it is not ready; try again later"),
            Class::Overloaded => (ErrorKind::Busy, "it is too busy; try again later"),
            Class::Blocked if refusal.reason.contains("flood") => {
                (ErrorKind::StorageFull, "its disk is full; make room, then it takes writes again by itself")
            }
            Class::Blocked => (
                ErrorKind::Storage,
                "the index is set to read-only; set `index.blocks.*` and `cluster.blocks.*` back",
            ),
            Class::Broken => (ErrorKind::Unavailable, "it failed; the log of its nodes says why"),
            Class::Refused => of_caller(&refusal),
        };
        Self::new(kind, format!("elasticsearch: {mend} ({refusal})"))
    }
}

/// A refusal that another request, another setting or we must mend.
fn of_caller(refusal: &Refusal) -> (ErrorKind, &'static str) {
    match refusal.status {
        _ if refusal.kind == INDEX_NOT_FOUND => {
            (ErrorKind::NotFound, "the index is missing; was it deleted? `rushes rebuild` rebuilds it")
        }
        _ if refusal.kind == CONTEXT_MISSING => {
            (ErrorKind::Unavailable, "it has closed the point in time that was read; try again")
        }
        401 => (
            ErrorKind::Forbidden,
            "it does not know this user or key; set `user` and `password`, or `api_key`",
        ),
        403 => (ErrorKind::Forbidden, "this user or key lacks the right"),
        413 => (ErrorKind::TooLarge, "the request is too large for it; set `bulk_bytes` lower"),
        _ => (ErrorKind::Bug, "it refuses what was asked of it, which is a mistake of rushes"),
    }
}

#[cfg(test)]
#[path = "errors_tests.rs"]
mod tests;
