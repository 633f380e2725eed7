//! The four seams of one archive, whatever implements them.

use std::sync::Arc;

use rushes_events::EventLog;
use rushes_index::Index;
use rushes_store::AnnotationStore;
use rushes_timeline::TimelineStore;
use rushes_types::Result;

use crate::archive_folder::ArchiveFolder;
use crate::manifest::Manifest;

/// What the stages of one archive run on.
#[derive(Clone)]
pub struct Engines {
    /// Stage 1.
    pub store: Arc<dyn AnnotationStore>,
    /// Between the stages.
    pub events: Arc<dyn EventLog>,
    /// Stage 2.
    pub timeline: Arc<dyn TimelineStore>,
    /// Stage 3.
    pub index: Arc<dyn Index>,
}

impl Engines {
    /// May other processes work on the same archive? Their changes are then polled for. The store decides: where it is
    /// shared, so is everything derived from it.
    #[must_use]
    pub fn shared(&self) -> bool {
        self.store.capabilities().shared
    }
}

/// Opens what an archive runs on. The default is [`crate::EmbeddedEngines`].
pub trait OpenEngines: Send + Sync + std::fmt::Debug {
    /// The manifest that all processes on these engines agree on. Where the engines are not shared, or `own` is the
    /// first, that is `own`.
    ///
    /// # Errors
    /// Where an engine cannot be reached.
    fn identity(&self, own: &Manifest) -> Result<Manifest>;
    /// Opens the engines of an archive.
    ///
    /// # Errors
    /// Where one cannot be opened or reached; the message says which one, and what to do.
    fn open(&self, folder: &ArchiveFolder<'_>) -> Result<Engines>;
    /// Is the index in the archive's folder, where no other process reads it? If so, an unreadable index is rebuilt
    /// automatically; this process must not empty an index that others share.
    fn has_index_here(&self) -> bool {
        true
    }
    /// Opens stage 1 alone, for moving the archive.
    ///
    /// # Errors
    /// Where it cannot be opened or reached.
    fn store(&self, folder: &ArchiveFolder<'_>) -> Result<Arc<dyn AnnotationStore>> {
        Ok(self.open(folder)?.store)
    }
}
