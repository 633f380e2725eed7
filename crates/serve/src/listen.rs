//! The socket: accepting connections, with limits on their number and on the time for headers, and an end that
//! lets requests in flight finish.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use rushes_archive::Archive;
use rushes_types::{Error, Result};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tower::ServiceExt;

use crate::app::App;
use crate::config::{ServeConfig, check_listen};
use crate::discovery::{Discovery, PublishedDiscovery};
use crate::limits::{HEADER_BYTES_MAX, HEADERS_MAX};
use crate::who::Peer;

/// How long to wait after a connection could not be accepted (out of file handles, most often).
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves an archive on a socket until `shutdown` is done; then no connection is accepted any more, requests in
/// flight get [`crate::ServeLimits::drain_time_max`] to end, and the discovery file goes. The archive stays
/// open: closing it is the caller's.
///
/// # Errors
/// Where it must not listen there ([`check_listen`]), or the discovery file cannot be written.
pub async fn serve(
    listener: TcpListener,
    archive: Arc<Archive>,
    mut config: ServeConfig,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<()> {
    config.listen = listener.local_addr().map_err(|e| Error::io("asking where the server listens", e))?;
    check_listen(&config, !archive.tokens().list().is_empty())?;
    let published = publish(&archive, config.listen).await?;
    let (app, router) = crate::build(archive, config, Some(published.discovery().secret.clone()));
    tracing::info!(url = published.discovery().url, "serving");
    accept(&listener, &app, &router, shutdown).await;
    drop(listener);
    tokio::task::spawn_blocking(move || drop(published)).await.ok();
    Ok(())
}

/// Writes the discovery file. What listens on every address is found on loopback.
async fn publish(archive: &Arc<Archive>, listen: SocketAddr) -> Result<PublishedDiscovery> {
    let mut reach = listen;
    if listen.ip().is_unspecified() {
        let loopback: std::net::IpAddr =
            if listen.is_ipv4() { [127, 0, 0, 1].into() } else { std::net::Ipv6Addr::LOCALHOST.into() };
        reach.set_ip(loopback);
    }
    let discovery = Discovery::of_this_process(format!("http://{reach}"))?;
    let archive = Arc::clone(archive);
    let written = tokio::task::spawn_blocking(move || discovery.write(archive.dir())).await;
    written.map_err(|_| Error::bug("writing the discovery file panicked"))?
}

async fn accept(
    listener: &TcpListener,
    app: &Arc<App>,
    router: &Router,
    shutdown: impl Future<Output = ()> + Send,
) {
    let limits = app.config.limits;
    let places = Arc::new(Semaphore::new(limits.connections_max.clamp(1, Semaphore::MAX_PERMITS)));
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await.ok();
            (listener.accept().await, place)
        };
        let (accepted, place) = tokio::select! {
            () = &mut shutdown => break,
            next = next => next,
            Some(_) = connections.join_next() => continue,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let connection = graceful.watch(connection(stream, peer, router.clone(), limits.header_time_max));
        connections.spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(place);
        });
    }
    app.stopping.store(true, Ordering::Relaxed);
    let closing = Arc::clone(app);
    let closed = tokio::task::spawn_blocking(move || closing.proxies.close());
    if tokio::time::timeout(limits.drain_time_max, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests were still in flight when the time to end was over; they were cut");
    }
    connections.shutdown().await;
    // It waits for ffmpeg to be gone, and not for long.
    let _ = closed.await;
}

type Answer = std::result::Result<axum::response::Response, Infallible>;

/// One connection, speaking HTTP/1.1.
fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    header_time_max: Duration,
) -> http1::Connection<
    TokioIo<TcpStream>,
    impl hyper::service::Service<
        hyper::Request<Incoming>,
        Response = axum::response::Response,
        Error = Infallible,
        Future: Future<Output = Answer> + Send,
    >,
> {
    // Small answers are not held back to be sent with later ones.
    stream.set_nodelay(true).ok();
    let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Peer(peer));
        router.clone().oneshot(request)
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(header_time_max)
        .max_buf_size(HEADER_BYTES_MAX)
        .max_headers(HEADERS_MAX)
        .serve_connection(TokioIo::new(stream), service)
}
