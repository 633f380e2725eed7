//! `/v1/buckets/{asset}`: what was seen, heard and said in each second.

use std::sync::Arc;

use axum::extract::{Path, RawQuery};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use rushes_archive::{Archive, BucketView, Caller};
use rushes_types::limits::TIME_NS_MAX;
use rushes_types::{AssetId, BucketNo, Error, ErrorKind, Result, TimeRange};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::documents::BucketDocument;
use super::registry::{count, id};
use super::{time, wire};
use crate::app::{App, Ctx};
use crate::audit::Action;
use crate::body::Params;
use crate::limits::{ANSWER_BYTES_MAX, BUCKETS_DEFAULT, BUCKETS_MAX};
use crate::problem::{Problem, Reply};

/// Buckets read at once: what is held in memory beside the answer.
const READ_AT_ONCE: usize = 32;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(buckets))
}

/// Which buckets.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct BucketParams {
    /// From the bucket of this time on: seconds (`12.5`), a clock (`1:02:03.5`) or timecode (`01:00:10:05`).
    from: Option<String>,
    /// Up to and including the bucket of this time.
    to: Option<String>,
    /// At most this many buckets.
    limit: Option<usize>,
    /// Are vectors shown? By default yes.
    #[serde(default = "yes")]
    vectors: bool,
}

const fn yes() -> bool {
    true
}

/// A page of buckets: its JSON, the movie, and the time at which the next page begins.
struct Page {
    json: Vec<u8>,
    movie: String,
    next_ns: Option<i64>,
}

/// The buckets of an asset that were ever written, in order.
///
/// An array of bucket documents. A bucket of more than 5,000 annotations comes in parts. Where there are more
/// buckets than the limit, or the answer would grow too long, the header `link` names the next page.
#[utoipa::path(
    get, path = "/v1/buckets/{asset}", tag = "reading",
    params(("asset" = String, Path, description = "the asset's id"), BucketParams),
    responses(
        (status = 200, body = Vec<BucketDocument>),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn buckets(
    ctx: Ctx,
    Path(asset): Path<String>,
    RawQuery(query): RawQuery,
    Params(params): Params<BucketParams>,
) -> Reply<Response> {
    let limit = match params.limit {
        None => BUCKETS_DEFAULT,
        Some(n) => count("limit", n, BUCKETS_MAX)?,
    };
    let asset = id("asset", AssetId::new(&asset))?;
    for (parameter, text) in [("from", &params.from), ("to", &params.to)] {
        if let Some(text) = text.as_deref().filter(|text| !time::is_time(text)) {
            let problem = Problem::new(ErrorKind::Invalid, format!("`{text}` is no time that can be read"));
            let mend = "write seconds (12.5), a clock (1:02:03.5) or timecode (01:00:10:05)";
            return Err(problem.mend(mend).parameter(parameter));
        }
    }
    let action = Action::of("buckets").asset(asset.as_str());
    let work = move |archive: &Archive, caller: &Caller| read(archive, caller, &asset, &params, limit);
    let page = ctx.audited(action, work, |page, action| action.movie(&page.movie)).await?;
    let mut response = Response::new(page.json.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(link) = page.next_ns.and_then(|ns| next_link(query.as_deref().unwrap_or_default(), ns)) {
        headers.insert(header::LINK, link);
    }
    Ok(response)
}

/// The link to the next page: the same query with another `from`.
fn next_link(query: &str, from_ns: i64) -> Option<HeaderValue> {
    let mut next = format!("?from={}.{:09}", from_ns / 1_000_000_000, from_ns % 1_000_000_000);
    for pair in query.split('&').filter(|p| !p.is_empty() && !p.starts_with("from=")) {
        next.push('&');
        next.push_str(pair);
    }
    // What a query may hold is visible ASCII without `>`; anything else gives no link rather than a wrong one.
    if next.contains('>') {
        return None;
    }
    HeaderValue::from_str(&format!("<{next}>; rel=\"next\"")).ok()
}

fn read(
    archive: &Archive,
    caller: &Caller,
    asset: &AssetId,
    params: &BucketParams,
    limit: usize,
) -> Result<Page> {
    let found = super::find_asset(archive, caller, asset)?;
    let at = |text: &Option<String>, default: i64| match text {
        Some(text) => time::parse(text, &found),
        None => Ok(default),
    };
    let range = TimeRange::new(at(&params.from, 0)?, at(&params.to, TIME_NS_MAX)?).map_err(Error::from)?;
    let bucket_ns = archive.manifest().bucket_ns;
    let (mut from, to) = range.buckets(bucket_ns);
    let write = |views: &[BucketView], json: &mut Vec<u8>| {
        views.iter().try_for_each(|v| wire::write_bucket(&found, bucket_ns, params.vectors, v, json))
    };
    let mut json = vec![b'['];
    let mut left = limit;
    let mut next = None;
    // One more is asked for than fits, to know whether there is a next page.
    while left > 0 {
        let views = archive.buckets(caller, asset, from, to, left.min(READ_AT_ONCE) + 1)?;
        let Some(first_left_out) = views.get(left.min(READ_AT_ONCE)).map(|v| v.bucket.no) else {
            write(&views, &mut json)?;
            break;
        };
        let fitting = views.get(..left.min(READ_AT_ONCE)).unwrap_or(&views);
        write(fitting, &mut json)?;
        left -= fitting.len();
        from = first_left_out;
        if left == 0 || json.len() > ANSWER_BYTES_MAX {
            next = Some(first_left_out);
            break;
        }
    }
    json.push(b']');
    let next_ns = next.map(|no: BucketNo| no.start_ns(bucket_ns));
    Ok(Page { json, movie: found.movie.to_string(), next_ns })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_keeps_the_other_parameters() {
        let link = next_link("limit=2&from=0&to=9", 4_000_000_000).unwrap();
        assert_eq!(link.to_str().unwrap(), "<?from=4.000000000&limit=2&to=9>; rel=\"next\"");
        assert!(next_link("to=>", 0).is_none());
    }
}
