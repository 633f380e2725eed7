//! `/v1/feedback`: what people did with answers.

use std::sync::Arc;

use axum::Json as Answer;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use rushes_archive::{Archive, Caller, EventProblem, FeedbackFilter};
use rushes_feedback::EVENTS_MAX;
use rushes_types::{AssetId, Error, ErrorKind, check_id};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::annotations::Pieces;
use super::registry::id;
use crate::NDJSON;
use crate::app::{App, Ctx};
use crate::audit::Action;
use crate::body::{Json, Params};
use crate::problem::{Problem, Reply};
use crate::stream::stream;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(put, export)).routes(routes!(erase)).routes(routes!(expire))
}

/// What was done, in one batch.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FeedbackDocument {
    /// The events, at most 1000. Each is an object: `impression` (made up by the client for each answer that somebody
    /// sees), `event` (`shown`, `viewed`, `played`, `kept`, `exported`, `rejected`, `more_like`, `less_like`), `asset_id`,
    /// `start_ns`, `end_ns`, `read_point` (of the answer), `at_ms` (since 1970), and perhaps `team`. With `shown`: `rank` and
    /// `score`, and of the moment's `ranking` in the answer `features`, `propensity`, `by_coin`, `side`. With `played`:
    /// `played_ms`.
    #[schema(value_type = Vec<Object>)]
    events: Vec<Box<RawValue>>,
}

/// An event that was not taken. Sending it again is of no use.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EventProblemDocument {
    /// Its place in `events`.
    event: usize,
    /// The field.
    pointer: String,
    /// Why, and how to mend it.
    detail: String,
}

/// What became of the events. All that are not in `errors` are durable.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FeedbackReportDocument {
    /// Those that are kept now and were not before.
    accepted: usize,
    /// Those that were kept already: sending an event twice does no harm.
    duplicates: usize,
    /// Those that were not taken.
    errors: Vec<EventProblemDocument>,
}

/// Which events; what is left out means all.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct FeedbackParams {
    /// Those on this asset.
    asset: Option<String>,
    /// Those for this team.
    team: Option<String>,
    /// Those that this person sent, where that is kept.
    who: Option<String>,
}

/// Which events are erased: those that fit all that is named.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EraseFeedbackDocument {
    /// Those on this asset.
    asset_id: Option<String>,
    /// Those for this team.
    team: Option<String>,
    /// Those that this person sent, where that is kept.
    who: Option<String>,
}

/// Nothing need be said.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpireFeedbackDocument {}

/// How many events were erased.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ErasedFeedbackDocument {
    /// So many.
    erased: usize,
}

/// Keeps what people did with answers, to rank by it.
///
/// Durable when it is answered. Events are kept to the byte and named by it, so a batch may be sent again.
#[utoipa::path(
    post, path = "/v1/feedback", tag = "feedback", operation_id = "put_feedback", request_body = FeedbackDocument,
    responses(
        (status = 200, body = FeedbackReportDocument),
        (status = 413, body = Problem, content_type = "application/problem+json", description = "too many events"),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn put(ctx: Ctx, Json(document): Json<FeedbackDocument>) -> Reply<Answer<FeedbackReportDocument>> {
    let count = document.events.len();
    if count > EVENTS_MAX {
        return Err(Error::new(ErrorKind::TooLarge, format!("the request has {count} events"))
            .mend(format!("at most {EVENTS_MAX} are taken at once: send the others in further requests"))
            .at("/events")
            .into());
    }
    let work = move |archive: &Archive, caller: &Caller| {
        let events: Vec<&RawValue> = document.events.iter().map(AsRef::as_ref).collect();
        archive.put_feedback(caller, &events)
    };
    let report = ctx.audited(Action::of("feedback"), work, |_, action| action).await?;
    let problem = |EventProblem { event, error }: EventProblem| EventProblemDocument {
        event,
        pointer: error.pointer().unwrap_or_default().to_owned(),
        detail: error.to_string(),
    };
    Ok(Answer(FeedbackReportDocument {
        accepted: report.accepted,
        duplicates: report.duplicates,
        errors: report.problems.into_iter().map(problem).collect(),
    }))
}

/// The events that are kept, one JSON object a line: `received_ms`, `who` where that is kept, and `event` as it was sent.
#[utoipa::path(
    get, path = "/v1/feedback", tag = "feedback", operation_id = "export_feedback", params(FeedbackParams),
    responses(
        (status = 200, body = String, content_type = "application/x-ndjson"),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn export(ctx: Ctx, Params(params): Params<FeedbackParams>) -> Reply<Response> {
    id("asset", params.asset.as_deref().map(AssetId::new).transpose())?;
    let filter = FeedbackFilter { asset: params.asset, team: params.team, who: params.who };
    let allowed = |_: &Archive, caller: &Caller| caller.require_everywhere(rushes_archive::Right::Admin);
    ctx.audited(Action::of("export-feedback"), allowed, |(), action| action).await?;
    let (sender, body) = stream(None, ctx.app.config.limits.stream_pause_max);
    let mut pieces = Pieces::new(sender, tokio::runtime::Handle::current());
    drop(tokio::task::spawn_blocking(move || {
        let line = &mut |kept: &rushes_feedback::KeptEvent| pieces.line(&kept.to_bytes()?);
        let done = ctx.app.archive.each_feedback(&ctx.caller, &filter, line).and_then(|()| pieces.flush());
        match done {
            Ok(()) => pieces.finish(),
            Err(error) => tracing::warn!(kind = ?error.kind(), "an export of feedback was cut short"),
        }
    }));
    let mut response = Response::new(body);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(NDJSON));
    Ok(response)
}

/// Erases feedback by asset, team or person, for good.
#[utoipa::path(
    post, path = "/v1/feedback/erase", tag = "feedback", operation_id = "erase_feedback",
    request_body = EraseFeedbackDocument,
    responses(
        (status = 200, body = ErasedFeedbackDocument),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn erase(ctx: Ctx, Json(wanted): Json<EraseFeedbackDocument>) -> Reply<Answer<ErasedFeedbackDocument>> {
    for (field, value) in [("team", &wanted.team), ("who", &wanted.who)] {
        let check =
            |value: &String| check_id(field, value).map_err(|e| Error::from(e).at(format!("/{field}")));
        value.as_ref().map(check).transpose()?;
    }
    let filter = FeedbackFilter { asset: wanted.asset_id, team: wanted.team, who: wanted.who };
    let work = move |archive: &Archive, caller: &Caller| archive.erase_feedback(caller, &filter);
    let erased = ctx.audited(Action::of("erase-feedback"), work, |_, action| action).await?;
    Ok(Answer(ErasedFeedbackDocument { erased }))
}

/// Erases feedback that is older than it may be. This happens by itself once a day, while feedback comes.
#[utoipa::path(
    post, path = "/v1/feedback/expire", tag = "feedback", operation_id = "expire_feedback",
    request_body = ExpireFeedbackDocument,
    responses(
        (status = 200, body = ErasedFeedbackDocument),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn expire(
    ctx: Ctx,
    Json(ExpireFeedbackDocument {}): Json<ExpireFeedbackDocument>,
) -> Reply<Answer<ErasedFeedbackDocument>> {
    let work = |archive: &Archive, caller: &Caller| archive.expire_feedback(caller);
    let erased = ctx.audited(Action::of("expire-feedback"), work, |_, action| action).await?;
    Ok(Answer(ErasedFeedbackDocument { erased }))
}
