//! `/v1/events`: dead letters, events that a stage could not handle.

use std::sync::Arc;

use axum::Json as Answer;
use rushes_archive::{Archive, Caller};
use rushes_events::{DeadLetter, Event};
use rushes_types::Error;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::{App, Ctx};
use crate::audit::Action;
use crate::body::Json;
use crate::limits::EVENTS_MAX;
use crate::problem::{Problem, Reply};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(dead_letters)).routes(routes!(replay))
}

/// A dead letter: an event that was set aside.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DeadLetterDocument {
    /// Its topic: `rushes.committed` or `rushes.fused`.
    topic: &'static str,
    /// Its partition of the topic.
    partition: u32,
    /// Where it lay in the partition.
    offset: u64,
    /// The stage that could not handle it: `fuse`, `index`.
    consumer: String,
    /// The asset that it is about; null where it could not even be read.
    asset_id: Option<String>,
    /// The commit that it is about.
    commit: Option<u64>,
    /// What went wrong.
    reason: String,
}

impl From<DeadLetter> for DeadLetterDocument {
    fn from(letter: DeadLetter) -> Self {
        let (asset_id, commit) = match letter.event {
            Some(Event::Asset { asset, commit }) => (Some(asset.to_string()), Some(commit.0)),
            Some(Event::Watermark { upto, .. }) => (None, Some(upto.0)),
            None => (None, None),
        };
        Self {
            topic: letter.topic.as_str(),
            partition: letter.position.partition,
            offset: letter.position.offset,
            consumer: letter.consumer,
            asset_id,
            commit,
            reason: letter.reason,
        }
    }
}

/// Dead letters: events that were set aside.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DeadLettersDocument {
    /// The oldest of them.
    dead_letters: Vec<DeadLetterDocument>,
}

/// How many to replay.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReplayDocument {
    /// The oldest ones; 1,000 at most.
    #[serde(default = "all")]
    limit: usize,
}

const fn all() -> usize {
    EVENTS_MAX
}

/// What was replayed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReplayedDocument {
    /// How many events.
    replayed: usize,
}

/// The events that a stage failed at again and again, with the reasons.
#[utoipa::path(
    get, path = "/v1/events", tag = "operating",
    responses(
        (status = 200, body = DeadLettersDocument),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn dead_letters(ctx: Ctx) -> Reply<Answer<DeadLettersDocument>> {
    let letters = ctx.block(|archive: &Archive, caller| archive.dead_letters(caller, EVENTS_MAX)).await?;
    Ok(Answer(DeadLettersDocument { dead_letters: letters.into_iter().map(Into::into).collect() }))
}

/// Replays dead letters, once the cause of their failure is mended.
#[utoipa::path(
    post, path = "/v1/events/replay", tag = "operating", request_body = ReplayDocument,
    responses(
        (status = 200, body = ReplayedDocument),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn replay(ctx: Ctx, Json(document): Json<ReplayDocument>) -> Reply<Answer<ReplayedDocument>> {
    let limit = document.limit;
    if !(1..=EVENTS_MAX).contains(&limit) {
        let error = Error::invalid(format!("`limit` is {limit}"));
        return Err(error.mend(format!("give a number from 1 to {EVENTS_MAX}")).at("/limit").into());
    }
    let work = move |archive: &Archive, caller: &Caller| archive.replay(caller, limit);
    let replayed = ctx.audited(Action::of("replay-events"), work, |_, action| action).await?;
    Ok(Answer(ReplayedDocument { replayed }))
}
