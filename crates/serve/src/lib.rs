//! The HTTP interface of Rushes: routes, problem documents, access, OpenAPI, metrics.
//!
//! Everything a client may do goes through one router. `rushes serve` puts it behind a socket ([`serve`]); the commands
//! call the same router without one ([`in_process`]), so that everything has one implementation and `--json` prints
//! what the server answers. This is the only crate with JSON documents of the interface; the form of annotation lines
//! belongs to `rushes_wire`.
//!
//! Each request passes, from the outside in: `admission::observe` (id, problem documents, headers, counts), the catcher
//! of panics, `admission::admit` (limits, `Host`, `Origin`, token), its handler. Handlers read the request,
//! do blocking work on the archive on a thread for that, and write the answer; they decide nothing about
//! rights: the archive does, for each read and write, by the [`rushes_archive::Caller`] they pass on.

#![allow(clippy::result_large_err)] // a problem is rare, and ends as a document of its own

mod admission;
#[allow(unused_qualifications)] // what utoipa writes for parameters
mod api;
mod app;
mod audit;
mod audit_chain;
mod body;
mod config;
mod discovery;
mod form;
mod gone;
mod host;
mod json_schema;
pub mod limits;
mod listen;
mod login;
mod long_work;
mod metrics;
mod oidc;
mod problem;
mod range;
mod rate;
mod roles;
mod signed;
mod stream;
mod who;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::post;
use rushes_archive::{Archive, Caller};
use tower::ServiceExt;

pub use api::checked_backups;
pub use audit_chain::AUDIT_FILE;
pub use config::{ServeConfig, ServeLimits, check_listen};
pub use discovery::{DISCOVERY_FILE, Discovery, PublishedDiscovery};
pub use json_schema::{SchemaOf, json_schema};
pub use listen::serve;
pub use oidc::{GroupGrant, OidcConfig};
pub use problem::{PROBLEM_JSON, Problem};
pub use roles::Roles;

/// The media type of JSON lines.
pub const NDJSON: &str = "application/x-ndjson";
/// The media type of an Arrow IPC stream.
pub const ARROW_STREAM: &str = "application/vnd.apache.arrow.stream";

/// The router of an archive, for calls without a socket; see [`in_process`].
pub fn router(archive: Arc<Archive>, config: ServeConfig) -> Router {
    build(archive, config, None).1
}

/// Calls a router from within this process, as `caller` (for the person at the machine: [`Caller::local`]). A request
/// over a socket cannot pose as such a call: the mark is a request extension, not part of the message.
pub async fn in_process(router: &Router, caller: Caller, mut request: Request<Body>) -> Response {
    request.extensions_mut().insert(who::InProcess(caller));
    match router.clone().oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// The OpenAPI document, made from the code of the routes.
#[must_use]
pub fn openapi() -> serde_json::Value {
    form::document()
}

fn build(
    archive: Arc<Archive>,
    config: ServeConfig,
    owner_secret: Option<String>,
) -> (Arc<app::App>, Router) {
    let (routes, _) = api::routes().split_for_parts();
    let document = Bytes::from(serde_json::to_vec(&openapi()).unwrap_or_default());
    let app = Arc::new(app::App::new(archive, config, owner_secret, document));
    let on_panic = Arc::clone(&app);
    let router = routes
        // Its own protocol says what it takes; the document has the routes that its tools ask.
        .route(api::AGENTS, post(api::agent))
        .fallback(api::no_such_path)
        .layer(from_fn_with_state(Arc::clone(&app), admission::admit))
        .layer(tower_http::catch_panic::CatchPanicLayer::custom(move |_: Box<dyn std::any::Any + Send>| {
            admission::panicked(&on_panic)
        }))
        .layer(from_fn_with_state(Arc::clone(&app), admission::observe))
        .with_state(Arc::clone(&app));
    (app, router)
}
