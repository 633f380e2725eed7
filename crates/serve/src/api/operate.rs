//! `/v1/status` and the long work: verify, rebuild, purge.

use std::sync::Arc;
use std::time::Duration;

use axum::Json as Answer;
use axum::response::Response;
use rushes_archive::{Archive, PartStatus, Progress, Rebuild, Right, SeenStatus, Status, VerifyReport};
use rushes_types::{Error, Result};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::backups::BackupStatusDocument;
use crate::api::verify_status::VerifyStatusDocument;
use crate::app::{App, Ctx};
use crate::audit::Action;
use crate::body::{Json, Params};
use crate::long_work::{ProgressLine, start};
use crate::problem::{Problem, Reply};

/// How often a rebuild reports progress.
const REBUILD_STEP: Duration = Duration::from_millis(200);

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(status))
        .routes(routes!(verify))
        .routes(routes!(rebuild))
        .routes(routes!(purge))
}

/// How far a consumer of the event log is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LagDocument {
    /// The consumer: `fuse`, `index`.
    consumer: String,
    /// What it reads.
    topic: &'static str,
    /// Events it has not handled yet.
    behind: u64,
}

/// The state of a worker.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WorkerDocument {
    /// Its stage.
    stage: &'static str,
    /// Does it run?
    running: bool,
    /// Why it is failing, while it does.
    error: Option<String>,
    /// Passes that did something.
    passes: u64,
    /// What they did since the process started: events carried, assets fused, annotations indexed.
    items: u64,
}

/// Stage 1.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StoreDocument {
    /// Assets that are registered; for a caller who may see some titles only, the searchable ones of these.
    assets: u64,
    /// Annotations, superseded ones too; for a caller who may see some titles only, the current ones of these.
    annotations: u64,
    /// Commits; null for a caller who may see some titles only.
    commits: Option<u64>,
    /// Bytes on disk; null for a caller who may see some titles only.
    bytes: Option<u64>,
}

/// Stage 3.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct IndexDocument {
    /// Entries, superseded ones too.
    entries: u64,
    /// Vectors.
    vectors: u64,
    /// Segments.
    segments: u64,
    /// Bytes on disk.
    bytes: u64,
}

/// The state of an archive. A caller who may see some titles only is told of these: nothing of stages and sizes.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StatusDocument {
    /// The archive's id.
    archive: String,
    /// The server's version.
    version: &'static str,
    /// The last durable commit.
    last_commit: u64,
    /// The commit up to which everything can be searched.
    read_point: u64,
    /// Is something committed that cannot be searched yet?
    catching_up: bool,
    /// How far each stage is; empty for a caller who may see some titles only.
    lag: Vec<LagDocument>,
    /// Stage 1.
    store: StoreDocument,
    /// Bytes of stage 2 on disk; null for a caller who may see some titles only.
    fused_bytes: Option<u64>,
    /// Stage 3; null for a caller who may see some titles only.
    index: Option<IndexDocument>,
    /// The workers; empty for a caller who may see some titles only.
    workers: Vec<WorkerDocument>,
    /// The backups that are made by themselves; null where none are configured.
    backups: Option<BackupStatusDocument>,
    /// What checks of the archive found; null for a caller who may see some titles only.
    verify: Option<VerifyStatusDocument>,
}

impl StatusDocument {
    /// `all`: may errors of the workers be shown in full? They may name assets.
    fn new(status: Status, all: bool) -> Self {
        let told = |error: String| if all { error } else { "the stage is failing".to_owned() };
        let lag = |l: rushes_events::Lag| LagDocument {
            consumer: l.consumer,
            topic: l.topic.as_str(),
            behind: l.behind,
        };
        let worker = |(stage, health): (&'static str, rushes_archive::Health)| WorkerDocument {
            stage,
            running: health.running,
            error: health.error.map(told),
            passes: health.passes,
            items: health.items,
        };
        Self {
            archive: status.archive,
            version: env!("CARGO_PKG_VERSION"),
            last_commit: status.last_commit.0,
            read_point: status.read_point.0,
            catching_up: status.catching_up,
            lag: status.lag.into_iter().map(lag).collect(),
            store: StoreDocument {
                assets: status.store.assets,
                annotations: status.store.annotations,
                commits: Some(status.store.commits),
                bytes: Some(status.store.bytes),
            },
            fused_bytes: Some(status.fused_bytes),
            index: Some(IndexDocument {
                entries: status.index.entries,
                vectors: status.index.vectors,
                segments: status.index.segments,
                bytes: status.index.bytes,
            }),
            workers: status.workers.into_iter().map(worker).collect(),
            backups: status.backups.map(|backups| BackupStatusDocument::new(backups, all)),
            verify: Some(VerifyStatusDocument::new(status.verify, all)),
        }
    }

    fn of_part(status: PartStatus) -> Self {
        Self {
            archive: status.archive,
            version: env!("CARGO_PKG_VERSION"),
            last_commit: status.last_commit.0,
            read_point: status.read_point.0,
            catching_up: status.catching_up,
            lag: Vec::new(),
            store: StoreDocument {
                assets: status.assets,
                annotations: status.annotations,
                commits: None,
                bytes: None,
            },
            fused_bytes: None,
            index: None,
            workers: Vec::new(),
            backups: None,
            verify: None,
        }
    }
}

/// What `verify` found.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct VerifyDocument {
    /// Assets looked at.
    assets: u64,
    /// Annotations compared.
    annotations: u64,
    /// How many problems there are; 0 when all is well.
    problem_count: u64,
    /// The first problems.
    problems: Vec<String>,
    /// Was something left out because it is not fused and indexed yet?
    catching_up: bool,
    /// For how many seconds bytes of what was erased may have been on disk; null where there are none. They are
    /// rewritten away by themselves; longer than a day is a problem.
    unpurged_for_s: Option<u64>,
}

impl From<VerifyReport> for VerifyDocument {
    fn from(report: VerifyReport) -> Self {
        Self {
            assets: report.assets,
            annotations: report.annotations,
            problem_count: report.problem_count,
            problems: report.problems,
            catching_up: report.catching_up,
            unpurged_for_s: report.unpurged_for_s,
        }
    }
}

/// What to verify.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct VerifyParams {
    /// Only what can be told in seconds?
    quick: Option<bool>,
}

/// What to rebuild.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum RebuildWhat {
    /// Fused annotations, buckets and the index.
    All,
    /// The index only.
    Index,
}

/// A rebuild.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RebuildDocument {
    /// `all` or `index`.
    what: RebuildWhat,
    /// Is the index to stay searchable during the rebuild? It is then copied, in the shape that is configured now, and
    /// nothing is thrown away before the copy is whole. For `index` on Elasticsearch.
    #[serde(default)]
    online: bool,
}

/// A rebuild that is done.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RebuiltDocument {
    /// The commit up to which everything can be searched.
    read_point: u64,
    /// How many documents of the index were copied; null where it was not rebuilt online.
    copied: Option<u64>,
}

/// Nothing more to say.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DoneDocument {}

/// The state of the archive: commits, lag of each stage, read point, counts, bytes.
#[utoipa::path(
    get, path = "/v1/status", tag = "operating",
    responses(
        (status = 200, body = StatusDocument),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn status(ctx: Ctx) -> Reply<Answer<StatusDocument>> {
    Ok(Answer(match ctx.block(|archive, caller| archive.seen_status(caller)).await? {
        SeenStatus::Whole(status) => StatusDocument::new(*status, ctx.caller.may_everywhere(Right::Admin)),
        SeenStatus::Part(status) => StatusDocument::of_part(status),
    }))
}

/// Compares all stages with each other and with what was committed; or, `quick`, in seconds whatever the size, only what the
/// engines say of themselves and the commits that the stages hold. `/v1/status` shows what the last whole one found.
///
/// Answers JSON lines: `{"progress":…}` again and again, last `{"result":…}` or `{"problem":…}`.
#[utoipa::path(
    post, path = "/v1/verify", tag = "operating", params(VerifyParams),
    responses(
        (status = 200, content_type = "application/x-ndjson", body = ProgressLine<VerifyDocument>),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn verify(ctx: Ctx, Params(params): Params<VerifyParams>) -> Reply<Response> {
    start(ctx, Action::of("verify"), move |archive, caller, progress| {
        let report = match params.quick {
            Some(true) => archive.verify_quickly(caller),
            _ => archive.verify(caller, progress),
        };
        report.map(VerifyDocument::from)
    })
}

/// Throws derived state away and rebuilds it from what was committed; or, `online`, copies the index while it is
/// searched.
///
/// Answers JSON lines: `{"progress":…}` again and again, last `{"result":…}` or `{"problem":…}`. A client that goes
/// away does not stop a rebuild that has begun; an online one it stops, and the index is then as it was.
#[utoipa::path(
    post, path = "/v1/rebuild", tag = "operating", request_body = RebuildDocument,
    responses(
        (status = 200, content_type = "application/x-ndjson", body = ProgressLine<RebuiltDocument>),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn rebuild(ctx: Ctx, Json(document): Json<RebuildDocument>) -> Reply<Response> {
    if document.online {
        return reindex(ctx, document.what);
    }
    let what = match document.what {
        RebuildWhat::All => Rebuild::All,
        RebuildWhat::Index => Rebuild::Index,
    };
    start(ctx, Action::of("rebuild"), move |archive, caller, progress| {
        archive.rebuild(caller, what, progress)?;
        watch_rebuild(archive, progress)
    })
}

fn reindex(ctx: Ctx, what: RebuildWhat) -> Reply<Response> {
    if matches!(what, RebuildWhat::All) {
        let error = Error::invalid("only the index can be rebuilt online")
            .mend("say `index`, or leave `online` away");
        return Err(error.at("/online").into());
    }
    start(ctx, Action::of("reindex"), |archive, caller, progress| {
        let copied = archive.reindex(caller, progress)?;
        Ok(RebuiltDocument { read_point: archive.status()?.read_point.0, copied: Some(copied) })
    })
}

/// Follows the workers until they have rebuilt everything.
fn watch_rebuild(archive: &Archive, progress: &dyn Progress) -> Result<RebuiltDocument> {
    let upto = archive.status()?.last_commit;
    loop {
        let done = archive.wait_caught_up(upto, REBUILD_STEP)?;
        let status = archive.status()?;
        progress.set("commits searchable", status.read_point.0.min(upto.0), Some(upto.0));
        if done {
            return Ok(RebuiltDocument { read_point: status.read_point.0, copied: None });
        }
        if progress.cancelled() {
            return Err(Error::new(
                rushes_types::ErrorKind::Cancelled,
                "the rebuild goes on without a watcher",
            )
            .mend("`rushes status` says how far it is"));
        }
    }
}

/// Rewrites files until the bytes of all that was erased are gone.
///
/// Answers JSON lines: `{"progress":…}` again and again, last `{"result":…}` or `{"problem":…}`.
#[utoipa::path(
    post, path = "/v1/purge", tag = "operating",
    responses(
        (status = 200, content_type = "application/x-ndjson", body = ProgressLine<DoneDocument>),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn purge(ctx: Ctx) -> Reply<Response> {
    start(ctx, Action::of("purge"), |archive, caller, progress| {
        archive.purge(caller, progress).map(|()| DoneDocument {})
    })
}
