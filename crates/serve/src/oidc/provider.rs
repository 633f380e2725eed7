//! The provider over HTTP: where its pages are, its keys, and the exchange of a code. Calls block, and are bounded in time
//! and in what they read.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::JwkSet;
use rushes_types::{Error, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use ureq::Agent;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

use super::config::{OidcConfig, is_safe_url};
use super::identity::{Refusal, checked};
use super::pending::Pending;
use super::{CALLBACK_PATH, provider_fails, refused};
use crate::problem::Problem;
use crate::signed::encoded;

/// How long one request may take.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(10);
/// Longest answer, in bytes.
const ANSWER_BYTES_MAX: u64 = 1 << 20;
/// Where a provider describes itself.
const DISCOVERY: &str = "/.well-known/openid-configuration";

/// What a provider says of itself.
#[derive(Debug, Clone, Deserialize)]
struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
}

/// What was asked of it so far.
#[derive(Debug, Clone)]
struct Known {
    metadata: Arc<Metadata>,
    keys: Option<Arc<JwkSet>>,
}

/// A provider.
#[derive(Debug)]
pub(super) struct Provider {
    config: Arc<OidcConfig>,
    agent: Agent,
    known: Mutex<Option<Known>>,
}

#[derive(Deserialize)]
struct TokenAnswer {
    id_token: Option<String>,
}

type Answered<T> = std::result::Result<T, Problem>;

fn agent(config: &OidcConfig) -> Result<Agent> {
    let roots = match &config.ca_file {
        None => RootCerts::PlatformVerifier,
        Some(path) => {
            let shown = path.display();
            let wrong = |e: Error| e.at("/ca_file");
            let pem = std::fs::read(path).map_err(|e| wrong(Error::io(&format!("reading `{shown}`"), e)))?;
            let found: Vec<_> = parse_pem(&pem)
                .filter_map(|item| if let Ok(PemItem::Certificate(cert)) = item { Some(cert) } else { None })
                .collect();
            if found.is_empty() {
                let error = Error::invalid(format!("`{shown}` holds no certificate"));
                return Err(wrong(error.mend("name a file with certificates in PEM form")));
            }
            RootCerts::new_with_certs(&found)
        }
    };
    let tls = TlsConfig::builder()
        .root_certs(roots)
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build();
    let agent = Agent::config_builder()
        .timeout_global(Some(REQUEST_TIME_MAX))
        .max_redirects(0)
        .http_status_as_error(false)
        .proxy(None)
        .tls_config(tls)
        .user_agent("rushes");
    Ok(agent.build().into())
}

impl Provider {
    pub fn new(config: Arc<OidcConfig>) -> Result<Self> {
        let agent = agent(&config)?;
        // Read now, so that a file that is not there is told before anybody logs in.
        config.secret()?;
        Ok(Self { config, agent, known: Mutex::default() })
    }

    fn redirect_uri(&self) -> String {
        format!("{}{CALLBACK_PATH}", self.config.server_url.trim_end_matches('/'))
    }

    fn read<T: DeserializeOwned>(
        what: &str,
        sent: std::result::Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Answered<T> {
        let fails = |why: String| {
            tracing::warn!(what, why, "the login provider fails");
            provider_fails("does not answer as it should")
        };
        let mut response = sent.map_err(|e| fails(e.to_string()))?;
        let status = response.status().as_u16();
        let bytes = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec();
        let bytes = bytes.map_err(|e| fails(e.to_string()))?;
        if status == 200 {
            return serde_json::from_slice(&bytes).map_err(|e| fails(e.to_string()));
        }
        // The code of an OAuth error is no secret; its description may name people.
        let code = serde_json::from_slice::<Value>(&bytes).ok();
        let code = code.as_ref().and_then(|v| v.get("error")?.as_str()).unwrap_or("no code");
        tracing::warn!(what, status, code, "the login provider refuses");
        Err(if (400..500).contains(&status) {
            refused("the provider refuses the exchange")
        } else {
            fails(format!("status {status}"))
        })
    }

    fn get<T: DeserializeOwned>(&self, what: &str, url: &str) -> Answered<T> {
        match Self::read(what, self.agent.get(url).header("accept", "application/json").call()) {
            // Its own description and keys are nobody's to be refused.
            Err(problem) if problem.status == 403 => Err(provider_fails("does not answer as it should")),
            read => read,
        }
    }

    fn known(&self) -> Answered<Known> {
        if let Some(known) = &*self.known.lock().unwrap_or_else(PoisonError::into_inner) {
            return Ok(known.clone());
        }
        let url = format!("{}{DISCOVERY}", self.config.issuer.trim_end_matches('/'));
        let metadata: Metadata = self.get("discovery", &url)?;
        let wrong = |why: &str| {
            tracing::error!(issuer = metadata.issuer, why, "the login provider's description cannot be used");
            provider_fails("describes itself in a way that cannot be used")
        };
        if metadata.issuer != self.config.issuer {
            return Err(wrong("its issuer is not the configured one"));
        }
        let Metadata { authorization_endpoint, token_endpoint, jwks_uri, .. } = &metadata;
        if ![authorization_endpoint, token_endpoint, jwks_uri].into_iter().all(|url| is_safe_url(url)) {
            return Err(wrong("an address is not over TLS"));
        }
        let known = Known { metadata: Arc::new(metadata), keys: None };
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(known.clone());
        Ok(known)
    }

    /// The address of the provider's page for a login.
    pub fn authorization(&self, pending: &Pending, challenge: &str) -> Answered<String> {
        let at = &self.known()?.metadata.authorization_endpoint;
        let scope = self.config.scopes.join(" ");
        let redirect_uri = self.redirect_uri();
        let query = form(&[
            ("response_type", "code"),
            ("client_id", &self.config.client_id),
            ("redirect_uri", &redirect_uri),
            ("scope", &scope),
            ("state", &pending.state),
            ("nonce", &pending.nonce),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256"),
        ]);
        Ok(format!("{at}{}{query}", if at.contains('?') { '&' } else { '?' }))
    }

    /// The identity token for a code.
    pub fn exchange(&self, code: &str, pending: &Pending) -> Answered<String> {
        let metadata = self.known()?.metadata;
        let redirect_uri = self.redirect_uri();
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &redirect_uri),
            ("client_id", &self.config.client_id),
            ("code_verifier", &pending.verifier),
        ];
        let mut request = self.agent.post(&metadata.token_endpoint).header("accept", "application/json");
        let secret = self.config.secret().map_err(Problem::from)?;
        if let Some(secret) = &secret {
            let methods = &metadata.token_endpoint_auth_methods_supported;
            let has = |name: &str| methods.iter().any(|method| method == name);
            if has("client_secret_post") && !has("client_secret_basic") {
                fields.push(("client_secret", secret));
            } else {
                let both = format!("{}:{}", encoded(&self.config.client_id), encoded(secret));
                request = request.header("authorization", format!("Basic {}", STANDARD.encode(both)));
            }
        }
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer: TokenAnswer = Self::read("token", request.send(form(&fields)))?;
        answer.id_token.ok_or_else(|| provider_fails("gives no identity token"))
    }

    fn keys(&self, again: bool) -> Answered<Arc<JwkSet>> {
        let known = self.known()?;
        if let Some(keys) = known.keys.filter(|_| !again) {
            return Ok(keys);
        }
        let keys: Arc<JwkSet> = Arc::new(self.get("keys", &known.metadata.jwks_uri)?);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = &mut *known {
            known.keys = Some(Arc::clone(&keys));
        }
        Ok(keys)
    }

    /// The claims of an identity token. Where no known key signed it, the keys are asked for again: providers exchange
    /// them.
    pub fn identity(&self, token: &str, nonce: &str) -> Answered<Map<String, Value>> {
        let mut found = checked(token, &*self.keys(false)?, &self.config, nonce);
        if found == Err(Refusal::UnknownKey) {
            found = checked(token, &*self.keys(true)?, &self.config, nonce);
        }
        found.map_err(|why| {
            let why = match why {
                Refusal::UnknownKey => "its token is signed with a key that it does not publish".to_owned(),
                Refusal::Because(why) => why,
            };
            tracing::warn!(why, "the login provider's token is refused");
            refused(&format!("the provider's answer is refused: {why}"))
        })
    }
}

/// Fields as a form.
fn form(fields: &[(&str, &str)]) -> String {
    fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&")
}
