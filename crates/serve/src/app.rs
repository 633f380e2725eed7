//! What all handlers share, and what each request carries.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use rushes_archive::{Archive, Caller};
use rushes_footage::limits::FRAMES_AT_A_TIME;
use rushes_footage::{Cache, Proxies};
use rushes_types::{ErrorKind, Result};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::audit::{Action, Actor, Audit};
use crate::config::ServeConfig;
use crate::host::HostPolicy;
use crate::login::Logins;
use crate::metrics::Metrics;
use crate::oidc::{Oidc, OidcConfig};
use crate::problem::{Problem, Reply};
use crate::rate::Rates;

/// Folder of what is made from media, inside the archive's.
const CACHE_DIR: &str = "cache";

/// What all handlers share.
pub(crate) struct App {
    pub archive: Arc<Archive>,
    pub config: ServeConfig,
    pub hosts: HostPolicy,
    pub metrics: Metrics,
    pub audit: Audit,
    /// How many requests come from whom.
    pub rates: Rates,
    /// The secret of the discovery file; `None` where the router serves no socket.
    pub owner_secret: Option<String>,
    /// Who is logged in on the page.
    pub logins: Logins,
    /// Logs people in by a provider; none without one, or where its configuration cannot be used.
    pub oidc: Option<Arc<Oidc>>,
    pub requests: Arc<Semaphore>,
    pub ingests: Arc<Semaphore>,
    pub media: Arc<Semaphore>,
    /// Pictures of frames.
    pub pictures: Cache,
    /// Places among the pictures that are made at a time.
    pub picture_slots: Semaphore,
    /// Copies of media that browsers play.
    pub proxies: Arc<Proxies>,
    /// Long work (verify, rebuild, backup, purge) is done one at a time.
    pub long_work: Arc<Semaphore>,
    /// Set when the server is asked to stop: long work then stops, too.
    pub stopping: AtomicBool,
    /// Was everything searchable at some point since the start?
    pub caught_up: AtomicBool,
    /// The OpenAPI document.
    pub openapi: axum::body::Bytes,
}

impl App {
    pub(crate) fn new(
        archive: Arc<Archive>,
        config: ServeConfig,
        owner_secret: Option<String>,
        openapi: axum::body::Bytes,
    ) -> Self {
        let cache = archive.dir().join(CACHE_DIR);
        let proxies = Cache::new(cache.join("proxies"), config.limits.proxy_cache_bytes_max);
        let slots = |n: usize| Arc::new(Semaphore::new(n.clamp(1, Semaphore::MAX_PERMITS)));
        Self {
            hosts: HostPolicy::new(&config.hosts, !config.listen.ip().is_loopback()),
            metrics: Metrics::default(),
            audit: Audit::new(archive.dir(), config.limits.audit_file_bytes_max),
            rates: Rates::new(&config.limits),
            owner_secret,
            logins: Logins::default(),
            oidc: config.oidc.as_ref().and_then(provider),
            requests: slots(config.limits.requests_max),
            ingests: slots(config.limits.ingests_max),
            media: slots(config.limits.media_streams_max),
            pictures: Cache::new(cache.join("frames"), config.limits.frame_cache_bytes_max),
            picture_slots: Semaphore::new(FRAMES_AT_A_TIME),
            proxies: Proxies::new(config.tools.clone(), proxies),
            long_work: slots(1),
            stopping: AtomicBool::new(false),
            caught_up: AtomicBool::new(false),
            openapi,
            archive,
            config,
        }
    }

    /// Removes what was made from the media of an asset, or of all.
    pub(crate) fn forget_media(&self, asset: Option<&rushes_types::AssetId>) -> Result<()> {
        for cache in [&self.pictures, self.proxies.cache()] {
            match asset {
                Some(asset) => cache.forget(asset.as_str())?,
                None => cache.clear()?,
            }
        }
        Ok(())
    }

    /// Writes a line of the audit log, on this thread.
    pub(crate) fn audit_now(&self, by: Actor<'_>, action: &Action, outcome: &str) {
        if let Err(error) = self.audit.write(by, outcome, action) {
            self.metrics.audit_failures.fetch_add(1, Ordering::Relaxed);
            tracing::error!(%error, "a line of the audit log could not be written");
        }
    }

    /// May everybody who reaches the server act as its owner?
    pub(crate) fn is_open(&self) -> bool {
        !self.config.is_exposed() && self.config.oidc.is_none() && self.archive.tokens().list().is_empty()
    }
}

/// What logs people in. Where that cannot work nobody is let in by it, and the log says why.
fn provider(config: &Arc<OidcConfig>) -> Option<Arc<Oidc>> {
    match Oidc::new(Arc::clone(config)) {
        Ok(oidc) => Some(Arc::new(oidc)),
        Err(error) => {
            tracing::error!(%error, key = error.pointer(), "nobody can log in by the provider of `[oidc]`");
            None
        }
    }
}

/// A permit of a bounded number; where none is left the answer is 429.
pub(crate) fn permit(slots: &Arc<Semaphore>, what: &str) -> Reply<OwnedSemaphorePermit> {
    Arc::clone(slots).try_acquire_owned().map_err(|_| {
        Problem::new(ErrorKind::Busy, format!("the server is at its limit of {what}"))
            .mend("ask again in a moment")
    })
}

/// The context of a request: the caller, and its permit among the running requests.
#[derive(Clone)]
pub(crate) struct Ctx {
    pub app: Arc<App>,
    pub caller: Arc<Caller>,
    pub request_id: Arc<str>,
    /// Where the connection comes from; none where the request came over none.
    pub from: Option<IpAddr>,
    /// Held until the work is done, even where the client has gone before.
    pub _permit: Arc<Option<OwnedSemaphorePermit>>,
}

impl Ctx {
    /// Does blocking work on the archive, on a thread for that.
    pub(crate) async fn block<T, F>(&self, work: F) -> Reply<T>
    where
        T: Send + 'static,
        F: FnOnce(&Archive, &Caller) -> Result<T> + Send + 'static,
    {
        let ctx = self.clone();
        let span = tracing::Span::current();
        let done = tokio::task::spawn_blocking(move || {
            let _inside = span.enter();
            // Borrowed, so that the whole context, with its permit, lives until the work is done.
            let ctx = &ctx;
            work(&ctx.app.archive, &ctx.caller)
        });
        match done.await {
            Ok(result) => result.map_err(Problem::from),
            Err(failed) => {
                if failed.is_panic() {
                    self.app.metrics.panics.fetch_add(1, Ordering::Relaxed);
                }
                Err(Problem::new(ErrorKind::Bug, "the work ended early"))
            }
        }
    }

    /// As [`Ctx::block`], with a line in the audit log, whatever the outcome. `say` adds what was shown or touched,
    /// once that is known.
    pub(crate) async fn audited<T, F, S>(&self, action: Action, work: F, say: S) -> Reply<T>
    where
        T: Send + 'static,
        F: FnOnce(&Archive, &Caller) -> Result<T> + Send + 'static,
        S: FnOnce(&T, Action) -> Action,
    {
        let done = self.block(work).await;
        match &done {
            Ok(value) => self.audit(say(value, action), "ok"),
            Err(problem) => self.audit(action, problem.word()),
        }
        done
    }

    /// Writes a line of the audit log, on a thread that may block.
    pub(crate) fn audit(&self, action: Action, outcome: &str) {
        self.audit_as(self.caller.name(), action, outcome);
    }

    /// As [`Ctx::audit`], of somebody who is known by another name than the request's caller: who logs in.
    pub(crate) fn audit_as(&self, caller: &str, action: Action, outcome: &str) {
        let (ctx, caller, outcome) = (self.clone(), caller.to_owned(), outcome.to_owned());
        drop(tokio::task::spawn_blocking(move || {
            let by = Actor { request: &ctx.request_id, caller: &caller, from: ctx.from };
            ctx.app.audit_now(by, &action, &outcome);
        }));
    }

    /// Writes a line of the audit log, on this thread.
    pub(crate) fn audit_now(&self, action: &Action, outcome: &str) {
        let by = Actor { request: &self.request_id, caller: self.caller.name(), from: self.from };
        self.app.audit_now(by, action, outcome);
    }
}

impl<S: Sync> FromRequestParts<S> for Ctx {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let ctx = parts.extensions.get::<Self>().cloned();
        ctx.ok_or_else(|| Problem::new(ErrorKind::Bug, "the request came past admission"))
    }
}
