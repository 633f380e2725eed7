//! Real servers that suites run on, where an environment variable names them.
//!
//! Without the variable a suite cannot run: that is reported as a skip, not as a success.

use crate::skips::skipped;

/// The address in `variable`; `None`, and a counted skip, if it is not set.
#[must_use]
pub fn named(variable: &str, what: &str) -> Option<String> {
    match std::env::var(variable) {
        Ok(address) if !address.is_empty() => Some(address),
        _ => {
            skipped(
                variable,
                &format!(
                    "all tests on {what}: nothing names one; set `{variable}` (see `cargo xtask engines up`)"
                ),
            );
            None
        }
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
