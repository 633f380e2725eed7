//! What Cassandra and its driver can answer besides what was asked for, and what becomes of it: the one table that
//! decides.

use std::fmt;

use rushes_types::ErrorKind;
use scylla::errors::{
    DbError, ExecutionError, PrepareError, RequestAttemptError, SchemaAgreementError, WriteType,
};

use self::Becomes::{Busy, DiskFull, Misconfigured, Mistake, NotDone, Unknown, Unsupported, Unsure};

/// What becomes of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Becomes {
    /// It was not executed: asked again up to `retries` times, then 503 with Retry-After.
    NotDone,
    /// It may have been executed: asked again where that does no harm, then 503 with Retry-After. A conditional write is
    /// read back.
    Unsure,
    /// As [`Becomes::Unsure`], and 503 with Retry-After that says that the outcome is not known.
    Unknown,
    /// As [`Becomes::Unsure`], and then 429 with Retry-After.
    Busy,
    /// There is no room until somebody makes some: 507.
    DiskFull,
    /// A setting, of the cluster or of ours, must be mended by an operator: 503.
    Misconfigured,
    /// The nodes are too old.
    Unsupported,
    /// A mistake of this crate.
    Mistake,
}

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// The error, as the protocol or the driver names it.
    pub name: &'static str,
    /// What its message contains; empty for any.
    pub says: &'static str,
    /// What becomes of it.
    pub becomes: Becomes,
    /// What to do about it.
    pub mend: &'static str,
}

const fn row(name: &'static str, becomes: Becomes, mend: &'static str) -> Answer {
    Answer { name, says: "", becomes, mend }
}

const fn saying(name: &'static str, says: &'static str, becomes: Becomes, mend: &'static str) -> Answer {
    Answer { name, says, becomes, mend }
}

const REACHED: &str = "see whether it runs and the network is whole";
const REPLICAS: &str = "start the missing nodes, or lower the keyspace's replication to what there is";
const SLOW: &str = "see whether the nodes are overloaded or one is down";
const OVERLOADED: &str = "send less at once (`max_in_flight`) or add nodes";
const FAILED: &str = "a node's log says why (a full or failing disk stops a node)";
const LOG: &str = "the node's log says more";
const AGAIN: &str = "send it again";
const RIGHTS: &str = "grant the user CREATE, ALTER, SELECT and MODIFY on the keyspace";
const LOGIN: &str = "mend `user` and `password`";
const TABLES: &str =
    "the tables are not as this version made them; check whether they were changed or dropped by hand";
const OURS: &str = "this is a mistake of rushes";

/// The table. The first row that fits counts.
pub const ANSWERS: &[Answer] = &[
    // Nodes start, go, or are too few.
    row("NO_CONNECTION", NotDone, REACHED),
    row("BROKEN_CONNECTION", Unsure, REACHED),
    row("NO_ANSWER", Unsure, "see whether its nodes are up and not overloaded"),
    row("NO_STREAM", Busy, "lower `max_in_flight`"),
    row("NO_NODE", NotDone, "see whether it runs, and whether `local_data_centre` has nodes"),
    row("NO_AGREEMENT", Unsure, "the nodes do not agree on the tables; see whether all of them are up"),
    row("UNAVAILABLE", NotDone, REPLICAS),
    row("IS_BOOTSTRAPPING", NotDone, "the node is still starting; wait"),
    row("UNPREPARED", NotDone, AGAIN),
    row("ALREADY_EXISTS", NotDone, AGAIN),
    // Nodes are slow, or fail. A logged batch that timed out is finished by the nodes, one whose log timed out may be.
    row("READ_TIMEOUT", Unsure, SLOW),
    row("WRITE_TIMEOUT SIMPLE", Unsure, SLOW),
    row("WRITE_TIMEOUT BATCH", Unsure, SLOW),
    row("WRITE_TIMEOUT UNLOGGED_BATCH", Unsure, SLOW),
    row("WRITE_TIMEOUT BATCH_LOG", Unsure, SLOW),
    row("WRITE_TIMEOUT COUNTER", Unsure, SLOW),
    row("WRITE_TIMEOUT VIEW", Unsure, SLOW),
    row("WRITE_TIMEOUT CAS", Unknown, AGAIN),
    row("WRITE_TIMEOUT CDC", DiskFull, "the room for change data is full; make room on the nodes"),
    row("WRITE_TIMEOUT", Unsure, SLOW),
    row("CAS_WRITE_UNKNOWN", Unknown, AGAIN),
    row("READ_FAILURE", Unsure, FAILED),
    row("WRITE_FAILURE", Unsure, FAILED),
    row("CDC_WRITE_FAILURE", DiskFull, "the room for change data is full; make room on the nodes"),
    row("TRUNCATE_ERROR", Unsure, LOG),
    row("SERVER_ERROR", Unsure, LOG),
    // Too much to do.
    row("OVERLOADED", Busy, OVERLOADED),
    row("RATE_LIMIT_REACHED", Busy, OVERLOADED),
    // An operator must mend a setting.
    saying("INVALID", "disk usage", DiskFull, "the nodes' disks are full; make room or add nodes"),
    saying(
        "INVALID",
        "Batch too large",
        Misconfigured,
        "raise the nodes' `batch_size_fail_threshold` to its default of 640 KiB at least",
    ),
    row("INVALID", Misconfigured, TABLES),
    row("CONFIG_ERROR", Misconfigured, TABLES),
    row("UNAUTHORIZED", Misconfigured, RIGHTS),
    row("BAD_CREDENTIALS", Misconfigured, LOGIN),
    row("SYNTAX_ERROR", Unsupported, "this Cassandra does not know the statement; take 4.0 or newer"),
    row("PROTOCOL_ERROR", Unsupported, "this Cassandra does not know the protocol; take 4.0 or newer"),
    row("FUNCTION_FAILURE", Mistake, OURS),
];

/// "The outcome of a conditional write is unknown", a code that the driver does not know yet.
const CAS_WRITE_UNKNOWN: i32 = 0x1700;
/// "The room for change data is full", a code that the driver does not know yet.
const CDC_WRITE_FAILURE: i32 = 0x1600;

impl Answer {
    /// The row of a name and a message; `None` if there is none.
    pub(crate) fn known(name: &str, message: &str) -> Option<&'static Self> {
        let says = |row: &&Self| row.says.is_empty() || message.contains(row.says);
        ANSWERS.iter().filter(|row| row.name == name).find(says)
    }

    /// The row of an error of a request.
    pub(crate) fn of(error: &ExecutionError) -> Option<&'static Self> {
        match error {
            ExecutionError::RequestTimeout(_) => Self::known("NO_ANSWER", ""),
            ExecutionError::EmptyPlan => Self::known("NO_NODE", ""),
            ExecutionError::ConnectionPoolError(_)
            | ExecutionError::MetadataError(_)
            | ExecutionError::PrepareError(PrepareError::ConnectionPoolError(_)) => {
                Self::known("NO_CONNECTION", "")
            }
            ExecutionError::PrepareError(PrepareError::AllAttemptsFailed { first_attempt: e })
            | ExecutionError::SchemaAgreementError(SchemaAgreementError::RequestError(e))
            | ExecutionError::LastAttemptError(e) => Self::of_attempt(e),
            ExecutionError::SchemaAgreementError(_) => Self::known("NO_AGREEMENT", ""),
            _ => None,
        }
    }

    fn of_attempt(error: &RequestAttemptError) -> Option<&'static Self> {
        match error {
            RequestAttemptError::UnableToAllocStreamId => Self::known("NO_STREAM", ""),
            RequestAttemptError::BrokenConnectionError(_) => Self::known("BROKEN_CONNECTION", ""),
            RequestAttemptError::DbError(e, message) => Self::of_node(e, message),
            _ => None,
        }
    }

    /// The row of an error that a node answered.
    pub(crate) fn of_node(error: &DbError, message: &str) -> Option<&'static Self> {
        Self::known(name_of(error)?, message)
    }
}

/// The name of an error in the protocol, with the kind of write of one that timed out.
fn name_of(error: &DbError) -> Option<&'static str> {
    Some(match error {
        DbError::ServerError => "SERVER_ERROR",
        DbError::ProtocolError => "PROTOCOL_ERROR",
        DbError::AuthenticationError => "BAD_CREDENTIALS",
        DbError::Unavailable { .. } => "UNAVAILABLE",
        DbError::Overloaded => "OVERLOADED",
        DbError::IsBootstrapping => "IS_BOOTSTRAPPING",
        DbError::TruncateError => "TRUNCATE_ERROR",
        DbError::WriteTimeout { write_type, .. } => match write_type {
            WriteType::Simple => "WRITE_TIMEOUT SIMPLE",
            WriteType::Batch => "WRITE_TIMEOUT BATCH",
            WriteType::UnloggedBatch => "WRITE_TIMEOUT UNLOGGED_BATCH",
            WriteType::Counter => "WRITE_TIMEOUT COUNTER",
            WriteType::BatchLog => "WRITE_TIMEOUT BATCH_LOG",
            WriteType::Cas => "WRITE_TIMEOUT CAS",
            WriteType::View => "WRITE_TIMEOUT VIEW",
            WriteType::Cdc => "WRITE_TIMEOUT CDC",
            _ => "WRITE_TIMEOUT",
        },
        DbError::ReadTimeout { .. } => "READ_TIMEOUT",
        DbError::ReadFailure { .. } => "READ_FAILURE",
        DbError::WriteFailure { .. } => "WRITE_FAILURE",
        DbError::FunctionFailure { .. } => "FUNCTION_FAILURE",
        DbError::SyntaxError => "SYNTAX_ERROR",
        DbError::Unauthorized => "UNAUTHORIZED",
        DbError::Invalid => "INVALID",
        DbError::ConfigError => "CONFIG_ERROR",
        DbError::AlreadyExists { .. } => "ALREADY_EXISTS",
        DbError::Unprepared { .. } => "UNPREPARED",
        DbError::RateLimitReached { .. } => "RATE_LIMIT_REACHED",
        DbError::Other(CAS_WRITE_UNKNOWN) => "CAS_WRITE_UNKNOWN",
        DbError::Other(CDC_WRITE_FAILURE) => "CDC_WRITE_FAILURE",
        _ => return None,
    })
}

impl Becomes {
    /// Is a read or an idempotent write sent again?
    #[must_use]
    pub const fn is_asked_again(self) -> bool {
        matches!(self, NotDone) || self.may_be_done()
    }

    /// May it have been executed?
    #[must_use]
    pub const fn may_be_done(self) -> bool {
        matches!(self, Unsure | Unknown | Busy)
    }

    /// The kind of the error in the end.
    #[must_use]
    pub const fn kind(self) -> ErrorKind {
        match self {
            NotDone | Unsure => ErrorKind::Unavailable,
            Unknown => ErrorKind::OutcomeUnknown,
            Busy => ErrorKind::Busy,
            DiskFull => ErrorKind::StorageFull,
            Misconfigured => ErrorKind::Misconfigured,
            Unsupported => ErrorKind::Unsupported,
            Mistake => ErrorKind::Bug,
        }
    }
}

impl fmt::Display for Becomes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NotDone => "asked again, then 503 with Retry-After",
            Unsure => "asked again, a conditional write read back, then 503 with Retry-After",
            Unknown => "read back, then 503 with Retry-After: the outcome is not known",
            Busy => "asked again, a conditional write read back, then 429 with Retry-After",
            DiskFull => "507, until there is room",
            Misconfigured => "503, until it is mended",
            Unsupported => "refused: 501",
            Mistake => "500, with all of its text in the log",
        })
    }
}

/// A row of a table in Markdown.
impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "| `{}`", self.name)?;
        if !self.says.is_empty() {
            write!(f, ", \"{}\"", self.says)?;
        }
        write!(f, " | {} | {} |", self.becomes, self.mend)
    }
}
