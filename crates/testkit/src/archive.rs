//! A small archive as plain data for tests, and how an index is filled with it.

use std::collections::BTreeMap;

use rushes_index::{AssetUpdate, Index};
use rushes_plan::{Knowledge, Like, SpaceVectors, WordCounts};
use rushes_types::{AssetDocument, Change, Commit, FusedAnnotation, Metric, Result, Space, SpaceId};

/// Assets and all their annotations.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Archive {
    /// The assets, by id.
    pub documents: Vec<AssetDocument>,
    /// The annotations, in any order.
    pub annotations: Vec<FusedAnnotation>,
    /// The last commit.
    pub upto: Commit,
    /// What plan resolution needs: aliases, vectors of texts, word counts.
    pub known: KnowledgeData,
}

/// What a test archive knows besides the index.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct KnowledgeData {
    /// Labels by alias.
    pub aliases: BTreeMap<String, Vec<String>>,
    /// Vectors by text, for spaces with the same number of dimensions.
    pub encoded: BTreeMap<String, Vec<f32>>,
    /// How many annotations contain a folded word.
    pub counts: BTreeMap<String, u64>,
    /// How many annotations there are.
    pub annotations: u64,
}

impl Archive {
    /// Puts everything into an index and publishes it.
    ///
    /// # Errors
    /// Those of the index.
    pub fn fill(&self, index: &dyn Index) -> Result<()> {
        let update = |document: &AssetDocument| AssetUpdate {
            asset: document.asset.id.clone(),
            document: Some(document.clone()),
            after: Commit::NONE,
            upto: self.upto,
            changes: self
                .annotations
                .iter()
                .filter(|fused| fused.annotation.asset == document.asset.id)
                .map(|fused| Change::Put(Box::new(fused.clone())))
                .collect(),
            buckets: Vec::new(),
        };
        index.apply(&self.documents.iter().map(update).collect::<Vec<_>>())?;
        index.publish(self.upto)
    }

    /// The space of an annotation's vector: the one that its model is registered with, else one named like the model.
    #[must_use]
    pub fn space_of(&self, fused: &FusedAnnotation) -> Option<Space> {
        let vector = fused.annotation.vector.as_ref()?;
        let models = self.documents.iter().flat_map(|d| &d.models);
        let registered = models.filter(|m| m.model == fused.annotation.model).find_map(|m| m.space.clone());
        registered.or_else(|| {
            let id = SpaceId::new(fused.annotation.model.as_str()).ok()?;
            Some(Space { id, dimensions: vector.len(), metric: Metric::Cosine, encoder: None })
        })
    }
}

impl Knowledge for Archive {
    fn aliases(&self, _: Option<&str>, label: &str) -> Result<Vec<String>> {
        Ok(self.known.aliases.get(label).cloned().unwrap_or_default())
    }

    fn word_counts(&self, words: &[String]) -> Result<WordCounts> {
        let counts = words.iter().map(|w| self.known.counts.get(w).copied().unwrap_or(0)).collect();
        Ok(WordCounts { version: 1, annotations: self.known.annotations, counts })
    }

    fn spaces(&self) -> Result<Vec<Space>> {
        let current = self.annotations.iter().filter(|fused| fused.is_current());
        let mut spaces: Vec<Space> = current.filter_map(|fused| self.space_of(fused)).collect();
        spaces.sort_by(|a, b| a.id.cmp(&b.id));
        spaces.dedup_by(|a, b| a.id == b.id);
        Ok(spaces)
    }

    fn spaces_named(&self, name: &str) -> Result<Vec<Space>> {
        let registered = self.documents.iter().flat_map(|d| &d.models);
        let registered = registered.filter_map(|m| Some((m.model.clone(), m.space.clone()?)));
        let written =
            self.annotations.iter().filter_map(|f| Some((f.annotation.model.clone(), self.space_of(f)?)));
        let named = registered.chain(written).filter(|(model, space)| {
            space.id.as_str() == name || model.as_str() == name || model.name() == name
        });
        let mut spaces: Vec<Space> = named.map(|(_, space)| space).collect();
        spaces.sort_by(|a, b| a.id.cmp(&b.id));
        spaces.dedup_by(|a, b| a.id == b.id);
        Ok(spaces)
    }

    fn encodes_text(&self, space: &Space) -> Result<bool> {
        Ok(self.known.encoded.values().any(|v| v.len() == space.dimensions))
    }

    fn encode_text(&self, space: &Space, text: &str) -> Result<Option<Vec<f32>>> {
        Ok(self.known.encoded.get(text).filter(|v| v.len() == space.dimensions).cloned())
    }

    fn encode_image(&self, space: &Space, image: &str) -> Result<Option<Vec<f32>>> {
        self.encode_text(space, image)
    }

    fn vectors_like(&self, like: &Like) -> Result<Option<SpaceVectors>> {
        let named = self.annotations.iter().find(|fused| {
            fused.annotation.asset.as_str() == like.asset_id
                && Some(fused.annotation.id.as_str()) == like.annotation_id.as_deref()
        });
        let vector =
            |fused: &FusedAnnotation| Some((self.space_of(fused)?, fused.annotation.vector.clone()?));
        Ok(named.map(|fused| vector(fused).into_iter().collect()))
    }

    fn run(&self, run: &str) -> Result<Option<(String, String)>> {
        let of_run = self.annotations.iter().find(|fused| fused.annotation.run.as_str() == run);
        Ok(of_run.map(|f| (f.annotation.asset.to_string(), f.annotation.model.name().to_owned())))
    }
}
