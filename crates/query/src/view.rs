//! What one caller sees of a snapshot: assets, models, spaces, and the vectors shown at a time.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use rushes_index::{AnnotationRef, Budget, Hit, IndexReader};
use rushes_plan::{Clause, Filter, Like, SpaceVectors};
use rushes_text::Analyzer;
use rushes_types::limits::TIME_NS_MAX;
use rushes_types::{AnnotationId, AssetId, FusedAnnotation, Metric, Result, Space, SpaceId, TimeRange};

use crate::learned::Ranking;
use crate::scope::{Access, visible_assets};

/// Annotations read at once to find what an asset shows; also the number between two looks at the budget.
const SHOWN_STEP: usize = 256;
/// Most annotations read to find what an asset shows: those that overlap the time the longest.
const SHOWN_MAX: usize = 16_384;

/// The models and spaces of a snapshot, for callers of the same rights: gathered on first use and kept as long as the
/// snapshot.
#[derive(Debug, Default)]
pub struct Catalog {
    /// The spaces of registered models, by model; where documents differ the last one counts.
    models: OnceLock<BTreeMap<String, Space>>,
    /// The spaces that current annotations have vectors in.
    current: OnceLock<Vec<SpaceId>>,
}

/// A snapshot as a caller may see it.
pub struct View<'a> {
    /// The snapshot.
    pub reader: &'a dyn IndexReader,
    /// What the caller may see.
    pub access: Access,
    /// What was gathered of this snapshot, for this access.
    pub catalog: Arc<Catalog>,
    /// How words are reduced; as the index does it.
    pub analyzer: Arc<Analyzer>,
    /// What the search may cost.
    pub budget: &'a Budget,
    /// What was learned of people's choices; `None`: moments are ranked by hand-set scores alone.
    pub ranking: Option<Ranking>,
}

impl<'a> View<'a> {
    /// A view of the whole snapshot.
    #[must_use]
    pub fn of(reader: &'a dyn IndexReader, budget: &'a Budget) -> Self {
        Self {
            reader,
            access: Access::All,
            catalog: Arc::default(),
            analyzer: Arc::default(),
            budget,
            ranking: None,
        }
    }

    fn models(&self) -> &BTreeMap<String, Space> {
        self.catalog.models.get_or_init(|| {
            let documents = self.reader.assets().iter().filter(|d| self.access.allows(&d.asset));
            let models = documents.flat_map(|d| &d.models);
            models.filter_map(|m| Some((m.model.to_string(), m.space.clone()?))).collect()
        })
    }

    /// The spaces that current annotations have vectors in, among those that the caller may see.
    pub(crate) fn current_spaces(&self) -> Result<&[SpaceId]> {
        if self.catalog.current.get().is_none() {
            let filter = Filter { assets: visible_assets(self.reader, &self.access), ..Filter::default() };
            let spaces = self.reader.spaces(&filter, self.budget)?;
            // Another thread may have gathered the same value first.
            let _ = self.catalog.current.set(spaces);
        }
        Ok(self.catalog.current.get().map_or(&[], Vec::as_slice))
    }

    /// These spaces as they are registered, in the order of their ids.
    ///
    /// # Errors
    /// Those of the index.
    pub fn spaces(&self) -> Result<Vec<Space>> {
        let ids = self.current_spaces()?;
        let by_id: BTreeMap<&SpaceId, &Space> = self.models().values().rev().map(|s| (&s.id, s)).collect();
        Ok(ids.iter().filter_map(|id| by_id.get(id).map(|space| (*space).clone())).collect())
    }

    /// A space by its name, or the spaces of a model (`name` or `name@version`).
    #[must_use]
    pub fn spaces_named(&self, name: &str) -> Vec<Space> {
        let of_model = |model: &str| model == name || model.split('@').next() == Some(name);
        let named = self.models().iter().filter(|(model, s)| of_model(model) || s.id.as_str() == name);
        let mut spaces: Vec<Space> = named.map(|(_, space)| space.clone()).collect();
        spaces.sort_by(|a, b| a.id.cmp(&b.id));
        spaces.dedup_by(|a, b| a.id == b.id);
        spaces
    }

    /// The space that an annotation's vector lies in.
    fn space_of(&self, fused: &FusedAnnotation) -> Option<Space> {
        let vector = fused.annotation.vector.as_ref()?;
        let model = &fused.annotation.model;
        if let Some(space) = self.models().get(model.as_str()) {
            return Some(space.clone());
        }
        let id = SpaceId::new(model.as_str()).ok()?;
        Some(Space { id, dimensions: vector.len(), metric: Metric::Cosine, encoder: None })
    }

    /// The vectors of an annotation, or of what is shown at a time, at most one in a space; `None` where there is no
    /// such annotation or asset.
    ///
    /// # Errors
    /// Those of the index and of the budget.
    pub fn vectors_like(&self, like: &Like) -> Result<Option<SpaceVectors>> {
        let Ok(asset) = AssetId::new(&like.asset_id) else { return Ok(None) };
        let document = self.reader.asset_no(&asset).and_then(|no| {
            self.reader.assets().get(usize::try_from(no.0).ok()?).filter(|d| self.access.allows(&d.asset))
        });
        if document.is_none() {
            return Ok(None);
        }
        if let Some(id) = &like.annotation_id {
            let Ok(id) = AnnotationId::new(id) else { return Ok(None) };
            let Some(fused) = self.reader.find(&asset, id.as_str(), self.budget)? else { return Ok(None) };
            let space = self.space_of(&fused);
            return Ok(Some(space.zip(fused.annotation.vector).into_iter().collect()));
        }
        let (start, end) = (like.start_ns.unwrap_or(0), like.end_ns.unwrap_or(TIME_NS_MAX));
        let Ok(span) = TimeRange::new(start, end) else { return Ok(None) };
        Ok(Some(self.shown(&asset, span)?))
    }

    /// What an asset shows at a time: in each space the vector of the annotation that overlaps it the longest; of
    /// equals the earliest, then the one with the lowest id.
    fn shown(&self, asset: &AssetId, span: TimeRange) -> Result<SpaceVectors> {
        self.budget.check()?;
        let filter = Filter { assets: Some(vec![asset.clone()]), ..Filter::default() };
        let mut hits = self.reader.hits(&Clause::any(None), &filter, self.budget)?.hits;
        hits.retain(|hit| hit.range.meets(span));
        let rank = |hit: &Hit| (Reverse(overlap_ns(hit.range, span)), hit.range.start_ns(), hit.first);
        hits.sort_by_cached_key(rank);
        hits.truncate(SHOWN_MAX);
        let mut best: BTreeMap<SpaceId, (Space, FusedAnnotation)> = BTreeMap::new();
        for step in hits.chunks(SHOWN_STEP) {
            self.budget.check()?;
            let refs: Vec<AnnotationRef> =
                step.iter().map(|hit| AnnotationRef { asset: hit.asset, key: hit.first }).collect();
            for fused in self.reader.fetch(&refs, self.budget)?.into_iter().flatten() {
                let Some(space) = self.space_of(&fused) else { continue };
                let place = |f: &FusedAnnotation| {
                    let range = f.annotation.range;
                    (Reverse(overlap_ns(range, span)), range.start_ns(), f.annotation.id.clone())
                };
                if best.get(&space.id).is_none_or(|(_, held)| place(&fused) < place(held)) {
                    best.insert(space.id.clone(), (space, fused));
                }
            }
        }
        let vectors = best.into_values();
        Ok(vectors.filter_map(|(space, fused)| Some((space, fused.annotation.vector?))).collect())
    }
}

/// How much of the time the range covers.
fn overlap_ns(range: TimeRange, span: TimeRange) -> i64 {
    range.end_ns().min(span.end_ns()) - range.start_ns().max(span.start_ns())
}
