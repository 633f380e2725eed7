//! The embedded index: a folder of immutable, memory-mapped segments.
//!
//! A publish writes one segment of what is new, tombstones for entries of older segments, and then the manifest; its
//! atomic replacement makes the publish visible and durable. Readers keep the segments they began with. Segments are
//! merged in the background by size, so that there are few; a merge leaves out what no read point can see any more, and
//! the next purge leaves out what was erased.
//!
//! It is our own code rather than a search library because the requirements are few and known (lists of entries by
//! type, label and word, exact nearest neighbours, one definition of a match), and because a reader must see commits as
//! a whole, at any read point of the last minutes, which search libraries do not offer.

mod approximate;
mod asset_table;
mod bounds;
mod buffer;
mod builder;
mod bytes;
mod chains;
mod counts;
mod dictionary;
mod dot;
mod entry;
mod expansion;
mod file;
mod hits;
mod joined;
mod keys;
mod label_rows;
mod label_tally;
mod labels;
mod maintain;
mod manifest;
mod merge;
mod nearest;
mod payload;
mod phrase;
mod phrase_part;
mod postings;
mod quantise;
mod reader;
mod scan_pool;
mod sections;
mod segment;
mod segment_view;
mod shortcuts;
mod signs;
mod snapshot;
mod snapshot_segment;
mod space_builder;
mod tables;
mod tombstones;
mod validities;
mod vector_search;
mod vector_times;
mod vectors;
mod visibility_filter;
mod words;
mod writer;
mod writer_segment;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use rushes_text::{ANALYSER_VERSION, Analyzer, Language};
use rushes_types::{AssetId, Commit, ReadPoint, Result};

use crate::clock::Clock;
use crate::seam::{AssetUpdate, Index, IndexCapabilities, IndexCounts, IndexReader};
use reader::ReaderSettings;
use scan_pool::ScanPool;
#[cfg(not(feature = "testing"))]
use shortcuts::Shortcuts;
#[cfg(feature = "testing")]
pub use shortcuts::Shortcuts;
use snapshot::Snapshot;
use writer::Writer;

/// How an embedded index is opened.
#[derive(Debug, Clone)]
pub struct EmbeddedOptions {
    /// The clock that tells how long ago a read point was superseded.
    pub clock: Clock,
    /// The rules of words.
    pub analyzer: Analyzer,
    /// The name of these rules, where they go beyond the built-in ones (an operator's lemmas): an index made with other
    /// rules is refused.
    pub analyzer_name: String,
    /// The buffer is written to disk when it holds about this many bytes, even between publishes.
    pub flush_bytes: usize,
    /// From this many vectors in scope on, approximate search is used where allowed; with fewer, exact search is as
    /// fast.
    pub approximate_rows_min: usize,
    /// Threads that scan vectors at once, all searches together; as many as cores by default.
    pub scan_threads: usize,
    /// What spares work and changes no answer: for tests, which switch it off.
    #[cfg(feature = "testing")]
    pub shortcuts: Shortcuts,
}

/// See [`EmbeddedOptions::approximate_rows_min`].
pub const APPROXIMATE_ROWS_MIN: usize = 50_000;

impl Default for EmbeddedOptions {
    fn default() -> Self {
        Self {
            clock: Clock::system(),
            analyzer: Analyzer::new(Language::Und),
            analyzer_name: String::new(),
            flush_bytes: 256 << 20,
            approximate_rows_min: APPROXIMATE_ROWS_MIN,
            scan_threads: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            #[cfg(feature = "testing")]
            shortcuts: Shortcuts::ALL,
        }
    }
}

impl EmbeddedOptions {
    /// What the contents of an index depend on besides its updates.
    fn analyser(&self) -> String {
        let language = self.analyzer.default_language.as_str();
        format!("{ANALYSER_VERSION}; default {language}; {}", self.analyzer_name)
    }
}

/// An index in a folder.
#[derive(Debug)]
pub struct EmbeddedIndex {
    clock: Clock,
    analyzer: Arc<Analyzer>,
    writer: Mutex<Writer>,
    published: RwLock<Arc<Snapshot>>,
    maintenance: Mutex<()>,
}

impl EmbeddedIndex {
    /// Opens the index in a folder, which is made if it is not there. One process at a time may have it open.
    ///
    /// # Errors
    /// [`rushes_types::ErrorKind::Unsupported`] where it was made by another format or other rules of words,
    /// [`rushes_types::ErrorKind::Corrupt`] where it is broken, and errors of the disk.
    pub fn open(folder: &Path, options: EmbeddedOptions) -> Result<Self> {
        let analyser = options.analyser();
        let analyzer = Arc::new(options.analyzer);
        let settings = ReaderSettings {
            analyzer: analyzer.clone(),
            approximate_rows_min: options.approximate_rows_min,
            pool: Arc::new(ScanPool::new(options.scan_threads)),
            #[cfg(feature = "testing")]
            shortcuts: options.shortcuts,
            #[cfg(not(feature = "testing"))]
            shortcuts: Shortcuts::ALL,
        };
        let writer = Writer::open(folder.to_owned(), settings, analyser, options.flush_bytes)?;
        let snapshot = writer.snapshot(writer.assets.clone());
        Ok(Self {
            clock: options.clock,
            analyzer,
            writer: Mutex::new(writer),
            published: RwLock::new(Arc::new(snapshot)),
            maintenance: Mutex::new(()),
        })
    }

    /// Removes the index in a folder, whatever made it, and opens an empty one: for a rebuild.
    ///
    /// # Errors
    /// Errors of the disk.
    pub fn recreate(folder: &Path, options: EmbeddedOptions) -> Result<Self> {
        manifest::remove(folder)?;
        Self::open(folder, options)
    }

    /// Verifies the checksums of everything.
    ///
    /// # Errors
    /// [`rushes_types::ErrorKind::Corrupt`] names the first file that is broken.
    pub fn verify(&self) -> Result<()> {
        self.published().segments.iter().try_for_each(|part| part.segment.verify())
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        // A thread that panicked while writing has not published, and a later publish writes complete files.
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn maintenance(&self) -> MutexGuard<'_, ()> {
        self.maintenance.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn published(&self) -> Arc<Snapshot> {
        self.published.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_published(&self, snapshot: Snapshot) {
        *self.published.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(snapshot);
    }
}

impl Index for EmbeddedIndex {
    fn capabilities(&self) -> IndexCapabilities {
        IndexCapabilities { keeps_buckets: false, reindexes_online: false, purges_at_once: true }
    }

    fn apply(&self, updates: &[AssetUpdate]) -> Result<()> {
        let mut writer = self.writer();
        updates.iter().try_for_each(|update| writer.apply(update))
    }

    fn publish(&self, upto: Commit) -> Result<()> {
        let seconds = self.clock.seconds();
        let mut writer = self.writer();
        let snapshot = writer.writing(|writer| writer.publish(upto, seconds))?;
        self.set_published(snapshot);
        Ok(())
    }

    fn progress(&self, asset: &AssetId) -> Result<Commit> {
        Ok(self.writer().progress(asset))
    }

    fn reader(&self, at: Option<&ReadPoint>) -> Result<Arc<dyn IndexReader>> {
        let reader = self.published().reader(at, self.clock.seconds())?;
        Ok(reader)
    }

    fn maintain(&self) -> Result<bool> {
        self.maintain_step()
    }

    fn purge(&self) -> Result<bool> {
        self.purge_all().map(|()| true)
    }

    fn clear(&self) -> Result<()> {
        let _no_merge = self.maintenance();
        let snapshot = self.writer().writing(Writer::clear)?;
        self.set_published(snapshot);
        Ok(())
    }

    fn counts(&self) -> Result<IndexCounts> {
        Ok(self.published().counts())
    }

    fn examine(&self, progress: &mut dyn FnMut(u64) -> Result<()>) -> Result<Vec<String>> {
        let mut wrong = Vec::new();
        for part in &self.published().segments {
            wrong.extend(part.segment.verify().err().map(|e| e.message().to_owned()));
            progress(part.segment.size())?;
        }
        Ok(wrong)
    }

    fn examine_quickly(&self) -> Result<Vec<String>> {
        // While it is held no segment is merged away, whose file would be gone.
        let _no_merge = self.maintenance();
        let published = self.published();
        let damaged = published.segments.iter().filter_map(|part| part.segment.damage_of_file());
        Ok(damaged.map(|e| e.message().to_owned()).collect())
    }
}
