//! Signed links to media: a request that carries one needs no token and no cookie.
//!
//! The signature is over the path, the end and whose link it is; which range or which frame is asked for is free. The
//! request then has the rights that its holder has now, and only for this path.

use std::time::Instant;

use axum::extract::{Query, Request};
use axum::http::{Method, StatusCode, header};
use rushes_archive::{Caller, SignedLink, now_s};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::problem::Problem;

/// Where links lead.
const MEDIA: &str = "/v1/media/";

/// What a signed link carries; read before the handler, named here for the OpenAPI document of each path that takes it.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LinkParams {
    /// Of a signed link: until when it counts, in seconds since 1970.
    pub expires: Option<String>,
    /// Of a signed link: whose it is.
    pub holder: Option<String>,
    /// Of a signed link: its signature.
    pub signature: Option<String>,
}

/// The same, where nothing else may be asked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "read before the handler")]
pub(crate) struct OnlyLinkParams {
    expires: Option<String>,
    holder: Option<String>,
    signature: Option<String>,
}

/// The address of a signed link.
pub(crate) fn address(path: &str, link: &SignedLink) -> String {
    let SignedLink { holder, expires_s, signature } = link;
    format!("{path}?expires={expires_s}&holder={}&signature={signature}", encoded(holder))
}

/// A text as a part of an address: all but letters, digits and a few others as bytes in hexadecimal.
pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

/// Who sends the request by a signed link; `None` where it carries none. A token counts before it.
///
/// # Errors
/// 403 where the link was altered or is over, whoever else is logged in.
pub(crate) fn by_link(app: &App, request: &Request) -> Result<Option<Caller>, Problem> {
    let path = request.uri().path();
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if !reads || !path.starts_with(MEDIA) || request.headers().contains_key(header::AUTHORIZATION) {
        return Ok(None);
    }
    let params = match Query::<LinkParams>::try_from_uri(request.uri()) {
        Ok(Query(params)) => params,
        Err(_) if request.uri().query().is_some_and(|q| q.contains("signature=")) => return Err(refused()),
        Err(_) => return Ok(None),
    };
    let Some(signature) = params.signature else { return Ok(None) };
    let expires_s = params.expires.and_then(|text| text.parse().ok());
    let (Some(expires_s), Some(holder)) = (expires_s, params.holder) else { return Err(refused()) };
    let link = SignedLink { holder, expires_s, signature };
    let now_s = now_s();
    if !app.archive.links().holds(&link, path, now_s) {
        return Err(refused());
    }
    let tokens = app.archive.tokens();
    let holder =
        tokens.holder(&link.holder, now_s).or_else(|| app.logins.holder(&link.holder, Instant::now()));
    holder.map(Some).ok_or_else(refused)
}

/// The same words whatever is wrong: who alters a link learns nothing by it.
fn refused() -> Problem {
    Problem::http(
        StatusCode::FORBIDDEN,
        "link",
        "the link does not count",
        "the link is over or was altered, or whose it is has lost the token or the login that it was made with",
        "ask who gave it to you for another; `POST /v1/media/ASSET/link` makes one",
    )
}
