//! The server from outside: through the router, and over a socket.

mod access;
mod annotations;
mod limits;
mod media;
mod openapi;
mod operating;
mod problems;
mod registry;
mod runs;
mod schema;
mod search;
mod socket;
mod support;
