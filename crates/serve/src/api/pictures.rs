//! `/v1/media/{asset}/frame` and `/v1/media/{asset}/proxy`: what ffmpeg makes of a media file, made when it is asked
//! for and kept while there is room.
//!
//! Access and choice of file are decided as for the media file itself, by the same code, for every request, also where
//! the answer is cached.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::Path;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rushes_archive::{Archive, Caller};
use rushes_footage::limits::{FRAME_HEIGHT_DEFAULT, FRAME_HEIGHT_MAX, FRAME_HEIGHT_MIN};
use rushes_footage::{Key, PictureAt, ProxyState, picture};
use rushes_types::limits::TIME_NS_MAX;
use rushes_types::{AssetId, ErrorKind};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::media::{MediaFile, RangeHeaders, insert, open, respond};
use super::registry::id;
use crate::app::{App, Ctx};
use crate::audit::Action;
use crate::body::Params;
use crate::limits::{PICTURE_CACHED_SECONDS, PROXY_RETRY_SECONDS};
use crate::problem::{Problem, Reply};
use crate::range::is_unchanged;
use crate::signed::{LinkParams, OnlyLinkParams};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(frame)).routes(routes!(proxy))
}

/// Which frame, and how large.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct FrameParams {
    /// A time within the frame, in nanoseconds from the start of the media.
    #[serde(default)]
    at_ns: i64,
    /// Height in pixels, 16 to 1080; by default 180. A picture is never larger than the media's own.
    height: Option<u32>,
    /// Of a signed link: read before this.
    #[serde(rename = "expires")]
    _expires: Option<String>,
    /// Of a signed link: read before this.
    #[serde(rename = "holder")]
    _holder: Option<String>,
    /// Of a signed link: read before this.
    #[serde(rename = "signature")]
    _signature: Option<String>,
}

/// How far a proxy is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ProxyDocument {
    /// `making`, or `waiting` while another one is made.
    state: &'static str,
    /// The part that is done, in thousandths; `null` where it is not known.
    done_per_mille: Option<u32>,
}

/// One frame of the media file, as a JPEG picture.
#[utoipa::path(
    get, path = "/v1/media/{asset}/frame", tag = "reading",
    params(("asset" = String, Path, description = "the asset's id"), FrameParams),
    responses(
        (status = 200, content_type = "image/jpeg", body = Vec<u8>),
        (status = 304, description = "the picture is as `if-none-match` says"),
        (status = 501, body = Problem, content_type = "application/problem+json"),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn frame(
    ctx: Ctx,
    Path(asset): Path<String>,
    Params(params): Params<FrameParams>,
    headers: HeaderMap,
) -> Reply<Response> {
    let asset = id("asset", AssetId::new(&asset))?;
    let height = params.height.unwrap_or(FRAME_HEIGHT_DEFAULT);
    let in_bounds = (FRAME_HEIGHT_MIN..=FRAME_HEIGHT_MAX).contains(&height);
    for (parameter, right) in [("height", in_bounds), ("at_ns", (0..=TIME_NS_MAX).contains(&params.at_ns))] {
        if !right {
            let problem = Problem::new(ErrorKind::Invalid, format!("`{parameter}` is out of bounds"));
            let mend = format!(
                "give a height from {FRAME_HEIGHT_MIN} to {FRAME_HEIGHT_MAX}, a time from 0 to {TIME_NS_MAX}"
            );
            return Err(problem.mend(mend).parameter(parameter));
        }
    }
    let action = Action::of("frame").asset(asset.as_str());
    let name = asset.clone();
    let work = move |archive: &Archive, caller: &Caller| open(archive, caller, &asset);
    let say = |found: &MediaFile, action: Action| action.movie(found.asset.movie.as_str());
    let found = ctx.audited(action, work, say).await?;
    let at = PictureAt {
        at_ns: params.at_ns,
        rate: found.asset.frame_rate,
        duration_ns: found.asset.duration_ns,
        height,
    };
    let parts: [&[u8]; 4] =
        [b"frame", found.etag.as_bytes(), &at.frame_ns().to_le_bytes(), &at.height.to_le_bytes()];
    let key = Key::new(name.as_str(), &parts);
    let etag = format!("\"{}\"", key.name());
    if is_unchanged(headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok()), &etag) {
        return Ok(describe(StatusCode::NOT_MODIFIED.into_response(), &etag));
    }
    let app = Arc::clone(&ctx.app);
    let cached_key = key.clone();
    let cached = ctx.block(move |_, _| Ok(app.pictures.read(&cached_key))).await?;
    let content = match cached {
        Some(content) => content,
        None => {
            // Many pictures are asked for at once: they wait here, without a thread each.
            let Ok(_place) = ctx.app.picture_slots.acquire().await else {
                return Err(Problem::new(ErrorKind::Busy, "the server is stopping"));
            };
            let app = Arc::clone(&ctx.app);
            ctx.block(move |_, _| {
                let stop = || app.stopping.load(Ordering::Relaxed);
                app.pictures.get_or_make(&key, || picture(&app.config.tools, &found.file, &at, &stop))
            })
            .await?
        }
    };
    let mut response = describe(content.into_response(), &etag);
    insert(&mut response, header::CONTENT_TYPE, "image/jpeg");
    Ok(response)
}

fn describe(mut response: Response, etag: &str) -> Response {
    insert(&mut response, header::ETAG, etag);
    insert(&mut response, header::CACHE_CONTROL, &format!("private, max-age={PICTURE_CACHED_SECONDS}"));
    response
}

/// A copy of the media file that browsers play (H.264 and AAC in MP4; WebM where ffmpeg lacks that encoder).
///
/// While it is being made the answer is `202` with how far it is: ask again after `retry-after`. It is no longer made
/// when no request comes for a minute. Ranges are served as for the media file.
#[utoipa::path(
    get, path = "/v1/media/{asset}/proxy", tag = "reading",
    params(
        ("asset" = String, Path, description = "the asset's id"),
        LinkParams,
        RangeHeaders
    ),
    responses(
        (status = 200, content_type = "video/*", body = Vec<u8>),
        (status = 202, body = ProxyDocument),
        (status = 206, content_type = "video/*", body = Vec<u8>),
        (status = 304, description = "the file is as `if-none-match` says"),
        (status = 416, body = Problem, content_type = "application/problem+json"),
        (status = 501, body = Problem, content_type = "application/problem+json"),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn proxy(
    ctx: Ctx,
    method: Method,
    Path(asset): Path<String>,
    Params(_): Params<OnlyLinkParams>,
    headers: HeaderMap,
) -> Reply<Response> {
    let asset = id("asset", AssetId::new(&asset))?;
    let action = Action::of("play").asset(asset.as_str()).subject("proxy".to_owned());
    let app = Arc::clone(&ctx.app);
    let work = move |archive: &Archive, caller: &Caller| {
        let found = open(archive, caller, &asset)?;
        let key = Key::new(asset.as_str(), &[b"proxy", found.etag.as_bytes()]);
        let state = app.proxies.ask(&key, &found.file, found.asset.duration_ns)?;
        Ok((found, key, state))
    };
    let say =
        |(found, ..): &(MediaFile, Key, ProxyState), action: Action| action.movie(found.asset.movie.as_str());
    let (found, key, state) = ctx.audited(action, work, say).await?;
    let (state, done_per_mille) = match state {
        ProxyState::Ready { file, bytes, content_type } => {
            let etag = format!("\"{}\"", key.name());
            return respond(&ctx, &method, &headers, MediaFile { file, bytes, etag, content_type, ..found });
        }
        ProxyState::Making { done_per_mille } => ("making", done_per_mille),
        ProxyState::Waiting => ("waiting", None),
    };
    let document = axum::Json(ProxyDocument { state, done_per_mille });
    let mut response = (StatusCode::ACCEPTED, document).into_response();
    insert(&mut response, header::RETRY_AFTER, &PROXY_RETRY_SECONDS.to_string());
    Ok(response)
}
