//! `/v1/bins`: lists of moments that people keep.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use rushes_archive::{Archive, Caller, KeptBin};
use rushes_bins::{Bin, Change, Overview, overview};
use rushes_export::{Clip, Exported, Format, Options};
use rushes_types::{Asset, AssetId, Colour, Error, ErrorKind, Result, check_id};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::exported::{ExportParams, answer, parameter};
use crate::app::{App, Ctx};
use crate::audit::Action;
use crate::body::{Json, Params};
use crate::problem::{Problem, Reply};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list_bins, make_bin))
        .routes(routes!(get_bin, change_bin, remove_bin))
        .routes(routes!(export_bin))
}

/// A bin in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BinHeadDocument {
    /// Its id.
    bin: String,
    /// How often it was changed.
    version: u64,
    /// What people call it.
    name: String,
    /// Who made it.
    owner: String,
    /// How many moments it has that you may see.
    moments: usize,
    /// How long these are together, in nanoseconds.
    duration_ns: i64,
}

/// Bins, by name.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BinsDocument {
    bins: Vec<BinHeadDocument>,
}

/// A bin.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BinDocument {
    /// Its id.
    #[serde(rename = "bin")]
    id: String,
    /// How often it was changed: what `if-match` takes.
    version: u64,
    /// What is in it.
    #[serde(flatten)]
    content: Bin,
    /// What it is as a whole.
    overview: Overview,
}

impl From<KeptBin> for BinDocument {
    fn from(kept: KeptBin) -> Self {
        let overview = overview(&kept.bin.items);
        Self { id: kept.id, version: kept.version, content: kept.bin, overview }
    }
}

/// A change of an empty bin, with a name.
#[derive(Debug, ToSchema)]
#[allow(dead_code)] // describes what `make_bin` reads
pub(super) struct NewBin {
    /// What is done to it.
    #[serde(flatten)]
    change: Change,
}

/// Which bins.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ListBinsParams {
    /// Those in the trash.
    trashed: Option<bool>,
}

/// How a bin is removed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct RemoveBinParams {
    /// For good, instead of into the trash.
    forever: Option<bool>,
}

/// The bins that you may see.
#[utoipa::path(
    get, path = "/v1/bins", tag = "bins", params(ListBinsParams),
    responses((status = 200, body = BinsDocument), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
async fn list_bins(ctx: Ctx, Params(params): Params<ListBinsParams>) -> Reply<Answer<BinsDocument>> {
    let trashed = params.trashed.unwrap_or(false);
    let bins = ctx.block(move |archive, caller| archive.bins(caller, trashed)).await?;
    let head = |kept: KeptBin| BinHeadDocument {
        duration_ns: overview(&kept.bin.items).duration_ns,
        moments: kept.bin.items.len(),
        bin: kept.id,
        version: kept.version,
        name: kept.bin.name,
        owner: kept.bin.owner,
    };
    Ok(Answer(BinsDocument { bins: bins.into_iter().map(head).collect() }))
}

/// Makes a bin: a change of an empty one, with a name.
#[utoipa::path(
    post, path = "/v1/bins", tag = "bins", request_body = NewBin,
    responses((status = 200, body = BinDocument), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
async fn make_bin(ctx: Ctx, Json(change): Json<Change>) -> Reply<Answer<BinDocument>> {
    let work = move |archive: &Archive, caller: &Caller| archive.make_bin(caller, &change);
    let made =
        ctx.audited(Action::of("make bin"), work, |kept, action| action.subject(kept.id.as_str())).await?;
    Ok(Answer(made.into()))
}

/// A bin, with its history and what it is as a whole.
#[utoipa::path(
    get, path = "/v1/bins/{id}", tag = "bins", params(("id" = String, Path, description = "The bin")),
    responses((status = 200, body = BinDocument), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
async fn get_bin(ctx: Ctx, Path(id): Path<String>) -> Reply<Answer<BinDocument>> {
    check(&id)?;
    Ok(Answer(ctx.block(move |archive, caller| archive.bin(caller, &id)).await?.into()))
}

/// Changes a bin, all of a change or nothing of it.
///
/// With `if-match`, the version that you have seen, it is changed only where nobody else changed it meanwhile: 409 says who
/// did. Without it, the change is made to what others have made of it.
#[utoipa::path(
    patch, path = "/v1/bins/{id}", tag = "bins", request_body = Change,
    params(("id" = String, Path, description = "The bin"), ("if-match" = Option<String>, Header, description = "The version that you have seen")),
    responses((status = 200, body = BinDocument), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
async fn change_bin(
    ctx: Ctx,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(change): Json<Change>,
) -> Reply<Answer<BinDocument>> {
    check(&id)?;
    let version = version_of(&headers)?;
    let action = Action::of("change bin").subject(id.as_str());
    let work = move |archive: &Archive, caller: &Caller| archive.change_bin(caller, &id, version, &change);
    Ok(Answer(ctx.audited(action, work, |_, action| action).await?.into()))
}

/// Puts a bin into the trash, or removes it for good.
///
/// `{"trashed":false}` takes it out of the trash again.
#[utoipa::path(
    delete, path = "/v1/bins/{id}", tag = "bins",
    params(RemoveBinParams, ("id" = String, Path, description = "The bin"), ("if-match" = Option<String>, Header, description = "The version that you have seen")),
    responses((status = 204), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
async fn remove_bin(
    ctx: Ctx,
    Path(id): Path<String>,
    Params(params): Params<RemoveBinParams>,
    headers: HeaderMap,
) -> Reply<axum::http::StatusCode> {
    check(&id)?;
    let version = version_of(&headers)?;
    let forever = params.forever.unwrap_or(false);
    let action = Action::of("remove bin").subject(id.as_str());
    let work = move |archive: &Archive, caller: &Caller| {
        if forever {
            return archive.remove_bin(caller, &id, version);
        }
        let change = Change { trashed: Some(true), ..Change::default() };
        archive.change_bin(caller, &id, version, &change).map(|_| ())
    };
    ctx.audited(action, work, |(), action| action).await?;
    Ok(axum::http::StatusCode::NO_CONTENT)
}

/// A bin as a file for another program.
///
/// As `/v1/export`, of the moments of a bin in its order, with notes and colours.
#[utoipa::path(
    get, path = "/v1/bins/{id}/export", tag = "bins", params(ExportParams, ("id" = String, Path, description = "The bin")),
    responses(
        (status = 200, content(
            (String = "text/csv"), (String = "text/plain"), (String = "text/vtt"), (String = "application/xml"),
            (Value = "application/json"), (Value = "application/ld+json"), (Vec<u8> = "application/zip")
        )),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn export_bin(
    ctx: Ctx,
    Path(id): Path<String>,
    Params(params): Params<ExportParams>,
) -> Reply<Response> {
    check(&id)?;
    let (format, mut options) = params.read("")?;
    let action = Action::of("export").subject(id.as_str());
    let work = move |archive: &Archive, caller: &Caller| {
        let kept = archive.bin(caller, &id)?;
        if options.title.is_empty() {
            options.title.clone_from(&kept.bin.name);
        }
        write(archive, caller, &kept.bin, (format, &options))
    };
    let file = ctx.audited(action, work, |_, action| action).await.map_err(parameter)?;
    Ok(answer(file)?)
}

fn write(
    archive: &Archive,
    caller: &Caller,
    bin: &Bin,
    (format, options): (Format, &Options),
) -> Result<Exported> {
    let mut assets: BTreeMap<&str, Asset> = BTreeMap::new();
    for item in &bin.items {
        if !assets.contains_key(item.asset_id.as_str()) {
            let id = AssetId::new(&item.asset_id).map_err(Error::from)?;
            assets.insert(&item.asset_id, super::find_asset(archive, caller, &id)?);
        }
    }
    let clips: Vec<Clip<'_>> = bin
        .items
        .iter()
        .filter_map(|item| {
            let colour = item.colour.as_deref().and_then(Colour::parse);
            let asset = assets.get(item.asset_id.as_str())?;
            Some(Clip { note: &item.note, colour, ..Clip::new(asset, item.start_ns, item.end_ns) })
        })
        .collect();
    rushes_export::export(format, &clips, options)
}

/// Is it an id at all?
fn check(id: &str) -> Reply<()> {
    check_id("bin", id).map_err(|e| Problem::from(Error::from(e)).parameter("id"))
}

/// The version of `if-match`, with or without quotes; `*` is any.
fn version_of(headers: &HeaderMap) -> Reply<Option<u64>> {
    let Some(value) = headers.get(axum::http::header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim().trim_matches('"');
    if text == "*" {
        return Ok(None);
    }
    let bad = || {
        Problem::new(ErrorKind::Invalid, "`if-match` is no version")
            .mend("send the `version` that you have read, such as 3")
    };
    text.parse().map(Some).map_err(|_| bad())
}
