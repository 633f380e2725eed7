//! The four seams of one archive, whatever stands behind them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rushes_events::EventLog;
use rushes_index::Index;
use rushes_store::AnnotationStore;
use rushes_timeline::TimelineStore;
use rushes_types::Result;
use serde::Serialize;

use crate::embedded::Place;
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

/// Opens what an archive runs on. The default is [`EmbeddedEngines`].
pub trait OpenEngines: Send + Sync + std::fmt::Debug {
    /// The archive that `own` says this folder holds, as all who share its engines know it: where nobody shares
    /// them, or `own` is the first to say so, that is `own`.
    ///
    /// # Errors
    /// Where an engine cannot be reached.
    fn identity(&self, own: &Manifest) -> Result<Manifest>;
    /// Opens the engines of an archive.
    ///
    /// # Errors
    /// Where one cannot be opened or reached; the message says which one, and what to do.
    fn open(&self, place: &Place<'_>) -> Result<Engines>;
    /// Is the index in the archive's folder, where nobody else reads it? One that cannot be read is then made anew
    /// without asking; an index that others share is not this process's to empty.
    fn has_index_here(&self) -> bool {
        true
    }
    /// Opens stage 1 alone, for moving the archive.
    ///
    /// # Errors
    /// Where it cannot be opened or reached.
    fn store(&self, place: &Place<'_>) -> Result<Arc<dyn AnnotationStore>> {
        Ok(self.open(place)?.store)
    }
}

/// Everything in the archive's folder.
#[derive(Debug, Clone, Copy, Default)]
pub struct EmbeddedEngines;

impl OpenEngines for EmbeddedEngines {
    fn identity(&self, own: &Manifest) -> Result<Manifest> {
        Ok(own.clone())
    }

    fn open(&self, place: &Place<'_>) -> Result<Engines> {
        Ok(Engines {
            store: place.store()?,
            events: place.events()?,
            timeline: place.timeline()?,
            index: place.index()?,
        })
    }

    fn store(&self, place: &Place<'_>) -> Result<Arc<dyn AnnotationStore>> {
        place.store()
    }
}

/// A part of an archive that runs on an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// Stage 1.
    Store,
    /// Between the stages.
    Events,
    /// Stage 2.
    Timeline,
    /// Stage 3.
    Index,
}

impl Part {
    /// All of them, in the order of the data's way.
    pub const ALL: [Self; 4] = [Self::Store, Self::Events, Self::Timeline, Self::Index];

    /// What people read, the key in a configuration, and the folder of the embedded engine within an archive.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Events => "events",
            Self::Timeline => "fused",
            Self::Index => "index",
        }
    }

    /// Folder of the embedded engine in an archive.
    #[must_use]
    pub fn dir(self, archive: &Path) -> PathBuf {
        archive.join(self.as_str())
    }
}
