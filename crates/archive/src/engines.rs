//! The four seams of one archive, whatever stands behind them.

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
    /// May other processes work on the same archive? What they change is then looked for from time to time. The ground
    /// truth decides: where it is shared, so is what is derived from it.
    #[must_use]
    pub fn shared(&self) -> bool {
        self.store.capabilities().shared
    }
}

/// Opens what an archive runs on. The default is [`crate::EmbeddedEngines`].
pub trait OpenEngines: Send + Sync + std::fmt::Debug {
    /// The archive that `own` says this folder holds, as all who share its engines know it: where they are not shared,
    /// or `own` is the first to say so, that is `own`.
    ///
    /// # Errors
    /// Where an engine cannot be reached.
    fn identity(&self, own: &Manifest) -> Result<Manifest>;
    /// Opens the engines of an archive.
    ///
    /// # Errors
    /// Where one cannot be opened or reached; the message says which one, and what to do.
    fn open(&self, folder: &ArchiveFolder<'_>) -> Result<Engines>;
    /// Is the index in the archive's folder, where no other process reads it? One that cannot be read is then rebuilt
    /// without asking; an index that others share is not this process's to empty.
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
