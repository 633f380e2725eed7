//! `/v1/media/{asset}/link`: links to media that open without a token, for players and for people; and the end of all of
//! them.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use axum::Json as Answer;
use axum::extract::Path;
use rushes_archive::{Archive, Caller, Right, now_s, rfc3339};
use rushes_types::{AssetId, Error};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::registry::id;
use crate::app::{App, Ctx};
use crate::audit::Action;
use crate::body::Json;
use crate::limits::{LINK_SECONDS_DEFAULT, LINK_SECONDS_MAX};
use crate::problem::{Problem, Reply};
use crate::signed::{address, encoded};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(sign)).routes(routes!(rotate))
}

/// How long links count.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LinkRequest {
    /// In how many seconds they end, 1 to 2592000; by default 3600.
    expires_in_s: Option<u64>,
}

/// Signed links to what there is of an asset. They end before their time with the token, or the login, that asked for
/// them.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LinksDocument {
    /// The media file.
    media: String,
    /// A copy that browsers play.
    proxy: String,
    /// A frame; `&at_ns=` and `&height=` may be added.
    frame: String,
    /// When they end (RFC 3339).
    expires: String,
}

/// How the secret of links is exchanged.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RotateLinksDocument {
    /// For how many seconds links count that were signed before; by default they end at once.
    #[serde(default, deserialize_with = "crate::body::seconds")]
    keep_s: u64,
}

/// What became of it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RotatedLinksDocument {
    /// When links end that were signed before (RFC 3339).
    earlier_links_end: String,
}

fn time(s: u64) -> Reply<String> {
    let at = UNIX_EPOCH.checked_add(Duration::from_secs(s)).filter(|_| s < TIME_S_MAX);
    let beyond =
        || Problem::from(Error::invalid("the end lies beyond the calendar").mend("give fewer seconds"));
    at.map(rfc3339).ok_or_else(beyond)
}

/// The last second that RFC 3339 can write.
const TIME_S_MAX: u64 = 253_402_300_800;

/// Signs links to the media of an asset.
///
/// Whoever has such a link plays the media without a token until it ends: give it to players, and to people that you
/// would give the file.
#[utoipa::path(
    post, path = "/v1/media/{asset}/link", tag = "reading", operation_id = "sign_media_links",
    request_body = LinkRequest,
    params(("asset" = String, Path, description = "the asset's id")),
    responses(
        (status = 200, body = LinksDocument),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn sign(
    ctx: Ctx,
    Path(asset): Path<String>,
    Json(document): Json<LinkRequest>,
) -> Reply<Answer<LinksDocument>> {
    let asset = id("asset", AssetId::new(&asset))?;
    let seconds = document.expires_in_s.unwrap_or(LINK_SECONDS_DEFAULT);
    if !(1..=LINK_SECONDS_MAX).contains(&seconds) {
        return Err(Error::invalid(format!("a link cannot count for {seconds} seconds"))
            .mend(format!("give 1 to {LINK_SECONDS_MAX}"))
            .at("/expires_in_s")
            .into());
    }
    let expires_s = now_s().saturating_add(seconds);
    let action = Action::of("sign-links").asset(asset.as_str());
    let work = move |archive: &Archive, caller: &Caller| {
        let known = super::find_asset(archive, caller, &asset)?;
        let base = format!("/v1/media/{}", encoded(asset.as_str()));
        let signed =
            |path: String| archive.links().sign(caller, &path, expires_s).map(|link| address(&path, &link));
        let all = [signed(base.clone())?, signed(format!("{base}/proxy"))?, signed(format!("{base}/frame"))?];
        Ok((known.movie, all))
    };
    let say = |(movie, _): &(rushes_types::MovieId, _), action: Action| action.movie(movie.as_str());
    let (_, [media, proxy, frame]) = ctx.audited(action, work, say).await?;
    Ok(Answer(LinksDocument { media, proxy, frame, expires: time(expires_s)? }))
}

/// Takes another secret for links: those that were signed before end.
#[utoipa::path(
    post, path = "/v1/links/rotate", tag = "access", operation_id = "rotate_links",
    request_body = RotateLinksDocument,
    responses(
        (status = 200, body = RotatedLinksDocument),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn rotate(ctx: Ctx, Json(document): Json<RotateLinksDocument>) -> Reply<Answer<RotatedLinksDocument>> {
    let keep_s = document.keep_s.min(LINK_SECONDS_MAX);
    let work = move |archive: &Archive, caller: &Caller| {
        caller.require_everywhere(Right::Admin)?;
        archive.links().rotate(keep_s)
    };
    ctx.audited(Action::of("rotate-links"), work, |(), action| action).await?;
    Ok(Answer(RotatedLinksDocument { earlier_links_end: time(now_s().saturating_add(keep_s))? }))
}
