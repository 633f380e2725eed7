//! What goes wrong between us and the cluster, and what people are told of it.

use std::fmt;

use rushes_types::{Error, ErrorKind};
use serde_json::Value;

/// Letters of what an engine says that are told on.
const DETAIL_CHARS_MAX: usize = 300;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Failure {
    /// Nobody answered.
    NoAnswer { node: String, why: String },
    /// The engine said no.
    Refused(Refusal),
    /// The answer is not what the protocol says.
    Senseless(String),
}

/// What an engine said.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Refusal {
    pub status: u16,
    /// `index_not_found_exception` and the like.
    pub kind: String,
    pub reason: String,
}

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

    /// Did a block of the index or the cluster stop it? Waiting does not mend that.
    fn is_block(&self) -> bool {
        self.kind == "cluster_block_exception"
    }

    /// May the same request be served in a while?
    pub fn may_pass(&self) -> bool {
        !self.is_block() && matches!(self.status, 429 | 502..=504)
    }
}

impl Failure {
    /// May the same request be served in a while?
    pub fn may_pass(&self) -> bool {
        match self {
            Self::NoAnswer { .. } => true,
            Self::Refused(refusal) => refusal.may_pass(),
            Self::Senseless(_) => false,
        }
    }

    /// Is it this kind of refusal?
    pub fn is(&self, kind: &str) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.kind == kind)
    }

    /// Did a version or a sequence number stand against it?
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.status == 409)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAnswer { node, why } => write!(f, "`{node}` does not answer: {why}"),
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Senseless(why) => write!(f, "the answer makes no sense: {why}"),
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
            Failure::Senseless(_) => Self::new(
                ErrorKind::Unsupported,
                format!("elasticsearch: {failure}; is it Elasticsearch that listens at this address?"),
            ),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        let (kind, mend) = match refusal.status {
            _ if refusal.is_block() && refusal.reason.contains("flood") => {
                (ErrorKind::StorageFull, "its disk is full; make room, then it takes writes again by itself")
            }
            _ if refusal.is_block() && refusal.reason.contains("no master") => {
                (ErrorKind::Unavailable, "the cluster has no master; look at its nodes")
            }
            _ if refusal.is_block() => (
                ErrorKind::Storage,
                "the index is set to read-only; set `index.blocks.*` and `cluster.blocks.*` back",
            ),
            401 => (
                ErrorKind::Forbidden,
                "it does not know this user or key; set `user` and `password`, or `api_key`",
            ),
            403 => (ErrorKind::Forbidden, "this user or key lacks the right"),
            404 if refusal.kind == "index_not_found_exception" => {
                (ErrorKind::NotFound, "the index is missing; was it deleted? `rushes rebuild` makes it anew")
            }
            413 => (ErrorKind::TooLarge, "the request is too large for it; set `bulk_bytes` lower"),
            429 => (ErrorKind::Busy, "it is too busy; try again later"),
            502..=504 => (ErrorKind::Unavailable, "it is not ready; try again later"),
            _ => (ErrorKind::Unsupported, "it refuses what was asked of it"),
        };
        Self::new(kind, format!("elasticsearch: {mend} ({refusal})"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_full_disk_is_told_from_a_busy_node() {
        let full = json!({"type": "cluster_block_exception", "reason":
            "index [a] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, index has read-only-allow-delete block];"});
        let full = Refusal::of(429, &full);
        assert!(!full.may_pass());
        assert_eq!(Error::from(full).kind(), ErrorKind::StorageFull);
        let busy =
            Refusal::of(429, &json!({"type": "es_rejected_execution_exception", "reason": "rejected"}));
        assert!(busy.may_pass());
        assert_eq!(Error::from(busy).kind(), ErrorKind::Busy);
    }

    #[test]
    fn the_innermost_reason_is_told() {
        let body = json!({"error": {"type": "search_phase_execution_exception", "reason": "all shards failed",
            "root_cause": [{"type": "script_exception", "reason": "runtime error"}]}});
        let refusal = Refusal::read(400, body.to_string().as_bytes());
        assert_eq!((refusal.kind.as_str(), refusal.reason.as_str()), ("script_exception", "runtime error"));
    }
}
