//! What an archive knows, for parsing questions and resolving plans.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use rushes_ask::Names;
use rushes_index::{Budget, IndexReader};
use rushes_plan::{Knowledge, Like, SpaceVectors, WordCounts};
use rushes_query::{Access, View};
use rushes_types::{AssetId, Result, RunId, RunState, Space, SpaceId, Visibility};

use crate::archive::Archive;
use crate::label_table::{LabelTable, is_carried};
use crate::word_tally::{WordTally, says_in_a_row, seen_filter};

/// What the archive knows, as far as a caller may see it.
pub(crate) struct ArchiveKnowledge<'a> {
    archive: &'a Archive,
    view: &'a View<'a>,
    labels: Arc<LabelTable>,
    /// Spaces with registered encoders, read on the first space whose annotations were fused before its encoder was
    /// registered.
    registered: OnceLock<BTreeMap<SpaceId, Space>>,
}

impl<'a> ArchiveKnowledge<'a> {
    /// # Errors
    /// Where the labels cannot be read.
    pub fn new(archive: &'a Archive, view: &'a View<'a>) -> Result<Self> {
        Ok(Self { archive, view, labels: archive.label_table()?, registered: OnceLock::new() })
    }

    /// May the caller see the asset?
    fn sees(&self, asset: &AssetId) -> bool {
        let View { reader, access, .. } = self.view;
        let number = reader.asset_no(asset).and_then(|no| usize::try_from(no.0).ok());
        let document = number.and_then(|no| reader.assets().get(no));
        *access == Access::All || document.is_some_and(|document| access.allows(&document.asset))
    }

    /// The space with its encoder, which may have been registered only after the space's annotations were fused.
    fn with_encoder(&self, space: &Space) -> Result<Space> {
        if space.encoder.is_some() {
            return Ok(space.clone());
        }
        if self.registered.get().is_none() {
            let spaces = self.archive.engines.store.models()?.into_iter().filter_map(|m| m.space);
            let named = spaces.filter(|space| space.encoder.is_some());
            let _ = self.registered.set(named.map(|space| (space.id.clone(), space)).collect());
        }
        let registered = self.registered.get().and_then(|spaces| spaces.get(&space.id));
        Ok(registered.unwrap_or(space).clone())
    }
}

impl Knowledge for ArchiveKnowledge<'_> {
    fn names(&self) -> Result<Arc<Names>> {
        self.archive.names_of(self.view.reader, self.labels.as_ref(), &self.view.access, self.view.budget)
    }

    fn aliases(&self, kind: Option<&str>, label: &str) -> Result<Vec<String>> {
        let filter = seen_filter(self.view.reader, &self.view.access);
        let mut all = Vec::new();
        for entry in self.labels.meant(kind, label) {
            // That a label is registered which only others' titles carry is not told.
            if self.view.access == Access::All
                || is_carried(self.view.reader, &filter, entry, self.view.budget)?
            {
                all.extend(std::iter::once(&entry.label).chain(&entry.aliases).cloned());
            }
        }
        Ok(all)
    }

    fn word_counts(&self, words: &[String]) -> Result<WordCounts> {
        self.archive.seen_word_counts(self.view.reader, &self.view.access, words, self.view.budget)
    }

    fn is_said(&self, words: &str) -> Result<bool> {
        let View { reader, access, budget, .. } = self.view;
        says_in_a_row(*reader, &seen_filter(*reader, access), words, budget)
    }

    fn spaces(&self) -> Result<Vec<Space>> {
        self.view.spaces()
    }

    fn spaces_named(&self, name: &str) -> Result<Vec<Space>> {
        Ok(self.view.spaces_named(name))
    }

    fn encodes_text(&self, space: &Space) -> Result<bool> {
        Ok(self.archive.options.encoders.encodes_text(&self.with_encoder(space)?))
    }

    fn encode_text(&self, space: &Space, text: &str) -> Result<Option<Vec<f32>>> {
        self.archive.options.encoders.encode_text(&self.with_encoder(space)?, text)
    }

    fn encode_image(&self, space: &Space, image: &str) -> Result<Option<Vec<f32>>> {
        self.archive.options.encoders.encode_image(&self.with_encoder(space)?, image)
    }

    fn vectors_like(&self, like: &Like) -> Result<Option<SpaceVectors>> {
        self.view.vectors_like(like)
    }

    fn run(&self, run: &str) -> Result<Option<(String, String)>> {
        let Ok(id) = RunId::new(run) else { return Ok(None) };
        let found = self.archive.engines.store.run(&id)?;
        let pinnable = found
            .filter(|r| r.state == RunState::Committed && r.visibility == Visibility::Kept)
            .filter(|r| self.sees(&r.asset));
        Ok(pinnable.map(|r| (r.asset.to_string(), r.model.name().to_owned())))
    }
}

impl Archive {
    /// The names that a caller may see at the reader's read point.
    pub(crate) fn names_of(
        &self,
        reader: &dyn IndexReader,
        labels: &LabelTable,
        access: &Access,
        budget: &Budget,
    ) -> Result<Arc<Names>> {
        let gather = || gather(reader, labels, access, budget);
        self.search_caches.names.get(reader.read_point(), access, budget, gather)
    }

    /// How many annotations that a caller may see say each of the folded words.
    fn seen_word_counts(
        &self,
        reader: &dyn IndexReader,
        access: &Access,
        words: &[String],
        budget: &Budget,
    ) -> Result<WordCounts> {
        if *access == Access::All {
            return self.word_counts(words);
        }
        let tally = self.word_tally(reader, access, budget)?;
        tally.counts(reader, &seen_filter(reader, access), words, budget)
    }

    /// How many current annotations a caller may see.
    pub(crate) fn seen_annotations(
        &self,
        reader: &dyn IndexReader,
        access: &Access,
        budget: &Budget,
    ) -> Result<u64> {
        let tally = self.word_tally(reader, access, budget)?;
        tally.annotations(reader, &seen_filter(reader, access), budget)
    }

    fn word_tally(
        &self,
        reader: &dyn IndexReader,
        access: &Access,
        budget: &Budget,
    ) -> Result<Arc<WordTally>> {
        self.search_caches.words.get(reader.read_point(), access, budget, || Ok(WordTally::default()))
    }

    /// How many current annotations say each of the folded words, over all titles.
    pub(crate) fn word_counts(&self, words: &[String]) -> Result<WordCounts> {
        let counted = self.engines.timeline.word_counts(words)?;
        Ok(WordCounts { version: counted.version, annotations: counted.annotations, counts: counted.counts })
    }
}

/// The names of labels with their aliases, and of titles.
fn gather(reader: &dyn IndexReader, labels: &LabelTable, access: &Access, budget: &Budget) -> Result<Names> {
    let filter = seen_filter(reader, access);
    let mut names = Names::new();
    let mut seen = BTreeSet::new();
    for label in reader.labels(&filter, budget)? {
        let registered = labels.named(&label.text).find(|known| known.kind == label.kind);
        let aliases = registered.map_or(&[][..], |known| known.aliases.as_slice());
        seen.extend(registered.map(|known| (known.kind.clone(), known.label.clone())));
        names.add_label(label.kind.as_str(), &label.text, aliases, label.count);
    }
    if *access == Access::All {
        // A registered label that nothing carries yet is a name too.
        for known in labels.iter().filter(|known| !seen.contains(&(known.kind.clone(), known.label.clone())))
        {
            names.add_label(known.kind.as_str(), &known.label, &known.aliases, 0);
        }
    }
    for document in reader.assets().iter().filter(|document| access.allows(&document.asset)) {
        names.add_asset(&document.asset);
    }
    Ok(names)
}
