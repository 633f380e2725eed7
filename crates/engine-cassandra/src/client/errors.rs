//! Turns driver errors into the product's errors, by the table of [`crate::client::answers`].

use rushes_types::{Error, ErrorKind};
use scylla::errors::{
    ConnectionError, ConnectionPoolError, ConnectionSetupRequestErrorKind, DbError, ExecutionError,
    MetadataError, NewSessionError, PrepareError, RequestAttemptError,
};

use crate::client::answers::{Answer, Becomes};

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
    let was_prepared = !matches!(error, ExecutionError::PrepareError(_));
    match Answer::of(error).map(|row| row.becomes) {
        Some(becomes) if becomes.may_be_done() && was_prepared => Class::Unsure,
        Some(becomes) if becomes.is_asked_again() => Class::NotDone,
        _ => Class::Final,
    }
}

/// The error of a failed request.
pub(crate) fn of_request(what: &str, error: &ExecutionError) -> Error {
    let said = said(error);
    let told = match Answer::of(error) {
        Some(row) => Error::new(row.becomes.kind(), format!("{what}: {said}")).mend(row.mend),
        None => Error::bug(format!("{what}: {said}")),
    };
    told.because(error.clone())
}

/// What happened, in words.
fn said(error: &ExecutionError) -> String {
    match error {
        ExecutionError::RequestTimeout(after) => {
            format!("Cassandra did not answer within {} ms", after.as_millis())
        }
        ExecutionError::ConnectionPoolError(_)
        | ExecutionError::EmptyPlan
        | ExecutionError::MetadataError(_)
        | ExecutionError::PrepareError(PrepareError::ConnectionPoolError(_)) => {
            "no node of Cassandra can be reached".to_owned()
        }
        ExecutionError::LastAttemptError(e)
        | ExecutionError::PrepareError(PrepareError::AllAttemptsFailed { first_attempt: e }) => match e {
            RequestAttemptError::DbError(DbError::Unavailable { required, alive, .. }, _) => {
                format!("{required} replicas are needed and {alive} are up")
            }
            RequestAttemptError::DbError(e, message) => said_by_node(e, message),
            RequestAttemptError::BrokenConnectionError(_) => "the connection to Cassandra broke".to_owned(),
            RequestAttemptError::UnableToAllocStreamId => "too many requests are under way".to_owned(),
            other => format!("the driver of Cassandra refused: {other}"),
        },
        ExecutionError::SchemaAgreementError(e) => format!("Cassandra's nodes do not agree: {e}"),
        other => format!("the driver of Cassandra refused: {other}"),
    }
}

/// What a node says; with all of it where that is in no row.
fn said_by_node(error: &DbError, message: &str) -> String {
    match Answer::of_node(error, message) {
        Some(row) if row.becomes != Becomes::Mistake => format!("Cassandra says `{message}`"),
        _ => format!("Cassandra says `{message}` ({error})"),
    }
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
        .mend("mend the host names")
        .at("/nodes"),
        NewSessionError::MetadataError(MetadataError::ConnectionPoolError(ConnectionPoolError::Broken {
            last_connection_error,
        })) => of_connection(nodes, last_connection_error),
        _ => Error::new(
            ErrorKind::Unavailable,
            format!("cannot open a connection to Cassandra at `{nodes}`: {error}"),
        )
        .mend("see whether its nodes are up; one that starts needs a minute"),
    };
    told.because(error)
}

fn of_connection(nodes: &str, error: &ConnectionError) -> Error {
    match error {
        ConnectionError::ConnectTimeout => silent(nodes),
        ConnectionError::IoError(e) if e.kind() == std::io::ErrorKind::ConnectionRefused => {
            Error::new(ErrorKind::Unavailable, format!("nothing listens at `{nodes}`"))
                .mend("start Cassandra, or name its native port (9042)")
                .at("/nodes")
        }
        ConnectionError::ConnectionSetupRequestError(e) => match &e.error {
            ConnectionSetupRequestErrorKind::MissingAuthentication => {
                Error::new(ErrorKind::Misconfigured, format!("Cassandra at `{nodes}` asks for a user"))
                    .mend("set `user` and `password`")
                    .at("/user")
            }
            ConnectionSetupRequestErrorKind::AuthFinishError(_) => {
                let what = format!("Cassandra at `{nodes}` refuses user or password");
                Error::new(ErrorKind::Misconfigured, what).mend("mend `user` and `password`").at("/password")
            }
            ConnectionSetupRequestErrorKind::DbError(e, message) => of_setup(nodes, e, message),
            ConnectionSetupRequestErrorKind::BrokenConnection(_) => hung_up(nodes),
            _ => not_cassandra(nodes),
        },
        ConnectionError::BrokenConnection(_) => hung_up(nodes),
        // What OpenSSL says comes as text.
        other if other.to_string().contains("certificate") => {
            let what = format!("the certificate of Cassandra at `{nodes}` is not trusted: {other}");
            Error::new(ErrorKind::Misconfigured, what)
                .mend("name the certificates that sign it in `ca_file`; it must name the node's address")
                .at("/ca_file")
        }
        other => {
            Error::new(ErrorKind::Unavailable, format!("cannot connect to Cassandra at `{nodes}`: {other}"))
                .mend("see whether its nodes are up and the network is whole")
        }
    }
}

/// A node answers the first requests of a connection with an error: it starts, is overloaded, or refuses the user.
fn of_setup(nodes: &str, error: &DbError, message: &str) -> Error {
    let what = format!("cannot connect to Cassandra at `{nodes}`: {}", said_by_node(error, message));
    match Answer::of_node(error, message) {
        Some(row) if row.becomes == Becomes::Misconfigured => {
            Error::new(row.becomes.kind(), what).mend(row.mend).at("/password")
        }
        Some(row) => Error::new(row.becomes.kind(), what).mend(row.mend),
        None => not_cassandra(nodes),
    }
}

/// Something accepts connections, or drops the packets, and never answers.
pub(crate) fn silent(nodes: &str) -> Error {
    Error::new(
        ErrorKind::Unavailable,
        format!("`{nodes}` does not answer as Cassandra does within the time for connecting"),
    )
    .mend("check host and port (the native port is 9042), and firewalls")
    .at("/nodes")
}

/// A node that stops closes connections, and so does what is no node.
fn hung_up(nodes: &str) -> Error {
    Error::new(ErrorKind::Unavailable, format!("Cassandra at `{nodes}` closes the connection"))
        .mend("see whether the node starts or stops now; else check host and port (the native port is 9042)")
        .at("/nodes")
}

fn not_cassandra(nodes: &str) -> Error {
    Error::new(ErrorKind::Unsupported, format!("what answers at `{nodes}` is not Cassandra"))
        .mend("check host and port (the native port is 9042)")
        .at("/nodes")
}

/// A data centre that has no nodes.
pub(crate) fn no_data_centre(asked: &str, known: &str) -> Error {
    let what = format!("no node of Cassandra is in the data centre `{asked}`");
    Error::new(ErrorKind::Misconfigured, what)
        .mend(format!("set `local_data_centre` to one of `{known}`, or leave it out"))
        .at("/local_data_centre")
}

/// A row does not have the expected columns.
pub(crate) fn of_rows(what: &str, error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::Corrupt, format!("{what}: a row is not as this version wrote it ({error})"))
        .mend("check whether the tables were changed by hand")
        .because(error)
}

#[cfg(test)]
#[path = "errors_tests.rs"]
mod tests;
