//! `/v1/runs`: one model's pass over one asset.

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::Path;
use rushes_archive::{Archive, Caller};
use rushes_store::RunSpec;
use rushes_types::{
    AssetId, Commit, Error, ErrorKind, ModelRef, Result, RunId, RunMode, TimeRange, Visibility,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::annotations::{answer_ingest, body_of, count};
use super::documents::{AnnotationDocument, CommitDocument, IngestDocument, RunDocument, TimeRangeDocument};
use super::registry::{id, list_limit};
use crate::app::{App, Ctx};
use crate::audit::Action;
use crate::body::{Json, Object, Params, Upload};
use crate::problem::{Problem, Reply};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(open_run, list_runs))
        .routes(routes!(get_run))
        .routes(routes!(append_run))
        .routes(routes!(commit_run))
        .routes(routes!(abort_run))
        .routes(routes!(restore_run))
        .routes(routes!(set_visibility))
}

/// What a run does to earlier annotations of its model.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum RunModeDocument {
    /// Supersedes it, inside the coverage.
    Replace,
    /// Adds to it.
    Append,
}

/// A run to open.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OpenRunDocument {
    /// Its id, where the client names it: opening it again with the same words gives the same run.
    run: Option<String>,
    /// The asset; it must be registered.
    asset_id: String,
    /// The model, `name@version`.
    model: String,
    /// `replace` (the default) or `append`.
    mode: Option<RunModeDocument>,
    /// What it looks at; by default the whole asset.
    #[schema(value_type = Option<TimeRangeDocument>)]
    coverage: Option<Object<TimeRangeDocument>>,
}

/// Whether a run that is not current can still be pinned by a query.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum VisibilityDocument {
    /// It can.
    Kept,
    /// It cannot; it is in the store only, and can be restored.
    Archived,
}

/// How a run is to be seen.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetVisibilityDocument {
    /// `kept` or `archived`.
    visibility: VisibilityDocument,
}

/// A page of runs.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RunsDocument {
    /// The runs, by id.
    runs: Vec<RunDocument>,
    /// Give this as `after` for the next page; `null` at the end.
    next: Option<String>,
}

/// Which runs.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct RunsParams {
    /// Only of this asset.
    asset: Option<String>,
    /// Begin after this id.
    after: Option<String>,
    /// At most this many.
    limit: Option<usize>,
}

/// How annotations are added to a run.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct AppendParams {
    /// All or nothing.
    #[serde(default)]
    strict: bool,
}

/// Whether to wait.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct WaitParams {
    /// Answer when everything can be searched, or a minute is over.
    #[serde(default)]
    wait: bool,
}

/// The id of one run, from the field `run` of a body: not that of all loose lines.
pub(super) fn one_run(text: &str) -> Result<RunId> {
    let run = RunId::new(text).map_err(|e| Error::from(e).at("/run"))?;
    if run.is_loose() {
        return Err(Error::invalid(format!("`{}` names all loose lines, not one run", RunId::LOOSE))
            .mend("name another")
            .at("/run"));
    }
    Ok(run)
}

fn spec_of(document: &OpenRunDocument) -> Result<RunSpec> {
    let at = |pointer: &'static str| move |e: rushes_types::IdError| Error::from(e).at(pointer);
    let coverage = match document.coverage {
        Some(Object(c)) => {
            Some(TimeRange::new(c.start_time_ns, c.end_time_ns).map_err(|e| Error::from(e).at("/coverage"))?)
        }
        None => None,
    };
    Ok(RunSpec {
        id: document.run.as_deref().map(one_run).transpose()?,
        asset: AssetId::new(&document.asset_id).map_err(at("/asset_id"))?,
        model: ModelRef::parse(&document.model).map_err(at("/model"))?,
        mode: match document.mode {
            None | Some(RunModeDocument::Replace) => RunMode::Replace,
            Some(RunModeDocument::Append) => RunMode::Append,
        },
        coverage,
    })
}

/// Opens a run.
#[utoipa::path(
    post, path = "/v1/runs", tag = "runs", request_body = OpenRunDocument,
    responses(
        (status = 200, body = RunDocument),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn open_run(ctx: Ctx, Json(document): Json<OpenRunDocument>) -> Reply<Answer<RunDocument>> {
    let spec = spec_of(&document)?;
    let action = Action::of("open-run").asset(spec.asset.as_str());
    let work = move |a: &Archive, caller: &_| a.open_run(caller, &spec);
    let run = ctx.audited(action, work, |run, action| action.subject(run.id.to_string())).await?;
    Ok(Answer(run.into()))
}

/// The runs that the caller may see, by id.
#[utoipa::path(
    get, path = "/v1/runs", tag = "runs", params(RunsParams),
    responses(
        (status = 200, body = RunsDocument),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn list_runs(ctx: Ctx, Params(params): Params<RunsParams>) -> Reply<Answer<RunsDocument>> {
    let limit = list_limit(params.limit)?;
    let asset = id("asset", params.asset.as_deref().map(AssetId::new).transpose())?;
    let after = id("after", params.after.as_deref().map(RunId::new).transpose())?;
    let mut runs =
        ctx.block(move |a, caller| a.runs(caller, asset.as_ref(), after.as_ref(), limit + 1)).await?;
    let more = runs.len() > limit;
    runs.truncate(limit);
    let next = if more { runs.last().map(|r| r.id.to_string()) } else { None };
    Ok(Answer(RunsDocument { runs: runs.into_iter().map(Into::into).collect(), next }))
}

/// One run.
#[utoipa::path(
    get, path = "/v1/runs/{id}", tag = "runs", params(("id" = String, Path, description = "the run's id")),
    responses(
        (status = 200, body = RunDocument),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn get_run(ctx: Ctx, Path(run): Path<String>) -> Reply<Answer<RunDocument>> {
    let run = id("id", RunId::new(&run))?;
    let found = ctx
        .block(move |a, caller| {
            a.run(caller, &run)?.ok_or_else(|| {
                Error::new(ErrorKind::NotFound, format!("run `{run}` is not there"))
                    .mend("/v1/runs names those that are")
            })
        })
        .await?;
    Ok(Answer(found.into()))
}

/// Adds annotations to an open run.
///
/// They must be of the run's asset and model, and are seen when the run is committed.
#[utoipa::path(
    post, path = "/v1/runs/{id}/annotations", tag = "runs",
    params(("id" = String, Path, description = "the run's id"), AppendParams),
    request_body(content(
        (AnnotationDocument = "application/x-ndjson"),
        (Vec<u8> = "application/vnd.apache.arrow.stream")
    )),
    responses(
        (status = 200, body = IngestDocument),
        (status = 422, body = Problem, content_type = "application/problem+json",
         description = "`strict` and some lines are rejected: nothing is stored"),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn append_run(
    ctx: Ctx,
    Path(run): Path<String>,
    Params(params): Params<AppendParams>,
    upload: Upload,
) -> Reply<Answer<IngestDocument>> {
    let run = id("id", RunId::new(&run))?;
    body_of(&upload)?;
    let bytes = upload.bytes.len();
    let action = Action::of("append-run").subject(run.to_string());
    let work = move |a: &Archive, caller: &_| {
        let body = body_of(&upload).map_err(|p| Error::invalid(p.detail))?;
        a.append_run(caller, &run, body, params.strict)
    };
    let report = ctx.audited(action, work, |_, action| action).await?;
    count(&ctx, &report, bytes);
    answer_ingest(report, params.strict).map(Answer)
}

async fn wait(ctx: &Ctx, params: &WaitParams, commit: Option<Commit>) -> Reply<CommitDocument> {
    let mut document = CommitDocument::from(commit);
    if params.wait {
        document.searchable = Some(super::wait_for(ctx, commit).await?);
    }
    Ok(document)
}

/// Changes a run, writes the audit log, and waits where requested.
async fn change<F>(
    ctx: &Ctx,
    what: &'static str,
    run: &str,
    params: &WaitParams,
    work: F,
) -> Reply<Answer<CommitDocument>>
where
    F: FnOnce(&Archive, &Caller, &RunId) -> Result<Option<Commit>> + Send + 'static,
{
    let run = id("id", RunId::new(run))?;
    let action = Action::of(what).subject(run.to_string());
    let work = move |archive: &Archive, caller: &Caller| work(archive, caller, &run);
    let commit = ctx.audited(action, work, |_, action| action).await?;
    wait(ctx, params, commit).await.map(Answer)
}

/// Makes a run visible, whole.
#[utoipa::path(
    post, path = "/v1/runs/{id}/commit", tag = "runs",
    params(("id" = String, Path, description = "the run's id"), WaitParams),
    responses(
        (status = 200, body = CommitDocument),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn commit_run(
    ctx: Ctx,
    Path(run): Path<String>,
    Params(params): Params<WaitParams>,
) -> Reply<Answer<CommitDocument>> {
    change(&ctx, "commit-run", &run, &params, |archive, caller, run| {
        archive.commit_run(caller, run).map(Some)
    })
    .await
}

/// Gives an open run up.
#[utoipa::path(
    post, path = "/v1/runs/{id}/abort", tag = "runs", params(("id" = String, Path, description = "the run's id")),
    responses(
        (status = 200, body = CommitDocument),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn abort_run(ctx: Ctx, Path(run): Path<String>) -> Reply<Answer<CommitDocument>> {
    let at_once = WaitParams { wait: false };
    change(&ctx, "abort-run", &run, &at_once, |archive, caller, run| {
        archive.abort_run(caller, run).map(|()| None)
    })
    .await
}

/// Makes an earlier committed run current again.
#[utoipa::path(
    post, path = "/v1/runs/{id}/restore", tag = "runs",
    params(("id" = String, Path, description = "the run's id"), WaitParams),
    responses(
        (status = 200, body = CommitDocument),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn restore_run(
    ctx: Ctx,
    Path(run): Path<String>,
    Params(params): Params<WaitParams>,
) -> Reply<Answer<CommitDocument>> {
    change(&ctx, "restore-run", &run, &params, |archive, caller, run| {
        archive.restore_run(caller, run).map(Some)
    })
    .await
}

/// Keeps or archives a committed run.
#[utoipa::path(
    post, path = "/v1/runs/{id}/visibility", tag = "runs", request_body = SetVisibilityDocument,
    params(("id" = String, Path, description = "the run's id"), WaitParams),
    responses(
        (status = 200, body = CommitDocument),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn set_visibility(
    ctx: Ctx,
    Path(run): Path<String>,
    Params(params): Params<WaitParams>,
    Json(document): Json<SetVisibilityDocument>,
) -> Reply<Answer<CommitDocument>> {
    let to = match document.visibility {
        VisibilityDocument::Kept => Visibility::Kept,
        VisibilityDocument::Archived => Visibility::Archived,
    };
    let work = move |archive: &Archive, caller: &Caller, run: &RunId| archive.set_visibility(caller, run, to);
    change(&ctx, "set-visibility", &run, &params, work).await
}
