//! The JSON documents that are shown.

use rushes_types::limits::BUCKET_PART_ANNOTATIONS;
use rushes_types::{
    Annotation, AnnotationKey, Asset, AssetId, Bucket, Commit, FrameRate, Metric, Model, MovieId, TimeRange,
    Word,
};
use serde::Serialize;
use serde::ser::{SerializeMap, SerializeSeq, Serializer};

use crate::values::AttributesAsJson;

/// A time range as `{"start_time_ns","end_time_ns"}`.
struct RangeJson(TimeRange);

impl Serialize for RangeJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("start_time_ns", &self.0.start_ns())?;
        map.serialize_entry("end_time_ns", &self.0.end_ns())?;
        map.end()
    }
}

struct WordJson<'a>(&'a Word);

impl Serialize for WordJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("text", &self.0.text)?;
        map.serialize_entry("start_time_ns", &self.0.range.start_ns())?;
        map.serialize_entry("end_time_ns", &self.0.range.end_ns())?;
        maybe(&mut map, "confidence", self.0.confidence.as_ref())?;
        map.end()
    }
}

struct WordsJson<'a>(&'a [Word]);

impl Serialize for WordsJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(Some(self.0.len()))?;
        for word in self.0 {
            seq.serialize_element(&WordJson(word))?;
        }
        seq.end()
    }
}

fn maybe<M: SerializeMap, T: Serialize + ?Sized>(
    map: &mut M,
    name: &'static str,
    value: Option<&T>,
) -> Result<(), M::Error> {
    value.map_or(Ok(()), |value| map.serialize_entry(name, value))
}

/// What an annotation says, in the fields that lines and bucket documents share.
fn content<M: SerializeMap>(map: &mut M, a: &Annotation, with_vector: bool) -> Result<(), M::Error> {
    maybe(map, "label", a.label.as_deref())?;
    maybe(map, "text", a.text.as_deref())?;
    if !a.words.is_empty() {
        map.serialize_entry("words", &WordsJson(&a.words))?;
    }
    maybe(map, "language", a.language.as_deref())?;
    map.serialize_entry("time_range", &RangeJson(a.range))?;
    maybe(map, "embedding_vector", a.vector.as_ref().filter(|_| with_vector))?;
    maybe(map, "confidence_score", a.confidence.as_ref())?;
    if !a.attributes.is_empty() {
        map.serialize_entry("attributes", &AttributesAsJson(&a.attributes))?;
    }
    Ok(())
}

/// An annotation as a line of the public format: [`crate::parse_line`] reads it back.
pub struct AnnotationLine<'a> {
    /// The annotation.
    pub annotation: &'a Annotation,
    /// The movie of its asset.
    pub movie: Option<&'a MovieId>,
}

impl Serialize for AnnotationLine<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let a = self.annotation;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("asset_id", a.asset.as_str())?;
        maybe(&mut map, "movie_id", self.movie.map(MovieId::as_str))?;
        map.serialize_entry("model", a.model.as_str())?;
        map.serialize_entry("type", a.kind.as_str())?;
        map.serialize_entry("annotation_id", a.id.as_str())?;
        content(&mut map, a, true)?;
        map.end()
    }
}

/// An annotation as bucket documents and evidence show it.
pub struct SourceAnnotation<'a> {
    /// The annotation.
    pub annotation: &'a Annotation,
    /// Is its vector shown?
    pub with_vector: bool,
}

impl SourceAnnotation<'_> {
    fn entries<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        let a = self.annotation;
        map.serialize_entry("annotation_id", a.id.as_str())?;
        map.serialize_entry("annotation_type", a.kind.as_str())?;
        content(map, a, self.with_vector)?;
        map.serialize_entry("model", a.model.as_str())?;
        if a.run.is_loose() { Ok(()) } else { map.serialize_entry("run", a.run.as_str()) }
    }
}

impl Serialize for SourceAnnotation<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.entries(&mut map)?;
        map.end()
    }
}

/// A bucket document, or one part of a crowded one: see [`bucket_documents`].
pub struct BucketDocument<'a> {
    asset: &'a AssetId,
    movie: &'a MovieId,
    start_ns: i64,
    end_ns: i64,
    /// Number of the part from 1, and of how many; (1, 1) is not shown.
    part: (usize, usize),
    annotations: Vec<&'a Annotation>,
    with_vectors: bool,
    engine_fields: Option<&'a EngineFields<'a>>,
}

/// Fields that an engine searching bucket documents gets in addition to the published ones.
pub struct EngineFields<'a> {
    /// The commit that brought the bucket.
    pub commit: Commit,
    /// The field of an annotation's vector, named by its space, where it can be searched.
    pub vector_field: &'a (dyn Fn(&Annotation) -> Option<String> + Sync),
}

impl<'a> BucketDocument<'a> {
    /// The document with these fields added.
    #[must_use]
    pub const fn with_engine_fields(mut self, engine_fields: &'a EngineFields<'a>) -> Self {
        self.engine_fields = Some(engine_fields);
        self
    }

    /// A part of the same bucket without annotations, to overwrite one that is no longer needed.
    #[must_use]
    pub fn emptied(&self, part: usize) -> Self {
        Self { part: (part, part), annotations: Vec::new(), ..*self }
    }
}

struct AssociatedIds<'a>(&'a MovieId, &'a AssetId);

impl Serialize for AssociatedIds<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("MOVIE_ID", self.0.as_str())?;
        map.serialize_entry("ASSET_ID", self.1.as_str())?;
        map.end()
    }
}

struct Sources<'a>(&'a BucketDocument<'a>);

impl Serialize for Sources<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let document = self.0;
        let mut seq = serializer.serialize_seq(Some(document.annotations.len()))?;
        for annotation in &document.annotations {
            let source = SourceAnnotation { annotation, with_vector: document.with_vectors };
            seq.serialize_element(&Source { source, engine_fields: document.engine_fields })?;
        }
        seq.end()
    }
}

struct Source<'a> {
    source: SourceAnnotation<'a>,
    engine_fields: Option<&'a EngineFields<'a>>,
}

impl Serialize for Source<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.source.entries(&mut map)?;
        let annotation = self.source.annotation;
        let field = self.engine_fields.and_then(|engine_fields| (engine_fields.vector_field)(annotation));
        if let Some((field, vector)) = field.zip(annotation.vector.as_ref()) {
            map.serialize_entry(&field, vector)?;
        }
        map.end()
    }
}

impl Serialize for BucketDocument<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("associated_ids", &AssociatedIds(self.movie, self.asset))?;
        map.serialize_entry("time_bucket_start_ns", &self.start_ns)?;
        map.serialize_entry("time_bucket_end_ns", &self.end_ns)?;
        if self.part.1 > 1 {
            map.serialize_entry("part", &self.part.0)?;
            map.serialize_entry("parts", &self.part.1)?;
        }
        if let Some(engine_fields) = self.engine_fields {
            map.serialize_entry("commit", &engine_fields.commit.0)?;
        }
        map.serialize_entry("source_annotations", &Sources(self))?;
        map.end()
    }
}

/// The documents of a bucket: one, or parts of at most [`BUCKET_PART_ANNOTATIONS`] annotations. `find` gives
/// the annotation of a key; one that is not found is left out.
pub fn bucket_documents<'a>(
    asset: &'a AssetId,
    movie: &'a MovieId,
    bucket: &Bucket,
    bucket_ns: i64,
    with_vectors: bool,
    find: &dyn Fn(AnnotationKey) -> Option<&'a Annotation>,
) -> Vec<BucketDocument<'a>> {
    let found: Vec<&Annotation> = bucket.annotations.iter().filter_map(|m| find(m.key)).collect();
    let parts = found.len().div_ceil(BUCKET_PART_ANNOTATIONS).max(1);
    let start_ns = bucket.no.start_ns(bucket_ns);
    (1..=parts)
        .map(|part| BucketDocument {
            asset,
            movie,
            start_ns,
            end_ns: start_ns.saturating_add(bucket_ns),
            part: (part, parts),
            annotations: found
                .iter()
                .skip((part - 1) * BUCKET_PART_ANNOTATIONS)
                .take(BUCKET_PART_ANNOTATIONS)
                .copied()
                .collect(),
            with_vectors,
            engine_fields: None,
        })
        .collect()
}

/// An asset as a line of the public format: [`crate::records::parse_asset_line`] reads it back.
pub struct AssetLine<'a>(pub &'a Asset);

impl Serialize for AssetLine<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let a = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("asset_id", a.id.as_str())?;
        map.serialize_entry("movie_id", a.movie.as_str())?;
        maybe(&mut map, "collection", a.collection.as_deref())?;
        maybe(&mut map, "series", a.series.as_deref())?;
        maybe(&mut map, "season", a.season.as_ref())?;
        maybe(&mut map, "episode", a.episode.as_ref())?;
        maybe(&mut map, "title", a.title.as_deref())?;
        maybe(&mut map, "duration_ns", a.duration_ns.as_ref())?;
        maybe(&mut map, "frame_rate", a.frame_rate.as_ref().map(FrameRate::to_string).as_deref())?;
        maybe(&mut map, "start_timecode", a.start_timecode.as_deref())?;
        map.serialize_entry("drop_frame", &a.drop_frame)?;
        maybe(&mut map, "reel", a.reel.as_deref())?;
        maybe(&mut map, "scene", a.scene.as_deref())?;
        maybe(&mut map, "take", a.take.as_deref())?;
        maybe(&mut map, "camera", a.camera.as_deref())?;
        maybe(&mut map, "circled", a.circled.as_ref())?;
        maybe(&mut map, "language", a.language.as_deref())?;
        maybe(&mut map, "path", a.path.as_deref())?;
        if !a.attributes.is_empty() {
            map.serialize_entry("attributes", &AttributesAsJson(&a.attributes))?;
        }
        map.end()
    }
}

/// A model as a line of the public format: [`crate::records::parse_model_line`] reads it back.
pub struct ModelLine<'a>(pub &'a Model);

struct SpaceJson<'a>(&'a rushes_types::Space);

impl Serialize for SpaceJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", self.0.id.as_str())?;
        map.serialize_entry("dimensions", &self.0.dimensions)?;
        map.serialize_entry("metric", Metric::as_str(self.0.metric))?;
        maybe(&mut map, "encoder", self.0.encoder.as_deref())?;
        map.end()
    }
}

impl Serialize for ModelLine<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("model", self.0.model.as_str())?;
        if !self.0.types.is_empty() {
            let types: Vec<&str> = self.0.types.iter().map(rushes_types::AnnotationType::as_str).collect();
            map.serialize_entry("types", &types)?;
        }
        maybe(&mut map, "language", self.0.language.as_deref())?;
        maybe(&mut map, "space", self.0.space.as_ref().map(SpaceJson).as_ref())?;
        map.end()
    }
}

/// A document as JSON text on one line.
///
/// # Errors
/// None in practice: the documents hold nothing that JSON cannot say.
pub fn to_json(document: &impl Serialize) -> rushes_types::Result<String> {
    serde_json::to_string(document)
        .map_err(|e| rushes_types::Error::bug(format!("a document could not be written as JSON: {e}")))
}
