//! `/v1/login`: the page exchanges an access token for a cookie, and logs out.

use std::sync::Arc;
use std::time::Instant;

use axum::Json as Answer;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::{App, Ctx};
use crate::audit::{Action, NOBODY};
use crate::body::Json;
use crate::limits::TOKEN_BYTES_MAX;
use crate::login::{cookie, set_cookie};
use crate::oidc::BEGIN_PATH;
use crate::problem::{Problem, Reply};
use crate::rate::is_rate_limited;
use crate::who::logged_in;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(log_in, who, log_out))
}

/// What a login shows.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LoginDocument {
    /// An access token of the archive.
    token: String,
}

/// Who is logged in.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WhoDocument {
    /// Is a token needed here?
    needed: bool,
    /// The name of the token that this browser is logged in with.
    name: Option<String>,
    /// The page that logs in by a provider, where there is one.
    provider: Option<&'static str>,
}

fn provider(ctx: &Ctx) -> Option<&'static str> {
    ctx.app.oidc.as_ref().map(|_| BEGIN_PATH)
}

fn answer(headers: &HeaderMap, login: Option<&str>, who: WhoDocument) -> Response {
    let mut response = Answer(who).into_response();
    if let Ok(value) = HeaderValue::from_str(&set_cookie(headers, login)) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response
}

/// Logs this browser in.
///
/// The answer sets a cookie that no script can read and that counts for requests of the page only.
#[utoipa::path(
    post, path = "/v1/login", tag = "access", security(()), request_body = LoginDocument,
    responses(
        (status = 200, body = WhoDocument),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn log_in(ctx: Ctx, headers: HeaderMap, Json(login): Json<LoginDocument>) -> Reply<Response> {
    let action = Action::of("login");
    let known = (login.token.len() <= TOKEN_BYTES_MAX)
        .then(|| ctx.app.archive.tokens().authenticate(&login.token))
        .flatten();
    let Some(caller) = known else {
        let refused = Problem::unauthorized("the token is not valid here");
        let refused = ctx.app.rates.failed(ctx.from, refused);
        if !is_rate_limited(&refused) {
            ctx.audit_as(NOBODY, action, "unauthorized");
        }
        return Err(refused);
    };
    if let Some(old) = cookie(&headers) {
        ctx.app.logins.leave(old);
    }
    let name = ctx.app.logins.enter(&login.token, Instant::now())?;
    ctx.audit_as(caller.name(), action, "ok");
    let who = WhoDocument {
        needed: !ctx.app.is_open(),
        name: Some(caller.name().to_owned()),
        provider: provider(&ctx),
    };
    Ok(answer(&headers, Some(&name), who))
}

/// Who is logged in on this browser, and is a login needed at all?
#[utoipa::path(
    get, path = "/v1/login", tag = "access", security(()),
    responses((status = 200, body = WhoDocument))
)]
async fn who(ctx: Ctx, method: Method, headers: HeaderMap) -> Answer<WhoDocument> {
    let caller = logged_in(&ctx.app.archive, &ctx.app.logins, &method, &headers);
    Answer(WhoDocument {
        needed: !ctx.app.is_open(),
        name: caller.map(|c| c.name().to_owned()),
        provider: provider(&ctx),
    })
}

/// Logs this browser out.
#[utoipa::path(
    delete, path = "/v1/login", tag = "access", security(()),
    responses((status = 200, body = WhoDocument))
)]
async fn log_out(ctx: Ctx, method: Method, headers: HeaderMap) -> Response {
    if let Some(name) = cookie(&headers) {
        if let Some(caller) = logged_in(&ctx.app.archive, &ctx.app.logins, &method, &headers) {
            ctx.audit_as(caller.name(), Action::of("logout"), "ok");
        }
        ctx.app.logins.leave(name);
    }
    answer(&headers, None, WhoDocument { needed: !ctx.app.is_open(), name: None, provider: provider(&ctx) })
}
