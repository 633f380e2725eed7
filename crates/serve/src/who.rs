//! Authentication: `Host`, `Origin`, token, login.

use std::net::SocketAddr;
use std::time::Instant;

use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use rushes_archive::{Archive, Caller};

use crate::host::{HostPolicy, is_same_origin};
use crate::login::{Logins, Opens, cookie};
use crate::problem::Problem;

/// Marks a call that this process makes itself, without a socket. Only [`crate::in_process`] makes it: a request over a
/// connection gets its extensions from the accept loop, which sets a [`Peer`].
#[derive(Debug, Clone)]
pub(crate) struct InProcess(pub Caller);

/// Where a connection comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub SocketAddr);

/// Refuses a call with a foreign host name, and changes by a page of another origin.
///
/// # Errors
/// 400, 421 or 403.
pub(crate) fn check_origin(
    policy: &HostPolicy,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<(), Problem> {
    let refused = |detail: &str| {
        Problem::http(
            StatusCode::MISDIRECTED_REQUEST,
            "host",
            "the server does not go by this name",
            detail,
            "call it by its loopback address, or add the name to `hosts` in the server's configuration",
        )
    };
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().unwrap_or_default(),
        _ => return Err(refused("the request does not carry exactly one `host` header")),
    };
    let absolute = uri.authority().map(axum::http::uri::Authority::as_str);
    if !policy.allows(host) || absolute.is_some_and(|a| !policy.allows(a)) {
        return Err(refused("the host of the request is not one that this server goes by"));
    }
    if method.is_safe() {
        return Ok(());
    }
    let foreign = |what: &str| {
        Problem::http(
            StatusCode::FORBIDDEN,
            "origin",
            "a page of another origin may not change anything here",
            format!("the request carries a foreign `{what}`"),
            "call the server from its own page or from a program that sends no `origin`",
        )
    };
    for origin in headers.get_all(header::ORIGIN) {
        if !is_same_origin(origin.to_str().unwrap_or_default(), host) {
            return Err(foreign("origin"));
        }
    }
    match headers.get("sec-fetch-site").map(|v| v.to_str().unwrap_or_default()) {
        None | Some("same-origin" | "none") => Ok(()),
        Some(_) => Err(foreign("sec-fetch-site")),
    }
}

/// The token of `Authorization: Bearer`; an error where the header holds something else.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let Some(first) = given.next() else { return Ok(None) };
    let malformed = || Problem::unauthorized("the header `authorization` is not of the form `Bearer TOKEN`");
    if given.next().is_some() {
        return Err(malformed());
    }
    let (scheme, token) = first.to_str().ok().and_then(|t| t.split_once(' ')).ok_or_else(malformed)?;
    let token = token.trim();
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() {
        return Err(malformed());
    }
    Ok(Some(token))
}

/// Compares secrets in a time that does not depend on where they differ.
pub(crate) fn same_secret(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |all, (x, y)| all | (x ^ y)) == 0
}

/// What a caller's claims are checked against.
pub(crate) struct Credentials<'a> {
    pub archive: &'a Archive,
    /// The secret of the discovery file.
    pub owner_secret: Option<&'a str>,
    pub logins: &'a Logins,
    /// May everybody who reaches the server act as its owner? So it is on loopback while the archive has no tokens.
    pub open: bool,
}

/// Does the request come from a page of this server, or from the person at the browser? A cookie comes along with
/// what other pages make the browser send, too; it counts only here. What changes something must prove it.
fn is_own_page(method: &Method, headers: &HeaderMap) -> bool {
    match headers.get("sec-fetch-site").map(|v| v.to_str().unwrap_or_default()) {
        Some("same-origin") => true,
        Some("none") => method.is_safe(),
        Some(_) => false,
        // An `origin` header was already compared with the host.
        None => method.is_safe() || headers.contains_key(header::ORIGIN),
    }
}

/// Who logged in on the page that sends this request.
pub(crate) fn logged_in(
    archive: &Archive,
    logins: &Logins,
    method: &Method,
    headers: &HeaderMap,
) -> Option<Caller> {
    if !is_own_page(method, headers) {
        return None;
    }
    // The token is checked each time: a revoked one is refused from then on.
    match logins.opens(cookie(headers)?, Instant::now())? {
        Opens::Token(token) => archive.tokens().authenticate(&token),
        Opens::Person(caller, _) => Some(*caller),
    }
}

/// Who sends this request over a connection.
///
/// # Errors
/// 401 where a token is needed and there is none, or where the one given is not valid: a wrong token is never
/// taken for none.
pub(crate) fn authenticate(
    known: &Credentials<'_>,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Caller, Problem> {
    match bearer(headers)? {
        Some(token) if known.owner_secret.is_some_and(|secret| same_secret(secret, token)) => {
            Ok(Caller::local())
        }
        Some(token) => known
            .archive
            .tokens()
            .authenticate(token)
            .ok_or_else(|| Problem::unauthorized("the token is not valid here")),
        None if known.open => Ok(Caller::local()),
        None => logged_in(known.archive, known.logins, method, headers)
            .ok_or_else(|| Problem::unauthorized("the request carries no access token")),
    }
}
