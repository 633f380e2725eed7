//! Everything that is not the API proper: the web page, health, metrics, the OpenAPI document.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rushes_archive::{BackupStatus, Searches, Status, VerifyStatus};
use rushes_types::ErrorKind;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::{App, Ctx};
use crate::metrics::{METRICS_TEXT, MetricsPage};
use crate::problem::{Problem, Reply};
use crate::range::is_unchanged;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(start_page))
        .routes(routes!(page_file))
        .routes(routes!(openapi))
        .routes(routes!(metrics))
        .routes(routes!(healthz))
        .routes(routes!(readyz))
}

/// The page: its document.
#[utoipa::path(
    get, path = "/", tag = "pages", security(()),
    responses((status = 200, content_type = "text/html", body = String))
)]
async fn start_page(headers: HeaderMap) -> Response {
    sent(&headers, rushes_page::document(), rushes_page::CACHE_ASK, "text/html; charset=utf-8")
}

/// A file of the page, under the address of its version: it may be kept for ever.
#[utoipa::path(
    get, path = "/page/{version}/{file}", tag = "pages", security(()),
    params(
        ("version" = String, Path, description = "the version that the document at `/` names"),
        ("file" = String, Path, description = "the file's name")
    ),
    responses(
        (status = 200, content((String = "text/javascript"), (String = "text/css"))),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn page_file(Path((version, name)): Path<(String, String)>, headers: HeaderMap) -> Reply<Response> {
    let Some((file, content)) = rushes_page::find(&version, &name) else {
        let detail = "the page has no such file in this version of the server";
        return Err(Problem::new(ErrorKind::NotFound, detail).mend("load `/` again"));
    };
    Ok(sent(&headers, content, rushes_page::CACHE_FOREVER, file.content_type))
}

/// A file of the page, compressed for those who take that, or "not modified".
fn sent(
    asked: &HeaderMap,
    content: &'static rushes_page::Sent,
    cache: &'static str,
    content_type: &'static str,
) -> Response {
    let given = |name: header::HeaderName| asked.get(name).and_then(|v| v.to_str().ok());
    let gzip = given(header::ACCEPT_ENCODING).is_some_and(rushes_page::takes_gzip);
    let etag = content.etag(gzip);
    let is_known = is_unchanged(given(header::IF_NONE_MATCH), etag);
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, content_type)], content.bytes(gzip)).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if gzip && !is_known {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    if let Ok(etag) = HeaderValue::from_str(etag) {
        headers.insert(header::ETAG, etag);
    }
    response
}

/// The OpenAPI document, made from the code of the routes.
#[utoipa::path(
    get, path = "/openapi.json", tag = "pages",
    responses((status = 200, content_type = "application/json", body = Object))
)]
async fn openapi(State(app): State<Arc<App>>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], app.openapi.clone()).into_response()
}

/// Counters and histograms for Prometheus.
///
/// They count over all titles: a token that is for some only is refused.
#[utoipa::path(
    get, path = "/metrics", tag = "pages",
    responses(
        (status = 200, content_type = "text/plain", body = String),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn metrics(ctx: Ctx) -> Reply<Response> {
    ctx.caller.require_unlimited()?;
    let mut page = MetricsPage::default();
    ctx.app.metrics.write(&mut page);
    ctx.app.rates.write(&mut page);
    write_searches(&mut page, &ctx.app.archive.searches());
    // Where the archive cannot report its status, what the server itself counts is still of use.
    let status = ctx.block(|archive, _| archive.status()).await;
    page.single("rushes_up", "gauge", "Does the archive report its status?", i32::from(status.is_ok()));
    if let Ok(status) = status {
        write_status(&mut page, &status);
    }
    Ok(([(header::CONTENT_TYPE, METRICS_TEXT)], page.into_text()).into_response())
}

fn write_searches(page: &mut MetricsPage, searches: &Searches) {
    page.family(
        "rushes_searches",
        "gauge",
        "Searches now; `long` and `waiting` are those that took much CPU time.",
    );
    for (state, count) in [("all", searches.running), ("long", searches.long), ("waiting", searches.waiting)]
    {
        page.sample("rushes_searches", &[("state", state)], count);
    }
    let help = "Memory that searches hold for what they found.";
    page.single("rushes_searches_bytes", "gauge", help, searches.held_bytes);
    let help = "CPU time of all searches and other reads that ended, in seconds.";
    let seconds = Duration::from_micros(searches.cpu_us).as_secs_f64();
    page.single("rushes_searches_cpu_seconds_total", "counter", help, seconds);
    page.family("rushes_searches_ended_total", "counter", "Searches without an answer, by why.");
    for (why, count) in [("refused", searches.refused), ("client_gone", searches.given_up)] {
        page.sample("rushes_searches_ended_total", &[("why", why)], count);
    }
}

fn write_status(page: &mut MetricsPage, status: &Status) {
    page.single("rushes_last_commit", "gauge", "The last durable commit.", status.last_commit);
    page.single(
        "rushes_read_point",
        "gauge",
        "The commit up to which all can be searched.",
        status.read_point,
    );
    page.family("rushes_stage_lag", "gauge", "Events that a stage has not handled yet.");
    for lag in &status.lag {
        page.sample(
            "rushes_stage_lag",
            &[("stage", &lag.consumer), ("topic", lag.topic.as_str())],
            lag.behind,
        );
    }
    page.family("rushes_stage_failing", "gauge", "Is the stage failing?");
    for (stage, health) in &status.workers {
        page.sample("rushes_stage_failing", &[("stage", stage)], i32::from(health.error.is_some()));
    }
    page.family(
        "rushes_stage_items_total",
        "counter",
        "What a stage did in this process: events carried, assets fused, annotations indexed.",
    );
    for (stage, health) in &status.workers {
        page.sample("rushes_stage_items_total", &[("stage", stage)], health.items);
    }
    page.single("rushes_assets", "gauge", "Assets that are registered.", status.store.assets);
    page.single("rushes_annotations", "gauge", "Annotations, superseded ones too.", status.store.annotations);
    page.single("rushes_index_entries", "gauge", "Entries of the index.", status.index.entries);
    page.single("rushes_index_vectors", "gauge", "Vectors of the index.", status.index.vectors);
    page.family("rushes_bytes", "gauge", "Bytes on disk.");
    for (part, bytes) in
        [("store", status.store.bytes), ("fused", status.fused_bytes), ("index", status.index.bytes)]
    {
        page.sample("rushes_bytes", &[("part", part)], bytes);
    }
    if let Some(backups) = &status.backups {
        write_backups(page, backups);
    }
    write_verify(page, &status.verify);
}

fn write_verify(page: &mut MetricsPage, verify: &VerifyStatus) {
    if let (Some(last), Some(age)) = (&verify.last, verify.age) {
        page.single("rushes_verify_age_seconds", "gauge", "How old the last whole check is.", age.as_secs());
        page.single(
            "rushes_verify_problems",
            "gauge",
            "Problems that the last whole check found.",
            last.problem_count,
        );
        page.single("rushes_verify_commit", "gauge", "The last commit when it began.", last.commit);
        page.single("rushes_verify_seconds", "gauge", "How long it took.", last.took_s);
    }
    let running = i32::from(verify.running.is_some());
    page.single("rushes_verify_running", "gauge", "Does a whole check run?", running);
    let failing = i32::from(verify.error.is_some());
    page.single("rushes_verify_failing", "gauge", "Could the last check not be made?", failing);
}

fn write_backups(page: &mut MetricsPage, backups: &BackupStatus) {
    if let (Some(last), Some(age)) = (&backups.last, backups.age) {
        page.single("rushes_backup_age_seconds", "gauge", "How old the newest backup is.", age.as_secs());
        page.single("rushes_backup_commit", "gauge", "The last commit in the newest backup.", last.commit);
        page.single("rushes_backup_bytes", "gauge", "Length of the newest backup's files.", last.bytes);
    }
    let failing = i32::from(backups.error.is_some());
    page.single("rushes_backup_failing", "gauge", "Did the last scheduled backup fail?", failing);
    page.single(
        "rushes_backup_failures_total",
        "counter",
        "Scheduled backups that failed in this process.",
        backups.failures,
    );
}

/// Does the process live? Needs no token.
#[utoipa::path(
    get, path = "/healthz", tag = "pages", security(()),
    responses((status = 200, content_type = "text/plain", body = String))
)]
async fn healthz() -> &'static str {
    "ok\n"
}

/// Should requests be sent here?
///
/// Not while the archive catches up with what was committed before the server started, nor while a stage fails.
#[utoipa::path(
    get, path = "/readyz", tag = "pages",
    responses(
        (status = 200, content_type = "text/plain", body = String),
        (status = 503, body = Problem, content_type = "application/problem+json")
    )
)]
async fn readyz(ctx: Ctx) -> Reply<&'static str> {
    let not_ready = |detail: &str| {
        let mut problem = Problem::http(
            StatusCode::SERVICE_UNAVAILABLE,
            "not-ready",
            "the server is not ready",
            detail,
            "ask again in a moment; `rushes status` says how far it is",
        );
        problem.retry_after = Some(crate::limits::RETRY_AFTER_SECONDS);
        problem
    };
    let status =
        ctx.block(|archive, _| archive.status()).await.map_err(|_| not_ready("the archive fails"))?;
    if ctx.app.stopping.load(Ordering::Relaxed) {
        return Err(not_ready("the server is stopping"));
    }
    // Why is for those who may see the status: this page needs no token.
    if let Some((stage, _)) = status.workers.iter().find(|(_, health)| health.error.is_some()) {
        return Err(not_ready(&format!("the stage `{stage}` is failing")));
    }
    let caught_up = &ctx.app.caught_up;
    // Only those who search see whether something is not searchable yet.
    if !status.catching_up || !ctx.app.config.roles.search {
        caught_up.store(true, Ordering::Relaxed);
    }
    if caught_up.load(Ordering::Relaxed) {
        Ok("ready\n")
    } else {
        Err(not_ready("the archive is catching up"))
    }
}
