//! `/v1/media/{asset}`: the media file, whole or a range of it; and how any file is found and sent, for the pictures
//! and proxies made from it.

use std::fs::{File, Metadata};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path as FilePath;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rushes_archive::{Archive, Caller};
use rushes_types::{Asset, AssetId, Error, ErrorKind, Result};
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::registry::id;
use crate::app::{App, Ctx, permit};
use crate::audit::Action;
use crate::body::Params;
use crate::limits::MEDIA_CHUNK_BYTES;
use crate::problem::{Problem, Reply};
use crate::range::{Part, decide, is_unchanged, range_counts};
use crate::signed::{LinkParams, OnlyLinkParams};
use crate::stream::{Sender, stream};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(media))
}

/// Which part of a file is asked for; read by [`respond`], named here for the OpenAPI document of each path that takes it.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only its description is used")]
pub(super) struct RangeHeaders {
    /// `bytes=FIRST-LAST`, `bytes=FIRST-` or `bytes=-LAST_N`
    range: Option<String>,
    /// the entity tag of which the range is asked
    #[param(rename = "if-range")]
    if_range: Option<String>,
}

/// A file that may be served.
pub(super) struct MediaFile {
    pub file: File,
    pub bytes: u64,
    pub etag: String,
    pub content_type: &'static str,
    pub asset: Asset,
}

/// The media type by the file's name. Only what players take: nothing that a browser would run.
fn content_type(path: &FilePath) -> &'static str {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
    match extension.as_str() {
        "mp4" | "m4v" => "video/mp4",
        "webm" => "video/webm",
        "mov" | "qt" => "video/quicktime",
        "mkv" => "video/x-matroska",
        "mxf" => "application/mxf",
        "avi" => "video/x-msvideo",
        "mpg" | "mpeg" => "video/mpeg",
        "ts" | "mts" | "m2ts" => "video/mp2t",
        "ogv" => "video/ogg",
        "mp3" => "audio/mpeg",
        "m4a" => "audio/mp4",
        "wav" => "audio/wav",
        "flac" => "audio/flac",
        "ogg" | "oga" | "opus" => "audio/ogg",
        _ => "application/octet-stream",
    }
}

/// Says whether the file is the same as before: where it is, how long, when it was changed.
fn etag(meta: &Metadata) -> String {
    format!("\"{:x}-{:x}-{:x}-{:x}\"", meta.ino(), meta.len(), meta.mtime(), meta.mtime_nsec())
}

/// Opens the media file of an asset, where the caller may see it and it may be served.
pub(super) fn open(archive: &Archive, caller: &Caller, asset: &AssetId) -> Result<MediaFile> {
    let known = super::find_asset(archive, caller, asset)?;
    // The archive resolves links and checks the roots; the last step must then be no link either. Opening must
    // not wait, as it would for a pipe.
    let path = archive.media_path(caller, asset)?;
    let flags = (rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK).bits();
    let gone = |e: &std::io::Error| {
        tracing::debug!(error = %e, "a media file cannot be opened");
        Error::new(ErrorKind::NotFound, format!("the media file of asset `{asset}` cannot be read"))
            .mend("check its path")
    };
    let mut options = std::fs::OpenOptions::new();
    options.read(true).custom_flags(flags.cast_signed());
    let file = options.open(&path).map_err(|e| gone(&e))?;
    let meta = file.metadata().map_err(|e| gone(&e))?;
    if !meta.is_file() {
        return Err(Error::new(
            ErrorKind::NotFound,
            format!("the media path of asset `{asset}` names no file"),
        ));
    }
    Ok(MediaFile {
        bytes: meta.len(),
        etag: etag(&meta),
        content_type: content_type(&path),
        asset: known,
        file,
    })
}

/// The media file of an asset.
///
/// One range of bytes is served (`206`); a header that asks for several is ignored. `HEAD` answers without the
/// content. Only files in the configured media folders are served, after links are resolved.
#[utoipa::path(
    get, path = "/v1/media/{asset}", tag = "reading",
    params(
        ("asset" = String, Path, description = "the asset's id"),
        LinkParams,
        RangeHeaders
    ),
    responses(
        (status = 200, content_type = "video/*", body = Vec<u8>),
        (status = 206, content_type = "video/*", body = Vec<u8>),
        (status = 304, description = "the file is as `if-none-match` says"),
        (status = 416, body = Problem, content_type = "application/problem+json"),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn media(
    ctx: Ctx,
    method: Method,
    Path(asset): Path<String>,
    Params(_): Params<OnlyLinkParams>,
    headers: HeaderMap,
) -> Reply<Response> {
    let asset = id("asset", AssetId::new(&asset))?;
    let action = Action::of("play").asset(asset.as_str());
    let work = move |archive: &Archive, caller: &Caller| open(archive, caller, &asset);
    let found = ctx.audited(action, work, |found, action| action.movie(found.asset.movie.as_str())).await?;
    respond(&ctx, &method, &headers, found)
}

/// Answers with a file: whole, in part, or that it is unchanged.
pub(super) fn respond(ctx: &Ctx, method: &Method, headers: &HeaderMap, found: MediaFile) -> Reply<Response> {
    let given = |name: header::HeaderName| headers.get(name).and_then(|v| v.to_str().ok());
    if is_unchanged(given(header::IF_NONE_MATCH), &found.etag) {
        return Ok(describe(StatusCode::NOT_MODIFIED.into_response(), &found));
    }
    let counts = range_counts(given(header::IF_RANGE), &found.etag);
    let part = decide(given(header::RANGE).filter(|_| counts), found.bytes);
    let (status, first, length) = match part {
        Part::Whole => (StatusCode::OK, 0, found.bytes),
        Part::Bytes { first, last } => (StatusCode::PARTIAL_CONTENT, first, last - first + 1),
        Part::Unsatisfiable => return Ok(not_there(&found)),
    };
    let mut response = status.into_response();
    if let Part::Bytes { first, last } = part {
        insert(&mut response, header::CONTENT_RANGE, &format!("bytes {first}-{last}/{}", found.bytes));
    }
    insert(&mut response, header::CONTENT_LENGTH, &length.to_string());
    let mut response = describe(response, &found);
    if *method != Method::HEAD {
        *response.body_mut() = send(ctx, found.file, first, length)?;
    }
    Ok(response)
}

pub(super) fn insert(response: &mut Response, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

fn describe(mut response: Response, found: &MediaFile) -> Response {
    insert(&mut response, header::ETAG, &found.etag);
    insert(&mut response, header::ACCEPT_RANGES, "bytes");
    insert(&mut response, header::CONTENT_TYPE, found.content_type);
    insert(&mut response, header::CACHE_CONTROL, "private, no-cache");
    response
}

fn not_there(found: &MediaFile) -> Response {
    let problem = Problem::http(
        StatusCode::RANGE_NOT_SATISFIABLE,
        "range",
        "the range lies beyond the file",
        format!("the file has {} bytes", found.bytes),
        "ask for a range inside the file",
    );
    let mut response = problem.into_response();
    insert(&mut response, header::CONTENT_RANGE, &format!("bytes */{}", found.bytes));
    response
}

/// A body that reads the file as the client takes it.
fn send(ctx: &Ctx, file: File, first: u64, length: u64) -> Reply<Body> {
    let permit = permit(&ctx.app.media, "media files played at a time")?;
    let (sender, body) = stream(Some(length), ctx.app.config.limits.stream_pause_max);
    drop(tokio::spawn(async move {
        let _permit = permit;
        match copy(tokio::fs::File::from_std(file), first, length, &sender).await {
            Ok(()) => sender.finish(),
            Err(error) => tracing::debug!(kind = ?error.kind(), "a media file was not sent to its end"),
        }
    }));
    Ok(body)
}

async fn copy(mut file: tokio::fs::File, first: u64, length: u64, sender: &Sender) -> Result<()> {
    let failed = |e| Error::io("reading a media file", e);
    file.seek(std::io::SeekFrom::Start(first)).await.map_err(failed)?;
    let mut left = length;
    while left > 0 {
        let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(MEDIA_CHUNK_BYTES);
        let mut chunk = vec![0; wanted];
        let n = file.read(&mut chunk).await.map_err(failed)?;
        if n == 0 {
            return Err(Error::new(ErrorKind::Storage, "the media file became shorter while it was sent"));
        }
        chunk.truncate(n);
        left = left.saturating_sub(n as u64);
        sender.send(chunk).await?;
    }
    Ok(())
}
