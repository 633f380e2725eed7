//! The embedded engines, for one machine.

use std::sync::Arc;

use rushes_store::AnnotationStore;
use rushes_types::Result;

use crate::archive_folder::ArchiveFolder;
use crate::engines::{Engines, OpenEngines};
use crate::manifest::Manifest;

/// Everything in the archive's folder.
#[derive(Debug, Clone, Copy, Default)]
pub struct EmbeddedEngines;

impl OpenEngines for EmbeddedEngines {
    fn identity(&self, own: &Manifest) -> Result<Manifest> {
        Ok(own.clone())
    }

    fn open(&self, folder: &ArchiveFolder<'_>) -> Result<Engines> {
        Ok(Engines {
            store: folder.store()?,
            events: folder.events()?,
            timeline: folder.timeline()?,
            index: folder.index()?,
        })
    }

    fn store(&self, folder: &ArchiveFolder<'_>) -> Result<Arc<dyn AnnotationStore>> {
        folder.store()
    }
}
