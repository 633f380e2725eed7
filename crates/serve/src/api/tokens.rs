//! `/v1/tokens`: access tokens.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use axum::Json as Answer;
use axum::extract::Path;
use rushes_archive::{Archive, Caller, Grant, Right, TokenSpec, now_s, rfc3339};
use rushes_types::{Error, ErrorKind, MovieId, Result, check_id};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::{App, Ctx};
use crate::audit::Action;
use crate::body::{Json, Object};
use crate::problem::{Problem, Reply};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(create, list)).routes(routes!(revoke)).routes(routes!(rotate))
}

/// What a token allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum RightDocument {
    /// Search, suggest, read buckets, play media, export.
    Read,
    /// Register assets and models, write annotations and runs.
    Ingest,
    /// Everything.
    Admin,
}

impl From<RightDocument> for Right {
    fn from(right: RightDocument) -> Self {
        match right {
            RightDocument::Read => Self::Read,
            RightDocument::Ingest => Self::Ingest,
            RightDocument::Admin => Self::Admin,
        }
    }
}

impl From<Right> for RightDocument {
    fn from(right: Right) -> Self {
        match right {
            Right::Read => Self::Read,
            Right::Ingest => Self::Ingest,
            Right::Admin => Self::Admin,
        }
    }
}

/// Rights on some titles.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GrantDocument {
    /// Movies: all assets of them.
    #[serde(default)]
    movies: Vec<String>,
    /// Collections: all assets that name one, of whatever movie, also those that come later.
    #[serde(default)]
    collections: Vec<String>,
    /// What is allowed there. `admin` includes the others; `ingest` does not include `read`.
    rights: Vec<RightDocument>,
}

impl From<Grant> for GrantDocument {
    fn from(grant: Grant) -> Self {
        Self {
            movies: grant.movies.into_iter().collect(),
            collections: grant.collections.into_iter().collect(),
            rights: grant.rights.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<GrantDocument> for Grant {
    fn from(grant: GrantDocument) -> Self {
        Self {
            movies: grant.movies.into_iter().collect(),
            collections: grant.collections.into_iter().collect(),
            rights: grant.rights.into_iter().map(Into::into).collect(),
        }
    }
}

/// A token to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenRequest {
    /// What people call it; unique.
    name: String,
    /// The movies that `rights` are for; `null` or left out, without `collections`: all titles.
    movies: Option<Vec<String>>,
    /// The collections that `rights` are for: all assets that name one, also those that come later.
    #[serde(default)]
    collections: Vec<String>,
    /// What it allows. `admin` includes the others; `ingest` does not include `read`.
    #[serde(default)]
    rights: Vec<RightDocument>,
    /// Further rights, each on titles of its own.
    #[serde(default)]
    #[schema(value_type = Vec<GrantDocument>)]
    grants: Vec<Object<GrantDocument>>,
    /// In how many seconds it ends; by default never.
    #[serde(default, deserialize_with = "crate::body::maybe_seconds")]
    expires_in_s: Option<u64>,
}

/// A token, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TokenDocument {
    /// What people call it; unique.
    name: String,
    /// The movies that `rights` are for; `null`: all titles.
    movies: Option<Vec<String>>,
    /// The collections that `rights` are for.
    collections: Vec<String>,
    /// What it allows. `admin` includes the others; `ingest` does not include `read`.
    rights: Vec<RightDocument>,
    /// Further rights, each on titles of its own.
    grants: Vec<GrantDocument>,
    /// When it ends (RFC 3339); `null`: never.
    expires: Option<String>,
}

impl From<TokenSpec> for TokenDocument {
    fn from(spec: TokenSpec) -> Self {
        let time = |s| UNIX_EPOCH.checked_add(Duration::from_secs(s)).map(rfc3339);
        Self {
            name: spec.name,
            movies: spec.movies.map(|movies| movies.into_iter().collect()),
            collections: spec.collections.into_iter().collect(),
            rights: spec.rights.into_iter().map(Into::into).collect(),
            grants: spec.grants.into_iter().map(Into::into).collect(),
            expires: spec.expires_s.and_then(time),
        }
    }
}

/// How a token is given another secret.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RotateDocument {
    /// For how many seconds the secret before counts, too; by default it ends at once.
    #[serde(default, deserialize_with = "crate::body::seconds")]
    keep_s: u64,
}

/// A new token.
#[derive(Serialize, ToSchema)]
pub(super) struct NewTokenDocument {
    /// Its name.
    name: String,
    /// What follows `Bearer`. It is shown only this once.
    secret: String,
}

/// All tokens.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TokensDocument {
    /// The tokens, without secrets.
    tokens: Vec<TokenDocument>,
}

/// A token that was revoked.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RevokedDocument {
    /// Its name.
    name: String,
}

/// Names are shown in lists and in the audit log, so they are ids; and a token without a right would be of no use.
fn check(document: &TokenRequest) -> Result<()> {
    let named = |pointer: String| move |e: rushes_types::IdError| Error::from(e).at(pointer);
    check_id("the name", &document.name).map_err(named("/name".to_owned()))?;
    for (n, movie) in document.movies.iter().flatten().enumerate() {
        MovieId::check(movie).map_err(named(format!("/movies/{n}")))?;
    }
    let collections = |within: String, list: &[String]| -> Result<()> {
        let check = |(n, name): (usize, &String)| {
            check_id("a collection", name).map_err(|e| Error::from(e).at(format!("{within}/collections/{n}")))
        };
        list.iter().enumerate().try_for_each(check)
    };
    collections(String::new(), &document.collections)?;
    for (n, Object(grant)) in document.grants.iter().enumerate() {
        for (m, movie) in grant.movies.iter().enumerate() {
            MovieId::check(movie).map_err(named(format!("/grants/{n}/movies/{m}")))?;
        }
        collections(format!("/grants/{n}"), &grant.collections)?;
        if grant.rights.is_empty() {
            return Err(Error::invalid("a grant needs at least one right")
                .mend("give it read, ingest or admin")
                .at(format!("/grants/{n}/rights")));
        }
    }
    if document.rights.is_empty() && document.grants.is_empty() {
        return Err(Error::invalid("a token needs at least one right")
            .mend("give it read, ingest or admin")
            .at("/rights"));
    }
    Ok(())
}

/// Makes a token.
///
/// With the first one, every other caller needs one, too.
#[utoipa::path(
    post, path = "/v1/tokens", tag = "access", operation_id = "create_token", request_body = TokenRequest,
    responses(
        (status = 200, body = NewTokenDocument),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn create(ctx: Ctx, Json(document): Json<TokenRequest>) -> Reply<Answer<NewTokenDocument>> {
    check(&document)?;
    let name = document.name.clone();
    let spec = TokenSpec {
        name: document.name,
        movies: document.movies.map(|movies| movies.into_iter().collect()),
        collections: document.collections.into_iter().collect(),
        rights: document.rights.into_iter().map(Into::into).collect(),
        grants: document.grants.into_iter().map(|Object(grant)| grant.into()).collect(),
        expires_s: document.expires_in_s.map(|s| now_s().saturating_add(s)),
    };
    let work = move |archive: &Archive, caller: &Caller| {
        caller.require_everywhere(Right::Admin)?;
        archive.tokens().create(&spec)
    };
    let action = Action::of("create-token").subject(name.clone());
    let secret = ctx.audited(action, work, |_, action| action).await?;
    Ok(Answer(NewTokenDocument { name, secret }))
}

/// The tokens, without their secrets.
#[utoipa::path(
    get, path = "/v1/tokens", tag = "access", operation_id = "list_tokens",
    responses(
        (status = 200, body = TokensDocument),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn list(ctx: Ctx) -> Reply<Answer<TokensDocument>> {
    let work = |archive: &Archive, caller: &Caller| {
        caller.require_everywhere(Right::Admin)?;
        Ok(archive.tokens().list())
    };
    let tokens = ctx.audited(Action::of("list-tokens"), work, |_, action| action).await?;
    Ok(Answer(TokensDocument { tokens: tokens.into_iter().map(Into::into).collect() }))
}

/// Revokes a token: requests with it are refused from now on.
#[utoipa::path(
    delete, path = "/v1/tokens/{name}", tag = "access", operation_id = "revoke_token",
    params(("name" = String, Path, description = "the token's name")),
    responses(
        (status = 200, body = RevokedDocument),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn revoke(ctx: Ctx, Path(name): Path<String>) -> Reply<Answer<RevokedDocument>> {
    super::registry::id("name", check_id("the name", &name))?;
    let revoked = name.clone();
    let work = move |archive: &Archive, caller: &Caller| {
        caller.require_everywhere(Right::Admin)?;
        if archive.tokens().revoke(&revoked)? { Ok(()) } else { Err(no_token(&revoked)) }
    };
    ctx.audited(Action::of("revoke-token").subject(name.clone()), work, |(), action| action).await?;
    Ok(Answer(RevokedDocument { name }))
}

/// Gives a token another secret.
///
/// The one before counts for `keep_s` seconds more, so that those who hold it can exchange it without a pause.
#[utoipa::path(
    post, path = "/v1/tokens/{name}/rotate", tag = "access", request_body = RotateDocument,
    params(("name" = String, Path, description = "the token's name")),
    responses(
        (status = 200, body = NewTokenDocument),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn rotate(
    ctx: Ctx,
    Path(name): Path<String>,
    Json(document): Json<RotateDocument>,
) -> Reply<Answer<NewTokenDocument>> {
    super::registry::id("name", check_id("the name", &name))?;
    let rotated = name.clone();
    let work = move |archive: &Archive, caller: &Caller| {
        caller.require_everywhere(Right::Admin)?;
        archive.tokens().rotate(&rotated, document.keep_s)?.ok_or_else(|| no_token(&rotated))
    };
    let action = Action::of("rotate-token").subject(name.clone());
    let secret = ctx.audited(action, work, |_, action| action).await?;
    Ok(Answer(NewTokenDocument { name, secret }))
}

fn no_token(name: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("no token is named `{name}`")).mend("/v1/tokens names them")
}
