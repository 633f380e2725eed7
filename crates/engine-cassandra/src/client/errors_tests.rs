use std::collections::BTreeSet;
use std::time::Duration;

use scylla::errors::{OperationType, WriteType};
use scylla::frame::types::Consistency;

use super::*;
use crate::client::answers::ANSWERS;

const QUORUM: Consistency = Consistency::LocalQuorum;

fn write_timeout(write_type: WriteType) -> DbError {
    DbError::WriteTimeout { consistency: QUORUM, received: 1, required: 2, write_type }
}

/// What a node can answer: its code, its message, and the row.
fn answers() -> Vec<(DbError, &'static str, &'static str)> {
    let (received, required, numfailures) = (1, 2, 1);
    let mut all = vec![
        (DbError::Unavailable { consistency: QUORUM, required, alive: 1 }, "", "UNAVAILABLE"),
        (DbError::IsBootstrapping, "", "IS_BOOTSTRAPPING"),
        (DbError::Unprepared { statement_id: Vec::<u8>::new().into() }, "", "UNPREPARED"),
        (DbError::AlreadyExists { keyspace: "k".into(), table: "t".into() }, "", "ALREADY_EXISTS"),
        (
            DbError::ReadTimeout { consistency: QUORUM, received, required, data_present: false },
            "",
            "READ_TIMEOUT",
        ),
        (
            DbError::ReadFailure {
                consistency: QUORUM,
                received,
                required,
                numfailures,
                data_present: false,
            },
            "",
            "READ_FAILURE",
        ),
        (
            DbError::WriteFailure {
                consistency: QUORUM,
                received,
                required,
                numfailures,
                write_type: WriteType::Simple,
            },
            "",
            "WRITE_FAILURE",
        ),
        (DbError::Other(0x1700), "", "CAS_WRITE_UNKNOWN"),
        (DbError::Other(0x1600), "", "CDC_WRITE_FAILURE"),
        (DbError::TruncateError, "", "TRUNCATE_ERROR"),
        (DbError::ServerError, "", "SERVER_ERROR"),
        (DbError::Overloaded, "", "OVERLOADED"),
        (
            DbError::RateLimitReached { op_type: OperationType::Write, rejected_by_coordinator: true },
            "",
            "RATE_LIMIT_REACHED",
        ),
        (DbError::Invalid, "Write request failed because disk usage exceeds failure threshold", "INVALID"),
        (DbError::Invalid, "Batch too large", "INVALID"),
        (DbError::Invalid, "unconfigured table heads", "INVALID"),
        (DbError::ConfigError, "", "CONFIG_ERROR"),
        (DbError::Unauthorized, "", "UNAUTHORIZED"),
        (DbError::AuthenticationError, "", "BAD_CREDENTIALS"),
        (DbError::SyntaxError, "", "SYNTAX_ERROR"),
        (DbError::ProtocolError, "", "PROTOCOL_ERROR"),
        (
            DbError::FunctionFailure { keyspace: "k".into(), function: "f".into(), arg_types: Vec::new() },
            "",
            "FUNCTION_FAILURE",
        ),
    ];
    all.extend([
        (write_timeout(WriteType::Simple), "", "WRITE_TIMEOUT SIMPLE"),
        (write_timeout(WriteType::Batch), "", "WRITE_TIMEOUT BATCH"),
        (write_timeout(WriteType::UnloggedBatch), "", "WRITE_TIMEOUT UNLOGGED_BATCH"),
        (write_timeout(WriteType::BatchLog), "", "WRITE_TIMEOUT BATCH_LOG"),
        (write_timeout(WriteType::Counter), "", "WRITE_TIMEOUT COUNTER"),
        (write_timeout(WriteType::View), "", "WRITE_TIMEOUT VIEW"),
        (write_timeout(WriteType::Cas), "", "WRITE_TIMEOUT CAS"),
        (write_timeout(WriteType::Cdc), "", "WRITE_TIMEOUT CDC"),
        (write_timeout(WriteType::Other("NEW".into())), "", "WRITE_TIMEOUT"),
    ]);
    all
}

/// What the driver says itself, and the row.
fn of_driver() -> Vec<(ExecutionError, &'static str)> {
    let pool = || ConnectionPoolError::Initializing;
    vec![
        (ExecutionError::RequestTimeout(Duration::from_secs(1)), "NO_ANSWER"),
        (ExecutionError::ConnectionPoolError(pool()), "NO_CONNECTION"),
        (ExecutionError::PrepareError(PrepareError::ConnectionPoolError(pool())), "NO_CONNECTION"),
        (ExecutionError::EmptyPlan, "NO_NODE"),
        (ExecutionError::LastAttemptError(RequestAttemptError::UnableToAllocStreamId), "NO_STREAM"),
        (
            ExecutionError::SchemaAgreementError(scylla::errors::SchemaAgreementError::Timeout(
                Duration::from_secs(1),
            )),
            "NO_AGREEMENT",
        ),
    ]
}

/// The same answer to a statement, and to the preparation of one.
fn both(error: &DbError, message: &str) -> [ExecutionError; 2] {
    let attempt = || RequestAttemptError::DbError(error.clone(), message.to_owned());
    [
        ExecutionError::LastAttemptError(attempt()),
        ExecutionError::PrepareError(PrepareError::AllAttemptsFailed { first_attempt: attempt() }),
    ]
}

#[test]
fn each_answer_of_the_table_becomes_what_it_says() {
    let mut seen = BTreeSet::from(["BROKEN_CONNECTION"]);
    let nodes = answers()
        .into_iter()
        .flat_map(|(error, message, name)| both(&error, message).map(|error| (error, name)));
    for (error, name) in nodes.chain(of_driver()) {
        let row = Answer::of(&error).unwrap_or_else(|| panic!("{name} is in no row"));
        assert_eq!(row.name, name);
        seen.insert(name);
        let told = of_request("writing", &error);
        assert_eq!((told.kind(), told.mend_text()), (row.becomes.kind(), Some(row.mend)), "{told}");
        let again = class(&error) != Class::Final;
        assert_eq!(again, row.becomes.is_asked_again(), "{row}");
        assert!(!again || told.kind().is_retryable(), "{row}");
        // What was never prepared was never executed.
        let prepared = !matches!(error, ExecutionError::PrepareError(_));
        assert_eq!(class(&error) == Class::Unsure, prepared && row.becomes.may_be_done(), "{row}");
        let promised = row.becomes.to_string().contains("Retry-After");
        assert_eq!(told.kind().is_retryable(), promised, "{row}");
    }
    let all: BTreeSet<&str> = ANSWERS.iter().map(|row| row.name).collect();
    assert_eq!(seen, all, "each row has an answer here");
}

#[test]
fn rows_of_one_error_are_told_apart_by_what_it_says() {
    let kinds = answers().into_iter().filter(|(.., name)| *name == "INVALID").map(|(error, message, _)| {
        let [error, _] = both(&error, message);
        of_request("writing", &error).kind()
    });
    let expected = [ErrorKind::StorageFull, ErrorKind::Misconfigured, ErrorKind::Misconfigured];
    assert_eq!(kinds.collect::<Vec<_>>(), expected);
}

#[test]
fn what_is_in_no_row_is_a_mistake_with_all_of_its_text() {
    let [error, _] = both(&DbError::Other(0x7777), "something new");
    let told = of_request("writing", &error);
    assert_eq!(told.kind(), ErrorKind::Bug);
    assert!(told.message().contains("something new") && told.message().contains("30583"), "{told}");
    assert_eq!(class(&error), Class::Final);
}

#[test]
fn the_page_shows_the_table() {
    let page = include_str!("../../../../docs/cassandra.md");
    let table: Vec<String> = ANSWERS.iter().map(ToString::to_string).collect();
    let shown = page.lines().skip_while(|line| **line != table[0]).take_while(|line| line.starts_with('|'));
    assert!(shown.eq(&table), "docs/cassandra.md must show\n{}", table.join("\n"));
}

#[test]
fn a_node_that_starts_is_not_taken_for_something_else() {
    for (error, kind) in [
        (DbError::IsBootstrapping, ErrorKind::Unavailable),
        (DbError::Overloaded, ErrorKind::Busy),
        (DbError::ServerError, ErrorKind::Unavailable),
        (DbError::AuthenticationError, ErrorKind::Misconfigured),
        (DbError::Other(0x7777), ErrorKind::Unsupported),
    ] {
        assert_eq!(of_setup("db:9042", &error, "no").kind(), kind, "{error}");
    }
    assert_eq!(hung_up("db:9042").kind(), ErrorKind::Unavailable);
}
