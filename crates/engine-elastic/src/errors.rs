//! Failures of requests to the cluster: classified by what to do about them, with the user's message.
//!
//! An answer is classified by the exception it names, then by its status. While nodes start, shards move or a master is
//! elected, Elasticsearch returns the same reason with 400, 404, 409, 500 or 503, as a whole answer or for one item of
//! a bulk request or a multi-get that is itself a 200.

use std::fmt;

use rushes_types::{Error, ErrorKind};
use serde_json::Value;

/// Characters of the engine's reason that are shown to users.
const DETAIL_CHARS_MAX: usize = 300;

/// Why a request failed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Failure {
    /// No node answered.
    NoAnswer { node: String, why: String },
    /// The engine rejected it.
    Refused(Refusal),
    /// The answer does not follow the protocol.
    Malformed(String),
}

/// A rejection by the engine.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Refusal {
    pub status: u16,
    /// `index_not_found_exception` and the like.
    pub kind: String,
    pub reason: String,
}

/// What to do about a rejection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// Something is not ready yet: the request is retried, and once the patience is over reported as
    /// [`ErrorKind::Unavailable`].
    NotReady,
    /// The cluster is overloaded or short of memory: retried, and then reported as [`ErrorKind::Busy`].
    Overloaded,
    /// A block set by an operator, or a full disk: waiting does not help.
    Blocked,
    /// The cluster failed to execute it: reported as [`ErrorKind::Unavailable`], but not retried, because it would fail
    /// again.
    Broken,
    /// Everything else: the caller must handle it.
    Refused,
}

/// Exceptions of shards, nodes and masters that are starting, moving or gone, whatever status they come with.
const NOT_READY: &[&str] = &[
    // A shard is not started, is recovering or is moving.
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
    // The shard's files were closed during the request because it moves or its node stops.
    "already_closed_exception",
    // A node is leaving, or unreachable for the node that got the request.
    "connect_transport_exception",
    "no_node_available_exception",
    "node_closed_exception",
    "node_disconnected_exception",
    "node_not_connected_exception",
    "receive_timeout_transport_exception",
    "send_request_transport_exception",
    // There is no master, or it is overloaded.
    "failed_to_commit_cluster_state_exception",
    "master_not_discovered_exception",
    "not_master_exception",
    "process_cluster_event_timeout_exception",
    "timeout_exception",
    // An index is being copied to a snapshot, and cannot be deleted until that is done.
    "snapshot_in_progress_exception",
];

/// Exceptions of a cluster that is overloaded or short of memory.
const OVERLOADED: &[&str] = &["circuit_breaking_exception", "es_rejected_execution_exception"];

/// A missing index.
const INDEX_NOT_FOUND: &str = "index_not_found_exception";
/// A point in time that the cluster has closed.
const CONTEXT_MISSING: &str = "search_context_missing_exception";
/// Another version of the document is there.
const VERSION_CONFLICT: &str = "version_conflict_engine_exception";

impl Refusal {
    /// From the body of an answer.
    pub fn read(status: u16, body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let error = body.get("error").unwrap_or(&Value::Null);
        Self::of(status, error)
    }

    /// From an `error` object. If it wraps another, the inner one is the cause.
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

    /// From the `error` of one document of a multi-get, which has no status of its own.
    pub fn of_document(error: &Value) -> Self {
        Self::of(503, error)
    }

    /// What to do about it.
    pub fn class(&self) -> Class {
        let kind = self.kind.as_str();
        if kind == "cluster_block_exception" {
            // 503: the cluster's state is not recovered yet, or it has no master. 403 and 429: set by an operator or a
            // full disk.
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

    /// May the same request succeed later?
    pub fn may_pass(&self) -> bool {
        matches!(self.class(), Class::NotReady | Class::Overloaded)
    }

    /// Does the target not exist, rather than not exist yet?
    pub fn is_missing(&self) -> bool {
        self.status == 404 && self.class() == Class::Refused
    }

    /// Was it rejected for a version or a sequence number?
    pub fn is_conflict(&self) -> bool {
        self.kind == VERSION_CONFLICT
    }
}

impl Failure {
    /// May the same request succeed later?
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

    /// Did the cluster close the point in time, or was it lost with the copies of its shards?
    pub fn is_closed_point(&self) -> bool {
        [CONTEXT_MISSING, INDEX_NOT_FOUND, "no_shard_available_action_exception"]
            .into_iter()
            .any(|kind| self.is(kind))
    }

    /// Was it rejected for a version or a sequence number?
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

/// A rejection that cannot be retried: the request, a setting or this crate must change.
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
