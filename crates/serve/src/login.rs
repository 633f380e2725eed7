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
use rushes_archive::{Caller, TokenSpec};
use rushes_types::Result;
use sha2::{Digest, Sha256};

use crate::discovery::random_hex;
use crate::limits::{LOGIN_IDLE_MAX, LOGINS_MAX};
use crate::oidc::{BEGIN_PATH, PENDING_TIME_MAX};

/// The path for logging in and out.
pub(crate) const LOGIN_PATH: &str = "/v1/login";
/// What the names of cookies hold: that of a login, and of one that is under way at a provider.
const LOGIN: &str = "login";
const PENDING: &str = "pending";
/// Random bytes in a login's name.
const NAME_BYTES: usize = 32;

/// Those who are logged in.
#[derive(Debug, Default)]
pub(crate) struct Logins(Mutex<HashMap<String, Login>>);

/// What a login opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Opens {
    /// What this token opens, as long as it does.
    Token(String),
    /// What this person may do, as the provider said when he logged in, until then.
    Person(Box<Caller>, Instant),
}

#[derive(Debug)]
struct Login {
    opens: Opens,
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
        self.admit(random_hex(NAME_BYTES)?, Opens::Token(token.to_owned()), now)
    }

    /// Logs in somebody whom a provider knows, until then; gives the login's name.
    ///
    /// # Errors
    /// Where the system gives no random bytes.
    pub fn enter_person(&self, spec: &TokenSpec, until: Instant, now: Instant) -> Result<String> {
        let name = random_hex(NAME_BYTES)?;
        let caller = Caller::logged_in(spec, holder_of(&name));
        self.admit(name, Opens::Person(Box::new(caller), until), now)
    }

    fn admit(&self, name: String, opens: Opens, now: Instant) -> Result<String> {
        let mut logins = self.map();
        logins.retain(|_, login| !is_over(login, now));
        if logins.len() >= LOGINS_MAX {
            let oldest = logins.iter().min_by_key(|(_, login)| login.used).map(|(name, _)| name.clone());
            logins.remove(&oldest.unwrap_or_default());
        }
        logins.insert(name.clone(), Login { opens, used: now });
        Ok(name)
    }

    /// What a login opens, which counts as used now.
    pub fn opens(&self, name: &str, now: Instant) -> Option<Opens> {
        let mut logins = self.map();
        let login = logins.get_mut(name).filter(|login| !is_over(login, now))?;
        login.used = now;
        Some(login.opens.clone())
    }

    /// The person whose [`Caller::holder`] this is, while he is logged in.
    pub fn holder(&self, named: &str, now: Instant) -> Option<Caller> {
        let logins = self.map();
        let persons = logins.values().filter(|login| !is_over(login, now)).filter_map(|l| match &l.opens {
            Opens::Person(caller, _) => Some(caller),
            Opens::Token(_) => None,
        });
        persons.into_iter().find(|caller| caller.holder() == named).map(|caller| Caller::clone(caller))
    }

    /// Logs out.
    pub fn leave(&self, name: &str) {
        self.map().remove(name);
    }
}

fn is_over(login: &Login, now: Instant) -> bool {
    let ended = matches!(&login.opens, Opens::Person(_, until) if now >= *until);
    ended || now.saturating_duration_since(login.used) > LOGIN_IDLE_MAX
}

/// What signed links say of a login: a digest of its name, which they must not reveal.
fn holder_of(name: &str) -> String {
    let digest = Sha256::digest(format!("holder of {name}").as_bytes());
    format!("login.{}", digest.iter().take(8).map(|b| format!("{b:02x}")).collect::<String>())
}

/// The cookie's name: with the port that the server is called by, for several servers of one machine share their
/// cookies.
fn cookie_name(of: &str, headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or_default();
    let port = host.rsplit_once(':').map(|(_, port)| port).filter(|p| p.bytes().all(|b| b.is_ascii_digit()));
    format!("rushes-{of}-{}", port.filter(|p| !p.is_empty()).unwrap_or("default"))
}

fn value_of<'h>(name: &str, headers: &'h HeaderMap) -> Option<&'h str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
    let mut pairs = cookies.flat_map(|v| v.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(given, _)| *given == name).map(|(_, value)| value)
}

/// The login's name in the request's cookie.
pub(crate) fn cookie(headers: &HeaderMap) -> Option<&str> {
    value_of(&cookie_name(LOGIN, headers), headers)
}

/// What ties a login that is under way at a provider to this browser.
pub(crate) fn pending_cookie(headers: &HeaderMap) -> Option<&str> {
    value_of(&cookie_name(PENDING, headers), headers)
}

/// The header that gives the browser the cookie; `None` takes it away. It ends with the browser's run. Over TLS, as the
/// page's own origin says, it never travels without.
pub(crate) fn set_cookie(headers: &HeaderMap, login: Option<&str>) -> String {
    let origin = headers.get(header::ORIGIN).and_then(|o| o.to_str().ok());
    session_cookie(headers, login, origin.is_some_and(|origin| origin.starts_with("https://")))
}

/// [`set_cookie`], where it is known whether browsers speak TLS to this server.
pub(crate) fn session_cookie(headers: &HeaderMap, login: Option<&str>, tls: bool) -> String {
    let ends = if login.is_none() { "; Max-Age=0" } else { "" };
    let value = login.unwrap_or_default();
    let name = cookie_name(LOGIN, headers);
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{ends}{}", secure(tls))
}

/// The header for [`pending_cookie`]. The provider's page leads back here, so it must come along from another site.
pub(crate) fn set_pending_cookie(headers: &HeaderMap, browser: Option<&str>, tls: bool) -> String {
    let seconds = browser.map_or(0, |_| PENDING_TIME_MAX.as_secs());
    let value = browser.unwrap_or_default();
    let name = cookie_name(PENDING, headers);
    format!("{name}={value}; Path={BEGIN_PATH}; HttpOnly; SameSite=Lax; Max-Age={seconds}{}", secure(tls))
}

const fn secure(tls: bool) -> &'static str {
    if tls { "; Secure" } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rushes_archive::Right;
    use std::time::Duration;

    #[test]
    fn a_login_ends_when_it_is_left_or_not_used() {
        let logins = Logins::default();
        let now = Instant::now();
        let (a, b) = (logins.enter("one", now).unwrap(), logins.enter("two", now).unwrap());
        assert_ne!(a, b);
        let one = Some(Opens::Token("one".into()));
        assert_eq!(logins.opens(&a, now), one);
        let later = now + LOGIN_IDLE_MAX;
        assert_eq!(logins.opens(&a, later), one);
        let after = later + Duration::from_secs(1);
        assert_eq!(logins.opens(&b, after), None);
        assert_eq!(logins.opens(&a, after), one);
        logins.leave(&a);
        assert_eq!(logins.opens(&a, after), None);
        assert_eq!(logins.opens("", after), None);
    }

    #[test]
    fn a_person_is_logged_in_for_a_time_whatever_he_does() {
        let logins = Logins::default();
        let now = Instant::now();
        let spec =
            TokenSpec { name: "anna@example".into(), rights: [Right::Read].into(), ..TokenSpec::default() };
        let until = now + Duration::from_secs(60);
        let name = logins.enter_person(&spec, until, now).unwrap();
        let Some(Opens::Person(caller, _)) = logins.opens(&name, now) else { panic!("nobody is logged in") };
        assert_eq!(caller.name(), "anna@example");
        assert!(!caller.holder().contains(&name));
        assert_eq!(logins.holder(caller.holder(), now).as_ref(), Some(&*caller));
        assert!(logins.opens(&name, until).is_none() && logins.holder(caller.holder(), until).is_none());
        logins.leave(&name);
        assert!(logins.holder(caller.holder(), now).is_none());
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
        assert!(logins.opens(&first, later).is_none() && logins.opens(&second, later).is_some());
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
