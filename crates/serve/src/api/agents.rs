//! `/mcp`: tools for agents, by the Model Context Protocol.
//!
//! The route is not in the OpenAPI document: it speaks its own protocol, whose clients ask it what it offers. What its tools
//! ask are the routes of the document, as the caller of the request that asks them.

use std::sync::{Arc, OnceLock};

use axum::body::Body;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use http_body_util::{BodyExt, Limited};
use rushes_archive::Caller;
use rushes_mcp::{Answered, Ask, Asked, Asking, Headers, REQUEST_BYTES_MAX};

use crate::admission::{OwnProtocol, within};
use crate::app::{App, Ctx};
use crate::body::read_body;
use crate::limits::{ANSWER_BYTES_MAX, BODY_PAUSE_MAX};

/// Where agents ask.
pub(crate) const AGENTS: &str = "/mcp";

/// The routes of the document, once for all calls: without a server's state, so that they keep none alive.
fn documented() -> Router<Arc<App>> {
    static ROUTES: OnceLock<Router<Arc<App>>> = OnceLock::new();
    ROUTES.get_or_init(|| super::routes().split_for_parts().0).clone()
}

/// Answers an agent.
pub(crate) async fn agent(ctx: Ctx, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let message = match read_body(body, REQUEST_BYTES_MAX, BODY_PAUSE_MAX).await {
        Ok(message) => message,
        Err(problem) => return problem.into_response(),
    };
    let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let headers = Headers {
        revision: header("mcp-protocol-version"),
        method: header("mcp-method"),
        name: header("mcp-name"),
    };
    let reply = rushes_mcp::answer(&Routes(ctx), headers, &message).await;
    let mut response = reply.body.map_or_else(Response::default, |body| Json(body).into_response());
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.extensions_mut().insert(OwnProtocol);
    response
}

/// The routes, for the caller of a request.
struct Routes(Ctx);

impl Asking for Routes {
    fn ask(&self, ask: Ask) -> Asked<'_> {
        Box::pin(self.call(ask))
    }

    /// Who is at the machine changes things by hand; what an agent may, its token says.
    fn may_change(&self) -> bool {
        *self.0.caller != Caller::local()
    }
}

impl Routes {
    async fn call(&self, ask: Ask) -> Answered {
        let body = ask.body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let request = Request::builder()
            .method(ask.method)
            .uri(ask.path)
            .header(header::CONTENT_TYPE, "application/json")
            .body(body);
        let Ok(request) = request else { return Answered { status: 400, body: Vec::new() } };
        let response = within(documented(), self.0.clone(), request).await;
        let status = response.status().as_u16();
        match Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await {
            Ok(body) => Answered { status, body: body.to_bytes().to_vec() },
            Err(_) => Answered { status: 413, body: Vec::new() },
        }
    }
}
