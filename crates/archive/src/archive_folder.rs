//! The folder of an archive, and the embedded engines in it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rushes_events::{EmbeddedLog, EventLog, LogOptions};
use rushes_index::{EmbeddedIndex, EmbeddedOptions, Index};
use rushes_store::{AnnotationStore, BlockFormat, EmbeddedStore, Redactor, StoreOptions};
use rushes_text::{Analyzer, Language};
use rushes_timeline::{EmbeddedTimeline, TimelineStore};
use rushes_types::Result;

use crate::manifest::{Manifest, make_private_dir};
use crate::part::Part;
use crate::priority::open_at_low_priority;

/// The folder of an archive on this machine: opens the embedded engines, each by itself.
#[derive(Debug, Clone, Copy)]
pub struct ArchiveFolder<'a> {
    /// The archive's folder.
    pub dir: &'a Path,
    /// What the archive is.
    pub manifest: &'a Manifest,
    /// Whatever index there is, is replaced by an empty one; a rebuild fills it.
    pub empty_index: bool,
}

impl ArchiveFolder<'_> {
    /// The embedded annotation store.
    ///
    /// # Errors
    /// Where its folder cannot be opened.
    pub fn store(&self) -> Result<Arc<dyn AnnotationStore>> {
        let options = StoreOptions { redactor: Some(Arc::new(WireRedactor)), ..StoreOptions::default() };
        let dir = private(Part::Store.dir(self.dir))?;
        Ok(Arc::new(EmbeddedStore::open(&dir, options)?))
    }

    /// The embedded event log.
    ///
    /// # Errors
    /// Where its folder cannot be opened.
    pub fn events(&self) -> Result<Arc<dyn EventLog>> {
        let dir = private(Part::Events.dir(self.dir))?;
        Ok(Arc::new(EmbeddedLog::open(&dir, LogOptions::default())?))
    }

    /// The embedded fused store.
    ///
    /// # Errors
    /// Where its folder cannot be opened.
    pub fn timeline(&self) -> Result<Arc<dyn TimelineStore>> {
        let dir = private(Part::Timeline.dir(self.dir))?;
        Ok(Arc::new(open_at_low_priority(|| EmbeddedTimeline::open(&dir))?))
    }

    /// The embedded index.
    ///
    /// # Errors
    /// Where its folder cannot be opened; Corrupt or Unsupported where it must be rebuilt.
    pub fn index(&self) -> Result<Arc<dyn Index>> {
        let options = EmbeddedOptions { analyzer: self.analyzer(), ..EmbeddedOptions::default() };
        let dir = private(Part::Index.dir(self.dir))?;
        Ok(Arc::new(match self.empty_index {
            true => EmbeddedIndex::recreate(&dir, options)?,
            false => EmbeddedIndex::open(&dir, options)?,
        }))
    }

    /// The analysis of text that the archive was made with.
    #[must_use]
    pub fn analyzer(&self) -> Analyzer {
        Analyzer::new(Language::parse(&self.manifest.default_language))
    }

    /// What blanks rows of Arrow blocks, which a store cannot read by itself.
    #[must_use]
    pub fn redactor(&self) -> Arc<dyn Redactor> {
        Arc::new(WireRedactor)
    }
}

fn private(dir: PathBuf) -> Result<PathBuf> {
    make_private_dir(&dir)?;
    Ok(dir)
}

/// Blanks rows of Arrow blocks, which the store cannot read.
struct WireRedactor;

impl Redactor for WireRedactor {
    fn keep(&self, format: BlockFormat, bytes: &[u8], keep: &[u32]) -> Result<Option<Vec<u8>>> {
        rushes_wire::keep_only(format, bytes, keep)
    }
}
