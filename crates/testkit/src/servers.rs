//! Real servers that suites run on, where an environment variable names them.
//!
//! Without the variable a suite has nothing to run on: that is said, loudly, and is no success.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

/// The address in `variable`; `None`, and a line on stderr, where it is not set.
#[must_use]
pub fn named(variable: &str, what: &str) -> Option<String> {
    match std::env::var(variable) {
        Ok(address) if !address.is_empty() => Some(address),
        _ => {
            skipped(&format!(
                "all tests on {what}: nothing names one; set `{variable}` (see `cargo xtask engines up`)"
            ));
            None
        }
    }
}

/// Says that tests did not run: once for each reason, and past the test runner, which shows nothing of what a test prints
/// that did not fail.
pub fn skipped(what: &str) {
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    if SAID.lock().unwrap_or_else(PoisonError::into_inner).insert(what.to_owned()) {
        // Where nobody can be told, nobody listens.
        let _ = writeln!(std::io::stderr(), "SKIPPED: {what}");
    }
}

/// A Cassandra node, as `host:port`.
#[must_use]
pub fn cassandra() -> Option<String> {
    named("RUSHES_TEST_CASSANDRA", "Cassandra")
}

/// A Kafka broker, as `host:port`.
#[must_use]
pub fn kafka() -> Option<String> {
    named("RUSHES_TEST_KAFKA", "Kafka")
}

/// An Elasticsearch node, as a URL.
#[must_use]
pub fn elasticsearch() -> Option<String> {
    named("RUSHES_TEST_ELASTICSEARCH", "Elasticsearch")
}

/// An OpenSearch node, as a URL.
#[must_use]
pub fn opensearch() -> Option<String> {
    named("RUSHES_TEST_OPENSEARCH", "OpenSearch")
}
