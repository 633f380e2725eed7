//! Speaking to an archive: through the server's own routes, whether a server runs or not.
//!
//! Where a server has the archive open, requests go to it over loopback. Otherwise the archive is opened here and
//! the same routes are called in-process, without a socket. So a command means the same either way.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, anyhow};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use hyper_util::client::legacy::{Client as HttpClient, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use rushes_archive::{Archive, OpenOptions};
use serde_json::Value;
use tower::ServiceExt;

use crate::exit::{Failure, Outcome};

/// Who answers.
enum Target {
    /// The archive, opened by this process.
    Local { archive: Arc<Archive>, router: Router },
    /// A server.
    Remote { base: String, token: Option<String>, http: HttpClient<HttpConnector, Body> },
}

/// A connection to an archive.
pub struct Client {
    target: Target,
    runtime: tokio::runtime::Runtime,
}

/// A request's body.
pub enum Payload {
    /// None.
    Empty,
    /// A JSON value.
    Json(Value),
    /// Annotation lines.
    Lines(Vec<u8>),
    /// An Arrow IPC stream.
    Arrow(Vec<u8>),
}

/// Where the archive is that a command works on.
#[derive(Debug, Clone)]
pub enum Place {
    /// In this folder.
    Folder(PathBuf),
    /// Behind this server.
    Server(String),
}

impl Client {
    /// Connects: to the server named, to the server that has the folder open, or to the folder itself.
    pub fn connect(place: &Place, token: Option<&str>, options: OpenOptions) -> Outcome<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let target = match place {
            Place::Server(url) => remote(url, token)?,
            Place::Folder(dir) => match running_server(dir)? {
                Some((url, secret)) => remote(&url, Some(&secret))?,
                None => {
                    let archive = Archive::open(dir, options).map_err(|e| explain_open(dir, e))?;
                    let router = rushes_serve::in_process(Arc::clone(&archive));
                    Target::Local { archive, router }
                }
            },
        };
        Ok(Self { target, runtime })
    }

    /// The archive itself, where this process has it open.
    pub fn archive(&self) -> Option<&Arc<Archive>> {
        match &self.target {
            Target::Local { archive, .. } => Some(archive),
            Target::Remote { .. } => None,
        }
    }

    /// `GET` as JSON.
    pub fn get(&self, path: &str) -> Outcome<Value> {
        self.json(Method::GET, path, Payload::Empty)
    }

    /// `POST` as JSON.
    pub fn post(&self, path: &str, payload: Payload) -> Outcome<Value> {
        self.json(Method::POST, path, payload)
    }

    /// Any method, as JSON.
    pub fn json(&self, method: Method, path: &str, payload: Payload) -> Outcome<Value> {
        let mut body = Vec::new();
        self.stream(method, path, payload, &mut |piece| {
            body.extend_from_slice(piece);
            Ok(())
        })?;
        if body.is_empty() {
            return Ok(Value::Null);
        }
        Ok(serde_json::from_slice(&body).context("the server's answer is no JSON")?)
    }

    /// Calls and gives the answer piece by piece; an answer that is an error becomes a [`Failure`].
    pub fn stream(
        &self,
        method: Method,
        path: &str,
        payload: Payload,
        each: &mut dyn FnMut(&[u8]) -> Outcome,
    ) -> Outcome {
        self.runtime.block_on(async {
            let response = tokio::select! {
                response = self.call(method, path, payload) => response?,
                _ = tokio::signal::ctrl_c() => return Err(Failure::Interrupted),
            };
            let status = response.status();
            let mut body = response.into_body();
            if !status.is_success() {
                let bytes = body.collect().await.map_err(|e| anyhow!("the answer broke off: {e}"))?.to_bytes();
                return Err(failure(status, &bytes));
            }
            loop {
                let frame = tokio::select! {
                    frame = body.frame() => frame,
                    _ = tokio::signal::ctrl_c() => return Err(Failure::Interrupted),
                };
                let Some(frame) = frame else { return Ok(()) };
                let frame = frame.map_err(|e| anyhow!("the answer broke off: {e}"))?;
                if let Ok(data) = frame.into_data() {
                    each(&data)?;
                }
            }
        })
    }

    async fn call(&self, method: Method, path: &str, payload: Payload) -> Outcome<axum::response::Response> {
        let (kind, bytes) = match payload {
            Payload::Empty => (None, Bytes::new()),
            Payload::Json(value) => (Some("application/json"), Bytes::from(serde_json::to_vec(&value)?)),
            Payload::Lines(lines) => (Some("application/x-ndjson"), Bytes::from(lines)),
            Payload::Arrow(bytes) => (Some("application/vnd.apache.arrow.stream"), Bytes::from(bytes)),
        };
        let mut request = Request::builder().method(method);
        if let Some(kind) = kind {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        match &self.target {
            Target::Local { router, .. } => {
                let request = request.uri(path).body(Body::from(bytes))?;
                match router.clone().oneshot(request).await {
                    Ok(response) => Ok(response),
                    Err(never) => match never {},
                }
            }
            Target::Remote { base, token, http } => {
                if let Some(token) = token {
                    request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
                }
                let request = request.uri(format!("{base}{path}")).body(Body::from(bytes))?;
                let response =
                    http.request(request).await.with_context(|| format!("the server at `{base}` does not answer"))?;
                Ok(response.map(Body::new))
            }
        }
    }
}

fn remote(url: &str, token: Option<&str>) -> Outcome<Target> {
    let base = url.trim_end_matches('/').to_owned();
    if !base.starts_with("http://") {
        return Err(Failure::Usage(format!(
            "`{url}` is no server address; write http://host:port (for https put a proxy beside this command)"
        )));
    }
    let http = HttpClient::builder(TokioExecutor::new()).build_http();
    Ok(Target::Remote { base, token: token.map(str::to_owned), http })
}

/// The server that has the archive open: its address and the secret for this machine's owner.
fn running_server(dir: &Path) -> Outcome<Option<(String, String)>> {
    Ok(rushes_serve::running_server(dir)?)
}

fn explain_open(dir: &Path, error: rushes_types::Error) -> Failure {
    Failure::Failed(anyhow::Error::new(error).context(format!("the archive `{}` cannot be opened", dir.display())))
}

/// The failure that a problem document (RFC 9457) tells of.
fn failure(status: StatusCode, body: &[u8]) -> Failure {
    let problem: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let text = |name: &str| problem.get(name).and_then(Value::as_str).filter(|t| !t.is_empty());
    let mut message = text("detail").or(text("title")).unwrap_or("the server gave no reason").to_owned();
    if let Some(pointer) = text("pointer") {
        message.push_str(&format!(" (at `{pointer}`)"));
    }
    if let Some(mend) = text("mend")
        && !message.contains(mend)
    {
        message.push_str(&format!("; {mend}"));
    }
    if status.is_server_error() {
        message.push_str(&format!(" [{status}]"));
    }
    Failure::Failed(anyhow!(message))
}
