//! A small REST client: pooled connections, several nodes, bounded waits.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rushes_types::{Backoff, Result};
use serde_json::Value;
use ureq::Agent;
use ureq::config::ConfigBuilder;
use ureq::http::{Method, Request};
use ureq::typestate::AgentScope;
use ureq::unversioned::resolver::DefaultResolver;

use crate::answers::FAILED_SHARDS;
use crate::config::{ElasticConfig, address};
use crate::errors::{Failure, Refusal};
use crate::tls::tls;
use crate::waits::{connector, is_gone, pause};
use crate::whole::{SHOWN, Whole, is_short};

/// Largest answer, in bytes: a page of 10,000 hits with vectors of 4,096 dimensions is smaller.
const ANSWER_BYTES_MAX: u64 = 1 << 30;
/// Idle connections kept to each node.
const IDLE_MAX: usize = 16;

/// Content type of a JSON body.
const JSON: &str = "application/json";
/// Content type of lines of JSON.
const LINES: &str = "application/x-ndjson";

/// A client of one cluster.
#[derive(Debug)]
pub(crate) struct Client {
    agent: Agent,
    nodes: Vec<String>,
    /// The node that answered last.
    current: AtomicUsize,
    authorisation: Option<String>,
    request_time: Duration,
    patience: Duration,
}

impl Client {
    /// Nothing is connected yet.
    pub fn new(config: &ElasticConfig) -> Result<Self> {
        config.check()?;
        let agent = Agent::with_parts(agent(config)?.build(), connector(), DefaultResolver::default());
        Self::over(config, agent)
    }

    /// The same over an agent of the caller's.
    pub fn over(config: &ElasticConfig, agent: Agent) -> Result<Self> {
        config.check()?;
        let nodes = config.urls.iter().map(|url| address(url)).collect::<Result<Vec<_>>>()?;
        let authorisation = match (&config.user, &config.password, &config.api_key) {
            (Some(user), Some(password), _) => {
                Some(format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}"))))
            }
            (_, _, Some(key)) => Some(format!("ApiKey {key}")),
            _ => None,
        };
        Ok(Self {
            agent,
            nodes,
            current: AtomicUsize::new(0),
            authorisation,
            request_time: config.request_time(),
            patience: config.patience(),
        })
    }

    /// How long a call is retried.
    pub const fn patience(&self) -> Duration {
        self.patience
    }

    /// One request to one node.
    fn exchange(&self, node: &str, ask: &ApiRequest<'_>) -> Result<Vec<u8>, Failure> {
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
        let mut response = sent.map_err(|e| match untrusted(&e) {
            Some(why) => Failure::Untrusted { node: node.to_owned(), why },
            None => no_answer(e.to_string()),
        })?;
        let status = response.status().as_u16();
        let read = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec();
        let body = read.map_err(|e| no_answer(e.to_string()))?;
        if (200..=299).contains(&status) {
            return Ok(body);
        }
        Err(Failure::Refused(Refusal::read(status, &body)))
    }

    /// One attempt: each node in turn until one answers.
    pub fn once(&self, ask: &ApiRequest<'_>) -> Result<Vec<u8>, Failure> {
        let first = self.current.load(Ordering::Relaxed);
        let mut failure = None;
        for turn in 0..self.nodes.len() {
            if turn > 0 && is_gone() {
                break;
            }
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

    /// Retries while the cluster is busy or unreachable, within bounds. All requests of this crate are idempotent.
    pub fn bytes(&self, ask: &ApiRequest<'_>) -> Result<Vec<u8>, Failure> {
        self.retrying(ask, self.patience, Ok)
    }

    /// The first request to the cluster: fails fast if no node answers, or something else does.
    pub fn greet(&self) -> Result<Value> {
        let ask = ApiRequest { time: Some(GREETING), ..ApiRequest::get("/") };
        let answer = self.retrying(&ask, self.patience.min(GREETINGS), Ok);
        answer.and_then(|bytes| parsed(&bytes)).map_err(Failure::at_greeting)
    }

    /// Sends a request until `read` accepts its answer or the patience is over. Even in a 200 answer `read` may find
    /// that something was not ready.
    fn retrying<T>(
        &self,
        ask: &ApiRequest<'_>,
        patience: Duration,
        read: impl Fn(Vec<u8>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let begun = Instant::now();
        let mut backoff = backoff(ask.path.as_bytes());
        loop {
            match self.once(ask).and_then(&read) {
                Err(failure) if failure.may_pass() => {
                    let wait = backoff.next_wait();
                    if begun.elapsed() + wait >= patience || is_gone() {
                        return Err(failure);
                    }
                    if backoff.tries() == WARN_TRY {
                        tracing::warn!(%failure, "elasticsearch does not serve; trying on");
                    }
                    pause(wait);
                }
                answered => return answered,
            }
        }
    }

    /// The answer as JSON, if it is as whole as the request demands.
    pub fn json(&self, ask: &ApiRequest<'_>) -> Result<Value, Failure> {
        self.retrying(ask, self.patience, |bytes| {
            let answer = parsed(&bytes)?;
            ask.whole.check(&answer).map(|()| answer)
        })
    }

    /// Sends a request that must reach every shard of these indices: a refresh, a flush, a merge, statistics. One whose
    /// copies are all away does not count as failed in the answer.
    pub fn on_all_shards(&self, names: &str, ask: ApiRequest<'_>) -> Result<Value, Failure> {
        let ask = ask.must_be(Whole::Shards);
        self.retrying(&ask, self.patience, |bytes| {
            let answer = parsed(&bytes)?;
            ask.whole.check(&answer)?;
            // A replica that is away does no harm: it is brought up to date when it comes back, as is a shard that was
            // away a moment ago.
            if is_short(&answer) && self.is_red(names)? {
                let reason = format!("some shard of `{names}` has no working copy");
                return Err(Failure::Refused(Refusal::in_a_200(FAILED_SHARDS, reason)));
            }
            Ok(answer)
        })
    }

    /// Has some shard of these indices no working copy?
    fn is_red(&self, names: &str) -> Result<bool, Failure> {
        let path = format!("/_cluster/health/{names}?timeout=5s&filter_path=status");
        let health = parsed(&self.once(&ApiRequest::get(path))?)?;
        Ok(health.get("status").and_then(Value::as_str) == Some("red"))
    }

    /// The answer as JSON; `None` if the target does not exist.
    pub fn find(&self, ask: &ApiRequest<'_>) -> Result<Option<Value>, Failure> {
        match self.json(ask) {
            Err(Failure::Refused(refusal)) if refusal.is_missing() => Ok(None),
            answered => answered.map(Some),
        }
    }

    /// The documents of a multi-get, each as the engine shows it. An error of one of them is an error of the call, though
    /// the answer as a whole is a 200.
    pub fn documents(&self, ask: &ApiRequest<'_>) -> Result<Vec<Value>, Failure> {
        self.retrying(ask, self.patience, |bytes| {
            let documents = parsed(&bytes)?.get_mut("docs").map(Value::take);
            let documents = match documents {
                Some(Value::Array(documents)) => documents,
                _ => Vec::new(),
            };
            match documents.iter().find_map(|document| document.get("error")) {
                Some(error) => Err(Failure::Refused(Refusal::of_document(error))),
                None => Ok(documents),
            }
        })
    }
}

/// Why a TLS connection was not made, where waiting will not mend it: by what rustls says of certificates.
fn untrusted(error: &ureq::Error) -> Option<String> {
    let tls = match error {
        ureq::Error::Rustls(tls) => Some(tls),
        ureq::Error::Io(e) => e.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()),
        _ => None,
    };
    match tls? {
        rustls::Error::InvalidCertificate(why) => Some(format!("its certificate is not trusted: {why}")),
        rustls::Error::AlertReceived(alert) => Some(format!("it refuses TLS: {alert:?}")),
        _ => None,
    }
}

fn parsed(bytes: &[u8]) -> Result<Value, Failure> {
    serde_json::from_slice(bytes).map_err(|e| Failure::Malformed(e.to_string()))
}

/// The configured HTTP agent builder.
///
/// # Errors
/// A certificate or key that cannot be used, at its field.
pub(crate) fn agent(config: &ElasticConfig) -> Result<ConfigBuilder<AgentScope>> {
    let agent = Agent::config_builder()
        .timeout_connect(Some(Duration::from_millis(config.connect_ms)))
        .max_redirects(0)
        .http_status_as_error(false)
        .proxy(None)
        .max_idle_connections_per_host(IDLE_MAX)
        .tls_config(tls(config)?)
        .user_agent("rushes");
    Ok(agent)
}

/// The first and the longest wait before a request is sent again.
const WAITS: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));
/// The first attempt whose failure is logged; earlier failures are common.
const WARN_TRY: u32 = 3;

/// The waits between attempts of one request; seeded differently for different requests.
pub(crate) fn backoff(request: &[u8]) -> Backoff {
    Backoff::new(WAITS.0, WAITS.1, xxhash_rust::xxh3::xxh3_64(request))
}

/// How long a node may take for the first answer, and how long the first request is retried.
const GREETING: Duration = Duration::from_secs(5);
const GREETINGS: Duration = Duration::from_secs(15);

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct ApiRequest<'b> {
    pub method: Method,
    pub path: String,
    pub body: Option<(&'static str, &'b [u8])>,
    /// A time limit other than the usual one.
    pub time: Option<Duration>,
    /// What its answer must show.
    pub whole: Whole,
}

impl<'b> ApiRequest<'b> {
    fn new(method: Method, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), body: None, time: None, whole: Whole::Anything }
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

    /// A search that answers wholly or not at all; `index` is empty for a point in time, `shown` are paths of the answer
    /// and `more` are further parameters.
    pub fn search(index: &str, shown: &str, more: &str) -> Self {
        let at = if index.is_empty() { String::new() } else { format!("/{index}") };
        let path =
            format!("{at}/_search?allow_partial_search_results=false&filter_path={SHOWN},{shown}{more}");
        Self::post(path).must_be(Whole::Search)
    }

    /// What its answer must show.
    pub const fn must_be(mut self, whole: Whole) -> Self {
        self.whole = whole;
        self
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

#[cfg(test)]
#[path = "client_tests.rs"]
pub(crate) mod tests;
