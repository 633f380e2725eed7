//! The second planner of conversations: any endpoint that chats as OpenAI's does, where an operator configured one.
//!
//! It is asked only where a request says so. What it is told and how its answer is judged is decided in `converse`; here it is
//! asked, within a time, for a bounded answer. Whatever goes wrong, the built-in planner's reading counts, and why is said
//! in words of ours: nothing that an endpoint writes reaches a reader or a log.

use std::time::Duration;

use axum::http::Uri;
use rushes_types::{Error, Result};
use serde::Deserialize;
use serde_json::{Value, json};
use ureq::Agent;
use ureq::tls::RootCerts;

use crate::outbound::agent;

/// Longest answer that is read, in bytes: some hundred plans.
const ANSWER_BYTES_MAX: u64 = 256 << 10;
/// Words of an answer.
const ANSWER_TOKENS_MAX: u32 = 2_000;
/// Seconds that an answer may take where none are configured, and at most.
const SECONDS_DEFAULT: u64 = 20;
const SECONDS_MAX: u64 = 120;

/// An endpoint, as the section `[planner]` names it.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannerConfig {
    /// Its address, such as `http://127.0.0.1:8080/v1`; `/chat/completions` lies below.
    pub endpoint: String,
    /// The model to ask for.
    pub model: String,
    /// The key that it wants, where it wants one.
    pub key: Option<String>,
    /// How long it may take, in seconds.
    #[serde(default = "seconds")]
    pub timeout_s: u64,
}

const fn seconds() -> u64 {
    SECONDS_DEFAULT
}

impl std::fmt::Debug for PlannerConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PlannerConfig")
            .field("endpoint", &self.endpoint)
            .field("model", &self.model)
            .finish_non_exhaustive()
    }
}

impl PlannerConfig {
    /// Checks what is written there.
    ///
    /// # Errors
    /// What cannot be right, at its key.
    pub fn check(&self) -> Result<()> {
        let wrong =
            |key: &str, what: String, mend: &str| Err(Error::invalid(what).mend(mend).at(format!("/{key}")));
        let sound = self.endpoint.parse::<Uri>().ok().filter(|uri| {
            matches!(uri.scheme_str(), Some("http" | "https"))
                && uri.query().is_none()
                && uri.host().is_some()
        });
        if sound.is_none() {
            return wrong(
                "endpoint",
                format!("`{}` is no address", self.endpoint),
                "write http://host:port/v1 or https://host/v1",
            );
        }
        if self.model.trim().is_empty() {
            return wrong("model", "it is empty".to_owned(), "name the model to ask for");
        }
        if !(1..=SECONDS_MAX).contains(&self.timeout_s) {
            return wrong(
                "timeout_s",
                format!("`{}` cannot be used", self.timeout_s),
                &format!("give 1 to {SECONDS_MAX}"),
            );
        }
        Ok(())
    }

    /// Asks, and gives the text of the answer; blocks until it is there or the time is over.
    ///
    /// # Errors
    /// Why there is none, in words of ours.
    pub(crate) fn ask(&self, messages: &Value) -> std::result::Result<String, &'static str> {
        let agent: Agent = agent(RootCerts::PlatformVerifier, Duration::from_secs(self.timeout_s));
        let url = format!("{}/chat/completions", self.endpoint.trim_end_matches('/'));
        let body = json!({"model": self.model, "messages": messages, "temperature": 0, "stream": false,
                          "max_tokens": ANSWER_TOKENS_MAX, "response_format": {"type": "json_object"}});
        let mut request = agent.post(&url).content_type("application/json");
        if let Some(key) = &self.key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        let sent = request.send(body.to_string().as_bytes());
        let mut response = sent.map_err(|error| told(&error))?;
        if response.status().as_u16() != 200 {
            return Err("it refuses");
        }
        let read = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec();
        let bytes = read.map_err(|error| told(&error))?;
        let answer: Value = serde_json::from_slice(&bytes).map_err(|_| "its answer is no JSON")?;
        let content = answer.pointer("/choices/0/message/content").and_then(Value::as_str);
        content.map(str::to_owned).ok_or("its answer has no text")
    }
}

fn told(error: &ureq::Error) -> &'static str {
    match error {
        ureq::Error::Timeout(_) => "it took too long",
        ureq::Error::BodyExceedsLimit(_) => "its answer does not end",
        _ => "it does not answer",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_right_is_named_by_its_key_and_no_key_is_shown() {
        let config = |endpoint: &str, model: &str, timeout_s: u64| PlannerConfig {
            endpoint: endpoint.to_owned(),
            model: model.to_owned(),
            key: Some("hush".to_owned()),
            timeout_s,
        };
        assert!(config("http://127.0.0.1:9/v1", "m", 20).check().is_ok());
        for (config, key) in [
            (config("host", "m", 20), "/endpoint"),
            (config("ftp://host", "m", 20), "/endpoint"),
            (config("http://host?key=1", "m", 20), "/endpoint"),
            (config("http://host", " ", 20), "/model"),
            (config("http://host", "m", 0), "/timeout_s"),
        ] {
            assert_eq!(config.check().unwrap_err().pointer(), Some(key));
            assert!(!format!("{config:?}").contains("hush"));
        }
    }
}
