//! Access to an archive: through the server's own routes, whether a server runs or not.
//!
//! Where a server has the archive open, requests go to it over loopback. Otherwise the archive is opened here and the
//! same routes are called in-process, without a socket. So a command does the same either way.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use hyper_util::client::legacy::{Client as HttpClient, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use rushes_archive::{Archive, Caller, OpenOptions};
use rushes_serve::{ARROW_STREAM, Discovery, NDJSON, ServeConfig};
use rushes_types::ErrorKind;
use serde_json::Value;

use crate::config::{ArchiveLocation, Config};
use crate::exit::{Failure, Outcome};
use crate::interrupt::{self, InterruptGuard};
use crate::problem;

/// How long to wait for another command to close the archive, or for a server that starts to say where it is.
const BUSY_WAIT: Duration = Duration::from_secs(5);
/// Pause between two attempts.
const BUSY_PAUSE: Duration = Duration::from_millis(50);
/// How long aborting a run may take.
const ABORT_RUN_WAIT: Duration = Duration::from_secs(5);
/// How long to wait for a connection.
const CONNECT_WAIT: Duration = Duration::from_secs(5);

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
    /// `None` only while it is being dropped.
    runtime: Option<tokio::runtime::Runtime>,
    _interrupt_guard: InterruptGuard,
}

/// A request's body.
pub enum Payload {
    /// None.
    Empty,
    /// A JSON value.
    Json(Value),
    /// A JSON value, and headers that say of it again what it says.
    Message(Value, Vec<(&'static str, String)>),
    /// Annotation lines.
    Lines(Vec<u8>),
    /// An Arrow IPC stream.
    Arrow(Vec<u8>),
}

/// An answer, whatever its status.
pub struct Reply {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, whole.
    pub body: Vec<u8>,
}

impl Reply {
    /// The body as JSON; an answer that is an error becomes a [`Failure`].
    pub fn json(self) -> Outcome<Value> {
        if !self.status.is_success() {
            return Err(problem::failure(self.status, &self.body));
        }
        if self.body.is_empty() {
            return Ok(Value::Null);
        }
        Ok(serde_json::from_slice(&self.body).context("the server's answer is no JSON")?)
    }
}

impl Client {
    /// Connects for reading: an archive that is not there is not made.
    pub fn reader(config: &Config) -> Outcome<Self> {
        Self::connect(config, false)
    }

    /// Connects for writing: an archive that is not there is made.
    pub fn writer(config: &Config) -> Outcome<Self> {
        Self::connect(config, true)
    }

    /// Connects: to the server named, to the server that has the folder open, or to the folder itself.
    ///
    /// `create`: make the archive where the folder holds none.
    pub fn connect(config: &Config, create: bool) -> Outcome<Self> {
        let target = match config.place() {
            ArchiveLocation::Server(url) => remote(&url, config.token.as_deref())?,
            ArchiveLocation::Folder(dir) => match open(&dir, &config.open_options(create))? {
                OpenedArchive::Archive(archive) => local(archive, config.serve_config()),
                OpenedArchive::Elsewhere(server) => remote(&server.url, Some(&server.secret))?,
            },
        };
        Self::with(target)
    }

    /// Speaks to an archive that this process has open already.
    pub fn of(archive: Arc<Archive>) -> Outcome<Self> {
        Self::with(local(archive, ServeConfig::default()))
    }

    fn with(target: Target) -> Outcome<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        Ok(Self { target, runtime: Some(runtime), _interrupt_guard: InterruptGuard::begin() })
    }

    /// The archive itself, where this process has it open.
    pub fn archive(&self) -> Option<&Arc<Archive>> {
        match &self.target {
            Target::Local { archive, .. } => Some(archive),
            Target::Remote { .. } => None,
        }
    }

    /// The server's address, where one answers.
    pub fn server(&self) -> Option<&str> {
        match &self.target {
            Target::Local { .. } => None,
            Target::Remote { base, .. } => Some(base),
        }
    }

    /// `GET` as JSON.
    pub fn get(&self, path: &str) -> Outcome<Value> {
        self.send(Method::GET, path, Payload::Empty)?.json()
    }

    /// `POST` as JSON.
    pub fn post(&self, path: &str, payload: Payload) -> Outcome<Value> {
        self.send(Method::POST, path, payload)?.json()
    }

    /// Aborts a run, also after Ctrl-C, and silently where that fails. A run that cannot be aborted stays open and is
    /// never visible; the cause was already printed.
    pub fn abort_run(&self, run: &str) {
        let Some(runtime) = &self.runtime else { return };
        let path = format!("/v1/runs/{}/abort", encode(run));
        let _ = runtime.block_on(async {
            tokio::time::timeout(ABORT_RUN_WAIT, self.call(Method::POST, &path, Payload::Empty)).await
        });
    }

    /// Calls and gives the answer, whatever its status.
    pub fn send(&self, method: Method, path: &str, payload: Payload) -> Outcome<Reply> {
        let mut body = Vec::new();
        let mut gather = |piece: &[u8]| {
            body.extend_from_slice(piece);
            Ok(())
        };
        let (status, headers) = self.exchange(method, path, payload, false, &mut gather)?;
        Ok(Reply { status, headers, body })
    }

    /// Calls and gives the answer piece by piece; an answer that is an error becomes a [`Failure`].
    pub fn stream(
        &self,
        method: Method,
        path: &str,
        payload: Payload,
        each: &mut dyn FnMut(&[u8]) -> Outcome,
    ) -> Outcome {
        self.exchange(method, path, payload, true, each).map(|_| ())
    }

    fn exchange(
        &self,
        method: Method,
        path: &str,
        payload: Payload,
        fail: bool,
        each: &mut dyn FnMut(&[u8]) -> Outcome,
    ) -> Outcome<(StatusCode, HeaderMap)> {
        let runtime = self.runtime.as_ref().ok_or_else(|| anyhow!("the connection is closed"))?;
        runtime.block_on(async {
            let response = tokio::select! {
                biased;
                () = interrupt::asked() => return Err(Failure::Interrupted),
                response = self.call(method, path, payload) => response?,
            };
            let (parts, mut body) = response.into_parts();
            if fail && !parts.status.is_success() {
                let bytes = body.collect().await.map_err(broken_off)?.to_bytes();
                return Err(problem::failure(parts.status, &bytes));
            }
            loop {
                let frame = tokio::select! {
                    frame = body.frame() => frame,
                    () = interrupt::asked() => return Err(Failure::Interrupted),
                };
                let Some(frame) = frame else { return Ok((parts.status, parts.headers)) };
                if let Ok(data) = frame.map_err(broken_off)?.into_data() {
                    each(&data)?;
                }
            }
        })
    }

    async fn call(&self, method: Method, path: &str, payload: Payload) -> Outcome<axum::response::Response> {
        let mut request = Request::builder().method(method);
        let (kind, bytes) = match payload {
            Payload::Empty => (None, Bytes::new()),
            Payload::Json(value) => (Some("application/json"), Bytes::from(serde_json::to_vec(&value)?)),
            Payload::Message(value, headers) => {
                request =
                    headers.into_iter().fold(request, |request, (name, value)| request.header(name, value));
                (Some("application/json"), Bytes::from(serde_json::to_vec(&value)?))
            }
            Payload::Lines(lines) => (Some(NDJSON), Bytes::from(lines)),
            Payload::Arrow(bytes) => (Some(ARROW_STREAM), Bytes::from(bytes)),
        };
        if let Some(kind) = kind {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        match &self.target {
            Target::Local { router, .. } => {
                let request = request.uri(path).body(Body::from(bytes))?;
                Ok(rushes_serve::in_process(router, Caller::local(), request).await)
            }
            Target::Remote { base, token, http } => {
                if let Some(token) = token {
                    request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
                }
                let request = request.uri(format!("{base}{path}")).body(Body::from(bytes))?;
                let response = http
                    .request(request)
                    .await
                    .with_context(|| format!("the server at `{base}` does not answer"))?;
                Ok(response.map(Body::new))
            }
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // Cancelled work stops at its next step; the archive is closed after it.
        drop(self.runtime.take());
        if let Target::Local { archive, .. } = &self.target {
            archive.close();
        }
    }
}

fn broken_off(error: axum::Error) -> Failure {
    Failure::Failed(anyhow::Error::new(error).context("the answer broke off"))
}

/// What opening a folder gives.
pub enum OpenedArchive {
    /// The archive.
    Archive(Arc<Archive>),
    /// A server has it.
    Elsewhere(Discovery),
}

/// Opens the archive in a folder, or finds the server that has it open.
pub fn open(dir: &Path, options: &OpenOptions) -> Outcome<OpenedArchive> {
    let until = Instant::now() + BUSY_WAIT;
    loop {
        let error = match Archive::open(dir, options.clone()) {
            Ok(archive) => return Ok(OpenedArchive::Archive(archive)),
            Err(error) => error,
        };
        if error.kind() != ErrorKind::Busy {
            return Err(Failure::from(error));
        }
        if let Some(server) = Discovery::read(dir)? {
            return Ok(OpenedArchive::Elsewhere(server));
        }
        if Instant::now() > until {
            return Err(Failure::Failed(anyhow!(
                "another command has the archive `{}` open; try again when it is done, or let `rushes serve` run: \
                 commands then share the archive",
                dir.display()
            )));
        }
        if interrupt::is_asked() {
            return Err(Failure::Interrupted);
        }
        std::thread::sleep(BUSY_PAUSE);
    }
}

fn local(archive: Arc<Archive>, config: ServeConfig) -> Target {
    let router = rushes_serve::router(Arc::clone(&archive), config);
    Target::Local { archive, router }
}

fn remote(url: &str, token: Option<&str>) -> Outcome<Target> {
    let base = url.trim_end_matches('/').to_owned();
    if !base.starts_with("http://") || base.parse::<axum::http::Uri>().is_err() {
        return Err(Failure::Usage(format!(
            "`{url}` is no server address; write http://host:port (for https put a proxy beside this command)"
        )));
    }
    let mut connector = HttpConnector::new();
    connector.set_connect_timeout(Some(CONNECT_WAIT));
    connector.set_nodelay(true);
    let http = HttpClient::builder(TokioExecutor::new()).build(connector);
    Ok(Target::Remote { base, token: token.map(str::to_owned), http })
}

pub use rushes_export::percent_encoded as encode;

#[cfg(test)]
mod tests {
    use super::encode;

    #[test]
    fn what_a_path_cannot_hold_is_encoded() {
        assert_eq!(encode("faces@3 é/?"), "faces%403%20%C3%A9%2F%3F");
        assert_eq!(encode("night-ferry_s01.e~"), "night-ferry_s01.e~");
    }
}
