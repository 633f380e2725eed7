//! `/v1/converse`: what becomes of a plan when somebody says something more.

use std::sync::Arc;

use axum::Json as Answer;
use rushes_archive::{Archive, Caller};
use rushes_converse::{Conversation, Operation, OtherWay, SHOWN_MAX, Step, TURNS_MAX, Turn, Turned};
use rushes_plan::{Plan, Reading, Stretch, Warning};
use rushes_types::limits::QUERY_BYTES_MAX;
use rushes_types::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::{App, Ctx};
use crate::audit::Action;
use crate::body::Json;
use crate::gone::Waiting;
use crate::problem::{Problem, Reply};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(converse))
}

/// What is said, and the conversation so far. The server keeps none: whoever leads it sends what it needs, of a long one
/// the last turns.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ConverseDocument {
    /// What is said next.
    say: String,
    /// The turns before it, the oldest first, those that were undone at the end.
    #[serde(default)]
    turns: Vec<TurnDocument>,
    /// How many of the turns count; by default all. What stands behind was undone, and can be taken up again.
    at: Option<usize>,
    /// The moments that were shown for the last turn, best first: "the third" is one of them.
    #[serde(default)]
    #[schema(value_type = Vec<Stretch>)]
    shown: Vec<Value>,
}

/// A turn.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TurnDocument {
    /// What was said.
    #[serde(default)]
    say: String,
    /// The plan after it; none after starting over.
    #[schema(value_type = Option<Plan>)]
    plan: Option<Value>,
    /// The moment that was spoken of, as the answer said it.
    #[schema(value_type = Option<Stretch>)]
    spoken_of: Option<Value>,
}

/// What became of what was said.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TurnedDocument {
    /// What it did. After `stays` the plan is as before, and `warnings` say why.
    step: Step,
    /// Why it was read so.
    why: String,
    /// What changed in the plan before it, as JSON Patch (RFC 6902); before a first plan stands an empty object.
    patch: Vec<Operation>,
    /// The plan that counts now; null where nothing is asked.
    plan: Option<Plan>,
    /// After `back` and `forward`: how many turns count.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<usize>,
    /// The moment that was spoken of: send it with this turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    spoken_of: Option<Stretch>,
    /// What each part of the words became, with pointers into the plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    understood: Option<Reading>,
    /// What was not understood, was corrected, or cannot be.
    warnings: Vec<Warning>,
    /// The other way to read it: as something new where it was read as going on, and the other way round.
    #[serde(skip_serializing_if = "Option::is_none")]
    alternative: Option<OtherWayDocument>,
}

/// The other way to read what was said.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OtherWayDocument {
    /// What it would do.
    step: Step,
    /// What would change in the plan before it.
    patch: Vec<Operation>,
    /// The plan that it would be.
    plan: Plan,
}

impl From<Turned> for TurnedDocument {
    fn from(turned: Turned) -> Self {
        let Turned { step, why, patch, plan, at, spoken_of, understood, warnings, alternative } = turned;
        let other = |other: Box<OtherWay>| {
            let OtherWay { step, patch, plan } = *other;
            OtherWayDocument { step, patch, plan }
        };
        Self {
            step,
            why,
            patch,
            plan,
            at,
            spoken_of,
            understood,
            warnings,
            alternative: alternative.map(other),
        }
    }
}

/// A conversation as it was sent.
struct Sent {
    say: String,
    turns: Vec<Turn>,
    at: usize,
    shown: Vec<Stretch>,
}

/// Reads the plans and moments of a conversation.
fn sent(document: ConverseDocument) -> Result<Sent> {
    let too_many = |what: &str, count: usize, most: usize, mend: &str| {
        let message = format!("the conversation has {count} {what}");
        let error =
            Error::new(ErrorKind::TooLarge, message).mend(format!("at most {most} are accepted; {mend}"));
        if count > most { Err(error.at(format!("/{what}"))) } else { Ok(()) }
    };
    let ConverseDocument { say, turns, at, shown } = document;
    too_many("turns", turns.len(), TURNS_MAX, "send the last ones")?;
    too_many("shown", shown.len(), SHOWN_MAX, "send the first ones")?;
    let at = at.unwrap_or(turns.len());
    if at > turns.len() {
        let message = format!("`at` is {at}, and there are {} turns", turns.len());
        return Err(Error::invalid(message).mend("send as many turns as count").at("/at"));
    }
    let within = |place: String| {
        move |error: Error| {
            let at = format!("{place}{}", error.pointer().unwrap_or_default());
            error.at(at)
        }
    };
    let mut read = Vec::with_capacity(turns.len());
    for (i, turn) in turns.into_iter().enumerate() {
        if turn.say.len() > QUERY_BYTES_MAX {
            let message = format!("what was said has {} bytes", turn.say.len());
            let mend = format!("at most {QUERY_BYTES_MAX} are accepted");
            return Err(Error::new(ErrorKind::TooLarge, message).mend(mend).at(format!("/turns/{i}/say")));
        }
        let plan =
            turn.plan.as_ref().map(Plan::read).transpose().map_err(within(format!("/turns/{i}/plan")))?;
        let moment = turn.spoken_of.as_ref().map(Stretch::read).transpose();
        let spoken_of = moment.map_err(within(format!("/turns/{i}/spoken_of")))?;
        read.push(Turn { say: turn.say, plan, spoken_of });
    }
    let shown = shown.iter().enumerate();
    let shown = shown.map(|(i, moment)| Stretch::read(moment).map_err(within(format!("/shown/{i}"))));
    Ok(Sent { say, turns: read, at, shown: shown.collect::<Result<_>>()? })
}

/// Reads what is said next in a conversation: it changes the last plan, begins anew, or goes back.
///
/// Searches nothing: send the plan to `/v1/search`.
#[utoipa::path(
    post, path = "/v1/converse", tag = "search", request_body = ConverseDocument,
    responses(
        (status = 200, body = TurnedDocument),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn converse(ctx: Ctx, Json(document): Json<ConverseDocument>) -> Reply<Answer<TurnedDocument>> {
    let waiting = Waiting::default();
    let gone = waiting.gone();
    let work = move |archive: &Archive, caller: &Caller| {
        let Sent { say, turns, at, shown } = sent(document)?;
        let talk = Conversation { turns: &turns, at, shown: &shown };
        archive.converse_until(caller, &talk, &say, &gone)
    };
    let turned = ctx.audited(Action::of("converse"), work, |_, action| action).await?;
    Ok(Answer(turned.into()))
}
