//! `/v1/assets`, `/v1/models`, `/v1/labels`: what can be registered before any annotation.

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::Path;
use rushes_archive::{Archive, Caller, PROBLEMS_MAX};
use rushes_types::{AssetId, Commit, Error, ErrorKind, Result};
use rushes_wire::LineError;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::documents::{AssetDocument, LabelDocument, LineProblemDocument, ModelDocument};
use super::wire;
use crate::NDJSON;
use crate::app::{App, Ctx};
use crate::audit::Action;
use crate::body::{Params, Upload, parse_json};
use crate::limits::{LIST_DEFAULT, LIST_MAX};
use crate::problem::{Problem, Reply};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(put_assets, list_assets))
        .routes(routes!(get_asset))
        .routes(routes!(put_models, list_models))
        .routes(routes!(put_labels, list_labels))
}

/// The outcome of registering lines.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(super) struct RegisteredDocument {
    /// Lines accepted.
    accepted: u64,
    /// Lines rejected.
    rejected: u64,
    /// The rejected lines.
    errors: Vec<LineProblemDocument>,
    /// The last commit made; `null` where nothing changed for what is stored.
    commit: Option<u64>,
}

/// A page of assets.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AssetsDocument {
    /// The assets, by id.
    #[schema(value_type = Vec<AssetDocument>)]
    assets: Vec<Box<RawValue>>,
    /// Give this as `after` for the next page; `null` at the end.
    next: Option<String>,
}

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct PageParams {
    /// Begin after this id.
    after: Option<String>,
    /// At most this many.
    limit: Option<usize>,
}

/// All models.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ModelsDocument {
    /// The models, by name and version.
    #[schema(value_type = Vec<ModelDocument>)]
    models: Vec<Box<RawValue>>,
}

/// All labels with aliases.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LabelsDocument {
    /// The labels.
    labels: Vec<LabelDocument>,
}

/// How many entries of a listing.
pub(super) fn list_limit(asked: Option<usize>) -> Reply<usize> {
    match asked {
        None => Ok(LIST_DEFAULT),
        Some(n) => count("limit", n, LIST_MAX),
    }
}

/// A number of a parameter of the address, from 1 to `most`.
pub(super) fn count(parameter: &str, n: usize, most: usize) -> Reply<usize> {
    if (1..=most).contains(&n) {
        return Ok(n);
    }
    let problem = Problem::new(ErrorKind::Invalid, format!("`{parameter}` is {n}"));
    Err(problem.mend(format!("give a number from 1 to {most}")).parameter(parameter))
}

/// An id from a parameter of the address.
pub(super) fn id<T>(parameter: &str, parsed: std::result::Result<T, rushes_types::IdError>) -> Reply<T> {
    parsed.map_err(|e| Problem::from(Error::from(e)).parameter(parameter))
}

/// The lines of an upload: JSON lines, or one JSON object, or an array of them.
fn records(upload: &Upload) -> Reply<Vec<&[u8]>> {
    match upload.media_type.as_str() {
        NDJSON => Ok(upload.bytes.split(|b| *b == b'\n').collect()),
        "application/json" => {
            if upload.bytes.trim_ascii_start().first() == Some(&b'[') {
                let elements: Vec<&RawValue> = parse_raw(&upload.bytes)?;
                Ok(elements.into_iter().map(|e| e.get().as_bytes()).collect())
            } else {
                let _checked: serde::de::IgnoredAny = parse_json(&upload.bytes)?;
                Ok(vec![&upload.bytes])
            }
        }
        other => Err(Problem::media_type(Some(other), NDJSON)),
    }
}

fn parse_raw(bytes: &[u8]) -> Reply<Vec<&RawValue>> {
    serde_json::from_slice(bytes)
        .map_err(|e| Problem::new(ErrorKind::Invalid, format!("the body is not as it should be: {e}")))
}

/// Reads each line, registers those that can be read, and says which cannot.
async fn register<T, R>(
    ctx: &Ctx,
    upload: Upload,
    action: Action,
    parse: wire::Parse<T>,
    put: R,
) -> Reply<Answer<RegisteredDocument>>
where
    T: 'static,
    R: FnOnce(&Archive, &Caller, &[T]) -> Result<Option<Commit>> + Send + 'static,
{
    // A body that is no JSON at all is refused before anything else is done.
    records(&upload)?;
    let work = move |archive: &Archive, caller: &Caller| {
        let mut answer = RegisteredDocument::default();
        let mut parsed = Vec::new();
        let lines = records(&upload).unwrap_or_default();
        for (line, bytes) in (1..).zip(lines).filter(|(_, bytes)| !bytes.trim_ascii().is_empty()) {
            match parse(bytes, archive.limits()) {
                Ok(value) => parsed.push(value),
                Err(LineError { pointer, detail }) => {
                    answer.rejected += 1;
                    if answer.errors.len() < PROBLEMS_MAX {
                        answer.errors.push(LineProblemDocument { line, pointer, detail });
                    }
                }
            }
        }
        answer.accepted = parsed.len() as u64;
        if !parsed.is_empty() {
            answer.commit = put(archive, caller, &parsed)?.map(|c| c.0);
        }
        drop(upload);
        Ok(answer)
    };
    ctx.audited(action, work, |_, action| action).await.map(Answer)
}

/// Registers assets, or changes them.
///
/// JSON lines, one asset each (`application/x-ndjson`), or a JSON object or an array of them. Rejected lines are
/// listed; the others are registered.
#[utoipa::path(
    post, path = "/v1/assets", tag = "registry",
    request_body(content((AssetDocument = "application/x-ndjson"), (AssetDocument = "application/json"))),
    responses(
        (status = 200, body = RegisteredDocument),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn put_assets(ctx: Ctx, upload: Upload) -> Reply<Answer<RegisteredDocument>> {
    let put = |archive: &Archive, caller: &Caller, assets: &[_]| archive.put_assets(caller, assets);
    register(&ctx, upload, Action::of("register-assets"), wire::ASSET, put).await
}

/// The assets that the caller may see, by id.
#[utoipa::path(
    get, path = "/v1/assets", tag = "registry", params(PageParams),
    responses(
        (status = 200, body = AssetsDocument),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn list_assets(ctx: Ctx, Params(page): Params<PageParams>) -> Reply<Answer<AssetsDocument>> {
    let limit = list_limit(page.limit)?;
    let after = page.after.as_deref().map(AssetId::new).transpose();
    let after = id("after", after)?;
    let mut assets = ctx.block(move |a, caller| a.assets(caller, after.as_ref(), limit + 1)).await?;
    let more = assets.len() > limit;
    assets.truncate(limit);
    let next = if more { assets.last().map(|a| a.id.to_string()) } else { None };
    Ok(Answer(AssetsDocument { assets: assets.iter().map(wire::asset).collect::<Result<_>>()?, next }))
}

/// One asset.
#[utoipa::path(
    get, path = "/v1/assets/{id}", tag = "registry", params(("id" = String, Path, description = "the asset's id")),
    responses(
        (status = 200, body = AssetDocument),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn get_asset(ctx: Ctx, Path(asset): Path<String>) -> Reply<Answer<Box<RawValue>>> {
    let asset = id("id", AssetId::new(&asset))?;
    let found = ctx.block(move |a, caller| super::find_asset(a, caller, &asset)).await?;
    Ok(Answer(wire::asset(&found)?))
}

/// Registers models.
///
/// A model's space is immutable: a changed one answers 409, since a new encoder is a new space.
#[utoipa::path(
    post, path = "/v1/models", tag = "registry",
    request_body(content((ModelDocument = "application/x-ndjson"), (ModelDocument = "application/json"))),
    responses(
        (status = 200, body = RegisteredDocument),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn put_models(ctx: Ctx, upload: Upload) -> Reply<Answer<RegisteredDocument>> {
    let put =
        |archive: &Archive, caller: &Caller, models: &[_]| archive.put_models(caller, models).map(|()| None);
    register(&ctx, upload, Action::of("register-models"), wire::MODEL, put).await
}

/// All models.
#[utoipa::path(
    get, path = "/v1/models", tag = "registry",
    responses(
        (status = 200, body = ModelsDocument),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn list_models(ctx: Ctx) -> Reply<Answer<ModelsDocument>> {
    let models = ctx.block(|a, caller| a.models(caller)).await?;
    Ok(Answer(ModelsDocument { models: models.iter().map(wire::model).collect::<Result<_>>()? }))
}

/// Sets the other names of labels.
#[utoipa::path(
    post, path = "/v1/labels", tag = "registry",
    request_body(content((LabelDocument = "application/x-ndjson"), (LabelDocument = "application/json"))),
    responses(
        (status = 200, body = RegisteredDocument),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn put_labels(ctx: Ctx, upload: Upload) -> Reply<Answer<RegisteredDocument>> {
    let put =
        |archive: &Archive, caller: &Caller, labels: &[_]| archive.put_labels(caller, labels).map(|()| None);
    register(&ctx, upload, Action::of("register-labels"), wire::LABEL, put).await
}

/// All labels that have other names.
#[utoipa::path(
    get, path = "/v1/labels", tag = "registry",
    responses(
        (status = 200, body = LabelsDocument),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn list_labels(ctx: Ctx) -> Reply<Answer<LabelsDocument>> {
    let labels = ctx.block(|a, caller| a.labels(caller)).await?;
    Ok(Answer(LabelsDocument { labels: labels.into_iter().map(Into::into).collect() }))
}
