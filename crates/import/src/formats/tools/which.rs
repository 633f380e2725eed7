//! Which of the media that a document speaks of is the asset: a document of an annotation tool may have many.

use crate::problem::{Fault, shown};

use crate::formats::stem::split_stem;

/// Names of media in a message, at most so many.
const SHOWN_MAX: usize = 5;

/// The place of the medium that is meant: the only one, or the one with the asset's name.
///
/// # Errors
/// Where none of several is.
pub(crate) fn which(names: &[String], asset: &str) -> Result<usize, Fault> {
    let is_meant = |name: &String| split_stem(name).0 == asset || name == asset;
    if let Some(place) = names.iter().position(is_meant) {
        return Ok(place);
    }
    if names.len() == 1 {
        return Ok(0);
    }
    let some: Vec<String> = names.iter().take(SHOWN_MAX).map(|name| shown(name)).collect();
    let why = format!(
        "the file speaks of {} media and none is called as the asset {}: {}",
        names.len(),
        shown(asset),
        some.join(", ")
    );
    Err(Fault::new("", why, "say which with `--asset`, its name without the ending"))
}
