//! `/v1/export`: the moments of a search as a file for other programs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use axum::response::Response;
use rushes_archive::{Archive, Caller, SearchRequest};
use rushes_export::{Clip, Exported, Format, Options};
use rushes_query::Moment;
use rushes_types::{Asset, AssetId, Error, Result};
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::exported::{ExportParams, answer, beyond, parameter};
use super::search::{SearchDocument, asked};
use crate::app::{App, Ctx};
use crate::audit::Action;
use crate::body::{Json, Params};
use crate::gone::Waiting;
use crate::limits::{EXPORT_MOMENTS_MAX, EXPORT_PAGE};
use crate::problem::{Problem, Reply};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(export))
}

/// The file, and what the audit log records about it.
struct AuditedExport {
    written: Exported,
    assets: BTreeSet<String>,
    movies: BTreeSet<String>,
}

/// The moments of a search as a file.
///
/// Takes what `/v1/search` takes. All moments go in, whatever the page size: a `limit` says how many at most. What
/// the format cannot hold is left out: `x-rushes-written` and `x-rushes-left-out` say how many, `x-rushes-left-out-why` why
/// and of which assets, `x-rushes-notes` what else is to be known. A file for each rate, or markers on the media of several
/// assets, come as a ZIP archive.
#[utoipa::path(
    post, path = "/v1/export", tag = "search", params(ExportParams), request_body = SearchDocument,
    responses(
        (status = 200, content(
            (String = "text/csv"), (String = "text/plain"), (String = "text/vtt"), (String = "application/xml"),
            (Value = "application/json"), (Value = "application/ld+json"), (Vec<u8> = "application/zip")
        )),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn export(
    ctx: Ctx,
    Params(params): Params<ExportParams>,
    Json(fields): Json<serde_json::Map<String, Value>>,
) -> Reply<Response> {
    let title = fields.get("q").and_then(Value::as_str).unwrap_or("Moments").to_owned();
    let (format, options) = params.read(&title)?;
    let waiting = Waiting::default();
    let gone = waiting.gone();
    let work = move |archive: &Archive, caller: &Caller| {
        make(archive, caller, asked(archive, caller, fields)?, (format, &options), &gone)
    };
    let say = |file: &AuditedExport, action: Action| {
        let action = file.assets.iter().fold(action, |action, asset| action.asset(asset));
        file.movies.iter().fold(action, |action, movie| action.movie(movie))
    };
    let file = ctx.audited(Action::of("export"), work, say).await.map_err(parameter)?;
    Ok(answer(file.written)?)
}

fn make(
    archive: &Archive,
    caller: &Caller,
    request: SearchRequest,
    (format, options): (Format, &Options),
    gone: &Arc<AtomicBool>,
) -> Result<AuditedExport> {
    let asked = request.plan.limit.unwrap_or(usize::MAX);
    let pages = (EXPORT_PAGE, EXPORT_MOMENTS_MAX.min(asked));
    let (moments, total) = archive.moments_until(caller, request, pages, gone)?;
    let mut assets: BTreeMap<String, Asset> = BTreeMap::new();
    for moment in &moments {
        if !assets.contains_key(&moment.asset_id) {
            let asset =
                super::find_asset(archive, caller, &AssetId::new(&moment.asset_id).map_err(Error::from)?)?;
            assets.insert(moment.asset_id.clone(), asset);
        }
    }
    let says: Vec<(Vec<String>, Vec<String>)> = moments.iter().map(|m| (labels(m), lines(m))).collect();
    let clips: Vec<Clip<'_>> = moments
        .iter()
        .zip(&says)
        .filter_map(|(moment, (labels, lines))| {
            let asset = assets.get(&moment.asset_id)?;
            let Moment { start_ns, end_ns, score, .. } = *moment;
            Some(Clip { score, labels, lines, ..Clip::new(asset, start_ns, end_ns) })
        })
        .collect();
    let mut written = rushes_export::export(format, &clips, options)?;
    beyond(&mut written, total.min(asked).saturating_sub(moments.len()), EXPORT_MOMENTS_MAX);
    let movies = moments.iter().map(|m| m.movie_id.clone()).collect();
    Ok(AuditedExport { written, assets: assets.into_keys().collect(), movies })
}

/// The labels of a moment's evidence, each once.
fn labels(moment: &Moment) -> Vec<String> {
    let mut seen = BTreeSet::new();
    moment.evidence.iter().filter_map(|e| e.label.clone()).filter(|l| seen.insert(l.clone())).collect()
}

/// The lines of a moment's evidence, in time.
fn lines(moment: &Moment) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut spoken: Vec<(i64, &str)> =
        moment.evidence.iter().filter_map(|e| Some((e.start_ns, e.text.as_deref()?))).collect();
    spoken.sort_unstable();
    spoken.into_iter().filter(|line| seen.insert(*line)).map(|(_, text)| text.to_owned()).collect()
}
