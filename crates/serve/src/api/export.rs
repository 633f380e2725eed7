//! `/v1/export`: the moments of a search as a file for other programs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;
use rushes_archive::{Archive, Caller, SearchRequest};
use rushes_query::Moment;
use rushes_query::export::{Clip, ExportedFile};
use rushes_types::{Asset, AssetId, Error, Result};
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::search::{SearchDocument, asked};
use crate::app::{App, Ctx};
use crate::audit::Action;
use crate::body::{Json, Params};
use crate::gone::Waiting;
use crate::limits::{EXPORT_MOMENTS_MAX, EXPORT_PAGE};
use crate::problem::{Problem, Reply};

/// How many of the moments found are not in the file.
const LEFT_OUT: HeaderName = HeaderName::from_static("x-rushes-left-out");
/// Why, in words.
const LEFT_OUT_WHY: HeaderName = HeaderName::from_static("x-rushes-left-out-why");

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(export))
}

/// What kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    /// A table (RFC 4180).
    Csv,
    /// An edit decision list (CMX 3600), one event a moment.
    Edl,
}

/// What kind of file.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ExportParams {
    /// `csv` or `edl`.
    #[param(inline)]
    format: Format,
}

/// The file, and what the audit log records about it.
struct AuditedExport {
    written: ExportedFile,
    assets: BTreeSet<String>,
    movies: BTreeSet<String>,
}

/// The moments of a search as a file.
///
/// Takes what `/v1/search` takes. All moments go in, whatever the page size: a `limit` says how many at most. What
/// the format cannot hold is left out; `x-rushes-left-out` says how many, `x-rushes-left-out-why` why.
#[utoipa::path(
    post, path = "/v1/export", tag = "search", params(ExportParams), request_body = SearchDocument,
    responses(
        (status = 200, content((String = "text/csv"), (String = "text/plain"))),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn export(
    ctx: Ctx,
    Params(params): Params<ExportParams>,
    Json(fields): Json<serde_json::Map<String, Value>>,
) -> Reply<Response> {
    let format = params.format;
    let waiting = Waiting::default();
    let gone = waiting.gone();
    let work = move |archive: &Archive, caller: &Caller| {
        make(archive, caller, asked(archive, caller, fields)?, format, &gone)
    };
    let say = |file: &AuditedExport, action: Action| {
        let action = file.assets.iter().fold(action, |action, asset| action.asset(asset));
        file.movies.iter().fold(action, |action, movie| action.movie(movie))
    };
    let file = ctx.audited(Action::of("export"), work, say).await?;
    let (content_type, name) = match format {
        Format::Csv => ("text/csv; charset=utf-8; header=present", "moments.csv"),
        Format::Edl => ("text/plain; charset=utf-8", "moments.edl"),
    };
    let left_out = file.written.left_out_count();
    let why: Vec<String> =
        file.written.left_out.iter().map(|(why, count)| format!("{count}: {why}")).collect();
    let mut response = Response::new(file.written.text.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(LEFT_OUT, HeaderValue::from(left_out));
    if let (Ok(why), true) = (HeaderValue::from_str(&why.join("; ")), left_out > 0) {
        headers.insert(LEFT_OUT_WHY, why);
    }
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

fn make(
    archive: &Archive,
    caller: &Caller,
    request: SearchRequest,
    format: Format,
    gone: &Arc<AtomicBool>,
) -> Result<AuditedExport> {
    let title = request.q.clone().unwrap_or_else(|| "Moments".to_owned());
    let most = request.plan.limit.unwrap_or(usize::MAX);
    let pages = (EXPORT_PAGE, EXPORT_MOMENTS_MAX.min(most));
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
            Some(Clip { asset, start_ns, end_ns, score, labels, lines })
        })
        .collect();
    let mut written = match format {
        Format::Csv => rushes_query::export::csv(&clips),
        Format::Edl => rushes_query::export::edl(&title, &clips),
    };
    let beyond = total.min(most).saturating_sub(moments.len());
    if beyond > 0 {
        written.left_out.push((format!("a file holds at most {EXPORT_MOMENTS_MAX} moments"), beyond));
    }
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
