//! The shared connection, on a real server.
#![allow(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod answers;
mod connect;
mod schema;
mod secure;
mod statements;
mod support;
