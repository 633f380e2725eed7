//! The plan as JSON: what a person writes, what a parser of free text makes, what every answer carries back.
//!
//! A *resolved* plan is a plan too: what resolution filled in stands in fields of its own (`labels`, `words`,
//! `vectors`), which are taken as they are when the plan is sent again. So an answer's plan, sent back at the same read
//! point, gives the same answer, whatever has happened to aliases, word counts and encoders since.

use std::collections::BTreeMap;

use rushes_types::Metric;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value as Json;

use crate::clause::Fuzziness;
use crate::time::{Duration, Instant};

/// A structured query.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Plan {
    /// Clauses that must all be present.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub all: Vec<PlanClause>,
    /// Clauses of which at least one must be present.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub any: Vec<PlanClause>,
    /// Clauses that must not be present.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub none: Vec<PlanClause>,
    /// What must follow, in order, on the same asset.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub then: Vec<PlanStep>,
    /// Where to look.
    #[serde(skip_serializing_if = "Scope::is_empty")]
    pub scope: Scope,
    /// What span a moment has.
    pub mode: Mode,
    /// Least confidence of every annotation that counts, 0 … 1; a clause can ask for more. Missing counts as 1.
    #[serde(skip_serializing_if = "is_zero")]
    pub min_confidence: f64,
    /// Models (`name` or `name@version`) that must have looked where a moment is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub require_analysed: Vec<String>,
    /// Factors by annotation type; resolution moves them into the clauses' weights.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub weights: BTreeMap<String, f64>,
    /// How the clauses' scores become one.
    pub fusion: Fusion,
    /// Moments at most this long apart become one.
    #[serde(skip_serializing_if = "Duration::is_zero")]
    pub merge_gap: Duration,
    /// Longer moments are split at starts of shots.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_span: Option<Duration>,
    /// Moments grow to whole frames, shots or cues.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snap: Option<Snap>,
    /// Tests that moments must pass.
    #[serde(rename = "where", skip_serializing_if = "Vec::is_empty")]
    pub predicates: Vec<Predicate>,
    /// What moments are ordered by.
    #[serde(skip_serializing_if = "RankBy::is_score")]
    pub rank_by: RankBy,
    /// Near-identical moments become one with a count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fold: Option<Fold>,
    /// Groups, the outermost first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub group_by: Vec<GroupBy>,
    /// How many are kept in each group; see [`Top`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top: Option<Top>,
    /// Moments of a page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
    /// Where the page begins: `next_cursor` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Is every moment to say how its score was made?
    #[serde(skip_serializing_if = "is_false")]
    pub explain: bool,
    /// Time added around each moment.
    #[serde(skip_serializing_if = "Pad::is_zero")]
    pub pad: Pad,
    /// Runs that stand instead of what is current on their asset and model.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<PinnedRun>,
}

/// One criterion.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlanClause {
    /// The annotation type.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The model, as `name` (any version) or `name@version`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// A whole label, or an alias of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Words of label or text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Words in a row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phrase: Option<String>,
    /// A vector to be near to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vector: Option<VectorAsk>,
    /// Is the last word the beginning of one?
    #[serde(skip_serializing_if = "is_false")]
    pub prefix: bool,
    /// How many typing mistakes are forgiven in each word: 0 (default), 1, 2 or "auto".
    #[serde(skip_serializing_if = "is_exact", serialize_with = "write_fuzziness")]
    #[cfg_attr(feature = "openapi", schema(value_type = Json))]
    pub fuzziness: Fuzziness,
    /// Moves of words that are forgiven in a phrase.
    #[serde(skip_serializing_if = "is_zero_u32")]
    pub slop: u32,
    /// Do other forms of a word match? By default yes for `text`, no for `phrase`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub analysed: Option<bool>,
    /// Must every word of `text` be there (`and`, the default), or one (`or`)?
    #[serde(skip_serializing_if = "Operator::is_and")]
    pub operator: Operator,
    /// Least confidence; the plan's own holds as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_confidence: Option<f64>,
    /// Tests of free attributes of the annotation; all must hold.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, AttributeAsk>,
    /// Weight in the score; 1 by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
    /// Resolved: the labels that `label` stands for, normalised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<Vec<String>>,
    /// Resolved: the words of `text` or `phrase` with their weights.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<Vec<PlanWord>>,
}

/// A word with its weight.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlanWord {
    /// The word.
    pub text: String,
    /// Its weight, above 0.
    pub weight: f64,
    /// Is it the beginning of a word?
    #[serde(skip_serializing_if = "is_false")]
    pub prefix: bool,
}

/// Must every word be there, or one?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    /// Every word.
    #[default]
    And,
    /// At least one.
    Or,
}

impl Operator {
    fn is_and(&self) -> bool {
        *self == Self::And
    }
}

/// A test of a free attribute: a value, a list of values, `{"in":[…]}`, or bounds of a number.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum AttributeAsk {
    /// Equal to one of these.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Json>))]
    In(Vec<Json>),
    /// A number within bounds.
    Range(Bounds),
}

impl Serialize for AttributeAsk {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::In(values) => match values.as_slice() {
                [one] if !one.is_array() && !one.is_object() => one.serialize(serializer),
                many => many.serialize(serializer),
            },
            Self::Range(bounds) => bounds.serialize(serializer),
        }
    }
}

/// Bounds of a number.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Bounds {
    /// Above.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gt: Option<f64>,
    /// At least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gte: Option<f64>,
    /// Below.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lt: Option<f64>,
    /// At most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lte: Option<f64>,
}

impl Bounds {
    /// Is the number within all of the bounds?
    #[must_use]
    pub fn contains(&self, x: f64) -> bool {
        self.gt.is_none_or(|b| x > b)
            && self.gte.is_none_or(|b| x >= b)
            && self.lt.is_none_or(|b| x < b)
            && self.lte.is_none_or(|b| x <= b)
    }
}

/// A vector to be near to: exactly one of `text`, `values`, `image`, `like`.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VectorAsk {
    /// A text that an encoder turns into a vector of each space.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The numbers themselves; needs `space`, or a `model` whose space it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<f32>>,
    /// A picture that an encoder turns into a vector of each space; what names it is between the caller and the encoder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The vector of an annotation, or of what an asset shows at a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub like: Option<Like>,
    /// The space; by default the model's, else every current one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub space: Option<String>,
    /// The metric; by default the space's own.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "write_metric")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub metric: Option<Metric>,
    /// Must the answer be the mathematically nearest?
    #[serde(skip_serializing_if = "is_false")]
    pub exact: bool,
    /// How many annotations, in each space; by default 200, or all where a threshold is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub k: Option<usize>,
    /// Least raw cosine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_similarity: Option<f64>,
    /// Greatest L2 distance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_distance: Option<f64>,
    /// Resolved: one vector for each space that is searched. Their matches together are the clause's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vectors: Option<Vec<SpaceVector>>,
}

/// A query vector in a space.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SpaceVector {
    /// The space.
    pub space: String,
    /// The metric it is searched in.
    #[serde(serialize_with = "write_some_metric")]
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub metric: Metric,
    /// The numbers.
    pub values: Vec<f32>,
}

/// An annotation, or what an asset shows at a time, as an example of what is looked for.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Like {
    /// The asset.
    pub asset_id: String,
    /// The annotation; else start and end name a moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotation_id: Option<String>,
    /// Start of the moment, in nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_ns: Option<i64>,
    /// End of the moment, in nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_ns: Option<i64>,
}

/// What must follow.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlanStep {
    /// Clauses that must all be present.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub all: Vec<PlanClause>,
    /// Clauses of which at least one must be present.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub any: Vec<PlanClause>,
    /// Clauses that must not be present.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub none: Vec<PlanClause>,
    /// At most this long after the end of what it follows; by default any time later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within: Option<Duration>,
}

/// Where to look. Every list that is not empty must hold what the asset (for languages: the annotation) says.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Scope {
    /// Titles, by id.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub movies: Vec<String>,
    /// Collections.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub collections: Vec<String>,
    /// Assets, by id.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub assets: Vec<String>,
    /// Series.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub series: Vec<String>,
    /// Season numbers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub seasons: Vec<i64>,
    /// Episode numbers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub episodes: Vec<i64>,
    /// Languages of annotations (BCP 47; the primary tag counts); an unknown one always passes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// Windows of time that moments are clipped to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub time: Vec<Window>,
    /// Tests of free attributes of the asset; all must hold.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, AttributeAsk>,
    /// What is left out: an asset that one of its lists holds, times of its windows, annotations in its languages.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(no_recursion))]
    pub exclude: Option<Box<Scope>>,
}

impl Scope {
    /// Does it say nothing?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A window of time, in each asset.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Window {
    /// First instant: seconds, or timecode at the asset's rate; by default the beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Instant>,
    /// End, exclusive; by default the end of the media.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Instant>,
}

/// What span a moment has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The maximal stretches where the query is present, exactly.
    #[default]
    Intersection,
    /// These, grown to the full span of the annotations that matched in them.
    Union,
}

/// How the clauses' scores become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Fusion {
    /// The weighted mean of score times confidence over all clauses of `all` and `any`, steps included.
    #[default]
    Weighted,
    /// Reciprocal ranks: the weighted mean of 61 / (60 + rank), so that first everywhere is 1.
    Rrf,
}

/// What moments grow to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Snap {
    /// Whole frames.
    Frame,
    /// Whole shots.
    Shot,
    /// Whole lines of dialogue.
    Cue,
}

/// A test of moments.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Predicate {
    /// The moment's length, in seconds.
    Duration(Bounds),
    /// What share of the moment a clause covers, 0 … 1.
    Coverage(Coverage),
    /// Something is near the moment, or nothing is.
    Near(Near),
}

/// What share of the moment a clause covers.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Coverage {
    /// The clause.
    pub clause: ClauseRef,
    /// Bounds of the share.
    #[serde(flatten)]
    pub share: Bounds,
}

/// Something is near the moment, or nothing is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Near {
    /// The clause.
    pub clause: ClauseRef,
    /// At most this long before or after; what overlaps is near.
    pub within: Duration,
    /// Must nothing be near?
    #[serde(skip_serializing_if = "is_false")]
    pub negate: bool,
}

/// A clause of its own, or a JSON pointer to one of the plan's (`/all/0`).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum ClauseRef {
    /// A JSON pointer into the plan.
    Pointer(String),
    /// A clause of its own.
    Own(Box<PlanClause>),
}

/// What moments are ordered by.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum RankBy {
    /// The best score first.
    #[default]
    Score,
    /// By asset and start.
    Start,
    /// The longest first.
    Duration,
    /// By a number that the matched annotations carry, else the asset; without one last.
    Attribute {
        /// Its name.
        attribute: String,
        /// Smallest first?
        ascending: bool,
    },
}

impl RankBy {
    fn is_score(&self) -> bool {
        *self == Self::Score
    }
}

impl Serialize for RankBy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Score => serializer.serialize_str("score"),
            Self::Start => serializer.serialize_str("start"),
            Self::Duration => serializer.serialize_str("duration"),
            Self::Attribute { attribute, ascending } => {
                let order = if *ascending { "asc" } else { "desc" };
                serde_json::json!({"attribute": attribute, "order": order}).serialize(serializer)
            }
        }
    }
}

/// Folding of near-identical moments.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Fold {
    /// A moment folds into a better one of the same asset when what they share is at least this part of what they
    /// cover together; above 0, at most 1.
    pub overlap: f64,
}

/// A level of groups.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum GroupBy {
    /// The title.
    Movie,
    /// The collection.
    Collection,
    /// The series.
    Series,
    /// The season of a series.
    Season,
    /// The episode of a season.
    Episode,
    /// The asset.
    Asset,
    /// A free attribute of the asset, written `attribute:NAME`.
    Attribute(String),
}

impl std::fmt::Display for GroupBy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Movie => f.write_str("movie"),
            Self::Collection => f.write_str("collection"),
            Self::Series => f.write_str("series"),
            Self::Season => f.write_str("season"),
            Self::Episode => f.write_str("episode"),
            Self::Asset => f.write_str("asset"),
            Self::Attribute(name) => write!(f, "attribute:{name}"),
        }
    }
}

impl Serialize for GroupBy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// How many are kept inside a group: a number counts the moments of each innermost group (without groups: of all); a
/// list has one number for each level of `group_by`, which counts what each group of that level keeps: groups of the next
/// level, and for the last level moments. `null` keeps all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum Top {
    /// Moments in each innermost group.
    Moments(usize),
    /// One number for each level of `group_by`.
    Levels(Vec<Option<usize>>),
}

/// Time added around each moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Pad {
    /// Before.
    pub before: Duration,
    /// After.
    pub after: Duration,
}

impl Pad {
    fn is_zero(&self) -> bool {
        self.before.is_zero() && self.after.is_zero()
    }
}

/// A pinned run: its id, or once resolved also its asset and model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PinnedRun {
    /// The run.
    pub run: String,
    /// Its asset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asset: Option<String>,
    /// The name of its model, without version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

impl<'de> Deserialize<'de> for Plan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Json::deserialize(deserializer)?;
        Self::read(&json).map_err(serde::de::Error::custom)
    }
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde wants references
fn is_false(b: &bool) -> bool {
    !*b
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde wants references
fn is_zero(x: &f64) -> bool {
    *x == 0.0
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde wants references
fn is_zero_u32(x: &u32) -> bool {
    *x == 0
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde wants references
fn is_exact(fuzziness: &Fuzziness) -> bool {
    *fuzziness == Fuzziness::Exact
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde wants references
fn write_fuzziness<S: Serializer>(fuzziness: &Fuzziness, serializer: S) -> Result<S::Ok, S::Error> {
    match fuzziness {
        Fuzziness::Exact => serializer.serialize_u8(0),
        Fuzziness::One => serializer.serialize_u8(1),
        Fuzziness::Two => serializer.serialize_u8(2),
        Fuzziness::Auto => serializer.serialize_str("auto"),
    }
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde wants references
fn write_some_metric<S: Serializer>(metric: &Metric, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(metric.as_str())
}

#[allow(clippy::ref_option)] // serde wants references
fn write_metric<S: Serializer>(metric: &Option<Metric>, serializer: S) -> Result<S::Ok, S::Error> {
    metric.map(Metric::as_str).serialize(serializer)
}
