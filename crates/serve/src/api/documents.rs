//! JSON documents of the interface that more than one route uses.
//!
//! Lines of assets, models, labels and annotations are read and written by `rushes_wire`; the types here that
//! stand for them only describe them in the OpenAPI document, and tests hold what is written against them.

use rushes_archive::{IngestReport, LineProblem};
use rushes_store::LabelAliases;
use rushes_types::{Commit, Run};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A line that was rejected.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LineProblemDocument {
    /// Line (or row, or element) of the request, from 1.
    pub line: u64,
    /// The field, as a JSON pointer; empty for the whole line.
    pub pointer: String,
    /// Why, and how to mend it.
    pub detail: String,
}

impl From<LineProblem> for LineProblemDocument {
    fn from(problem: LineProblem) -> Self {
        Self { line: problem.line, pointer: problem.pointer, detail: problem.detail }
    }
}

/// The outcome of an ingest.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct IngestDocument {
    /// Newly kept (with `dry_run`: what would be looked at).
    pub accepted: u64,
    /// There already with the same content.
    pub duplicates: u64,
    /// Rejected.
    pub rejected: u64,
    /// The first rejected lines.
    pub errors: Vec<LineProblemDocument>,
    /// Assets that the request registered by naming them.
    pub registered_assets: Vec<String>,
    /// Models that the request registered by naming them.
    pub registered_models: Vec<String>,
    /// The last commit made; `null` where nothing new was to be committed.
    pub commit: Option<u64>,
    /// With `wait`: can everything be searched now?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub searchable: Option<bool>,
}

impl From<IngestReport> for IngestDocument {
    fn from(report: IngestReport) -> Self {
        Self {
            accepted: report.accepted,
            duplicates: report.duplicates,
            rejected: report.rejected,
            errors: report.errors.into_iter().map(Into::into).collect(),
            registered_assets: report.registered_assets.iter().map(ToString::to_string).collect(),
            registered_models: report.registered_models.iter().map(ToString::to_string).collect(),
            commit: report.commit.map(|c| c.0),
            searchable: None,
        }
    }
}

/// What a change made.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CommitDocument {
    /// The commit; `null` where nothing had to be changed.
    pub commit: Option<u64>,
    /// With `wait`: can everything be searched now?
    #[serde(skip_serializing_if = "Option::is_none")]
    pub searchable: Option<bool>,
}

impl From<Option<Commit>> for CommitDocument {
    fn from(commit: Option<Commit>) -> Self {
        Self { commit: commit.map(|c| c.0), searchable: None }
    }
}

/// A stretch of time.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TimeRangeDocument {
    /// First instant, in nanoseconds from the start of the media.
    pub start_time_ns: i64,
    /// End, exclusive, in nanoseconds.
    pub end_time_ns: i64,
}

/// One model's pass over one asset.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RunDocument {
    /// Its id.
    pub run: String,
    /// The asset.
    pub asset_id: String,
    /// The model, `name@version`.
    pub model: String,
    /// `replace` or `append`.
    pub mode: &'static str,
    /// What it looked at; `null`: the whole asset.
    pub coverage: Option<TimeRangeDocument>,
    /// `open`, `committed` or `aborted`.
    pub state: &'static str,
    /// `kept` or `archived`.
    pub visibility: &'static str,
    /// The commit that made it visible.
    pub committed: Option<u64>,
    /// How many annotations it holds.
    pub annotations: u64,
}

impl From<Run> for RunDocument {
    fn from(run: Run) -> Self {
        let coverage =
            run.coverage.map(|c| TimeRangeDocument { start_time_ns: c.start_ns(), end_time_ns: c.end_ns() });
        Self {
            run: run.id.to_string(),
            asset_id: run.asset.to_string(),
            model: run.model.to_string(),
            mode: run.mode.as_str(),
            coverage,
            state: run.state.as_str(),
            visibility: match run.visibility {
                rushes_types::Visibility::Kept => "kept",
                rushes_types::Visibility::Archived => "archived",
            },
            committed: run.committed.map(|c| c.0),
            annotations: run.annotations,
        }
    }
}

/// An asset, as its line is written. It may have more fields.
#[derive(Debug, ToSchema)]
#[allow(dead_code)] // describes what `rushes_wire` reads and writes
pub struct AssetDocument {
    /// Its id.
    asset_id: String,
    /// The title it belongs to; by default one of the asset's own name.
    #[schema(required = false)]
    movie_id: String,
    /// A franchise or any other set of titles.
    collection: Option<String>,
    /// The series.
    series: Option<String>,
    /// Season number.
    season: Option<i64>,
    /// Episode number within the season.
    episode: Option<i64>,
    /// What people call it.
    title: Option<String>,
    /// Length of the media in nanoseconds.
    duration_ns: Option<i64>,
    /// Frames a second, as a ratio such as `24000/1001`.
    frame_rate: Option<String>,
    /// Timecode of the first frame.
    start_timecode: Option<String>,
    /// Does its timecode drop frame numbers?
    drop_frame: Option<bool>,
    /// Camera reel.
    reel: Option<String>,
    /// Scene of the shooting script.
    scene: Option<String>,
    /// Take.
    take: Option<String>,
    /// Camera.
    camera: Option<String>,
    /// Was the take circled?
    circled: Option<bool>,
    /// Language of the speech (BCP 47).
    language: Option<String>,
    /// Where the media file lies.
    path: Option<String>,
    /// Anything else.
    #[schema(value_type = Option<Object>)]
    attributes: Option<()>,
}

/// The vector space of a model.
#[derive(Debug, ToSchema)]
#[allow(dead_code)] // describes what `rushes_wire` reads and writes
pub struct SpaceDocument {
    /// Its name; by default the model's.
    id: Option<String>,
    /// Numbers in a vector.
    dimensions: u64,
    /// `cosine` or `l2`.
    metric: Option<String>,
    /// What turns a text or a picture into a vector of this space.
    encoder: Option<String>,
}

/// A model, as its line is written.
#[derive(Debug, ToSchema)]
#[allow(dead_code)] // describes what `rushes_wire` reads and writes
pub struct ModelDocument {
    /// `name@version`.
    model: String,
    /// The annotation types it writes; none: any.
    #[schema(required = false)]
    types: Vec<String>,
    /// The language it writes (BCP 47).
    language: Option<String>,
    /// The space of its vectors.
    space: Option<SpaceDocument>,
}

/// A label with its other names, as its line is written.
#[derive(Debug, Serialize, ToSchema)]
pub struct LabelDocument {
    /// The annotation type.
    #[serde(rename = "type")]
    kind: String,
    /// The label as models write it.
    label: String,
    /// Other names for it.
    aliases: Vec<String>,
}

impl From<LabelAliases> for LabelDocument {
    fn from(label: LabelAliases) -> Self {
        Self { kind: label.kind.to_string(), label: label.label, aliases: label.aliases }
    }
}

/// An annotation, as its line is written. Fields that are not known are kept.
#[derive(Debug, ToSchema)]
#[allow(dead_code)] // describes what `rushes_wire` reads and writes
pub struct AnnotationDocument {
    /// The asset. Its first line registers it.
    asset_id: String,
    /// The movie, where the line registers the asset.
    movie_id: Option<String>,
    /// The model that wrote it, `name@version`.
    model: String,
    /// The annotation type: `CHARACTER_SEARCH`, `SCENE_SEARCH`, …; types are open.
    r#type: String,
    /// When.
    time_range: SpanDocument,
    /// Its id; derived from the content where none is sent.
    annotation_id: Option<String>,
    /// A name.
    label: Option<String>,
    /// Longer text: a line of dialogue.
    text: Option<String>,
    /// The words of the text with their times.
    words: Option<Vec<WordDocument>>,
    /// Language of label and text (BCP 47).
    language: Option<String>,
    /// A vector in the model's space.
    embedding_vector: Option<Vec<f32>>,
    /// How sure the model is, 0 … 1.
    confidence_score: Option<f64>,
    /// Anything else.
    #[schema(value_type = Option<Object>)]
    attributes: Option<()>,
}

/// When an annotation is. It may have more fields.
#[derive(Debug, ToSchema)]
#[allow(dead_code)] // describes what `rushes_wire` reads and writes
pub struct SpanDocument {
    /// First instant, in nanoseconds from the start of the media.
    start_time_ns: i64,
    /// End, exclusive, in nanoseconds.
    end_time_ns: i64,
}

/// A word and when it is said.
#[derive(Debug, ToSchema)]
#[allow(dead_code)] // describes what `rushes_wire` reads and writes
pub struct WordDocument {
    /// The word.
    text: String,
    /// When it begins, in nanoseconds from the start of the media.
    start_time_ns: i64,
    /// When it ends.
    end_time_ns: i64,
    /// How sure the model is, 0 … 1.
    confidence: Option<f64>,
}

/// Which asset and movie a bucket belongs to.
#[derive(Debug, ToSchema)]
#[allow(dead_code, non_snake_case)] // describes what `rushes_wire` writes
pub struct AssociatedIdsDocument {
    /// The movie.
    MOVIE_ID: String,
    /// The asset.
    ASSET_ID: String,
}

/// An annotation of a bucket. It may have more fields.
#[derive(Debug, ToSchema)]
#[allow(dead_code)] // describes what `rushes_wire` writes
pub struct SourceAnnotationDocument {
    /// Its id.
    annotation_id: String,
    /// What kind of thing it says.
    annotation_type: String,
    /// The model that wrote it, `name@version`.
    model: String,
    /// When: the whole annotation, not only its part in the bucket.
    time_range: TimeRangeDocument,
    /// A name.
    label: Option<String>,
    /// Longer text.
    text: Option<String>,
    /// A vector in the model's space.
    embedding_vector: Option<Vec<f32>>,
    /// How sure the model is, 0 … 1.
    confidence_score: Option<f64>,
}

/// One bucket of one asset with all current annotations that touch it.
#[derive(Debug, ToSchema)]
#[allow(dead_code)] // describes what `rushes_wire` writes
pub struct BucketDocument {
    /// Which asset and movie.
    associated_ids: AssociatedIdsDocument,
    /// Start of the bucket, in nanoseconds.
    time_bucket_start_ns: i64,
    /// End of the bucket, in nanoseconds.
    time_bucket_end_ns: i64,
    /// The annotations.
    source_annotations: Vec<SourceAnnotationDocument>,
}
