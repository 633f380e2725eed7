//! The server from outside: through the router, and over a socket.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod access;
mod agents;
mod annotations;
mod bins;
mod bombs;
mod converse;
mod costs;
mod export;
mod feedback;
mod generated;
mod limits;
mod links;
mod login;
mod media;
mod oidc;
mod openapi;
mod operating;
mod page;
mod pictures;
mod problems;
mod profiles;
mod rates;
mod registry;
mod runs;
mod schema;
mod search;
#[path = "../../../testkit/src/skips.rs"] // by its path: the whole kit would bring an archive's crates along
mod skips;
mod socket;
mod support;
mod unseen;
