//! `/v1/profiles`: how teams ask.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use axum::Json as Answer;
use axum::extract::Path;
use rushes_archive::{Archive, AssignedProfiles, Caller, ProfileVersion};
use rushes_profile::Profile;
use rushes_types::{Error, Result, check_id};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::registry::id;
use super::search::asked;
use crate::app::{App, Ctx};
use crate::audit::Action;
use crate::body::Json;
use crate::gone::Waiting;
use crate::limits::PROFILES_COMPARED_MAX;
use crate::problem::{Problem, Reply};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list, put))
        .routes(routes!(assigned, assign))
        .routes(routes!(preview))
        .routes(routes!(versions, remove))
}

/// A profile: how a team asks, where a request does not say.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ProfileDocument {
    /// Its number, from 1; 0 for one that is built in.
    version: u64,
    /// When it was written, in milliseconds since 1970.
    made_ms: u64,
    /// Who wrote it.
    by: String,
    /// `name`, `inherits`, `says`, `team`, `exact`, and `plan` with fields of a plan; null where it was removed.
    #[schema(value_type = Option<Object>)]
    profile: Option<Value>,
}

/// A profile as it is written.
#[derive(Debug, ToSchema)]
#[allow(dead_code)] // describes what `Profile::read` reads
pub(super) struct ProfileRequest {
    /// Its name.
    name: String,
    /// The profile that it begins with.
    inherits: Option<String>,
    /// For whom it is.
    says: Option<String>,
    /// The team whose ranking model counts; by default its own name.
    team: Option<String>,
    /// Are vectors searched exactly, where a clause does not say?
    exact: Option<bool>,
    /// The part of a plan.
    #[schema(value_type = Option<Object>)]
    plan: Option<Value>,
}

/// Profiles, or the versions of one.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ProfilesDocument {
    /// In the order of their names, or the oldest first.
    profiles: Vec<ProfileDocument>,
}

/// Which profiles count where a request names none.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AssignedProfilesDocument {
    /// For everybody else.
    #[serde(default)]
    default: Option<String>,
    /// By the names of tokens.
    #[serde(default)]
    tokens: BTreeMap<String, String>,
}

/// A version that was written.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WrittenProfileDocument {
    /// Its number.
    version: u64,
}

/// One request as several teams would see it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PreviewDocument {
    /// What `/v1/search` takes.
    #[schema(value_type = Object)]
    request: Map<String, Value>,
    /// The profiles; null: none.
    profiles: Vec<Option<String>>,
}

/// The answer of one team.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PreviewColumnDocument {
    /// The profile.
    profile: Option<String>,
    /// The answer.
    answer: rushes_query::Answer,
}

/// Where a moment stands in each column.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MovedDocument {
    /// The asset.
    asset_id: String,
    /// First instant, in nanoseconds.
    start_ns: i64,
    /// End, exclusive, in nanoseconds.
    end_ns: i64,
    /// Its rank in each column, from 1; null where it is not on the page.
    ranks: Vec<Option<usize>>,
}

/// Answers side by side.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PreviewedDocument {
    /// One for each profile. What a profile filled in stands in its answer.
    columns: Vec<PreviewColumnDocument>,
    /// The moments that do not stand at the same place everywhere.
    moved: Vec<MovedDocument>,
}

fn document(version: ProfileVersion) -> ProfileDocument {
    let ProfileVersion { version, made_ms, by, profile } = version;
    ProfileDocument { version, made_ms, by, profile: profile.map(|profile| profile.to_json()) }
}

/// The profiles that are there.
#[utoipa::path(
    get, path = "/v1/profiles", tag = "profiles", operation_id = "profiles",
    responses(
        (status = 200, body = ProfilesDocument),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn list(ctx: Ctx) -> Reply<Answer<ProfilesDocument>> {
    let found = ctx.block(|archive: &Archive, _: &Caller| archive.profiles()).await?;
    Ok(Answer(ProfilesDocument { profiles: found.into_iter().map(document).collect() }))
}

/// Writes a new version of a profile.
#[utoipa::path(
    post, path = "/v1/profiles", tag = "profiles", operation_id = "put_profile", request_body = ProfileRequest,
    responses(
        (status = 200, body = WrittenProfileDocument),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn put(ctx: Ctx, Json(fields): Json<Map<String, Value>>) -> Reply<Answer<WrittenProfileDocument>> {
    let work = move |archive: &Archive, caller: &Caller| {
        archive.put_profile(caller, &Profile::read(&Value::Object(fields))?)
    };
    let version = ctx.audited(Action::of("put-profile"), work, |_, action| action).await?;
    Ok(Answer(WrittenProfileDocument { version }))
}

/// All versions of a profile.
#[utoipa::path(
    get, path = "/v1/profiles/{name}", tag = "profiles", operation_id = "profile_versions",
    params(("name" = String, Path, description = "the profile")),
    responses(
        (status = 200, body = ProfilesDocument),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn versions(ctx: Ctx, Path(name): Path<String>) -> Reply<Answer<ProfilesDocument>> {
    id("name", check_id("the name", &name))?;
    let found = ctx.block(move |archive: &Archive, _: &Caller| archive.profile_versions(&name)).await?;
    Ok(Answer(ProfilesDocument { profiles: found.into_iter().map(document).collect() }))
}

/// Removes a profile; one that is built in is there again.
#[utoipa::path(
    delete, path = "/v1/profiles/{name}", tag = "profiles", operation_id = "remove_profile",
    params(("name" = String, Path, description = "the profile")),
    responses(
        (status = 200, body = ProfilesDocument),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn remove(ctx: Ctx, Path(name): Path<String>) -> Reply<Answer<ProfilesDocument>> {
    id("name", check_id("the name", &name))?;
    let work = move |archive: &Archive, caller: &Caller| {
        archive.remove_profile(caller, &name)?;
        archive.profile_versions(&name)
    };
    let found = ctx.audited(Action::of("remove-profile"), work, |_, action| action).await?;
    Ok(Answer(ProfilesDocument { profiles: found.into_iter().map(document).collect() }))
}

/// Which profiles count where a request names none.
#[utoipa::path(
    get, path = "/v1/profile-assignments", tag = "profiles", operation_id = "assigned_profiles",
    responses(
        (status = 200, body = AssignedProfilesDocument),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn assigned(ctx: Ctx) -> Reply<Answer<AssignedProfilesDocument>> {
    let AssignedProfiles { default, tokens } =
        ctx.block(|archive: &Archive, caller: &Caller| archive.assigned_profiles(caller)).await?;
    Ok(Answer(AssignedProfilesDocument { default, tokens }))
}

/// Says which profiles count where a request names none.
#[utoipa::path(
    post, path = "/v1/profile-assignments", tag = "profiles", operation_id = "assign_profiles",
    request_body = AssignedProfilesDocument,
    responses(
        (status = 200, body = AssignedProfilesDocument),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn assign(
    ctx: Ctx,
    Json(wanted): Json<AssignedProfilesDocument>,
) -> Reply<Answer<AssignedProfilesDocument>> {
    let assigned = AssignedProfiles { default: wanted.default, tokens: wanted.tokens };
    let work = move |archive: &Archive, caller: &Caller| {
        archive.assign_profiles(caller, &assigned)?;
        Ok(assigned)
    };
    let AssignedProfiles { default, tokens } =
        ctx.audited(Action::of("assign-profiles"), work, |_, action| action).await?;
    Ok(Answer(AssignedProfilesDocument { default, tokens }))
}

/// One request as several teams would see it, and what stands elsewhere.
#[utoipa::path(
    post, path = "/v1/profiles/preview", tag = "profiles", operation_id = "preview_profiles",
    request_body = PreviewDocument,
    responses(
        (status = 200, body = PreviewedDocument),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn preview(ctx: Ctx, Json(wanted): Json<PreviewDocument>) -> Reply<Answer<PreviewedDocument>> {
    let count = wanted.profiles.len();
    if !(1..=PROFILES_COMPARED_MAX).contains(&count) {
        return Err(Error::invalid(format!("{count} profiles cannot be compared"))
            .mend(format!("name 1 to {PROFILES_COMPARED_MAX}"))
            .at("/profiles")
            .into());
    }
    let waiting = Waiting::default();
    let gone = waiting.gone();
    let work = move |archive: &Archive, caller: &Caller| previewed(archive, caller, &wanted, &gone);
    let say = |found: &PreviewedDocument, action: Action| {
        let moments = found.columns.iter().flat_map(|column| &column.answer.moments);
        moments.fold(action, |action, moment| action.asset(&moment.asset_id).movie(&moment.movie_id))
    };
    Ok(Answer(ctx.audited(Action::of("preview-profiles"), work, say).await?))
}

fn previewed(
    archive: &Archive,
    caller: &Caller,
    wanted: &PreviewDocument,
    gone: &Arc<AtomicBool>,
) -> Result<PreviewedDocument> {
    let mut columns = Vec::with_capacity(wanted.profiles.len());
    if wanted.request.contains_key("profile") {
        return Err(Error::invalid("the request names a profile")
            .mend("name it in `profiles`")
            .at("/request/profile"));
    }
    for (i, profile) in wanted.profiles.iter().enumerate() {
        let check = |name: &String| {
            check_id("the name", name).map_err(|e| Error::from(e).at(format!("/profiles/{i}")))
        };
        profile.as_ref().map(check).transpose()?;
    }
    for (i, profile) in wanted.profiles.iter().enumerate() {
        let placed = |error: Error| {
            let at = match error.pointer() {
                Some("/profile") => format!("/profiles/{i}"),
                pointer => format!("/request{}", pointer.unwrap_or_default()),
            };
            error.at(at)
        };
        let mut fields = wanted.request.clone();
        fields.insert("profile".to_owned(), profile.clone().map_or(Value::Null, Value::String));
        let request = asked(archive, caller, fields).map_err(placed)?;
        let answer = archive.search_until(caller, &request, gone).map_err(placed)?;
        columns.push(PreviewColumnDocument { profile: profile.clone(), answer });
    }
    let mut ranks: BTreeMap<(String, i64, i64), Vec<Option<usize>>> = BTreeMap::new();
    for (i, column) in columns.iter().enumerate() {
        for (rank, moment) in column.answer.moments.iter().enumerate() {
            let place = (moment.asset_id.clone(), moment.start_ns, moment.end_ns);
            let ranks = ranks.entry(place).or_insert_with(|| vec![None; columns.len()]);
            if let Some(slot) = ranks.get_mut(i) {
                *slot = Some(rank + 1);
            }
        }
    }
    let is_moved = |ranks: &Vec<Option<usize>>| ranks.iter().any(|rank| Some(rank) != ranks.first());
    let moved = ranks.into_iter().filter(|(_, ranks)| is_moved(ranks));
    let moved = moved.map(|((asset_id, start_ns, end_ns), ranks)| MovedDocument {
        asset_id,
        start_ns,
        end_ns,
        ranks,
    });
    Ok(PreviewedDocument { moved: moved.collect(), columns })
}
