//! A small REST client: pooled connections, several nodes, bounded waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rushes_types::{Error, ErrorKind, Result};
use serde_json::Value;
use ureq::Agent;
use ureq::http::{Method, Request, Uri};
use ureq::tls::{RootCerts, TlsConfig};

use crate::backoff;
use crate::config::ElasticConfig;
use crate::failure::{Failure, Refusal};
use crate::recording::Recording;

/// Bytes of an answer, at most: a page of 10,000 hits with vectors of 4,096 dimensions stays below.
const ANSWER_BYTES_MAX: u64 = 1 << 30;
/// Idle connections kept to each node.
const IDLE_MAX: usize = 16;

/// What a body is.
const JSON: &str = "application/json";
/// Lines of JSON.
const LINES: &str = "application/x-ndjson";

/// Speaks to a cluster.
#[derive(Debug)]
pub(crate) struct Client {
    agent: Agent,
    nodes: Vec<String>,
    /// The node that answered last.
    current: AtomicUsize,
    authorisation: Option<String>,
    request_time: Duration,
    patience: Duration,
    /// Keeps the bulk requests that are sent.
    pub recording: Option<Arc<Recording>>,
}

impl Client {
    /// Nothing is connected yet.
    pub fn new(config: &ElasticConfig) -> Result<Self> {
        config.check()?;
        let nodes = config.urls.iter().map(|url| address(url)).collect::<Result<Vec<_>>>()?;
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::PlatformVerifier)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .build();
        let agent = Agent::config_builder()
            .timeout_connect(Some(Duration::from_millis(config.connect_ms)))
            .max_redirects(0)
            .http_status_as_error(false)
            .proxy(None)
            .max_idle_connections_per_host(IDLE_MAX)
            .tls_config(tls)
            .user_agent("rushes")
            .build();
        let authorisation = match (&config.user, &config.password, &config.api_key) {
            (Some(user), Some(password), _) => {
                Some(format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}"))))
            }
            (_, _, Some(key)) => Some(format!("ApiKey {key}")),
            _ => None,
        };
        Ok(Self {
            agent: agent.into(),
            nodes,
            current: AtomicUsize::new(0),
            authorisation,
            request_time: config.request_time(),
            patience: config.patience(),
            recording: None,
        })
    }

    /// Keeps its bulk requests there.
    pub fn recorded(self, recording: Option<Arc<Recording>>) -> Self {
        Self { recording, ..self }
    }

    /// How long a call goes on trying.
    pub const fn patience(&self) -> Duration {
        self.patience
    }

    /// One request to one node.
    fn exchange(&self, node: &str, ask: &Ask<'_>) -> Result<Vec<u8>, Failure> {
        let no_answer = |why: String| Failure::NoAnswer { node: node.to_owned(), why };
        let mut request = Request::builder().method(ask.method.clone()).uri(format!("{node}{}", ask.path));
        if let Some(authorisation) = &self.authorisation {
            request = request.header("authorization", authorisation);
        }
        let limit = ask.time.unwrap_or(self.request_time);
        let sent = match ask.body {
            Some((kind, body)) => {
                let request = request.header("content-type", kind).body(body);
                let request = request.map_err(|e| no_answer(e.to_string()))?;
                let request = self.agent.configure_request(request).timeout_global(Some(limit)).build();
                self.agent.run(request)
            }
            None => {
                let request = request.body(()).map_err(|e| no_answer(e.to_string()))?;
                let request = self.agent.configure_request(request).timeout_global(Some(limit)).build();
                self.agent.run(request)
            }
        };
        let mut response = sent.map_err(|e| no_answer(e.to_string()))?;
        let status = response.status().as_u16();
        let read = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec();
        let body = read.map_err(|e| no_answer(e.to_string()))?;
        if (200..=299).contains(&status) {
            return Ok(body);
        }
        Err(Failure::Refused(Refusal::read(status, &body)))
    }

    /// One try: each node in turn while none answers.
    pub fn once(&self, ask: &Ask<'_>) -> Result<Vec<u8>, Failure> {
        let first = self.current.load(Ordering::Relaxed);
        let mut failure = None;
        for turn in 0..self.nodes.len() {
            let no = (first + turn) % self.nodes.len();
            let Some(node) = self.nodes.get(no) else { continue };
            match self.exchange(node, ask) {
                Err(away @ Failure::NoAnswer { .. }) => failure = Some(away),
                answered => {
                    self.current.store(no, Ordering::Relaxed);
                    return answered;
                }
            }
        }
        Err(failure.unwrap_or_else(|| Failure::NoAnswer { node: String::new(), why: "no node".to_owned() }))
    }

    /// Asks again while the cluster is busy or away, within bounds. Every request of ours may be sent twice.
    pub fn bytes(&self, ask: &Ask<'_>) -> Result<Vec<u8>, Failure> {
        self.bytes_within(ask, self.patience)
    }

    /// The first word with the cluster: who starts is told soon that nobody answers.
    pub fn greet(&self) -> Result<Value, Failure> {
        let ask = Ask { time: Some(GREETING), ..Ask::get("/") };
        let bytes = self.bytes_within(&ask, self.patience.min(GREETINGS))?;
        serde_json::from_slice(&bytes).map_err(|e| Failure::Senseless(e.to_string()))
    }

    fn bytes_within(&self, ask: &Ask<'_>, patience: Duration) -> Result<Vec<u8>, Failure> {
        let begun = Instant::now();
        let salt = xxhash_rust::xxh3::xxh3_64(ask.path.as_bytes());
        let mut attempt = 0;
        loop {
            match self.once(ask) {
                Err(failure) if failure.may_pass() => {
                    attempt += 1;
                    let wait = backoff::wait(attempt, salt);
                    if begun.elapsed() + wait >= patience {
                        return Err(failure);
                    }
                    if attempt == 3 {
                        tracing::warn!(%failure, "elasticsearch does not serve; trying on");
                    }
                    std::thread::sleep(wait);
                }
                answered => return answered,
            }
        }
    }

    /// The answer as JSON.
    pub fn json(&self, ask: &Ask<'_>) -> Result<Value, Failure> {
        let bytes = self.bytes(ask)?;
        serde_json::from_slice(&bytes).map_err(|e| Failure::Senseless(e.to_string()))
    }

    /// The answer as JSON; `None` where the thing is not there.
    pub fn find(&self, ask: &Ask<'_>) -> Result<Option<Value>, Failure> {
        match self.json(ask) {
            Err(Failure::Refused(refusal)) if refusal.status == 404 => Ok(None),
            answered => answered.map(Some),
        }
    }
}

/// How long a node may take for the first answer, and how long it is asked for one.
const GREETING: Duration = Duration::from_secs(5);
const GREETINGS: Duration = Duration::from_secs(15);

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Ask<'b> {
    pub method: Method,
    pub path: String,
    pub body: Option<(&'static str, &'b [u8])>,
    /// How long it may take, where that is not the usual.
    pub time: Option<Duration>,
}

impl<'b> Ask<'b> {
    fn new(method: Method, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), body: None, time: None }
    }

    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    pub fn post(path: impl Into<String>) -> Self {
        Self::new(Method::POST, path)
    }

    pub fn put(path: impl Into<String>) -> Self {
        Self::new(Method::PUT, path)
    }

    pub fn delete(path: impl Into<String>) -> Self {
        Self::new(Method::DELETE, path)
    }

    /// With a JSON body.
    pub fn with(mut self, body: &'b [u8]) -> Self {
        self.body = Some((JSON, body));
        self
    }

    /// With lines of JSON.
    pub fn with_lines(mut self, body: &'b [u8]) -> Self {
        self.body = Some((LINES, body));
        self
    }

    /// With more time than usual.
    pub fn within(mut self, time: Duration) -> Self {
        self.time = Some(time);
        self
    }
}

/// The address without a slash at its end.
fn address(url: &str) -> Result<String> {
    let wrong = || {
        Error::new(
            ErrorKind::Invalid,
            format!("`{url}` is no address; write http://host:9200 or https://host"),
        )
        .at("/urls")
    };
    let parsed: Uri = url.parse().map_err(|_| wrong())?;
    if !matches!(parsed.scheme_str(), Some("http" | "https")) || parsed.query().is_some() {
        return Err(wrong());
    }
    Ok(url.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_of_http() {
        assert_eq!(address("http://127.0.0.1:9200/").unwrap(), "http://127.0.0.1:9200");
        for wrong in ["", "host", "ftp://host", "http://host?x=1"] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn nobody_answering_is_said_after_the_patience() {
        let config = ElasticConfig {
            urls: vec!["http://127.0.0.1:9".to_owned(), "http://127.0.0.1:10".to_owned()],
            patience_ms: 200,
            ..ElasticConfig::at("http://127.0.0.1:9")
        };
        let error: Error = Client::new(&config).unwrap().bytes(&Ask::get("/")).unwrap_err().into();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.to_string().contains("http://127.0.0.1:10"), "{error}");
    }
}
