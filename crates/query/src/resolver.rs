//! A resolver over a reader: what the reader knows (spaces, examples, runs' annotations), and what others know (aliases,
//! word counts, encoders), put together.

use std::collections::BTreeMap;

use rushes_index::{AnnotationRef, IndexReader};
use rushes_plan::{Clause, Counted, Filter, Like, Resolver, SpaceVectors, Test};
use rushes_types::limits::TIME_NS_MAX;
use rushes_types::{
    AnnotationId, AssetId, FusedAnnotation, Metric, Model, Result, Space, SpaceId, TimeRange,
};

use crate::scope::{Access, visible_assets};

/// Knows labels and their aliases.
pub trait Labels {
    /// Every label that `label` stands for: those it is an alias of, and their other aliases.
    fn aliases(&self, kind: Option<&str>, label: &str) -> Result<Vec<String>>;
}

/// Knows how often words are said.
pub trait WordTable {
    /// How many current annotations say each of the folded words.
    fn word_counts(&self, words: &[String]) -> Result<Counted>;
}

/// Turns texts and pictures into vectors. An error of kind `Unavailable` or `Unsupported` becomes a warning of the answer.
pub trait Encoders: std::fmt::Debug + Send + Sync {
    /// A text as a vector of the space; `None` where no encoder is known for it.
    fn encode_text(&self, space: &Space, text: &str) -> Result<Option<Vec<f32>>>;
    /// A picture (base64, or a `data:` URL) as a vector of the space; `None` where no encoder is known for it.
    fn encode_image(&self, space: &Space, image: &str) -> Result<Option<Vec<f32>>>;
}

/// No encoder is known: a text in a vector clause falls back to words, and a warning says so.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoEncoders;

impl Encoders for NoEncoders {
    fn encode_text(&self, _space: &Space, _text: &str) -> Result<Option<Vec<f32>>> {
        Ok(None)
    }

    fn encode_image(&self, _space: &Space, _image: &str) -> Result<Option<Vec<f32>>> {
        Ok(None)
    }
}

/// Knows runs that can be pinned.
pub trait Runs {
    /// A run's asset and the name of its model, without version; `None` where it cannot be pinned.
    fn run(&self, run: &str) -> Result<Option<(String, String)>>;
}

/// Resolves by a reader and by those who know the rest.
#[derive(Clone, Copy)]
pub struct ReaderResolver<'a> {
    /// The reader that the query will be executed on.
    pub reader: &'a dyn IndexReader,
    /// What the caller may see: `like` names nothing else.
    pub access: &'a Access,
    /// Aliases.
    pub labels: &'a dyn Labels,
    /// Word counts.
    pub words: &'a dyn WordTable,
    /// Encoders.
    pub encoders: &'a dyn Encoders,
    /// Runs.
    pub runs: &'a dyn Runs,
}

impl ReaderResolver<'_> {
    /// The registered models with vectors, by name; of several documents the last one's word counts.
    fn models(&self) -> BTreeMap<String, Model> {
        let documents = self.reader.assets().iter().filter(|d| self.access.allows(&d.asset));
        let models = documents.flat_map(|d| &d.models).filter(|m| m.space.is_some());
        models.map(|m| (m.model.to_string(), m.clone())).collect()
    }

    fn space(&self, id: &SpaceId) -> Result<Option<Space>> {
        let registered = self.models().into_values().filter_map(|m| m.space).find(|s| s.id == *id);
        Ok(registered)
    }

    /// The space that an annotation's vector lies in.
    fn space_of(&self, fused: &FusedAnnotation) -> Result<Option<Space>> {
        let Some(vector) = &fused.annotation.vector else { return Ok(None) };
        let model = &fused.annotation.model;
        if let Some(space) = self.models().remove(model.as_str()).and_then(|m| m.space) {
            return Ok(Some(space));
        }
        let Ok(id) = SpaceId::new(model.as_str()) else { return Ok(None) };
        Ok(Some(Space { id, dimensions: vector.len(), metric: Metric::Cosine, encoder: None }))
    }

    /// What an asset shows at a time: in each space the vector of the annotation that overlaps it the longest; of
    /// equals the earliest, then the one with the lowest id.
    fn shown(&self, asset: &AssetId, span: TimeRange) -> Result<SpaceVectors> {
        let Some(asset_no) = self.reader.asset_no(asset) else { return Ok(Vec::new()) };
        let everything = Clause {
            no: 0,
            pointer: String::new(),
            kind: None,
            model: None,
            test: Test::Any,
            min_confidence: 0.0,
            attributes: Vec::new(),
            weight: 1.0,
        };
        let filter = Filter { assets: Some(vec![asset.clone()]), ..Filter::default() };
        let hits = self.reader.hits(&everything, &filter)?.hits;
        let near = hits.iter().filter(|hit| hit.range.meets(span));
        let refs: Vec<AnnotationRef> =
            near.map(|hit| AnnotationRef { asset: asset_no, key: hit.first }).collect();
        let mut best: BTreeMap<SpaceId, (i64, Space, FusedAnnotation)> = BTreeMap::new();
        for fused in self.reader.fetch(&refs)?.into_iter().flatten() {
            let Some(space) = self.space_of(&fused)? else { continue };
            let range = fused.annotation.range;
            let shared = range.end_ns().min(span.end_ns()) - range.start_ns().max(span.start_ns());
            let better = best.get(&space.id).is_none_or(|(longest, _, held)| {
                let place = |f: &FusedAnnotation| (f.annotation.range.start_ns(), f.annotation.id.clone());
                shared > *longest || (shared == *longest && place(&fused) < place(held))
            });
            if better {
                best.insert(space.id.clone(), (shared, space, fused));
            }
        }
        let vectors = best.into_values();
        Ok(vectors.filter_map(|(_, space, fused)| Some((space, fused.annotation.vector?))).collect())
    }
}

impl Resolver for ReaderResolver<'_> {
    fn aliases(&self, kind: Option<&str>, label: &str) -> Result<Vec<String>> {
        self.labels.aliases(kind, label)
    }

    fn word_counts(&self, words: &[String]) -> Result<Counted> {
        self.words.word_counts(words)
    }

    fn spaces(&self) -> Result<Vec<Space>> {
        let mut spaces = Vec::new();
        for id in self.reader.spaces()? {
            spaces.extend(self.space(&id)?);
        }
        Ok(spaces)
    }

    fn spaces_named(&self, name: &str) -> Result<Vec<Space>> {
        let models = self.models();
        let named = models.values().filter(|m| {
            m.model.as_str() == name
                || m.model.name() == name
                || m.space.as_ref().is_some_and(|space| space.id.as_str() == name)
        });
        let mut spaces: Vec<Space> = named.filter_map(|m| m.space.clone()).collect();
        spaces.sort_by(|a, b| a.id.cmp(&b.id));
        spaces.dedup_by(|a, b| a.id == b.id);
        Ok(spaces)
    }

    fn encode_text(&self, space: &Space, text: &str) -> Result<Option<Vec<f32>>> {
        self.encoders.encode_text(space, text)
    }

    fn encode_image(&self, space: &Space, image: &str) -> Result<Option<Vec<f32>>> {
        self.encoders.encode_image(space, image)
    }

    fn vectors_like(&self, like: &Like) -> Result<Option<SpaceVectors>> {
        let Ok(asset) = AssetId::new(&like.asset_id) else { return Ok(None) };
        let seen = visible_assets(self.reader, self.access).is_none_or(|ids| ids.contains(&asset));
        if !seen || self.reader.asset_no(&asset).is_none() {
            return Ok(None);
        }
        if let Some(id) = &like.annotation_id {
            let Ok(id) = AnnotationId::new(id) else { return Ok(None) };
            let Some(fused) = self.reader.find(&asset, id.as_str())? else { return Ok(None) };
            let space = self.space_of(&fused)?;
            return Ok(Some(space.zip(fused.annotation.vector).into_iter().collect()));
        }
        let (start, end) = (like.start_ns.unwrap_or(0), like.end_ns.unwrap_or(TIME_NS_MAX));
        let Ok(span) = TimeRange::new(start, end) else { return Ok(None) };
        Ok(Some(self.shown(&asset, span)?))
    }

    fn run(&self, run: &str) -> Result<Option<(String, String)>> {
        self.runs.run(run)
    }
}
