//! Turns driver errors into the product's errors: a kind to act on, what happened, how to fix it.

use rushes_types::{Error, ErrorKind};
use scylla::errors::{
    ConnectionError, ConnectionPoolError, ConnectionSetupRequestErrorKind, DbError, ExecutionError,
    MetadataError, NewSessionError, PrepareError, RequestAttemptError, WriteType,
};

/// "The outcome of a conditional write is unknown", a code that the driver does not know yet.
const CAS_WRITE_UNKNOWN: i32 = 0x1700;

/// Whether a failed request may be retried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// A retry may help; it may have been executed.
    Unsure,
    /// A retry may help; it was not executed.
    NotDone,
    /// A retry will not help.
    Final,
}

/// Classifies a failed request.
pub(crate) fn class(error: &ExecutionError) -> Class {
    match error {
        ExecutionError::RequestTimeout(_) => Class::Unsure,
        ExecutionError::EmptyPlan | ExecutionError::ConnectionPoolError(_) => Class::NotDone,
        ExecutionError::PrepareError(e) => class_of_prepare(e),
        ExecutionError::LastAttemptError(e) => class_of_attempt(e),
        _ => Class::Final,
    }
}

fn class_of_prepare(error: &PrepareError) -> Class {
    match error {
        PrepareError::ConnectionPoolError(_) => Class::NotDone,
        PrepareError::AllAttemptsFailed { first_attempt } => match class_of_attempt(first_attempt) {
            Class::Unsure => Class::NotDone,
            other => other,
        },
        _ => Class::Final,
    }
}

fn class_of_attempt(error: &RequestAttemptError) -> Class {
    match error {
        RequestAttemptError::UnableToAllocStreamId => Class::NotDone,
        RequestAttemptError::BrokenConnectionError(_) => Class::Unsure,
        RequestAttemptError::DbError(e, _) => match e {
            DbError::Unavailable { .. } | DbError::IsBootstrapping => Class::NotDone,
            DbError::Overloaded
            | DbError::ReadTimeout { .. }
            | DbError::WriteTimeout { .. }
            | DbError::WriteFailure { .. }
            | DbError::ReadFailure { .. }
            | DbError::ServerError
            | DbError::RateLimitReached { .. } => Class::Unsure,
            DbError::Other(code) if *code == CAS_WRITE_UNKNOWN => Class::Unsure,
            _ => Class::Final,
        },
        _ => Class::Final,
    }
}

/// The error of a failed request.
pub(crate) fn of_request(what: &str, error: &ExecutionError) -> Error {
    let told = match error {
        ExecutionError::LastAttemptError(RequestAttemptError::DbError(e, message)) => of_db(what, e, message),
        ExecutionError::PrepareError(PrepareError::AllAttemptsFailed {
            first_attempt: RequestAttemptError::DbError(e, message),
        }) => of_db(what, e, message),
        ExecutionError::RequestTimeout(after) => Error::new(
            ErrorKind::Unavailable,
            format!("{what}: Cassandra did not answer within {} ms", after.as_millis()),
        )
        .mend("see whether its nodes are up and not overloaded"),
        ExecutionError::ConnectionPoolError(_)
        | ExecutionError::EmptyPlan
        | ExecutionError::PrepareError(PrepareError::ConnectionPoolError(_))
        | ExecutionError::LastAttemptError(RequestAttemptError::BrokenConnectionError(_)) => {
            Error::new(ErrorKind::Unavailable, format!("{what}: no node of Cassandra can be reached"))
                .mend("see whether it runs and the network is whole")
        }
        ExecutionError::LastAttemptError(RequestAttemptError::UnableToAllocStreamId) => {
            Error::new(ErrorKind::Busy, format!("{what}: too many requests are under way"))
                .mend("lower `max_in_flight`")
        }
        other => Error::bug(format!("{what}: the driver of Cassandra refused: {other}")),
    };
    told.because(error.clone())
}

fn of_db(what: &str, error: &DbError, message: &str) -> Error {
    let (kind, mend) = match error {
        DbError::Unavailable { required, alive, .. } => {
            let why = format!(
                "{required} replicas are needed and {alive} are up; start the missing nodes, or lower the keyspace's \
                 replication to what there is"
            );
            return Error::new(ErrorKind::Unavailable, format!("{what}: {why}"));
        }
        DbError::Overloaded | DbError::RateLimitReached { .. } => {
            (ErrorKind::Busy, "Cassandra is overloaded; send less at once (`max_in_flight`) or add nodes")
        }
        DbError::IsBootstrapping => (ErrorKind::Unavailable, "the node is still starting; wait"),
        DbError::WriteTimeout { write_type: WriteType::Cdc, .. } => {
            (ErrorKind::StorageFull, "the room for change data is full; make room on the nodes")
        }
        DbError::WriteTimeout { .. } | DbError::ReadTimeout { .. } => (
            ErrorKind::Unavailable,
            "too few replicas answered in time; see whether the nodes are overloaded or one is down",
        ),
        DbError::WriteFailure { .. } | DbError::ReadFailure { .. } => (
            ErrorKind::Storage,
            "a replica failed while it wrote or read; its log says why (a full or failing disk stops a node)",
        ),
        DbError::Unauthorized | DbError::AuthenticationError => (
            ErrorKind::Forbidden,
            "the user may not do this; grant it CREATE, SELECT and MODIFY on the keyspace",
        ),
        DbError::Invalid if message.to_ascii_lowercase().contains("disk usage") => {
            (ErrorKind::StorageFull, "the nodes' disks are full; make room or add nodes")
        }
        DbError::Invalid | DbError::ConfigError => (
            ErrorKind::Unsupported,
            "the tables are not as this version made them; check whether they were changed by hand",
        ),
        DbError::SyntaxError => {
            (ErrorKind::Unsupported, "this Cassandra does not know the statement; take 4.0 or newer")
        }
        DbError::Other(code) if *code == CAS_WRITE_UNKNOWN => {
            (ErrorKind::OutcomeUnknown, "whether the write happened is not known; send it again")
        }
        _ => (ErrorKind::Unavailable, "the node's log says more"),
    };
    Error::new(kind, format!("{what}: Cassandra says `{message}`")).mend(mend)
}

/// The error of a conditional write of unknown outcome.
pub(crate) fn unknown(what: &str, error: &ExecutionError) -> Error {
    Error::new(ErrorKind::OutcomeUnknown, format!("{what}: Cassandra did not say whether the write happened"))
        .mend("send it again")
        .because(error.clone())
}

/// Why the driver could not be opened.
pub(crate) fn of_opening(nodes: &str, error: NewSessionError) -> Error {
    let told = match &error {
        NewSessionError::FailedToResolveAnyHostname(_) => Error::new(
            ErrorKind::Unavailable,
            format!("no address is known for the Cassandra nodes `{nodes}`"),
        )
        .mend("mend the host names"),
        NewSessionError::MetadataError(MetadataError::ConnectionPoolError(ConnectionPoolError::Broken {
            last_connection_error,
        })) => of_connection(nodes, last_connection_error),
        _ => Error::new(
            ErrorKind::Unavailable,
            format!("cannot open a connection to Cassandra at `{nodes}`: {error}"),
        ),
    };
    told.because(error)
}

fn of_connection(nodes: &str, error: &ConnectionError) -> Error {
    match error {
        ConnectionError::ConnectTimeout => silent(nodes),
        ConnectionError::IoError(e) if e.kind() == std::io::ErrorKind::ConnectionRefused => {
            Error::new(ErrorKind::Unavailable, format!("nothing listens at `{nodes}`"))
                .mend("start Cassandra, or name its native port (9042)")
        }
        ConnectionError::ConnectionSetupRequestError(e) => match &e.error {
            ConnectionSetupRequestErrorKind::MissingAuthentication => {
                Error::new(ErrorKind::Forbidden, format!("Cassandra at `{nodes}` asks for a user"))
                    .mend("set `user` and `password`")
            }
            ConnectionSetupRequestErrorKind::DbError(DbError::AuthenticationError, _)
            | ConnectionSetupRequestErrorKind::AuthFinishError(_) => {
                Error::new(ErrorKind::Forbidden, format!("Cassandra at `{nodes}` refuses user or password"))
                    .mend("mend `user` and `password`")
            }
            _ => not_cassandra(nodes),
        },
        ConnectionError::BrokenConnection(_) => not_cassandra(nodes),
        other => {
            Error::new(ErrorKind::Unavailable, format!("cannot connect to Cassandra at `{nodes}`: {other}"))
        }
    }
}

/// Something accepts connections, or drops the packets, and never answers.
pub(crate) fn silent(nodes: &str) -> Error {
    Error::new(
        ErrorKind::Unavailable,
        format!("`{nodes}` does not answer as Cassandra does within the time for connecting"),
    )
    .mend("check host and port (the native port is 9042), and firewalls")
}

fn not_cassandra(nodes: &str) -> Error {
    Error::new(ErrorKind::Unsupported, format!("what answers at `{nodes}` is not Cassandra"))
        .mend("check host and port (the native port is 9042)")
}

/// A row does not have the expected columns.
pub(crate) fn of_rows(what: &str, error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::Corrupt, format!("{what}: a row is not as this version wrote it ({error})"))
        .mend("check whether the tables were changed by hand")
        .because(error)
}
