//! A server on an archive of its own, and requests to it.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use rushes_archive::{Archive, Caller, OpenOptions, Right, TokenSpec};
use rushes_serve::{NDJSON, ServeConfig, in_process, router};
use rushes_types::limits::SearchLimits;
use serde_json::Value;
use tower::ServiceExt;

/// Lines that any archive takes: a character, a scene with a vector, a line of dialogue.
pub const LINES: &str = concat!(
    r#"{"asset_id":"film","movie_id":"cinema","model":"faces@3","type":"CHARACTER_SEARCH","#,
    r#""time_range":{"start_time_ns":2000000000,"end_time_ns":8000000000},"label":"Joey","#,
    r#""confidence_score":0.97}"#,
    "\n",
    r#"{"asset_id":"film","movie_id":"cinema","model":"scene-clip@1","type":"SCENE_SEARCH","#,
    r#""time_range":{"start_time_ns":4000000000,"end_time_ns":9000000000},"label":"kitchen","#,
    r#""embedding_vector":[0.5,-0.25]}"#,
    "\n",
    r#"{"asset_id":"film","movie_id":"cinema","model":"asr@1","type":"DIALOGUE_SEARCH","#,
    r#""time_range":{"start_time_ns":4500000000,"end_time_ns":6000000000},"text":"I'm starving"}"#,
    "\n",
);

pub struct Server {
    pub dir: tempfile::TempDir,
    pub archive: Arc<Archive>,
    pub router: Router,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&self.bytes)))
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).unwrap()
    }

    /// The lines of an answer of JSON lines.
    pub fn lines(&self) -> Vec<Value> {
        self.text().lines().map(|l| serde_json::from_str(l).unwrap()).collect()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }

    /// The problem document; everything of it that must be there is looked at.
    pub fn problem(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.bytes));
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["status"], status);
        for field in ["type", "title", "detail", "mend", "instance"] {
            assert!(problem[field].as_str().is_some_and(|t| !t.is_empty()), "{field}: {problem}");
        }
        assert!(problem["type"].as_str().unwrap().starts_with("urn:rushes:problem:"));
        let id = self.header("x-request-id");
        assert_eq!(problem["instance"], format!("urn:rushes:request:{id}"));
        problem
    }

    pub fn ok(&self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", String::from_utf8_lossy(&self.bytes));
        self.json()
    }
}

impl Server {
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    pub fn with(change: impl FnOnce(&mut ServeConfig)) -> Self {
        Self::opened(change, |_| {})
    }

    /// On an archive with these limits of searches.
    pub fn searching(limits: impl FnOnce(&mut SearchLimits)) -> Self {
        Self::opened(|_| {}, |options| limits(&mut options.limits.search))
    }

    /// On an archive that is opened like this.
    pub fn on(open: impl FnOnce(&mut OpenOptions)) -> Self {
        Self::opened(|_| {}, open)
    }

    fn opened(change: impl FnOnce(&mut ServeConfig), open: impl FnOnce(&mut OpenOptions)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let media = dir.path().join("media");
        std::fs::create_dir(&media).unwrap();
        let mut options = OpenOptions { media_roots: vec![media], ..OpenOptions::default() };
        open(&mut options);
        let archive = Archive::open(&dir.path().join("archive"), options).unwrap();
        let mut config = ServeConfig::default();
        change(&mut config);
        let router = router(Arc::clone(&archive), config);
        Self { dir, archive, router }
    }

    pub fn media_dir(&self) -> PathBuf {
        self.dir.path().join("media")
    }

    /// Makes a token.
    pub fn token(&self, name: &str, rights: &[Right], movies: Option<&[&str]>) -> String {
        let spec = TokenSpec {
            name: name.to_owned(),
            movies: movies.map(|m| m.iter().map(ToString::to_string).collect()),
            rights: rights.iter().copied().collect(),
            ..TokenSpec::default()
        };
        self.archive.tokens().create(&spec).unwrap()
    }

    /// Waits until all that was committed can be searched.
    pub fn settle(&self) {
        let upto = self.archive.status().unwrap().last_commit;
        assert!(self.archive.wait_caught_up(upto, std::time::Duration::from_secs(60)).unwrap());
    }

    /// A call from within the process.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        content_type: &str,
        body: impl Into<Body>,
    ) -> Answer {
        let request = request(method, path, &[("content-type", content_type)], body);
        read(in_process(&self.router, Caller::local(), request).await).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        read(in_process(&self.router, Caller::local(), request(Method::GET, path, &[], "")).await).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::POST, path, "application/json", body.to_string()).await
    }

    pub async fn post_lines(&self, path: &str, lines: &str) -> Answer {
        self.call(Method::POST, path, NDJSON, lines.to_owned()).await
    }

    /// A request as it comes over a connection.
    pub async fn remote(&self, request: Request<Body>) -> Answer {
        read(self.router.clone().oneshot(request).await.unwrap()).await
    }
}

pub fn request(method: Method, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body.into()).unwrap()
}

pub async fn read(response: axum::response::Response) -> Answer {
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes().to_vec();
    Answer { status: parts.status, headers: parts.headers, bytes }
}
