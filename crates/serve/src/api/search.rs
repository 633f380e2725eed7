//! `/v1/search`, `/v1/plan`, `/v1/suggest`: asking.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use axum::Json as Answer;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use rushes_archive::{
    Archive, Caller, Explained, Offer, OfferGroup, RankingAsk, RankingMode, SearchRequest, SuggestRequest,
};
use rushes_index::EngineRequest;
use rushes_plan::{Cost, Plan, Reading, ResolvedPlan, Warning};
use rushes_query::AppliedProfile;
use rushes_types::limits::QUERY_BYTES_MAX;
use rushes_types::{Error, ErrorKind, Result, check_id};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::{App, Ctx};
use crate::audit::Action;
use crate::body::{Json, Params};
use crate::gone::Waiting;
use crate::limits::{SEED_MAX, SUGGESTIONS_DEFAULT, SUGGESTIONS_MAX};
use crate::problem::{Problem, Reply};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(search)).routes(routes!(plan)).routes(routes!(suggest))
}

/// What to look for: free words, a plan, or words with a plan's scope and options beside them.
#[derive(Debug, ToSchema)]
#[allow(dead_code)] // describes what `request_of` reads
pub(super) struct SearchDocument {
    /// Free words: "Joey in the kitchen". Their clauses are added to the plan's.
    q: Option<String>,
    /// Are the words still being typed? Then the last one may be the beginning of a name, else of a word that is said.
    typing: Option<bool>,
    /// The profile that fills in what the request does not say; null: none. By default the one that was assigned.
    profile: Option<String>,
    /// How moments are ranked.
    ranking: Option<RankingDocument>,
    /// The structured query.
    #[serde(flatten)]
    plan: Plan,
}

/// A resolved plan.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ResolvedDocument {
    /// The plan, with everything filled in: a person can edit it and send it back.
    #[schema(value_type = Plan)]
    plan: ResolvedPlan,
    /// Of a question in words: what each part of it became in the plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    understood: Option<Reading>,
    /// What a profile filled in, where one counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<AppliedProfile>,
    /// What could not be filled in.
    warnings: Vec<Warning>,
    /// Where the index is an outside engine: what it is asked, as far as that is known before it answers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    requests: Vec<RequestDocument>,
    /// What the search would cost, estimated from what the index counts; only for those who may see everything, since it
    /// counts every title.
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<Cost>,
}

/// A request to an outside engine.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RequestDocument {
    /// What it is for: the place of a clause in the plan, or in words.
    what: String,
    /// Where it goes.
    path: String,
    /// What is sent.
    body: Value,
}

impl From<EngineRequest> for RequestDocument {
    fn from(request: EngineRequest) -> Self {
        let body = serde_json::from_str(&request.body).unwrap_or(Value::String(request.body));
        Self { what: request.what, path: request.path, body }
    }
}

/// How moments are ranked.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RankingDocument {
    /// `hand_set`: by scores alone; `learned`: by what was learned, where that is used; `interleaved`: both, drawn by coins,
    /// so that feedback tells which is better. By default as the server is configured.
    mode: Option<RankingModeDocument>,
    /// For which team.
    team: Option<String>,
    /// The seed of the coins; by default another one each time. The answer says it.
    seed: Option<u64>,
    /// Is each moment to say its features? Feedback sends them back.
    #[serde(default)]
    features: bool,
}

/// By what moments are ranked.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum RankingModeDocument {
    /// Scores alone.
    HandSet,
    /// What was learned, too.
    Learned,
    /// Both.
    Interleaved,
}

/// Takes what is said of ranking out of a request.
fn ranking_of(fields: &mut serde_json::Map<String, Value>) -> Result<RankingAsk> {
    let Some(value) = fields.remove("ranking").filter(|value| !value.is_null()) else {
        return Ok(RankingAsk::default());
    };
    let read = |value: Value| {
        let is_object = value.is_object();
        serde_json::from_value::<RankingDocument>(value).ok().filter(|_| is_object)
    };
    let bad = || {
        Error::invalid("`ranking` is not as it should be")
            .mend("its fields are `mode` (hand_set, learned, interleaved), `team`, `seed` and `features`")
            .at("/ranking")
    };
    let asked = read(value).ok_or_else(bad)?;
    if asked.seed.is_some_and(|seed| seed > SEED_MAX) {
        return Err(Error::invalid("the seed is too large")
            .mend(format!("at most {SEED_MAX}"))
            .at("/ranking/seed"));
    }
    if let Some(team) = &asked.team {
        check_id("the team", team).map_err(|e| Error::from(e).at("/ranking/team"))?;
    }
    let mode = match asked.mode {
        None => RankingMode::Default,
        Some(RankingModeDocument::HandSet) => RankingMode::HandSet,
        Some(RankingModeDocument::Learned) => RankingMode::Learned,
        Some(RankingModeDocument::Interleaved) => RankingMode::Interleaved,
    };
    Ok(RankingAsk { mode, team: asked.team, seed: asked.seed, tells_features: asked.features })
}

/// A request with what a profile fills in.
pub(super) fn asked(
    archive: &Archive,
    caller: &Caller,
    mut fields: serde_json::Map<String, Value>,
) -> Result<SearchRequest> {
    let profile = match archive.apply_profile(caller, &mut fields) {
        // What is wrong with the request itself is said first.
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(request_of(fields).err().unwrap_or(error));
        }
        profile => profile?,
    };
    let mut request = request_of(fields)?;
    if let Some(profile) = &profile
        && request.ranking.team.is_none()
    {
        request.ranking.team = Some(profile.team.clone());
    }
    Ok(SearchRequest { profile, ..request })
}

/// Takes the words and the ranking out of a request; the rest is a plan.
fn request_of(mut fields: serde_json::Map<String, Value>) -> Result<SearchRequest> {
    let ranking = ranking_of(&mut fields)?;
    let q = match fields.remove("q") {
        None | Some(Value::Null) => None,
        Some(Value::String(words)) => Some(words),
        Some(_) => return Err(Error::invalid("`q` is no text").mend("write the words in quotes").at("/q")),
    };
    let typing = match fields.remove("typing") {
        None | Some(Value::Null) => false,
        Some(Value::Bool(typing)) => typing,
        Some(_) => {
            return Err(Error::invalid("`typing` is neither true nor false")
                .mend("write true")
                .at("/typing"));
        }
    };
    let plan = Value::Object(fields);
    let plan = if q.is_some() { Plan::read_beside_words(&plan)? } else { Plan::read(&plan)? };
    Ok(SearchRequest { q, plan, typing, ranking, profile: None })
}

/// A suggestion.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SuggestionDocument {
    /// The label, title or word as written.
    text: String,
    /// The annotation type; `TITLE` and `WORD` for those.
    #[serde(rename = "type")]
    kind: String,
    /// `label`, `title` or `word`.
    group: &'static str,
    /// How many current annotations carry it; 0 for titles.
    count: u64,
    /// Where in `q` the part begins that it would replace, in bytes.
    from: usize,
}

/// What could be meant.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SuggestionsDocument {
    /// Best first.
    suggestions: Vec<SuggestionDocument>,
}

/// What was typed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct SuggestParams {
    /// What was typed so far; the last word is a beginning.
    q: String,
    /// Are the ends of it completed as well, such as "gal" of "Mara in the gal"? By default only all of it.
    tails: Option<bool>,
    /// At most this many.
    limit: Option<usize>,
}

/// An answer as it is sent, and what the audit log records about it.
struct AuditedAnswer {
    json: Vec<u8>,
    assets: BTreeSet<String>,
    movies: BTreeSet<String>,
}

/// Finds moments.
///
/// Takes `{"q":"Joey in the kitchen"}` or a plan, or both: what stands in the plan beside `q` counts as set by hand.
#[utoipa::path(
    post, path = "/v1/search", tag = "search", request_body = SearchDocument,
    responses(
        (status = 200, body = rushes_query::Answer),
        (status = 410, body = Problem, content_type = "application/problem+json",
         description = "the cursor's read point is gone"),
        (status = 413, body = Problem, content_type = "application/problem+json",
         description = "the search would cost, or has cost, more than one may; the problem says what to change"),
        (status = 429, body = Problem, content_type = "application/problem+json",
         description = "too many searches of this token run, or of all; `retry-after` says when to ask again"),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn search(ctx: Ctx, Json(fields): Json<serde_json::Map<String, Value>>) -> Reply<Response> {
    let waiting = Waiting::default();
    let gone = waiting.gone();
    let work = move |archive: &Archive, caller: &Caller| {
        find(archive, caller, &asked(archive, caller, fields)?, &gone)
    };
    let say = |found: &AuditedAnswer, action: Action| {
        let action = found.assets.iter().fold(action, |action, asset| action.asset(asset));
        found.movies.iter().fold(action, |action, movie| action.movie(movie))
    };
    let found = ctx.audited(Action::of("search"), work, say).await?;
    let mut response = Response::new(found.json.into());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

fn find(
    archive: &Archive,
    caller: &Caller,
    request: &SearchRequest,
    gone: &Arc<AtomicBool>,
) -> Result<AuditedAnswer> {
    let answer = archive.search_until(caller, request, gone)?;
    let json = serde_json::to_vec(&answer).map_err(|e| Error::bug(e.to_string()))?;
    let assets = answer.moments.iter().map(|m| m.asset_id.clone()).collect();
    let movies = answer.moments.iter().map(|m| m.movie_id.clone()).collect();
    Ok(AuditedAnswer { json, assets, movies })
}

/// What a search would do: the resolved plan, with its warnings, without searching.
#[utoipa::path(
    post, path = "/v1/plan", tag = "search", request_body = SearchDocument,
    responses(
        (status = 200, body = ResolvedDocument),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn plan(
    ctx: Ctx,
    Json(fields): Json<serde_json::Map<String, Value>>,
) -> Reply<Answer<ResolvedDocument>> {
    let waiting = Waiting::default();
    let gone = waiting.gone();
    let work = move |archive: &Archive, caller: &Caller| {
        let request = asked(archive, caller, fields)?;
        Ok((archive.explain_plan_until(caller, &request, &gone)?, request.profile))
    };
    let (explained, profile) = ctx.audited(Action::of("plan"), work, |_, action| action).await?;
    let Explained { resolved, understood, requests, cost } = explained;
    let requests = requests.into_iter().map(RequestDocument::from).collect();
    let (plan, warnings) = (resolved.plan, resolved.warnings);
    Ok(Answer(ResolvedDocument { plan, understood, profile, warnings, requests, cost }))
}

/// Labels, titles and words that begin with what was typed.
#[utoipa::path(
    get, path = "/v1/suggest", tag = "search", params(SuggestParams),
    responses(
        (status = 200, body = SuggestionsDocument),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn suggest(ctx: Ctx, Params(params): Params<SuggestParams>) -> Reply<Answer<SuggestionsDocument>> {
    let limit = match params.limit {
        None => SUGGESTIONS_DEFAULT,
        Some(n) => super::registry::count("limit", n, SUGGESTIONS_MAX)?,
    };
    if params.q.len() > QUERY_BYTES_MAX {
        return Err(Problem::new(ErrorKind::TooLarge, format!("`q` has {} bytes", params.q.len()))
            .mend(format!("at most {QUERY_BYTES_MAX} are accepted"))
            .parameter("q"));
    }
    let request = SuggestRequest { typed: params.q, tails: params.tails.unwrap_or_default(), limit };
    let waiting = Waiting::default();
    let gone = waiting.gone();
    let work = move |archive: &Archive, caller: &Caller| archive.suggest_until(caller, &request, &gone);
    let found = ctx.audited(Action::of("suggest"), work, |_, action| action).await?;
    let document = |offer: Offer| SuggestionDocument {
        text: offer.text,
        kind: offer.kind,
        group: match offer.group {
            OfferGroup::Label => "label",
            OfferGroup::Title => "title",
            OfferGroup::Word => "word",
        },
        count: offer.count,
        from: offer.from,
    };
    Ok(Answer(SuggestionsDocument { suggestions: found.into_iter().map(document).collect() }))
}
