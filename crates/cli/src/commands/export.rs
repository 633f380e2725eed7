//! `rushes export`: the stored lines, byte for byte.

use axum::http::Method;

use crate::client::{Client, Payload, encode};
use crate::config::Config;
use crate::exit::Outcome;
use crate::output;

/// Runs the command.
pub fn run(config: &Config, asset: Option<&str>, movie: Option<&str>) -> Outcome {
    let client = Client::reader(config)?;
    let path = match (asset, movie) {
        (Some(asset), _) => format!("/v1/annotations?asset={}", encode(asset)),
        (None, Some(movie)) => format!("/v1/annotations?movie={}", encode(movie)),
        (None, None) => "/v1/annotations".to_owned(),
    };
    client.stream(Method::GET, &path, Payload::Empty, &mut output::bytes)
}
