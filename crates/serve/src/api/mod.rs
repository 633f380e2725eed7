//! The routes, one file for each kind of thing.

mod agents;
mod annotations;
mod audit;
mod backups;
mod bins;
mod buckets;
mod converse;
mod documents;
mod erase;
mod events;
mod export;
mod exported;
mod feedback;
mod links;
mod login;
mod media;
mod oidc;
mod operate;
mod pages;
mod pictures;
mod profiles;
mod ranking;
mod registry;
mod runs;
mod search;
mod time;
mod tokens;
mod verify_status;
mod wire;

use std::sync::Arc;

use axum::http::StatusCode;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;

use rushes_archive::{Archive, Caller};
use rushes_types::{Asset, AssetId, Commit, Error, ErrorKind, Result};

use crate::app::{App, Ctx};
use crate::problem::{Problem, Reply};

pub(crate) use agents::{AGENTS, agent};
pub use backups::checked_backups;
pub(crate) use documents::LineProblemDocument;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Rushes",
        description = "Finds moments in video. Errors are problem documents (RFC 9457). Every answer carries \
                       `x-request-id`.\n\nWhat this document allows is taken, and what it forbids is refused with the \
                       place: `pointer` for a body, `parameter` for the address, `errors` for lines. Beside JSON Schema, \
                       `x-max-bytes` is the most bytes of a text in UTF-8 (or of a line), and `x-rules` are conditions in \
                       words. Whole numbers are written without a fraction. Parameters that are not named are refused. \
                       In a plan, null counts as left out.",
        license(name = "MIT OR Apache-2.0")
    ),
    components(schemas(Problem)),
    modifiers(&Bearer),
    security((), ("token" = []))
)]
struct Document;

/// Adds the authentication scheme.
struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some(
                "A token of the archive. Needed once the archive has tokens, and away from loopback.",
            ))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

/// All routes with their documentation. Routes are added only by `routes!`, which takes handler and documentation from
/// the same place, so no route is served that the document does not name.
pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::with_openapi(Document::openapi())
        .merge(pages::routes())
        .merge(registry::routes())
        .merge(runs::routes())
        .merge(annotations::routes())
        .merge(search::routes())
        .merge(converse::routes())
        .merge(export::routes())
        .merge(feedback::routes())
        .merge(ranking::routes())
        .merge(bins::routes())
        .merge(profiles::routes())
        .merge(login::routes())
        .merge(buckets::routes())
        .merge(media::routes())
        .merge(pictures::routes())
        .merge(erase::routes())
        .merge(operate::routes())
        .merge(backups::routes())
        .merge(events::routes())
        .merge(tokens::routes())
        .merge(oidc::routes())
        .merge(links::routes())
        .merge(audit::routes())
}

/// The answer for an unknown path.
pub(crate) async fn no_such_path() -> StatusCode {
    StatusCode::NOT_FOUND
}

/// An asset that the caller may see.
fn find_asset(archive: &Archive, caller: &Caller, id: &AssetId) -> Result<Asset> {
    archive.asset(caller, id)?.ok_or_else(|| {
        Error::new(ErrorKind::NotFound, format!("asset `{id}` is not there"))
            .mend("/v1/assets names those that are")
    })
}

/// Waits until a commit (or where there is none: everything) can be searched; `false` when the time is over
/// before.
async fn wait_for(ctx: &Ctx, commit: Option<Commit>) -> Reply<bool> {
    let time_max = ctx.app.config.limits.wait_time_max;
    ctx.block(move |archive, caller| {
        let commit = match commit {
            Some(commit) => commit,
            None => archive.status()?.last_commit,
        };
        // Why a stage fails may name assets that the caller may not see.
        archive.wait_caught_up(commit, time_max).map_err(|error| {
            let told = !caller.is_limited() || error.kind() != ErrorKind::Unavailable;
            if told { error } else { Error::new(ErrorKind::Unavailable, "a stage does not get on") }
        })
    })
    .await
}
