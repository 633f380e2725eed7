//! `/v1/annotations`: taking annotations in, and giving them back as they were sent.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Json as Answer;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use rushes_archive::{Archive, Body, Caller, IngestMode, IngestOptions, IngestReport};
use rushes_types::{Asset, AssetId, Error, ErrorKind, MovieId, Result};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::documents::{AnnotationDocument, IngestDocument, LineProblemDocument};
use super::registry::id;
use crate::app::{App, Ctx};
use crate::audit::Action;
use crate::body::{Params, Upload};
use crate::limits::LIST_MAX;
use crate::problem::{Problem, Reply};
use crate::stream::{Sender, stream};
use crate::{ARROW_STREAM, NDJSON};

/// Lines are sent in pieces of about this many bytes.
const PIECE_BYTES: usize = 64 << 10;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(ingest, export))
}

/// What becomes of earlier annotations of the models.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum IngestModeParam {
    /// It stays; lines that are there already are skipped.
    #[default]
    Loose,
    /// For each asset and model of the request, the lines replace all of it.
    Replace,
}

/// How annotations are ingested.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct IngestParams {
    /// `loose` (the default) adds, `replace` supersedes earlier annotations of the same model on the same asset.
    #[serde(default)]
    #[param(inline)]
    mode: IngestModeParam,
    /// All or nothing: 422 where a line is rejected, and nothing is stored.
    #[serde(default)]
    strict: bool,
    /// Check only; store nothing.
    #[serde(default)]
    dry_run: bool,
    /// Answer when everything can be searched, or a minute is over.
    #[serde(default)]
    wait: bool,
}

/// What to export.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ExportParams {
    /// Only this asset.
    asset: Option<String>,
    /// Only assets of this movie.
    movie: Option<String>,
}

/// The body of an upload of annotations, by its media type.
pub(super) fn body_of(upload: &Upload) -> Reply<Body<'_>> {
    match upload.media_type.as_str() {
        NDJSON => Ok(Body::Lines(&upload.bytes)),
        ARROW_STREAM => Ok(Body::Arrow(&upload.bytes)),
        other => Err(Problem::media_type(Some(other), &format!("{NDJSON}` or `{ARROW_STREAM}"))),
    }
}

/// Counts what was ingested.
pub(super) fn count(ctx: &Ctx, report: &IngestReport, bytes: usize) {
    let metrics = &ctx.app.metrics;
    metrics.accepted.fetch_add(report.accepted, Ordering::Relaxed);
    metrics.duplicates.fetch_add(report.duplicates, Ordering::Relaxed);
    metrics.rejected.fetch_add(report.rejected, Ordering::Relaxed);
    metrics.ingest_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
}

/// The answer to an ingest: with `strict`, rejected lines make it a problem.
pub(super) fn answer_ingest(report: IngestReport, strict: bool) -> Reply<IngestDocument> {
    if !strict || report.rejected == 0 {
        return Ok(report.into());
    }
    let mut problem = Problem::http(
        StatusCode::UNPROCESSABLE_ENTITY,
        "lines-refused",
        "some lines are rejected, and the request was all or nothing",
        format!("{} lines are rejected; nothing was stored", report.rejected),
        "mend the lines in `errors`, or send the request without `strict`",
    );
    let documents = report.errors.into_iter().map(LineProblemDocument::from);
    problem.errors = documents.filter_map(|d| serde_json::to_value(d).ok()).collect();
    Err(problem)
}

/// Takes annotations in.
///
/// One JSON object a line, or an Arrow IPC stream. Rejected lines are listed in `errors` with their field; the others
/// are stored. The first line that names an asset or a model registers it. What is acknowledged is durable; it is
/// searched a moment later, or at once with `wait`.
#[utoipa::path(
    post, path = "/v1/annotations", tag = "annotations", params(IngestParams),
    request_body(content(
        (AnnotationDocument = "application/x-ndjson"),
        (Vec<u8> = "application/vnd.apache.arrow.stream")
    )),
    responses(
        (status = 200, body = IngestDocument),
        (status = 422, body = Problem, content_type = "application/problem+json",
         description = "`strict` and some lines are rejected: nothing is stored"),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = 507, body = Problem, content_type = "application/problem+json")
    )
)]
async fn ingest(
    ctx: Ctx,
    Params(params): Params<IngestParams>,
    upload: Upload,
) -> Reply<Answer<IngestDocument>> {
    body_of(&upload)?;
    let mode = match params.mode {
        IngestModeParam::Loose => IngestMode::Loose,
        IngestModeParam::Replace => IngestMode::Replace,
    };
    let options = IngestOptions { mode, strict: params.strict, dry_run: params.dry_run };
    let bytes = upload.bytes.len();
    let work = move |a: &Archive, caller: &Caller| {
        let body = body_of(&upload).map_err(|p| Error::invalid(p.detail))?;
        a.ingest(caller, body, &options)
    };
    let say = |report: &IngestReport, action: Action| {
        report.registered_assets.iter().fold(action, |action, asset| action.asset(asset.as_str()))
    };
    let report = ctx.audited(Action::of("ingest"), work, say).await?;
    if !params.dry_run {
        count(&ctx, &report, bytes);
    }
    let commit = report.commit;
    let mut document = answer_ingest(report, params.strict)?;
    if params.wait && !params.dry_run {
        document.searchable = Some(super::wait_for(&ctx, commit).await?);
    }
    Ok(Answer(document))
}

/// Gives the stored lines back, byte for byte.
///
/// JSON lines in the order they were committed, superseded ones too; of one asset, one movie, or all that the caller
/// may see. An answer that cannot be finished is cut, so that a part is never mistaken for the whole.
#[utoipa::path(
    get, path = "/v1/annotations", tag = "annotations", operation_id = "export_annotations", params(ExportParams),
    responses(
        (status = 200, content_type = "application/x-ndjson", body = AnnotationDocument),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn export(ctx: Ctx, Params(params): Params<ExportParams>) -> Reply<Response> {
    let movie = id("movie", params.movie.as_deref().map(MovieId::new).transpose())?;
    let one = match id("asset", params.asset.as_deref().map(AssetId::new).transpose())? {
        Some(asset) => Some(ctx.block(move |a, caller| super::find_asset(a, caller, &asset)).await?),
        None => None,
    };
    if !ctx.caller.has(rushes_archive::Right::Read) {
        return Err(Problem::forbidden("the token has no read right"));
    }
    let permit = crate::app::permit(&ctx.app.media, "long answers at a time")?;
    let (sender, body) = stream(None, ctx.app.config.limits.stream_pause_max);
    let runtime = tokio::runtime::Handle::current();
    drop(tokio::task::spawn_blocking(move || {
        let _permit = permit;
        let mut pieces = Pieces::new(sender, runtime);
        let mut said = Action::of("export");
        let done = match one {
            Some(asset) => export_assets(&ctx, &[asset], movie.as_ref(), &mut pieces, &mut said),
            None => export_all(&ctx, movie.as_ref(), &mut pieces, &mut said),
        };
        let done = done.and_then(|()| pieces.flush());
        ctx.audit_now(&said, if done.is_ok() { "ok" } else { "cut" });
        match done {
            Ok(()) => pieces.finish(),
            Err(error) => tracing::warn!(kind = ?error.kind(), "an export was cut short"),
        }
    }));
    let mut response = Response::new(body);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(NDJSON));
    Ok(response)
}

/// Gathers lines into pieces.
pub(super) struct Pieces {
    sender: Sender,
    runtime: tokio::runtime::Handle,
    piece: Vec<u8>,
}

impl Pieces {
    pub fn new(sender: Sender, runtime: tokio::runtime::Handle) -> Self {
        Self { sender, runtime, piece: Vec::with_capacity(PIECE_BYTES * 2) }
    }

    /// The answer is whole.
    pub fn finish(self) {
        self.sender.finish();
    }

    pub fn line(&mut self, line: &[u8]) -> Result<()> {
        self.piece.extend_from_slice(line);
        if !line.ends_with(b"\n") {
            self.piece.push(b'\n');
        }
        if self.piece.len() >= PIECE_BYTES { self.flush() } else { Ok(()) }
    }

    pub fn flush(&mut self) -> Result<()> {
        if self.piece.is_empty() {
            return Ok(());
        }
        self.sender.send_blocking(&self.runtime, std::mem::take(&mut self.piece))
    }
}

fn export_all(ctx: &Ctx, movie: Option<&MovieId>, pieces: &mut Pieces, said: &mut Action) -> Result<()> {
    let mut after: Option<AssetId> = None;
    loop {
        let page = ctx.app.archive.assets(&ctx.caller, after.as_ref(), LIST_MAX)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.id.clone());
        export_assets(ctx, &page, movie, pieces, said)?;
    }
}

fn export_assets(
    ctx: &Ctx,
    assets: &[Asset],
    movie: Option<&MovieId>,
    pieces: &mut Pieces,
    said: &mut Action,
) -> Result<()> {
    for asset in assets.iter().filter(|a| movie.is_none_or(|m| *m == a.movie)) {
        *said = std::mem::take(said).asset(asset.id.as_str()).movie(asset.movie.as_str());
        match ctx.app.archive.export(&ctx.caller, &asset.id, &mut |line| pieces.line(line)) {
            // Erased since it was listed.
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            Err(e) => return Err(e),
            Ok(_) => {}
        }
    }
    Ok(())
}
