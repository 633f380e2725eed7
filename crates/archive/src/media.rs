//! Where an asset's media file lies, if it may be served.

use std::path::PathBuf;

use rushes_types::{AssetId, Error, ErrorKind, Result};

use crate::access::{Caller, Right};
use crate::archive::Archive;

impl Archive {
    /// The media file of an asset: absolute, with all links resolved, inside one of
    /// [`crate::OpenOptions::media_roots`].
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where the asset is not there, the caller may not see it, it names no file, or the file
    /// is not there or lies elsewhere: the error does not say which, so that no caller can probe the disk.
    pub fn media_path(&self, caller: &Caller, asset: &AssetId) -> Result<PathBuf> {
        let asset = self.require_asset(caller, Right::Read, asset)?;
        let missing = || {
            let mend = "set its `path` to a file in one of the media folders";
            Error::new(
                ErrorKind::NotFound,
                format!("asset `{}` has no media file that may be served", asset.id),
            )
            .mend(mend)
        };
        let path = asset.path.as_deref().ok_or_else(missing)?;
        let path = std::fs::canonicalize(path).map_err(|_| missing())?;
        // Roots are resolved each time: a folder may be mounted later, and a link to it may move.
        let roots = self.options.media_roots.iter().filter_map(|root| std::fs::canonicalize(root).ok());
        let inside = roots.into_iter().any(|root| path.starts_with(root));
        if inside { Ok(path) } else { Err(missing()) }
    }
}
