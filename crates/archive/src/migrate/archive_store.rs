//! Stage 1 of an archive by itself, without workers: what is moved to other engines.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rushes_store::AnnotationStore;
use rushes_store::OnDamage;
use rushes_types::{Error, ErrorKind, Result};

use crate::archive_folder::ArchiveFolder;
use crate::engines::OpenEngines;
use crate::erasures::{Erasures, PURGE_AFTER};
use crate::manifest::{ArchiveLock, FORMAT_VERSION, Manifest, make_private_dir};
use crate::rebuild_marker::{Rebuild, mark};
use crate::tokens::Tokens;

/// The annotation store of an archive, open without the stages above it.
pub struct ArchiveStore {
    dir: PathBuf,
    manifest: Manifest,
    store: Arc<dyn AnnotationStore>,
    _lock: Option<ArchiveLock>,
}

impl ArchiveStore {
    /// Opens the store of the archive in a folder, for reading. Other processes on shared engines go on.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where the folder holds no archive; [`ErrorKind::Busy`] where another process has it
    /// open for itself; [`ErrorKind::Conflict`] where the engines hold another archive; what they answer.
    pub fn open(dir: &Path, engines: &dyn OpenEngines) -> Result<Self> {
        let manifest = Manifest::read(dir)?.ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                format!("`{}` holds no archive that could be moved", dir.display()),
            )
        })?;
        refuse_others(&manifest, &engines.identity(&manifest)?)?;
        let store = open_store(dir, &manifest, engines)?;
        Ok(Self { dir: dir.to_owned(), manifest, store, _lock: None })
    }

    /// Opens, or creates, the target of a move: the same archive on other engines. It uses this version's text
    /// analysis, since derived data is rebuilt.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] where the folder or the engines hold another archive; [`ErrorKind::Busy`] where another
    /// process has it open; what the engines answer.
    pub fn open_target(dir: &Path, from: &Self, engines: &dyn OpenEngines) -> Result<Self> {
        if dir.canonicalize().ok().is_some_and(|to| from.dir.canonicalize().ok() == Some(to)) {
            return Err(Error::invalid(format!("`{}` is the archive that is to be moved", dir.display()))
                .mend("name another folder"));
        }
        let manifest = Manifest {
            format: FORMAT_VERSION,
            analyser: rushes_text::ANALYSER_VERSION.to_owned(),
            ..from.manifest.clone()
        };
        let there = Manifest::read(dir)?;
        if let Some(there) = &there {
            if there.id != manifest.id {
                return Err(Error::new(
                    ErrorKind::Conflict,
                    format!(
                        "the folder `{}` holds the archive `{}`, not `{}`",
                        dir.display(),
                        there.id,
                        manifest.id
                    ),
                )
                .mend("name an empty folder"));
            }
            refuse_others(&manifest, there)?;
        }
        make_private_dir(dir)?;
        let lock = ArchiveLock::acquire(dir)?;
        refuse_others(&manifest, &engines.identity(&manifest)?)?;
        if there.is_none() {
            manifest.write(dir)?;
        }
        let store = open_store(dir, &manifest, engines)?;
        Ok(Self { dir: dir.to_owned(), manifest, store, _lock: Some(lock) })
    }

    /// The archive's folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What the archive is.
    #[must_use]
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Stage 1.
    #[must_use]
    pub fn store(&self) -> &dyn AnnotationStore {
        self.store.as_ref()
    }

    /// Marks derived data for a rebuild at the next opening.
    ///
    /// # Errors
    /// Where the disk refuses.
    pub(super) fn mark_for_rebuild(&self) -> Result<()> {
        mark(&self.dir, Rebuild::All)
    }

    /// Marks an erasure: call before dropping erased content, whose bytes must be rewritten away within a day.
    ///
    /// # Errors
    /// Where the disk refuses.
    pub(super) fn mark_erasure(&self) -> Result<()> {
        Erasures::open(&self.dir, PURGE_AFTER)?.begin().map(drop)
    }

    /// Copies the access tokens of the source archive, if this one has none.
    ///
    /// # Errors
    /// Where the disk refuses.
    pub(super) fn copy_tokens(&self, from: &Self) -> Result<()> {
        Tokens::open(&self.dir)?.take_over(&Tokens::open(&from.dir)?)
    }
}

fn open_store(
    dir: &Path,
    manifest: &Manifest,
    engines: &dyn OpenEngines,
) -> Result<Arc<dyn AnnotationStore>> {
    engines.store(&ArchiveFolder { dir, manifest, empty_index: false, on_damage: OnDamage::Refuse }).map_err(
        |error| match error.kind() {
            ErrorKind::Busy => Error::new(
                ErrorKind::Busy,
                format!("the archive `{}` is open in another process", dir.display()),
            )
            .mend("stop its server while it is moved")
            .because(error),
            _ => error,
        },
    )
}

/// The archive that is there is not the one that is moved.
fn refuse_others(wanted: &Manifest, found: &Manifest) -> Result<()> {
    let differ = |what: &str, found: &str, wanted: &str| {
        Err(Error::new(
            ErrorKind::Conflict,
            format!("the engines hold an archive with {what} `{found}`, this one has `{wanted}`"),
        )
        .mend("name an empty keyspace and an empty folder"))
    };
    if found.id != wanted.id {
        return differ("the id", &found.id, &wanted.id);
    }
    if found.bucket_ns != wanted.bucket_ns {
        return differ("buckets of ns", &found.bucket_ns.to_string(), &wanted.bucket_ns.to_string());
    }
    if found.default_language != wanted.default_language {
        return differ("the language", &found.default_language, &wanted.default_language);
    }
    Ok(())
}
