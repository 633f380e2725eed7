//! The folder of an archive, and the embedded engines in it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rushes_events::{EmbeddedLog, EventLog, LogOptions};
use rushes_index::{EmbeddedIndex, EmbeddedOptions, Index};
use rushes_kv::without_panic;
use rushes_store::{
    AnnotationStore, BlockFormat, EmbeddedStore, OnDamage, Redactor, StoreGuard, StoreOptions,
};
use rushes_text::{Analyzer, Language};
use rushes_timeline::{EmbeddedTimeline, TimelineStore};
use rushes_types::Result;
use rushes_wire::{BlockContext, headers_of_block};

use crate::clock::now_ms;
use crate::manifest::{Manifest, make_private_dir};
use crate::part::Part;
use crate::priority::open_at_low_priority;
use crate::rebuild_marker::Rebuild;
use crate::set_aside::{chain_of, derived_guard, open_or_set_aside, show_time};

/// The folder of an archive on this machine: opens the embedded engines, each by itself.
#[derive(Debug, Clone, Copy)]
pub struct ArchiveFolder<'a> {
    /// The archive's folder.
    pub dir: &'a Path,
    /// What the archive is.
    pub manifest: &'a Manifest,
    /// Whatever index there is, is replaced by an empty one; a rebuild fills it.
    pub empty_index: bool,
    /// What is done with a store that lacks what was acknowledged.
    pub on_damage: OnDamage,
}

impl ArchiveFolder<'_> {
    /// The embedded annotation store.
    ///
    /// # Errors
    /// Where its folder cannot be opened.
    pub fn store(&self) -> Result<Arc<dyn AnnotationStore>> {
        let guard = StoreGuard {
            chain: chain_of(self.dir, Part::Store),
            identity: self.identity(),
            now_ms,
            show_time,
            on_damage: self.on_damage,
            read_headers: |asset, model, run, block| {
                let context = BlockContext { asset: asset.clone(), model: model.clone(), run: run.clone() };
                headers_of_block(block.format, &block.bytes, &block.positions, &context)
            },
        };
        let options = StoreOptions {
            redactor: Some(Arc::new(WireRedactor)),
            guard: Some(guard),
            ..StoreOptions::default()
        };
        let dir = private(Part::Store.dir(self.dir))?;
        Ok(Arc::new(EmbeddedStore::open(&dir, options)?))
    }

    /// The embedded event log.
    ///
    /// # Errors
    /// Where its folder cannot be opened.
    pub fn events(&self) -> Result<Arc<dyn EventLog>> {
        let guard = || derived_guard(self.dir, Part::Events, self.identity());
        let log = self.derived(Part::Events, Rebuild::All, |dir| {
            EmbeddedLog::open(dir, LogOptions { guard: Some(guard()), ..LogOptions::default() })
        })?;
        Ok(Arc::new(log))
    }

    /// The embedded fused store.
    ///
    /// # Errors
    /// Where its folder cannot be opened.
    pub fn timeline(&self) -> Result<Arc<dyn TimelineStore>> {
        let guard = || derived_guard(self.dir, Part::Timeline, self.identity());
        let timeline = self.derived(Part::Timeline, Rebuild::All, |dir| {
            open_at_low_priority(|| EmbeddedTimeline::open_guarded(dir, guard()))
        })?;
        Ok(Arc::new(timeline))
    }

    /// The embedded index.
    ///
    /// # Errors
    /// Where its folder cannot be opened; Corrupt or Unsupported where it must be rebuilt.
    pub fn index(&self) -> Result<Arc<dyn Index>> {
        let options = || EmbeddedOptions { analyzer: self.analyzer(), ..EmbeddedOptions::default() };
        let index = self.derived(Part::Index, Rebuild::Index, |dir| match self.empty_index {
            true => EmbeddedIndex::recreate(dir, options()),
            false => EmbeddedIndex::open(dir, options()),
        })?;
        Ok(Arc::new(index))
    }

    /// Opens a derived part; where it is damaged it is set aside and noted for a rebuild.
    fn derived<T>(&self, part: Part, what: Rebuild, open: impl Fn(&Path) -> Result<T>) -> Result<T> {
        let name = format!("cannot open `{}`", part.dir(self.dir).display());
        open_or_set_aside(self.dir, part, what, || {
            let dir = private(part.dir(self.dir))?;
            without_panic(&name, || open(&dir))
        })
    }

    /// The archive's id as a number: tables of another archive are told by it.
    fn identity(&self) -> u128 {
        xxhash_rust::xxh3::xxh3_128(self.manifest.id.as_bytes())
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
