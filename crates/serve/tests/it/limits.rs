//! Limits: size of bodies, number of requests, time.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Method;
use rushes_archive::Caller;
use rushes_serve::in_process;
use tokio::sync::Notify;

use crate::support::{Server, read, request};

#[tokio::test]
async fn a_body_above_the_limit_is_refused_announced_or_not() {
    let server = Server::with(|c| c.limits.json_bytes_max = 100);
    let long = format!("{{\"asset_id\":\"{}\"}}", "a".repeat(100));
    server.call(Method::POST, "/v1/runs", "application/json", long.clone()).await.problem(413);
    let chunked = Body::new(http_body_util::combinators::UnsyncBoxBody::new(
        http_body_util::StreamBody::new(Pieces(vec![long.clone().into_bytes(), long.into_bytes()])),
    ));
    let answer = server.call(Method::POST, "/v1/runs", "application/json", chunked).await;
    answer.problem(413);
}

/// A stream of frames that says nothing of its length.
struct Pieces(Vec<Vec<u8>>);

impl futures_core::Stream for Pieces {
    type Item = Result<hyper::body::Frame<axum::body::Bytes>, std::convert::Infallible>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::task::Poll::Ready(self.0.pop().map(|p| Ok(hyper::body::Frame::data(p.into()))))
    }
}

/// A body that never comes; it says when it is waited for.
struct Never(Arc<Notify>);

impl hyper::body::Body for Never {
    type Data = axum::body::Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Self::Data>, Self::Error>>> {
        self.0.notify_one();
        std::task::Poll::Pending
    }
}

#[tokio::test]
async fn a_body_that_does_not_come_is_given_up() {
    let server = Server::with(|c| c.limits.body_pause_max = Duration::from_millis(50));
    let answer =
        server.call(Method::POST, "/v1/runs", "application/json", Body::new(Never(Arc::default()))).await;
    answer.problem(408);
}

#[tokio::test]
async fn a_full_house_is_answered_429_and_health_still_answers() {
    let server = Server::with(|c| c.limits.requests_max = 1);
    let headers = [("content-type", "application/json")];
    let arrived = Arc::new(Notify::new());
    let slow = request(Method::POST, "/v1/runs", &headers, Body::new(Never(Arc::clone(&arrived))));
    let router = server.router.clone();
    let waiting = tokio::spawn(async move { read(in_process(&router, Caller::local(), slow).await).await });
    arrived.notified().await;
    let refused = server.get("/v1/status").await;
    refused.problem(429);
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(server.get("/healthz").await.status, 200);
    waiting.abort();
    let _ = waiting.await;
    assert_eq!(server.get("/v1/status").await.status, 200);
}

#[tokio::test]
async fn uploads_are_limited_on_their_own() {
    let server = Server::with(|c| c.limits.ingests_max = 1);
    let headers = [("content-type", rushes_serve::NDJSON)];
    let arrived = Arc::new(Notify::new());
    let slow = request(Method::POST, "/v1/annotations", &headers, Body::new(Never(Arc::clone(&arrived))));
    let router = server.router.clone();
    let waiting = tokio::spawn(async move { read(in_process(&router, Caller::local(), slow).await).await });
    arrived.notified().await;
    server.post_lines("/v1/annotations", "").await.problem(429);
    assert_eq!(server.get("/v1/status").await.status, 200);
    waiting.abort();
}
