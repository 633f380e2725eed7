//! Who is logged in on the page.
//!
//! Pictures and video of a page are fetched by the browser, which sends no `authorization` for them; so the page
//! exchanges an access token for a cookie. The cookie holds not the token but a random name for it, known to this
//! process alone: it becomes invalid when the server stops, after a time without requests, or when the token is
//! revoked, and a browser that sends it elsewhere (cookies ignore ports) reveals no token. No script can read it. Where
//! it counts is decided in `who`.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use axum::http::{HeaderMap, header};
use rushes_types::Result;

use crate::discovery::random_hex;
use crate::limits::{LOGIN_IDLE_MAX, LOGINS_MAX};

/// The path for logging in and out.
pub(crate) const LOGIN_PATH: &str = "/v1/login";
/// Random bytes in a login's name.
const NAME_BYTES: usize = 32;

/// Those who are logged in.
#[derive(Debug, Default)]
pub(crate) struct Logins(Mutex<HashMap<String, Login>>);

#[derive(Debug)]
struct Login {
    token: String,
    used: Instant,
}

impl Logins {
    fn map(&self) -> MutexGuard<'_, HashMap<String, Login>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Logs in the holder of a valid token; gives the login's name.
    ///
    /// # Errors
    /// Where the system gives no random bytes.
    pub fn enter(&self, token: &str, now: Instant) -> Result<String> {
        let name = random_hex(NAME_BYTES)?;
        let mut logins = self.map();
        logins.retain(|_, login| !is_over(login, now));
        if logins.len() >= LOGINS_MAX {
            let oldest = logins.iter().min_by_key(|(_, login)| login.used).map(|(name, _)| name.clone());
            logins.remove(&oldest.unwrap_or_default());
        }
        logins.insert(name.clone(), Login { token: token.to_owned(), used: now });
        Ok(name)
    }

    /// The token of a login, which counts as used now.
    pub fn token_of(&self, name: &str, now: Instant) -> Option<String> {
        let mut logins = self.map();
        let login = logins.get_mut(name).filter(|login| !is_over(login, now))?;
        login.used = now;
        Some(login.token.clone())
    }

    /// Logs out.
    pub fn leave(&self, name: &str) {
        self.map().remove(name);
    }
}

fn is_over(login: &Login, now: Instant) -> bool {
    now.saturating_duration_since(login.used) > LOGIN_IDLE_MAX
}

/// The cookie's name: with the port that the server is called by, for several servers of one machine share their
/// cookies.
fn cookie_name(headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or_default();
    let port = host.rsplit_once(':').map(|(_, port)| port).filter(|p| p.bytes().all(|b| b.is_ascii_digit()));
    format!("rushes-login-{}", port.filter(|p| !p.is_empty()).unwrap_or("default"))
}

/// The login's name in the request's cookie.
pub(crate) fn cookie(headers: &HeaderMap) -> Option<&str> {
    let name = cookie_name(headers);
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
    let mut pairs = cookies.flat_map(|v| v.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(given, _)| *given == name).map(|(_, value)| value)
}

/// The header that gives the browser the cookie; `None` takes it away. It ends with the browser's run. Over TLS, as the
/// page's own origin says, it never travels without.
pub(crate) fn set_cookie(headers: &HeaderMap, login: Option<&str>) -> String {
    let tls = headers
        .get(header::ORIGIN)
        .and_then(|o| o.to_str().ok())
        .is_some_and(|origin| origin.starts_with("https://"));
    format!(
        "{}={}; Path=/; HttpOnly; SameSite=Strict{}{}",
        cookie_name(headers),
        login.unwrap_or_default(),
        if login.is_none() { "; Max-Age=0" } else { "" },
        if tls { "; Secure" } else { "" }
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_login_ends_when_it_is_left_or_not_used() {
        let logins = Logins::default();
        let now = Instant::now();
        let (a, b) = (logins.enter("one", now).unwrap(), logins.enter("two", now).unwrap());
        assert_ne!(a, b);
        assert_eq!(logins.token_of(&a, now).as_deref(), Some("one"));
        let later = now + LOGIN_IDLE_MAX;
        assert_eq!(logins.token_of(&a, later).as_deref(), Some("one"));
        let after = later + Duration::from_secs(1);
        assert_eq!(logins.token_of(&b, after), None);
        assert_eq!(logins.token_of(&a, after).as_deref(), Some("one"));
        logins.leave(&a);
        assert_eq!(logins.token_of(&a, after), None);
        assert_eq!(logins.token_of("", after), None);
    }

    #[test]
    fn logins_are_bounded_and_the_longest_away_goes() {
        let logins = Logins::default();
        let now = Instant::now();
        let first = logins.enter("t", now).unwrap();
        let second = logins.enter("t", now + Duration::from_secs(1)).unwrap();
        for n in 2..=LOGINS_MAX {
            logins.enter("t", now + Duration::from_secs(n as u64)).unwrap();
        }
        assert_eq!(logins.map().len(), LOGINS_MAX);
        let later = now + Duration::from_secs(LOGINS_MAX as u64);
        assert!(logins.token_of(&first, later).is_none() && logins.token_of(&second, later).is_some());
    }

    #[test]
    fn cookies_are_told_apart_by_port_and_kept_from_scripts() {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, "localhost:7890".parse().unwrap());
        headers.insert(header::COOKIE, "a=b; rushes-login-7891=no; rushes-login-7890=yes".parse().unwrap());
        assert_eq!(cookie(&headers), Some("yes"));
        let set = set_cookie(&headers, Some("x"));
        assert_eq!(set, "rushes-login-7890=x; Path=/; HttpOnly; SameSite=Strict");
        headers.insert(header::ORIGIN, "https://rushes.example".parse().unwrap());
        headers.insert(header::HOST, "rushes.example".parse().unwrap());
        assert_eq!(
            set_cookie(&headers, None),
            "rushes-login-default=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0; Secure"
        );
        assert_eq!(cookie(&headers), None);
    }
}
