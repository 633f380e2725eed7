//! `/v1/erase`: erases data, for good: no rebuild brings it back.

use std::sync::Arc;

use axum::Json as Answer;
use rushes_archive::{Archive, Caller};
use rushes_store::EraseTarget;
use rushes_types::{AnnotationId, AssetId, Error, IdError, ModelRef, MovieId, Result, RunId};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::documents::CommitDocument;
use crate::app::{App, Ctx};
use crate::audit::Action;
use crate::body::Json;
use crate::problem::{Problem, Reply};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(erase))
}

/// What to erase, named by `target`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "target", rename_all = "lowercase", deny_unknown_fields)]
pub(super) enum EraseDocument {
    /// An asset and all its annotations.
    Asset {
        /// The asset.
        asset_id: String,
    },
    /// All assets of a movie.
    Movie {
        /// The movie.
        movie_id: String,
    },
    /// All that a model (this version) wrote.
    Model {
        /// `name@version`.
        model: String,
        /// Only on this asset.
        asset_id: Option<String>,
    },
    /// One run.
    Run {
        /// The run.
        run: String,
    },
    /// One annotation.
    Annotation {
        /// The asset.
        asset_id: String,
        /// `name@version`.
        model: String,
        /// The run; by default the loose lines.
        run: Option<String>,
        /// The annotation.
        annotation_id: String,
    },
}

fn target_of(document: &EraseDocument) -> Result<(EraseTarget, Action)> {
    let at = |pointer: &'static str| move |e: IdError| Error::from(e).at(pointer);
    let asset = |text: &str| AssetId::new(text).map_err(at("/asset_id"));
    let model = |text: &str| ModelRef::parse(text).map_err(at("/model"));
    let run = |text: &str| RunId::new(text).map_err(at("/run"));
    let action = Action::of("erase");
    Ok(match document {
        EraseDocument::Asset { asset_id } => (EraseTarget::Asset(asset(asset_id)?), action.asset(asset_id)),
        EraseDocument::Movie { movie_id } => {
            (EraseTarget::Movie(MovieId::new(movie_id).map_err(at("/movie_id"))?), action.movie(movie_id))
        }
        EraseDocument::Model { model: name, asset_id } => {
            let asset = asset_id.as_deref().map(asset).transpose()?;
            let action = asset.iter().fold(action, |action, a| action.asset(a.as_str()));
            (EraseTarget::Model(model(name)?, asset), action.subject(format!("model {name}")))
        }
        EraseDocument::Run { run: name } => {
            (EraseTarget::Run(run(name)?), action.subject(format!("run {name}")))
        }
        EraseDocument::Annotation { asset_id, model: name, run: in_run, annotation_id } => {
            let target = EraseTarget::Annotation {
                asset: asset(asset_id)?,
                model: model(name)?,
                run: in_run.as_deref().map_or_else(|| Ok(RunId::loose()), run)?,
                id: AnnotationId::new(annotation_id).map_err(at("/annotation_id"))?,
            };
            (target, action.asset(asset_id).subject(format!("annotation {annotation_id} of {name}")))
        }
    })
}

/// Which derived media (pictures, proxies) an erasure removes.
enum ErasedMedia {
    Asset(AssetId),
    /// All derived media are removed without looking up the movie's assets: they can be made again.
    Movie,
    Other,
}

/// Erases an asset, a movie, what a model wrote, a run or an annotation.
///
/// It is invisible from the next read point on; its bytes are gone after `/v1/purge`, at the latest after a day. No
/// rebuild brings it back.
#[utoipa::path(
    post, path = "/v1/erase", tag = "operating", request_body = EraseDocument,
    responses(
        (status = 200, body = CommitDocument),
        (status = "4XX", body = Problem, content_type = "application/problem+json")
    )
)]
async fn erase(ctx: Ctx, Json(document): Json<EraseDocument>) -> Reply<Answer<CommitDocument>> {
    let (target, action) = target_of(&document)?;
    let gone = match &target {
        EraseTarget::Asset(asset) => ErasedMedia::Asset(asset.clone()),
        EraseTarget::Movie(_) => ErasedMedia::Movie,
        _ => ErasedMedia::Other,
    };
    let work = move |archive: &Archive, caller: &Caller| archive.erase(caller, &target);
    let commit = ctx.audited(action, work, |_, action| action).await?;
    // Pictures and proxies are made from the media, not from what was written; they go with their asset.
    let app = Arc::clone(&ctx.app);
    ctx.block(move |_, _| match gone {
        ErasedMedia::Asset(asset) => app.forget_media(Some(&asset)),
        ErasedMedia::Movie => app.forget_media(None),
        ErasedMedia::Other => Ok(()),
    })
    .await?;
    Ok(Answer(commit.into()))
}
