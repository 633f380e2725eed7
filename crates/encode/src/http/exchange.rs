//! One request and its answer.

use std::sync::Arc;
use std::time::Duration;

use rushes_types::{Error, Result};
use serde_json::Value;
use ureq::Agent;
use ureq::http::Uri;
use ureq::tls::{RootCerts, TlsConfig};

/// Bytes of an answer, at most: 64 vectors of 4,096 numbers, generously written.
const ANSWER_BYTES_MAX: u64 = 16 << 20;
/// Letters of an endpoint's own message that an error repeats.
const DETAIL_CHARS_MAX: usize = 200;
/// How long to wait for a connection.
const CONNECT_MAX: Duration = Duration::from_secs(5);

/// The outcome of a request.
pub enum ExchangeOutcome {
    /// The answer.
    Answer(Vec<u8>),
    /// Why it failed; retrying will not help.
    Permanent(String),
    /// Why it failed; retrying may help.
    Transient(String),
}

/// Where requests go.
pub struct Exchange {
    agent: Agent,
    url: String,
    authorisation: Option<String>,
}

impl Exchange {
    /// Nothing is connected yet.
    pub fn new(url: &str, key: Option<&str>) -> Result<Self> {
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::PlatformVerifier)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .build();
        let config = Agent::config_builder()
            .timeout_connect(Some(CONNECT_MAX))
            .max_redirects(0)
            .http_status_as_error(false)
            // A proxy between is named in the configuration.
            .proxy(None)
            .tls_config(tls)
            .user_agent("rushes")
            .build();
        let authorisation = key.map(|key| format!("Bearer {key}"));
        Ok(Self { agent: config.into(), url: full_address(url)?, authorisation })
    }

    /// Sends a JSON body.
    pub fn post(&self, body: &[u8], timeout: Duration) -> ExchangeOutcome {
        let mut request = self.agent.post(&self.url).content_type("application/json");
        if let Some(authorisation) = &self.authorisation {
            request = request.header("authorization", authorisation);
        }
        let sent = request.config().timeout_global(Some(timeout)).build().send(body);
        let mut response = match sent {
            Ok(response) => response,
            Err(error) => return failed(&error),
        };
        let status = response.status().as_u16();
        let read = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec();
        match (status, read) {
            (200..=299, Ok(bytes)) => ExchangeOutcome::Answer(bytes),
            (200..=299, Err(error)) => failed(&error),
            (429 | 500 | 502..=504, read) => {
                ExchangeOutcome::Transient(refusal(status, &read.unwrap_or_default()))
            }
            (_, read) => ExchangeOutcome::Permanent(refusal(status, &read.unwrap_or_default())),
        }
    }
}

/// Where the embeddings are, of an address that may leave out the path.
fn full_address(url: &str) -> Result<String> {
    let wrong =
        || Error::invalid(format!("`{url}` is no address")).mend("write http://host:port or https://host");
    let parsed: Uri = url.parse().map_err(|_| wrong())?;
    if !matches!(parsed.scheme_str(), Some("http" | "https")) || parsed.query().is_some() {
        return Err(wrong());
    }
    let base = url.trim_end_matches('/');
    let rest = if base.ends_with("/embeddings") {
        ""
    } else if base.ends_with("/v1") {
        "/embeddings"
    } else {
        "/v1/embeddings"
    };
    Ok(format!("{base}{rest}"))
}

fn failed(error: &ureq::Error) -> ExchangeOutcome {
    let why = format!("{error}");
    match error {
        ureq::Error::BodyExceedsLimit(_) | ureq::Error::Tls(_) | ureq::Error::Rustls(_) => {
            ExchangeOutcome::Permanent(why)
        }
        // A timeout: the caller knows whether there is time left.
        _ => ExchangeOutcome::Transient(why),
    }
}

/// The status, and what the endpoint says of it in `error.message` or `detail`.
fn refusal(status: u16, body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let said = ["/error/message", "/detail", "/message", "/error"].into_iter();
    let detail = said.filter_map(|at| body.pointer(at)?.as_str()).next().unwrap_or_default();
    let detail: String = detail.chars().filter(|c| !c.is_control()).take(DETAIL_CHARS_MAX).collect();
    if detail.is_empty() { format!("it answers {status}") } else { format!("it answers {status}, {detail}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_added_where_it_is_missing() {
        for (url, wanted) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/v1/embeddings"),
            ("https://host/api/v1/", "https://host/api/v1/embeddings"),
            ("https://host/v1/embeddings", "https://host/v1/embeddings"),
        ] {
            assert_eq!(full_address(url).unwrap(), wanted);
        }
        for wrong in ["", "host", "ftp://host", "https://host?key=1", "http://a b"] {
            assert!(full_address(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_an_endpoint_says_of_itself_is_told_in_short() {
        assert_eq!(refusal(401, br#"{"error":{"message":"no\nkey"}}"#), "it answers 401, nokey");
        assert_eq!(refusal(503, b"<html>"), "it answers 503");
        assert!(refusal(400, format!(r#"{{"detail":"{}"}}"#, "a".repeat(999)).as_bytes()).len() < 250);
    }
}
