//! Runs the built `rushes` on archives in temporary folders.

#![allow(clippy::unwrap_used)] // a test that cannot go on fails
#![allow(clippy::print_stderr)] // and says what it counted

mod acceptance;
mod agents;
mod arrow;
mod backup;
mod chat;
mod demo;
mod disk_full;
#[cfg(feature = "engines")]
mod distributed;
mod doctor;
mod documents;
mod earlier;
mod encode;
mod footage;
mod help;
mod hostile;
mod ingest;
mod migrate;
#[cfg(feature = "engines")]
mod online;
mod operate;
mod search;
mod server;
mod support;
mod torture;
