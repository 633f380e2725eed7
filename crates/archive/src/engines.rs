//! The four seams of one archive, whatever stands behind them.

use std::path::Path;
use std::sync::Arc;

use rushes_events::EventLog;
use rushes_fused::FusedStore;
use rushes_index::Index;
use rushes_store::AnnotationStore;

/// What the stages of one archive run on.
#[derive(Clone)]
pub struct Engines {
    /// Stage 1.
    pub store: Arc<dyn AnnotationStore>,
    /// Between the stages.
    pub events: Arc<dyn EventLog>,
    /// Stage 2.
    pub fused: Arc<dyn FusedStore>,
    /// Stage 3.
    pub index: Arc<dyn Index>,
}

/// The folders of the embedded engines within an archive.
pub const FOLDERS: [&str; 4] = ["store", "events", "fused", "index"];

/// Folder of stage 1 in an archive.
#[must_use]
pub fn store_dir(archive: &Path) -> std::path::PathBuf {
    archive.join(FOLDERS[0])
}
/// Folder of the event log in an archive.
#[must_use]
pub fn events_dir(archive: &Path) -> std::path::PathBuf {
    archive.join(FOLDERS[1])
}
/// Folder of stage 2 in an archive.
#[must_use]
pub fn fused_dir(archive: &Path) -> std::path::PathBuf {
    archive.join(FOLDERS[2])
}
/// Folder of stage 3 in an archive.
#[must_use]
pub fn index_dir(archive: &Path) -> std::path::PathBuf {
    archive.join(FOLDERS[3])
}
