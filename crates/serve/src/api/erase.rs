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
use super::runs::one_run;
use crate::app::{App, Ctx};
use crate::audit::Action;
use crate::body::Json;
use crate::problem::{Problem, Reply};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(erase))
}

/// What to erase, named by `target`.
#[derive(Debug, ToSchema)]
#[serde(tag = "target", rename_all = "lowercase")]
#[allow(dead_code)] // describes what `EraseFields` reads
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

/// What to erase, as it is read: in one flat object, so that a mistake is named with its place.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EraseFields {
    target: Target,
    asset_id: Option<String>,
    movie_id: Option<String>,
    model: Option<String>,
    run: Option<String>,
    annotation_id: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Target {
    Asset,
    Movie,
    Model,
    Run,
    Annotation,
}

impl EraseFields {
    /// The fields by name, with what each holds.
    fn named(&self) -> [(&'static str, Option<&str>); 5] {
        [
            ("asset_id", self.asset_id.as_deref()),
            ("movie_id", self.movie_id.as_deref()),
            ("model", self.model.as_deref()),
            ("run", self.run.as_deref()),
            ("annotation_id", self.annotation_id.as_deref()),
        ]
    }

    /// A field that belongs to another target would make people believe that it counts.
    fn check(&self) -> Result<()> {
        let own: &[&str] = match self.target {
            Target::Asset => &["asset_id"],
            Target::Movie => &["movie_id"],
            Target::Model => &["model", "asset_id"],
            Target::Run => &["run"],
            Target::Annotation => &["asset_id", "model", "run", "annotation_id"],
        };
        match self.named().iter().find(|(name, value)| value.is_some() && !own.contains(name)) {
            None => Ok(()),
            Some((name, _)) => Err(Error::invalid(format!("`{name}` does not go with this target"))
                .mend(format!("its fields are {}", own.join(", ")))
                .at(format!("/{name}"))),
        }
    }
}

fn target_of(fields: &EraseFields) -> Result<(EraseTarget, Action)> {
    fields.check()?;
    let at = |pointer: &'static str| move |e: IdError| Error::from(e).at(pointer);
    let needed = |name: &str, field: &Option<String>| {
        let missing =
            || Error::invalid(format!("`{name}` is missing")).mend("name it").at(format!("/{name}"));
        field.clone().ok_or_else(missing)
    };
    let asset = |text: &str| AssetId::new(text).map_err(at("/asset_id"));
    let model = |text: &str| ModelRef::parse(text).map_err(at("/model"));
    let run = |text: &str| RunId::new(text).map_err(at("/run"));
    let action = Action::of("erase");
    Ok(match fields.target {
        Target::Asset => {
            let id = needed("asset_id", &fields.asset_id)?;
            (EraseTarget::Asset(asset(&id)?), action.asset(&id))
        }
        Target::Movie => {
            let id = needed("movie_id", &fields.movie_id)?;
            (EraseTarget::Movie(MovieId::new(&id).map_err(at("/movie_id"))?), action.movie(&id))
        }
        Target::Model => {
            let name = needed("model", &fields.model)?;
            let asset = fields.asset_id.as_deref().map(asset).transpose()?;
            let action = asset.iter().fold(action, |action, a| action.asset(a.as_str()));
            (EraseTarget::Model(model(&name)?, asset), action.subject(format!("model {name}")))
        }
        Target::Run => {
            let name = needed("run", &fields.run)?;
            (EraseTarget::Run(one_run(&name)?), action.subject(format!("run {name}")))
        }
        Target::Annotation => {
            let (id, name) = (needed("asset_id", &fields.asset_id)?, needed("model", &fields.model)?);
            let annotation = needed("annotation_id", &fields.annotation_id)?;
            let target = EraseTarget::Annotation {
                asset: asset(&id)?,
                model: model(&name)?,
                run: fields.run.as_deref().map_or_else(|| Ok(RunId::loose()), run)?,
                id: AnnotationId::new(&annotation).map_err(at("/annotation_id"))?,
            };
            (target, action.asset(&id).subject(format!("annotation {annotation} of {name}")))
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
async fn erase(ctx: Ctx, Json(fields): Json<EraseFields>) -> Reply<Answer<CommitDocument>> {
    let (target, action) = target_of(&fields)?;
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
