//! The encoder.

use std::fmt;
use std::time::{Duration, Instant};

use crate::Encoder;
use rushes_types::limits::DIMENSIONS_MAX;
use rushes_types::{Error, ErrorKind, Metric, Result};
use serde::{Deserialize, Serialize};

use crate::http::exchange::{Exchange, ExchangeOutcome};

/// How long one call may take, with all its attempts.
pub const TIMEOUT_DEFAULT: Duration = Duration::from_secs(10);
/// Texts of one request.
pub const TEXTS_AT_ONCE: usize = 64;
/// How often a request is sent again that may succeed later.
const RETRIES_MAX: u32 = 2;
/// Pause before the first of them; doubled for each further one.
const PAUSE: Duration = Duration::from_millis(250);

/// Where an endpoint is and what it is asked for.
#[derive(Clone)]
pub struct EndpointConfig {
    /// What a space's `encoder` names it by.
    pub name: String,
    /// Its address, `http://…` or `https://…`; `/v1/embeddings` is added where it does not end so.
    pub url: String,
    /// The model to ask for.
    pub model: String,
    /// The key, sent as a bearer token.
    pub key: Option<String>,
    /// Numbers in a vector, where they are asked for.
    pub dimensions: Option<usize>,
    /// How its vectors are compared.
    pub metric: Metric,
    /// How long one call may take, with all its attempts.
    pub timeout: Duration,
}

/// An embeddings endpoint.
pub struct Endpoint {
    config: EndpointConfig,
    exchange: Exchange,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the key.
        let config = &self.config;
        f.debug_struct("Endpoint")
            .field("name", &config.name)
            .field("url", &config.url)
            .finish_non_exhaustive()
    }
}

/// What is asked.
#[derive(Serialize)]
struct Question<'a> {
    model: &'a str,
    input: &'a [&'a str],
    encoding_format: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    dimensions: Option<usize>,
}

/// The answer; other fields are ignored.
#[derive(Deserialize)]
struct Reply {
    data: Vec<Embedding>,
}

#[derive(Deserialize)]
struct Embedding {
    index: usize,
    embedding: Vec<f32>,
}

impl Endpoint {
    /// Nothing is connected yet.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for an address that is none.
    pub fn new(config: EndpointConfig) -> Result<Self> {
        let exchange = Exchange::new(&config.url, config.key.as_deref())?;
        Ok(Self { config, exchange })
    }

    fn ask(&self, texts: &[&str], until: Instant) -> Result<Vec<Vec<f32>>> {
        let EndpointConfig { model, dimensions, .. } = &self.config;
        let question = Question { model, input: texts, encoding_format: "float", dimensions: *dimensions };
        let body = serde_json::to_vec(&question).map_err(|e| Error::bug(e.to_string()))?;
        let mut pause = PAUSE;
        for attempt in 0.. {
            let left = until.saturating_duration_since(Instant::now());
            let why = match self.exchange.post(&body, left) {
                ExchangeOutcome::Answer(reply) => return self.vectors(&reply, texts.len()),
                ExchangeOutcome::Permanent(why) => return Err(self.unavailable(&why)),
                ExchangeOutcome::Transient(why) => why,
            };
            if attempt == RETRIES_MAX || Instant::now() + pause >= until {
                return Err(self.unavailable(&why));
            }
            std::thread::sleep(pause);
            pause *= 2;
        }
        Err(Error::bug("attempts are counted"))
    }

    /// The vectors in the order of the texts.
    fn vectors(&self, reply: &[u8], texts: usize) -> Result<Vec<Vec<f32>>> {
        let reply: Reply = serde_json::from_slice(reply)
            .map_err(|e| self.unavailable("its answer is no list of embeddings").because(e))?;
        let mut vectors = vec![Vec::new(); texts];
        for Embedding { index, embedding } in reply.data {
            if let Some(place) = vectors.get_mut(index) {
                *place = embedding;
            }
        }
        let dimensions = vectors.first().map_or(0, Vec::len);
        let whole =
            (1..=DIMENSIONS_MAX).contains(&dimensions) && vectors.iter().all(|v| v.len() == dimensions);
        if whole {
            Ok(vectors)
        } else {
            Err(self.unavailable("its answer lacks a vector, or they differ in length"))
        }
    }

    fn unavailable(&self, why: &str) -> Error {
        let EndpointConfig { name, url, .. } = &self.config;
        Error::new(ErrorKind::Unavailable, format!("encoder `{name}` at `{url}` does not help: {why}"))
    }
}

impl Encoder for Endpoint {
    fn name(&self) -> &str {
        &self.config.name
    }

    fn dimensions(&self) -> Option<usize> {
        self.config.dimensions
    }

    fn metric(&self) -> Metric {
        self.config.metric
    }

    fn encode_texts(&self, texts: &[&str]) -> Result<Vec<Option<Vec<f32>>>> {
        let mut made = vec![None; texts.len()];
        // An empty text has no vector, and endpoints reject it.
        let said: Vec<usize> = (0..texts.len()).filter(|i| !texts[*i].trim().is_empty()).collect();
        for some in said.chunks(TEXTS_AT_ONCE) {
            let batch: Vec<&str> = some.iter().map(|i| texts[*i]).collect();
            let vectors = self.ask(&batch, Instant::now() + self.config.timeout)?;
            some.iter().zip(vectors).for_each(|(i, vector)| made[*i] = Some(vector));
        }
        Ok(made)
    }
}
