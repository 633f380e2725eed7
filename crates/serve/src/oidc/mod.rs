//! Logging in by an OpenID provider: the authorization code flow with PKCE (OpenID Connect Core 1.0, RFC 7636, RFC 9207).
//!
//! The browser is sent to the provider with a state, a nonce and the digest of a secret, and comes back with a code, which
//! this server exchanges for an identity token. Its signature, issuer, audience, end and nonce are checked; its groups
//! become rights as the configuration says. Then the person is logged in as by a token of the archive: by the same cookie.
//! No token of the provider is kept.

mod config;
mod grants;
mod identity;
mod pending;
mod provider;
mod signatures;

use std::sync::Arc;
use std::time::Instant;

use axum::http::StatusCode;
use rushes_archive::TokenSpec;
use rushes_types::{ErrorKind, Result};

pub use config::{GroupGrant, OidcConfig};
pub(crate) use pending::PENDING_TIME_MAX;
use pending::{Pending, PendingLogins};
use provider::Provider;

use crate::problem::Problem;

/// The path that begins a login.
pub(crate) const BEGIN_PATH: &str = "/v1/login/oidc";
/// The path that the provider sends the browser back to.
pub(crate) const CALLBACK_PATH: &str = "/v1/login/oidc/callback";

/// What the provider sends the browser back with.
#[derive(Debug, Default)]
pub(crate) struct Returned {
    pub state: Option<String>,
    pub code: Option<String>,
    pub error: Option<String>,
    pub iss: Option<String>,
}

/// Where a login begins.
pub(crate) struct Begun {
    /// The provider's page.
    pub location: String,
    /// What ties the login to this browser: the value of a cookie.
    pub browser: String,
}

/// Somebody whom the provider knows.
pub(crate) struct LoggedIn {
    pub spec: TokenSpec,
    /// The page to go to.
    pub to: String,
}

/// Logs people in by a provider. Its calls block.
#[derive(Debug)]
pub(crate) struct Oidc {
    config: Arc<OidcConfig>,
    provider: Provider,
    pending: PendingLogins,
}

/// Is it a page of this server? Anything else would lead people to where they believe to be still here.
pub(crate) fn is_own_page(to: &str) -> bool {
    let bytes = to.as_bytes();
    bytes.first() == Some(&b'/')
        && !matches!(bytes.get(1), Some(b'/' | b'\\'))
        && bytes.iter().all(|b| b.is_ascii_graphic() && *b != b'\\')
}

impl Oidc {
    /// # Errors
    /// What is wrong with the configuration, at its key.
    pub fn new(config: Arc<OidcConfig>) -> Result<Self> {
        config.check()?;
        signatures::install();
        let provider = Provider::new(Arc::clone(&config))?;
        Ok(Self { config, provider, pending: PendingLogins::default() })
    }

    /// Does the browser speak TLS to this server?
    pub fn is_tls(&self) -> bool {
        self.config.server_url.starts_with("https://")
    }

    /// How long a login counts.
    pub fn session(&self) -> std::time::Duration {
        self.config.session()
    }

    /// Begins a login that ends on a page of this server.
    ///
    /// # Errors
    /// 400 where the page is none of this server's, 503 where the provider does not answer.
    pub fn begin(&self, to: &str, now: Instant) -> std::result::Result<Begun, Problem> {
        if !is_own_page(to) {
            let problem = Problem::new(ErrorKind::Invalid, format!("`{to}` is no page of this server"));
            return Err(problem.mend("give a path that begins with one `/`").parameter("to"));
        }
        let (pending, challenge) = Pending::new(to, now)?;
        let location = self.provider.authorization(&pending, &challenge)?;
        let browser = pending.browser.clone();
        self.pending.put(pending, now);
        Ok(Begun { location, browser })
    }

    /// Ends a login: who it is, and what he may do.
    ///
    /// # Errors
    /// 403 where anything is not as it was begun, or nothing is open to the person; 503 where the provider does not answer.
    pub fn finish(
        &self,
        returned: &Returned,
        browser: Option<&str>,
        now: Instant,
    ) -> std::result::Result<LoggedIn, Problem> {
        let again = "this login was not begun in this browser, or too long ago";
        let state = returned.state.as_deref().ok_or_else(|| refused(again))?;
        // Taken out, so that no state counts twice.
        let pending = self.pending.take(state, browser, now).ok_or_else(|| refused(again))?;
        if returned.iss.as_ref().is_some_and(|iss| *iss != self.config.issuer) {
            return Err(refused("the answer comes from another provider"));
        }
        if let Some(error) = &returned.error {
            let shown: String = error.chars().filter(|c| c.is_ascii_graphic()).take(60).collect();
            return Err(refused(&format!("the provider refuses: `{shown}`")));
        }
        let code = returned.code.as_deref().ok_or_else(|| refused("the provider gave no code"))?;
        let token = self.provider.exchange(code, &pending)?;
        let claims = self.provider.identity(&token, &pending.nonce)?;
        let spec = grants::spec_of(&self.config, &claims).map_err(|why| refused(&why))?;
        Ok(LoggedIn { spec, to: pending.to })
    }
}

/// A login that is refused.
fn refused(why: &str) -> Problem {
    Problem::http(
        StatusCode::FORBIDDEN,
        "login",
        "the login is refused",
        why,
        "log in again; where that does not help, ask who runs the server: its log says why",
    )
}

/// The provider fails: whoever logs in cannot mend it.
fn provider_fails(why: &str) -> Problem {
    Problem::new(ErrorKind::Unavailable, format!("the login provider {why}"))
        .mend("try again in a moment, or log in with an access token")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_this_server_are_gone_to() {
        for own in ["/", "/?q=a%20b#x", "/v1/status"] {
            assert!(is_own_page(own), "{own}");
        }
        let long =
            ["", "//evil.example", "/\\evil.example", "https://evil.example", "evil", "/a\r\nb: c", "/a b"];
        for foreign in long {
            assert!(!is_own_page(foreign), "{foreign}");
        }
    }
}
