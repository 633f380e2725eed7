//! Tests on real Cassandra, where `RUSHES_TEST_CASSANDRA` names one.

mod client;
mod store;
mod timeline;
