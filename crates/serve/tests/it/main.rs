//! The server from outside: through the router, and over a socket.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::print_stderr, reason = "and says when it is skipped")]

mod access;
mod annotations;
mod bombs;
mod export;
mod limits;
mod login;
mod media;
mod openapi;
mod operating;
mod page;
mod pictures;
mod problems;
mod registry;
mod runs;
mod schema;
mod search;
mod socket;
mod support;
