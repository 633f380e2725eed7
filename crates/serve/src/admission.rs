//! What every request passes: id, limits, authentication; and the headers of every answer.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use rushes_archive::Caller;
use tower::ServiceExt;
use tracing::Instrument;

use crate::app::{App, Ctx, permit};
use crate::audit::{Action, Actor, NOBODY};
use crate::discovery::random_hex;
use crate::limits::REQUEST_ID_BYTES_MAX;
use crate::login::LOGIN_PATH;
use crate::problem::{PROBLEM_JSON, Problem};
use crate::rate::is_rate_limited;
use crate::signed::by_link;
use crate::who::{Credentials, InProcess, Peer, authenticate, check_origin};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Headers of every answer. No scripts, no framing, no caching unless a handler allows it.
const HEADERS: [(HeaderName, &str); 7] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'self'; script-src 'self'; \
         connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// The id of a request: the client's where it is valid, else a new one.
fn request_id(headers: &HeaderMap) -> Arc<str> {
    let harmless = |id: &&str| {
        (1..=REQUEST_ID_BYTES_MAX).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    match headers.get(&REQUEST_ID).and_then(|v| v.to_str().ok()).filter(harmless) {
        Some(id) => Arc::from(id),
        None => Arc::from(random_hex(8).unwrap_or_else(|_| "none".to_owned())),
    }
}

/// The method as a metrics label: known methods only, since clients can invent others.
const fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}

/// The outermost layer: gives the request its id, writes problem documents, adds headers, counts, logs.
pub(crate) async fn observe(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = request_id(request.headers());
    let method = method_label(request.method());
    let path = request.uri().path().to_owned();
    // The route, not the path: logs do not hold what a client asks for.
    let route = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str).to_owned();
    let peer = request.extensions().get::<Peer>().map(|Peer(address)| tracing::field::display(*address));
    let span = tracing::info_span!("request", id = &*id, method, route, peer);
    request.extensions_mut().insert(Arc::clone(&id));
    app.metrics.in_flight.fetch_add(1, Ordering::Relaxed);
    let counted = InFlight(Arc::clone(&app));
    let response = next.run(request).instrument(span.clone()).await;
    drop(counted);
    let response = finish(response, &path, &id);
    let (status, took) = (response.status().as_u16(), began.elapsed());
    app.metrics.answered(&route, method, status, took);
    let _inside = span.enter();
    let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    if status >= 500 {
        tracing::warn!(status, took_ms, "answered");
    } else {
        tracing::info!(status, took_ms, "answered");
    }
    response
}

/// Answers a request that another one makes of its own, as its caller: what may be called, rights and the audit log are the
/// same, and it is no further request among those that run.
pub(crate) async fn within(routes: Router<Arc<App>>, ctx: Ctx, mut request: Request) -> Response {
    let (path, id) = (request.uri().path().to_owned(), Arc::clone(&ctx.request_id));
    if let Err(problem) = ctx.app.config.roles.check(request.method(), &path) {
        return finish(problem.into_response(), &path, &id);
    }
    let routes = routes.with_state(Arc::clone(&ctx.app));
    request.extensions_mut().insert(Arc::clone(&id));
    request.extensions_mut().insert(ctx);
    match routes.oneshot(request).await {
        Ok(response) => finish(response, &path, &id),
        Err(never) => match never {},
    }
}

/// Marks an answer that tells of its failures in a protocol of its own, and not as a problem document.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OwnProtocol;

/// Counts a request as in flight until it is dropped: also where the client goes away.
struct InFlight(Arc<App>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.metrics.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Writes the problem document where the answer is one, and the headers of every answer.
fn finish(mut response: Response, path: &str, id: &str) -> Response {
    let status = response.status();
    let problem = response.extensions_mut().remove::<Box<Problem>>();
    let speaks = response.extensions_mut().remove::<OwnProtocol>().is_some();
    let is_document = response.headers().get(header::CONTENT_TYPE).is_some_and(|t| t == PROBLEM_JSON);
    let problem = match problem {
        None if (status.is_client_error() || status.is_server_error()) && !is_document && !speaks => {
            Some(Box::new(Problem::of_status(status, path)))
        }
        other => other,
    };
    if let Some(problem) = problem {
        response = problem.write_into(response, id);
    }
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, value);
    }
    response
}

/// What a panic is answered with.
pub(crate) fn panicked(app: &App) -> Response {
    app.metrics.panics.fetch_add(1, Ordering::Relaxed);
    Problem::new(rushes_types::ErrorKind::Bug, "a handler panicked").into_response()
}

/// Admission: rates, a permit among the requests, `Host` and `Origin`, and who it is.
pub(crate) async fn admit(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    match enter(app, &request) {
        Ok(ctx) => {
            request.extensions_mut().insert(ctx);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

/// What is served without a token: the page, which holds nothing from the archive, and its login. Their handlers do not
/// access the archive.
fn is_public(path: &str) -> bool {
    let is_login = path.strip_prefix(LOGIN_PATH).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    path == "/" || is_login || path.starts_with(rushes_page::PREFIX)
}

/// Liveness must be visible when the server is busy, too.
fn is_health(request: &Request) -> bool {
    request.uri().path() == "/healthz"
}

fn enter(app: Arc<App>, request: &Request) -> Result<Ctx, Problem> {
    app.config.roles.check(request.method(), request.uri().path())?;
    let request_id = request.extensions().get::<Arc<str>>().cloned().unwrap_or_else(|| Arc::from("none"));
    let from = request.extensions().get::<Peer>().map(|Peer(address)| address.ip());
    let caller = match request.extensions().get::<InProcess>() {
        Some(InProcess(caller)) => caller.clone(),
        None => remote(&app, request, from, &request_id)?,
    };
    let permit = if is_health(request) { None } else { Some(permit(&app.requests, "requests at a time")?) };
    Ok(Ctx { app, caller: Arc::new(caller), request_id, from, _permit: Arc::new(permit) })
}

/// Who sends a request over a connection, where he may do so now.
fn remote(
    app: &Arc<App>,
    request: &Request,
    from: Option<IpAddr>,
    request_id: &Arc<str>,
) -> Result<Caller, Problem> {
    check_origin(&app.hosts, request.method(), request.uri(), request.headers())?;
    let is_open = app.is_open();
    if let Some(address) = from.filter(|_| !is_open && !is_health(request)) {
        app.rates.of_address(address)?;
    }
    if let Some(caller) = by_link(app, request).map_err(|problem| app.rates.failed(from, problem))? {
        app.rates.of_token(caller.name())?;
        return Ok(caller);
    }
    let known = Credentials {
        archive: &app.archive,
        owner_secret: app.owner_secret.as_deref(),
        logins: &app.logins,
        open: is_open || is_health(request) || is_public(request.uri().path()),
    };
    let found = authenticate(&known, request.method(), request.headers());
    let shown = request.headers().contains_key(header::AUTHORIZATION);
    let caller = found
        .map_err(|problem| if shown { refused_token(app, problem, from, request_id) } else { problem })?;
    if caller != Caller::local() {
        app.rates.of_token(caller.name())?;
    }
    Ok(caller)
}

/// A token that is not valid here is noted in the audit log, as often as it is answered so.
fn refused_token(app: &Arc<App>, problem: Problem, from: Option<IpAddr>, request_id: &Arc<str>) -> Problem {
    let problem = app.rates.failed(from, problem);
    if !is_rate_limited(&problem) {
        let (app, request_id) = (Arc::clone(app), Arc::clone(request_id));
        drop(tokio::task::spawn_blocking(move || {
            let by = Actor { request: &request_id, caller: NOBODY, from };
            app.audit_now(by, &Action::of("show-token"), "unauthorized");
        }));
    }
    problem
}
