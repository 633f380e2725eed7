//! The plan as JSON: what a person writes, what a parser of free text makes, what every answer carries back.
//!
//! A *resolved* plan is a plan too: what resolution filled in stands in fields of its own (`labels`, `words`,
//! `vectors`), which are taken as they are when the plan is sent again. So an answer's plan, sent back at the same read
//! point, gives the same answer, whatever has happened to aliases, word counts and encoders since.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value as Json;

use crate::plan_clause::{AttributeAsk, Bounds, PlanClause};
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
    #[cfg_attr(feature = "openapi", schema(required = false))]
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
    #[cfg_attr(feature = "openapi", schema(required = false))]
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
pub(crate) fn is_false(b: &bool) -> bool {
    !*b
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde wants references
fn is_zero(x: &f64) -> bool {
    *x == 0.0
}
