//! Indices to be tested.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rushes_index::{Clock, EmbeddedIndex, EmbeddedOptions, Index};
use rushes_testkit::index_suite::IndexFixture;

pub struct Embedded {
    index: Option<EmbeddedIndex>,
    seconds: Arc<AtomicU64>,
    flush_bytes: usize,
    approximate_rows_min: usize,
    pub folder: tempfile::TempDir,
}

impl Embedded {
    pub fn new() -> Self {
        Self::flushing(1 << 20)
    }

    pub fn flushing(flush_bytes: usize) -> Self {
        let seconds = Arc::new(AtomicU64::new(1_000));
        let folder = tempfile::tempdir().unwrap();
        let approximate_rows_min = EmbeddedOptions::default().approximate_rows_min;
        let mut embedded = Self { index: None, seconds, flush_bytes, approximate_rows_min, folder };
        embedded.reopen();
        embedded
    }

    /// Searches approximately from so many vectors on.
    pub fn approximating(approximate_rows_min: usize) -> Self {
        let mut embedded = Self { approximate_rows_min, ..Self::flushing(1 << 20) };
        embedded.reopen();
        embedded
    }

    pub fn embedded(&self) -> &EmbeddedIndex {
        self.index.as_ref().unwrap()
    }

    pub fn options(&self) -> EmbeddedOptions {
        EmbeddedOptions {
            clock: Clock::manual(self.seconds.clone()),
            flush_bytes: self.flush_bytes,
            approximate_rows_min: self.approximate_rows_min,
            scan_threads: 2,
            ..EmbeddedOptions::default()
        }
    }

    pub fn close(&mut self) {
        self.index = None;
    }
}

impl IndexFixture for Embedded {
    fn index(&self) -> &dyn Index {
        self.embedded()
    }

    fn pass(&self, seconds: u64) {
        self.seconds.fetch_add(seconds, Ordering::SeqCst);
    }

    fn reopen(&mut self) {
        self.index = None;
        self.index = Some(EmbeddedIndex::open(self.folder.path(), self.options()).unwrap());
    }
}
