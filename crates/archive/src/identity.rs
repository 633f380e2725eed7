//! Which archive a folder is: its manifest, with what this version and the engines say to it.

use std::path::Path;

use rushes_types::{Error, ErrorKind, Result};

use crate::engines::OpenEngines;
use crate::manifest::Manifest;
use crate::part::Part;
use crate::rebuild_marker::{Rebuild, mark};
use crate::set_aside::chain_of;
use crate::tokens::Tokens;

/// Is there a store, or what tells of one?
pub(crate) fn holds_a_store(dir: &Path) -> bool {
    [Part::Store.dir(dir), chain_of(dir, Part::Store)].iter().any(|path| path.exists())
}

/// The manifest of an archive whose words were analysed as this version does it; where another version did, all
/// derived data are marked for a rebuild.
pub(crate) fn current_analysis(dir: &Path, manifest: Manifest) -> Result<Manifest> {
    if manifest.analyser == rushes_text::ANALYSER_VERSION {
        return Ok(manifest);
    }
    tracing::warn!(was = manifest.analyser, "text is analysed in another way now; derived data are rebuilt");
    mark(dir, Rebuild::All)?;
    let manifest = Manifest { analyser: rushes_text::ANALYSER_VERSION.to_owned(), ..manifest };
    manifest.write(dir)?;
    Ok(manifest)
}

/// The manifest shared by all processes on the same engines: a folder with a different one belongs to another archive.
pub(crate) fn shared_identity(dir: &Path, own: Manifest, engines: &dyn OpenEngines) -> Result<Manifest> {
    let known = engines.identity(&own)?;
    if known == own {
        return Ok(own);
    }
    let is_new = Part::Timeline.dir(dir).try_exists().is_ok_and(|there| !there)
        && Tokens::open(dir)?.list().is_empty();
    if known.id != own.id && !is_new {
        return Err(Error::new(
            ErrorKind::Conflict,
            format!(
                "the folder `{}` holds the archive `{}`, the configured engines hold `{}`",
                dir.display(),
                own.id,
                known.id
            ),
        )
        .mend("name another folder, or another keyspace"));
    }
    if known.analyser != own.analyser {
        return Err(Error::new(
            ErrorKind::Unsupported,
            format!(
                "the engines hold words analysed by `{}`, this version analyses by `{}`",
                known.analyser, own.analyser
            ),
        )
        .mend("run the version that wrote them, or rebuild into another keyspace with `rushes migrate`"));
    }
    known.write(dir)?;
    Ok(known)
}
