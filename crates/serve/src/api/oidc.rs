//! `/v1/login/oidc`: logging in by an OpenID provider.

use std::sync::Arc;
use std::time::Instant;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rushes_types::ErrorKind;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::{App, Ctx};
use crate::audit::{Action, NOBODY};
use crate::body::Params;
use crate::login::{pending_cookie, session_cookie, set_pending_cookie};
use crate::oidc::{Oidc, Returned};
use crate::problem::{Problem, Reply};
use crate::rate::is_rate_limited;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(begin)).routes(routes!(callback))
}

/// Where to go after the login.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct BeginParams {
    /// A page of this server; by default `/`.
    to: Option<String>,
}

/// What the provider sends the browser back with.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct CallbackParams {
    /// Names the login.
    state: Option<String>,
    /// What is exchanged for the identity.
    code: Option<String>,
    /// Why there is no code.
    error: Option<String>,
    /// The provider (RFC 9207).
    iss: Option<String>,
}

fn provider(ctx: &Ctx) -> Reply<Arc<Oidc>> {
    ctx.app.oidc.clone().ok_or_else(|| {
        Problem::new(ErrorKind::NotFound, "this server has no login provider")
            .mend("log in with an access token")
    })
}

/// Asks the provider, on a thread that may wait.
async fn asked<T: Send + 'static>(work: impl FnOnce() -> Reply<T> + Send + 'static) -> Reply<T> {
    let ended = |_| Problem::new(ErrorKind::Bug, "the work ended early");
    tokio::task::spawn_blocking(work).await.map_err(ended)?
}

fn see_other(to: &str, cookies: &[String]) -> Reply<Response> {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let no_header = |_| Problem::new(ErrorKind::Bug, "an address holds what no header can");
    let headers = response.headers_mut();
    headers.insert(header::LOCATION, HeaderValue::from_str(to).map_err(no_header)?);
    for cookie in cookies {
        headers.append(header::SET_COOKIE, HeaderValue::from_str(cookie).map_err(no_header)?);
    }
    Ok(response)
}

/// Sends the browser to the login provider.
#[utoipa::path(
    get, path = "/v1/login/oidc", tag = "access", operation_id = "begin_oidc", security(()), params(BeginParams),
    responses(
        (status = 303, description = "to the provider's page"),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
async fn begin(ctx: Ctx, headers: HeaderMap, Params(params): Params<BeginParams>) -> Reply<Response> {
    let oidc = provider(&ctx)?;
    let tls = oidc.is_tls();
    let to = params.to.unwrap_or_else(|| "/".to_owned());
    let begun = asked(move || oidc.begin(&to, Instant::now())).await?;
    see_other(&begun.location, &[set_pending_cookie(&headers, Some(&begun.browser), tls)])
}

/// Where the provider sends the browser back to: logs it in, and sends it on to the page.
#[utoipa::path(
    get, path = "/v1/login/oidc/callback", tag = "access", operation_id = "end_oidc", security(()),
    params(CallbackParams),
    responses(
        (status = 303, description = "to the page, logged in"),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
async fn callback(ctx: Ctx, headers: HeaderMap, Params(params): Params<CallbackParams>) -> Reply<Response> {
    let oidc = provider(&ctx)?;
    let tls = oidc.is_tls();
    let browser = pending_cookie(&headers).map(str::to_owned);
    let CallbackParams { state, code, error, iss } = params;
    let returned = Returned { state, code, error, iss };
    let session = oidc.session();
    let found = asked(move || oidc.finish(&returned, browser.as_deref(), Instant::now())).await;
    let action = Action::of("login").subject("oidc");
    let known = found.map_err(|problem| {
        let problem = if problem.status == 403 { ctx.app.rates.failed(ctx.from, problem) } else { problem };
        if !is_rate_limited(&problem) {
            ctx.audit_as(NOBODY, action.clone(), problem.word());
        }
        problem
    })?;
    let now = Instant::now();
    let name = ctx.app.logins.enter_person(&known.spec, now + session, now)?;
    ctx.audit_as(&known.spec.name, action, "ok");
    let cookies = [session_cookie(&headers, Some(&name), tls), set_pending_cookie(&headers, None, tls)];
    see_other(&known.to, &cookies)
}
