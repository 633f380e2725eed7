//! An encoder behind an embeddings endpoint, `POST …/v1/embeddings`, as many programs and services offer it.
//!
//! Nothing is connected that an operator did not configure, redirects are not followed, and the key goes to no other
//! host. What goes wrong outside is [`rushes_types::ErrorKind::Unavailable`]: a search warns and goes on.

mod endpoint;
mod exchange;

pub use endpoint::{Endpoint, EndpointConfig, TEXTS_AT_ONCE, TIMEOUT_DEFAULT};
