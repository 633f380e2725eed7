//! The reference index: everything in maps, every query a loop over everything through the shared matcher.
//! [`crate::EmbeddedIndex`] is tested against it, and tests use it as a substitute.

mod reader;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rushes_text::{Analyzer, Language};
use rushes_types::{AssetDocument, AssetId, Change, Commit, FusedAnnotation, FusedKey, ReadPoint, Result};

use crate::clock::Clock;
use crate::read_points::ReadPoints;
use crate::seam::{AssetUpdate, Index, IndexCapabilities, IndexCounts, IndexReader};
use crate::update::{is_new, space_of};
pub use reader::{CandidateAnnotation, MemoryReader};

/// An index in memory.
#[derive(Debug)]
pub struct MemoryIndex {
    clock: Clock,
    analyzer: Arc<Analyzer>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    applied: BTreeMap<AssetId, AssetState>,
    published: BTreeMap<AssetId, AssetState>,
    read_points: ReadPoints,
}

/// An asset with all its annotations.
#[derive(Debug, Clone, Default)]
struct AssetState {
    progress: Commit,
    /// Its documents with the generation that brought each, ascending; emptied when it is erased.
    documents: Vec<(u64, Arc<AssetDocument>)>,
    entries: BTreeMap<FusedKey, Arc<CandidateAnnotation>>,
}

impl Default for MemoryIndex {
    fn default() -> Self {
        Self::new(Clock::system(), Analyzer::new(Language::Und))
    }
}

impl MemoryIndex {
    /// An empty index.
    #[must_use]
    pub fn new(clock: Clock, analyzer: Analyzer) -> Self {
        Self { clock, analyzer: Arc::new(analyzer), state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The state changes by complete values, so a panicking thread leaves it consistent.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AssetState {
    fn apply(&mut self, update: &AssetUpdate, generation: u64) -> Result<()> {
        self.progress = update.upto;
        let Some(document) = &update.document else {
            self.documents.clear();
            self.entries.clear();
            return Ok(());
        };
        // Documents of one publish replace each other.
        self.documents.retain(|(of, _)| *of != generation);
        self.documents.push((generation, Arc::new(document.clone())));
        for change in &update.changes {
            match change {
                Change::Put(fused) => {
                    let space = space_of(Some(document), &fused.annotation.model)?;
                    let entry = CandidateAnnotation { fused: FusedAnnotation::clone(fused), space };
                    self.entries.insert(fused.fused_key(), Arc::new(entry));
                }
                Change::Erased(key) => {
                    self.entries.remove(key);
                }
            }
        }
        Ok(())
    }

    /// The document that a reader of a generation saw.
    fn document(&self, generation: u64) -> Option<&Arc<AssetDocument>> {
        self.documents.iter().rev().find(|(of, _)| *of <= generation).map(|(_, document)| document)
    }
}

impl Index for MemoryIndex {
    fn capabilities(&self) -> IndexCapabilities {
        IndexCapabilities { keeps_buckets: false, reindexes_online: false, purges_at_once: true }
    }

    fn apply(&self, updates: &[AssetUpdate]) -> Result<()> {
        let mut state = self.state();
        let generation = state.read_points.generation() + 1;
        for update in updates {
            let asset = state.applied.entry(update.asset.clone()).or_default();
            if is_new(update, asset.progress)? {
                asset.apply(update, generation)?;
            }
        }
        Ok(())
    }

    fn publish(&self, upto: Commit) -> Result<()> {
        let mut state = self.state();
        state.read_points.publish(upto, self.clock.seconds());
        state.published = state.applied.clone();
        Ok(())
    }

    fn progress(&self, asset: &AssetId) -> Result<Commit> {
        Ok(self.state().applied.get(asset).map_or(Commit::NONE, |asset| asset.progress))
    }

    fn reader(&self, at: Option<&ReadPoint>) -> Result<Arc<dyn IndexReader>> {
        let state = self.state();
        let (at, generation) = state.read_points.resolve(at, self.clock.seconds())?;
        let mut assets = Vec::new();
        let mut entries = Vec::new();
        for asset in state.published.values() {
            if let Some(document) = asset.document(generation) {
                assets.push(document.clone());
                entries.extend(asset.entries.values().cloned());
            }
        }
        Ok(Arc::new(MemoryReader::new(at, assets.into(), entries, self.analyzer.clone())))
    }

    fn maintain(&self) -> Result<bool> {
        Ok(false)
    }

    fn purge(&self) -> Result<bool> {
        Ok(true)
    }

    fn clear(&self) -> Result<()> {
        *self.state() = State::default();
        Ok(())
    }

    fn counts(&self) -> Result<IndexCounts> {
        let state = self.state();
        let entries = || state.published.values().flat_map(|asset| asset.entries.values());
        Ok(IndexCounts {
            entries: entries().count() as u64,
            vectors: entries().filter(|e| e.fused.annotation.vector.is_some()).count() as u64,
            segments: 0,
            bytes: 0,
        })
    }
}
