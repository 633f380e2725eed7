//! Rules about updates, shared by every implementation.

use rushes_types::{AssetDocument, Commit, Error, ErrorKind, ModelRef, Result, SpaceId};

use crate::seam::AssetUpdate;

/// The space of a model's vectors: the one it is registered with, by default one of its own name.
///
/// # Errors
/// [`ErrorKind::Bug`] where a model's name is no name of a space.
pub fn space_of(document: Option<&AssetDocument>, model: &ModelRef) -> Result<SpaceId> {
    let registered = document.and_then(|d| d.models.iter().find(|m| m.model == *model));
    match registered.and_then(|m| m.space.as_ref()) {
        Some(space) => Ok(space.id.clone()),
        None => SpaceId::new(model.as_str()).map_err(|e| Error::bug(format!("model `{model}`: {e}"))),
    }
}

/// Is the update new? An earlier or repeated one changes nothing; one that begins later is refused.
///
/// # Errors
/// [`ErrorKind::Conflict`] for a gap.
pub fn is_new(update: &AssetUpdate, progress: Commit) -> Result<bool> {
    if update.upto <= progress {
        return Ok(false);
    }
    if update.after > progress {
        return Err(Error::new(
            ErrorKind::Conflict,
            format!(
                "asset `{}` is indexed up to commit `{progress}`, the update begins after `{}`: \
                 send what lies between first",
                update.asset, update.after
            ),
        ));
    }
    Ok(true)
}
