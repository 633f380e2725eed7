//! `/v1/ranking`: what was learned of feedback.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json as Answer;
use rushes_archive::{Archive, Caller, RankingVersion, TeamReport};
use rushes_learn::RankingModel;
use rushes_types::Result;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::{App, Ctx};
use crate::audit::Action;
use crate::body::Json;
use crate::problem::{Problem, Reply};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(show))
        .routes(routes!(fit))
        .routes(routes!(choose))
        .routes(routes!(report))
}

/// What was learned of one team, or of all.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RankingModelDocument {
    /// Is it used? Only where it ordered choices that it was not fitted to better than the hand-set order does.
    used: bool,
    /// The coefficients by feature, their deviations, the curve of places, the trial, and what it was fitted to.
    #[schema(value_type = Object)]
    model: RankingModel,
}

/// A version of what was learned.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RankingVersionDocument {
    /// Its number.
    version: u64,
    /// When it was fitted, in milliseconds since 1970.
    made_ms: u64,
    /// How many events it saw.
    events: usize,
    /// A digest of their names.
    events_digest: String,
    /// What all teams together have shown.
    pooled: RankingModelDocument,
    /// What each team has shown.
    teams: BTreeMap<String, RankingModelDocument>,
}

/// The versions.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RankingsDocument {
    /// The one in use; null where moments are ranked by hand-set scores.
    in_use: Option<u64>,
    /// All of them, the oldest first.
    versions: Vec<RankingVersionDocument>,
}

/// Nothing need be said.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FitDocument {}

/// Which version is to be used.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UseRankingDocument {
    /// Its number; 0: rank by hand-set scores until a new version is fitted.
    version: u64,
}

/// How interleaved answers went, by team.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RankingReportDocument {
    /// For each team: `impressions`, `preference` (`wins` of the learned order, `losses`, `ties`, `share` of wins with its
    /// 95 % interval), `estimate` (gain per impression as shown, of the learned order, and the difference, estimated by clipped
    /// inverse propensities), `is_used`.
    #[schema(value_type = BTreeMap<String, Object>)]
    teams: BTreeMap<String, Value>,
}

fn model(model: RankingModel) -> RankingModelDocument {
    RankingModelDocument { used: model.is_used(), model }
}

fn document(version: RankingVersion) -> RankingVersionDocument {
    let RankingVersion { version, made_ms, events, events_digest, pooled, teams } = version;
    let teams = teams.into_iter().map(|(team, of)| (team, model(of))).collect();
    RankingVersionDocument { version, made_ms, events, events_digest, pooled: model(pooled), teams }
}

fn shown(archive: &Archive, caller: &Caller) -> Result<RankingsDocument> {
    let versions = archive.rankings(caller)?.into_iter().map(document).collect();
    Ok(RankingsDocument { in_use: archive.ranking_in_use(caller)?, versions })
}

/// The versions of what was learned, and the one in use.
#[utoipa::path(
    get, path = "/v1/ranking", tag = "feedback", operation_id = "rankings",
    responses(
        (status = 200, body = RankingsDocument),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn show(ctx: Ctx) -> Reply<Answer<RankingsDocument>> {
    Ok(Answer(ctx.block(shown).await?))
}

/// Learns from all feedback there is: a new version, which is used from then on.
#[utoipa::path(
    post, path = "/v1/ranking/fit", tag = "feedback", operation_id = "fit_ranking", request_body = FitDocument,
    responses(
        (status = 200, body = RankingVersionDocument),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn fit(ctx: Ctx, Json(FitDocument {}): Json<FitDocument>) -> Reply<Answer<RankingVersionDocument>> {
    let work = |archive: &Archive, caller: &Caller| archive.fit_ranking(caller);
    let made = ctx.audited(Action::of("fit-ranking"), work, |_, action| action).await?;
    Ok(Answer(document(made)))
}

/// Puts another version to use, or none.
#[utoipa::path(
    post, path = "/v1/ranking/use", tag = "feedback", operation_id = "use_ranking", request_body = UseRankingDocument,
    responses(
        (status = 200, body = RankingsDocument),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn choose(ctx: Ctx, Json(wanted): Json<UseRankingDocument>) -> Reply<Answer<RankingsDocument>> {
    let work = move |archive: &Archive, caller: &Caller| {
        archive.use_ranking(caller, wanted.version)?;
        shown(archive, caller)
    };
    Ok(Answer(ctx.audited(Action::of("use-ranking"), work, |_, action| action).await?))
}

/// Which order people preferred, and what the learned one would have brought.
#[utoipa::path(
    get, path = "/v1/ranking/report", tag = "feedback", operation_id = "ranking_report",
    responses(
        (status = 200, body = RankingReportDocument),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn report(ctx: Ctx) -> Reply<Answer<RankingReportDocument>> {
    let found = ctx.block(|archive: &Archive, caller: &Caller| archive.ranking_report(caller)).await?;
    let value =
        |(team, report): (String, TeamReport)| (team, serde_json::to_value(report).unwrap_or_default());
    Ok(Answer(RankingReportDocument { teams: found.into_iter().map(value).collect() }))
}
