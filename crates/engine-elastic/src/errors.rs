//! Failures of requests to the cluster: what becomes of each by the table of [`crate::answers`], with the user's
//! message.

use std::fmt::{self, Write as _};

use rushes_types::{Error, ErrorKind};
use serde_json::Value;

use crate::answers::{Answer, Becomes};

/// Characters of the engine's reason that are shown to users.
const DETAIL_CHARS_MAX: usize = 300;
/// Characters of the engine's reason that are kept, for the log of a mistake of ours.
const REASON_CHARS_MAX: usize = 4_000;
/// How deep causes of causes are looked at.
const CAUSES_MAX: usize = 8;

/// Why a request failed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Failure {
    /// No node answered.
    NoAnswer { node: String, why: String },
    /// A node answers, and one of both does not trust the other.
    Untrusted { node: String, why: String },
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

    /// From an `error` object. Shards fail for different reasons, and one wraps another: if any of them may pass, the
    /// request is worth another try; else the first that is known counts, else the innermost.
    pub fn of(status: u16, error: &Value) -> Self {
        let all: Vec<Self> = causes(error).into_iter().map(|cause| Self::alone(status, cause)).collect();
        let known = |refusal: &&Self| refusal.row().is_some();
        let found = all.iter().find(|refusal| refusal.may_pass() && known(refusal));
        found.or_else(|| all.iter().find(known)).or(all.first()).cloned().unwrap_or_default()
    }

    /// From one `error` object, without its causes but in words.
    fn alone(status: u16, error: &Value) -> Self {
        let text = |at: &str| error.pointer(at).and_then(Value::as_str).unwrap_or_default();
        let cause = text("/caused_by/reason");
        let mut reason = text("/reason").to_owned();
        if !cause.is_empty() {
            reason = format!("{reason}: {cause}");
        }
        let reason = reason.chars().filter(|c| !c.is_control()).take(REASON_CHARS_MAX).collect();
        Self { status, kind: text("/type").to_owned(), reason }
    }

    /// From the `error` of one document of a multi-get, which has no status of its own.
    pub fn of_document(error: &Value) -> Self {
        Self::of(503, error)
    }

    /// What is wrong in an answer that is a 200, by a name of the table.
    pub fn in_a_200(kind: &str, reason: String) -> Self {
        Self { status: 200, kind: kind.to_owned(), reason }
    }

    fn row(&self) -> Option<&'static Answer> {
        Answer::known(&self.kind, self.status, &self.reason)
    }

    fn answer(&self) -> &'static Answer {
        self.row().unwrap_or_else(|| Answer::unknown(self.status))
    }

    /// What becomes of it.
    pub fn becomes(&self) -> Becomes {
        self.answer().becomes
    }

    /// May the same request succeed later?
    pub fn may_pass(&self) -> bool {
        self.becomes().is_asked_again()
    }

    /// Does the target not exist, rather than not exist yet?
    pub fn is_missing(&self) -> bool {
        self.status == 404 && matches!(self.becomes(), Becomes::Missing | Becomes::Mistake)
    }

    /// Was it rejected for a version or a sequence number?
    pub fn is_conflict(&self) -> bool {
        self.kind == VERSION_CONFLICT
    }
}

/// An `error` object and the ones inside of it that say why: those of shards, the root causes, then itself, each followed
/// by its causes.
fn causes(error: &Value) -> Vec<&Value> {
    let listed = |at: &str| error.get(at).and_then(Value::as_array).into_iter().flatten();
    let of_shards = listed("failed_shards").filter_map(|shard| shard.get("reason"));
    let mut all = Vec::new();
    for cause in of_shards.chain(listed("root_cause")).chain([error]) {
        let chain = std::iter::successors(Some(cause), |cause| cause.get("caused_by"));
        all.extend(chain.take(CAUSES_MAX));
    }
    all
}

impl Failure {
    /// May the same request succeed later?
    pub fn may_pass(&self) -> bool {
        match self {
            // The cluster was recognised when it was opened: something between here and there answers in its place.
            Self::NoAnswer { .. } | Self::Malformed(_) => true,
            Self::Untrusted { .. } => false,
            Self::Refused(refusal) => refusal.may_pass(),
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

    /// As an error of the first request to an address: what answers senselessly is no cluster.
    pub fn at_greeting(self) -> Error {
        match self {
            Self::Malformed(_) => Error::new(ErrorKind::Unsupported, format!("elasticsearch: {self}"))
                .mend("is it Elasticsearch that listens at this address"),
            failure => failure.into(),
        }
    }
}

/// An error of a search: an index that is missing is being rebuilt, or must be; it is nothing that the caller named.
pub(crate) fn of_search(error: Error) -> Error {
    if error.kind() != ErrorKind::NotFound {
        return error;
    }
    Error::new(ErrorKind::Unavailable, "elasticsearch: the index is missing")
        .mend("ask again later; if it is not being rebuilt now, `rushes rebuild` rebuilds it")
        .because(error)
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAnswer { node, why } => write!(f, "`{node}` does not answer: {why}"),
            Self::Untrusted { node, why } => write!(f, "`{node}`: {why}"),
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
            let shown = if self.becomes() == Becomes::Mistake { REASON_CHARS_MAX } else { DETAIL_CHARS_MAX };
            f.write_str(": ")?;
            self.reason.chars().take(shown).try_for_each(|c| f.write_char(c))?;
        }
        Ok(())
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match &failure {
            Failure::NoAnswer { .. } => {
                Self::new(ErrorKind::Unavailable, format!("elasticsearch: {failure}"))
                    .mend("is the cluster up, and is the address right")
            }
            Failure::Untrusted { .. } => {
                Self::new(ErrorKind::Misconfigured, format!("elasticsearch: {failure}"))
                    .mend(
                        "name the certificates that sign the cluster's in `ca_file`, and where it asks for one of yours, \
                         `client_certificate_file` and `client_key_file`",
                    )
                    .at("/ca_file")
            }
            Failure::Refused(refusal) => refusal.clone().into(),
            Failure::Malformed(_) => Self::new(ErrorKind::Unavailable, format!("elasticsearch: {failure}"))
                .mend("is something else in between, and is the address right"),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        let answer = refusal.answer();
        Self::new(answer.becomes.kind(), format!("elasticsearch: {refusal}")).mend(answer.mend)
    }
}

#[cfg(test)]
#[path = "errors_tests.rs"]
mod tests;
