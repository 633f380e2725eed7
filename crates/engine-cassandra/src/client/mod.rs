//! One connection to Apache Cassandra for the stages that keep their data there.
//!
//! [`Cluster`] blocks for callers that block ([`Cluster::block_on`]) and runs the driver on threads of its own. It
//! prepares each statement once, routes by token, pages, bounds how many requests are under way, and retries what is
//! safe to retry: a read or an idempotent write that met a busy or absent node is sent again a few times with growing
//! pauses. A conditional write is never retried here: where its outcome is unknown the caller gets an error that says
//! so ([`rushes_types::ErrorKind::OutcomeUnknown`]) and reads its outcome back with [`Cluster::serial`].
//!
//! [`Schema`] creates and migrates tables by numbered migrations; [`Lease`] gives a task to one process at a time.

mod answers;
mod cluster;
mod config;
mod errors;
mod lease;
mod schema;
mod shared;
mod statement;
#[cfg(feature = "tls")]
mod tls;

pub use answers::{ANSWERS, Answer, Becomes};
pub use cluster::Cluster;
pub use config::{Config, Level, Replication, SerialLevel};
pub use lease::Lease;
pub use schema::{Migration, Schema};
pub use statement::{Outcome, Write};

/// The driver's types that callers name: values, rows, and the traits that bind them.
pub mod driver {
    pub use scylla::value::{CqlValue, Row};
    pub use scylla::{DeserializeRow, SerializeRow, SerializeValue};
    /// A row that borrows nothing, so that it outlives the page it came with.
    pub trait OwnedRow: for<'f, 'm> scylla::deserialize::row::DeserializeRow<'f, 'm> {}
    impl<T> OwnedRow for T where T: for<'f, 'm> scylla::deserialize::row::DeserializeRow<'f, 'm> {}
    /// Values of one statement.
    pub use scylla::serialize::row::SerializeRow as Values;
}
