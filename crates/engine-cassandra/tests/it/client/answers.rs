//! What a node can answer, from the wire to the error.

use rushes_engine_cassandra::client::{ANSWERS, Answer, Cluster, Config, Write};
use rushes_testkit::proxy::cql::{CqlError, CqlProxy, CqlRequest};
use rushes_types::ErrorKind;

use crate::client::support::{self, Own};

/// More requests than any call sends.
const MANY: usize = 1_000;

/// What a node can answer, and the row.
fn answers() -> Vec<(CqlError, &'static str)> {
    let mut all = vec![
        (CqlError::unavailable(), "UNAVAILABLE"),
        (CqlError::new(0x1001, "r"), "OVERLOADED"),
        (CqlError::new(0x1002, "r"), "IS_BOOTSTRAPPING"),
        (CqlError::new(0x1003, "r"), "TRUNCATE_ERROR"),
        (CqlError::read_timeout(), "READ_TIMEOUT"),
        (CqlError::read_failure(), "READ_FAILURE"),
        (CqlError::function_failure(), "FUNCTION_FAILURE"),
        (CqlError::write_failure(), "WRITE_FAILURE"),
        (CqlError::new(0x1600, "r"), "CDC_WRITE_FAILURE"),
        (CqlError::new(0x1700, "r"), "CAS_WRITE_UNKNOWN"),
        (CqlError::new(0x0000, "r"), "SERVER_ERROR"),
        (CqlError::new(0x000a, "r"), "PROTOCOL_ERROR"),
        (CqlError::new(0x0100, "r"), "BAD_CREDENTIALS"),
        (CqlError::new(0x2000, "r"), "SYNTAX_ERROR"),
        (CqlError::new(0x2100, "r"), "UNAUTHORIZED"),
        (CqlError::new(0x2200, "unconfigured table heads"), "INVALID"),
        (CqlError::new(0x2200, "Batch too large"), "INVALID"),
        (CqlError::new(0x2200, "Write request failed because disk usage exceeds a threshold"), "INVALID"),
        (CqlError::new(0x2300, "r"), "CONFIG_ERROR"),
        (CqlError::already_exists(), "ALREADY_EXISTS"),
    ];
    for (kind, name) in [
        ("SIMPLE", "WRITE_TIMEOUT SIMPLE"),
        ("BATCH", "WRITE_TIMEOUT BATCH"),
        ("UNLOGGED_BATCH", "WRITE_TIMEOUT UNLOGGED_BATCH"),
        ("BATCH_LOG", "WRITE_TIMEOUT BATCH_LOG"),
        ("COUNTER", "WRITE_TIMEOUT COUNTER"),
        ("VIEW", "WRITE_TIMEOUT VIEW"),
        ("CAS", "WRITE_TIMEOUT CAS"),
        ("CDC", "WRITE_TIMEOUT CDC"),
        ("SOMETHING", "WRITE_TIMEOUT"),
    ] {
        all.push((CqlError::write_timeout(kind), name));
    }
    all
}

/// The kinds that rows of this name can become.
fn rows(name: &str) -> Vec<&'static Answer> {
    ANSWERS.iter().filter(|row| row.name == name).collect()
}

/// A keyspace with one table, and a connection to it through a proxy.
fn behind_proxy() -> Option<(Own, CqlProxy, Cluster)> {
    let own = support::own()?;
    own.block_on(own.define(&format!("CREATE TABLE {} (k int PRIMARY KEY, v int)", own.table("t")))).unwrap();
    let proxy = CqlProxy::before(&own.config().nodes[0]).unwrap();
    let config = Config { retries: 1, nodes: vec![proxy.address().to_string()], ..own.config().clone() };
    let cluster = Cluster::connect(&config).unwrap();
    Some((own, proxy, cluster))
}

#[test]
fn each_answer_of_a_node_becomes_what_the_table_says() {
    let Some((_own, proxy, cluster)) = behind_proxy() else { return };
    let insert = format!("INSERT INTO {} (k, v) VALUES (?, ?)", cluster.table("t"));
    let guarded = format!("INSERT INTO {} (k, v) VALUES (?, ?) IF NOT EXISTS", cluster.table("t"));
    let write = || cluster.block_on(cluster.write(&insert, (1, 1)));
    let conditional = || cluster.block_on(cluster.conditional(&[Write::new(&guarded, (2, 1))])).map(drop);
    write().unwrap();
    conditional().unwrap();
    for (error, name) in answers() {
        let rows = rows(name);
        let again = rows.iter().any(|row| row.becomes.is_asked_again());
        // Once: it is asked again where that may help, and only then.
        proxy.fail(CqlRequest::Execute, 1, error.clone());
        assert_eq!(write().is_ok(), again, "{name}");
        assert_eq!(proxy.heal(), 1, "{name}");
        // Always: it becomes an error after the retries.
        proxy.fail(CqlRequest::Execute, MANY, error.clone());
        let told = write().unwrap_err();
        assert_eq!(proxy.heal(), 1 + usize::from(again), "{name}");
        let row =
            rows.iter().find(|row| row.becomes.kind() == told.kind() && told.mend_text() == Some(row.mend));
        assert!(row.is_some(), "{name}: {told}");
        // A conditional write is never sent again, and what is not known of it is said.
        proxy.fail(CqlRequest::Execute, MANY, error);
        let told = conditional().unwrap_err();
        assert_eq!(proxy.heal(), 1, "{name}");
        let unknown = rows.iter().any(|row| row.becomes.may_be_done());
        assert_eq!(told.kind() == ErrorKind::OutcomeUnknown, unknown, "{name}: {told}");
    }
}

#[test]
fn a_statement_that_cannot_be_prepared_now_is_prepared_again() {
    let Some((_own, proxy, cluster)) = behind_proxy() else { return };
    let select = |no: usize| format!("SELECT v FROM {} WHERE k = ? LIMIT {no}", cluster.table("t"));
    let read = |no: usize| cluster.block_on(cluster.first::<(i32,)>(&select(no), (1,)));
    proxy.fail(CqlRequest::Prepare, 1, CqlError::new(0x1002, "r"));
    read(1).unwrap();
    proxy.fail(CqlRequest::Prepare, MANY, CqlError::new(0x1001, "r"));
    assert_eq!(read(2).unwrap_err().kind(), ErrorKind::Busy);
    proxy.heal();
    read(2).unwrap();
}

#[test]
fn a_node_that_is_starting_or_refuses_the_user_says_so_when_it_is_connected_to() {
    let Some((own, proxy, _)) = behind_proxy() else { return };
    let config = Config { nodes: vec![proxy.address().to_string()], ..own.config().clone() };
    for (code, kind) in [
        (0x1002, ErrorKind::Unavailable),
        (0x1001, ErrorKind::Busy),
        (0x0000, ErrorKind::Unavailable),
        (0x0100, ErrorKind::Misconfigured),
    ] {
        proxy.fail(CqlRequest::Startup, MANY, CqlError::new(code, "not now"));
        let error = Cluster::connect(&config).err().unwrap();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.message().contains("not now"), "{error}");
    }
}

#[test]
fn a_data_centre_without_nodes_is_named_with_those_that_have_some() {
    let Some(own) = support::own() else { return };
    let config = Config { local_data_centre: Some("nowhere".into()), ..own.config().clone() };
    let error = Cluster::connect(&config).err().unwrap();
    assert_eq!(
        (error.kind(), error.pointer()),
        (ErrorKind::Misconfigured, Some("/local_data_centre")),
        "{error}"
    );
    let mend = error.mend_text().unwrap();
    let known = mend.split('`').nth(3).unwrap().to_owned();
    let config = Config { local_data_centre: Some(known), ..own.config().clone() };
    Cluster::connect(&config).map(drop).unwrap();
}
