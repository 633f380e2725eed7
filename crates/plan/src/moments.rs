//! Options for moments: their span, order, groups.

#![allow(
    clippy::needless_pass_by_value,
    reason = "all readers of a node have one signature, and lists are read by value"
)]

use rushes_types::Result;
use rushes_types::limits::ID_BYTES_MAX;
use serde::{Serialize, Serializer};
use serde_json::Value as Json;

use crate::leaf::{duration, name};
use crate::node::Node;
use crate::time::Duration;

/// Most levels of groups.
pub(crate) const LEVELS_MAX: usize = 8;
/// Largest number that `top` takes.
pub(crate) const TOP_MAX: usize = 1_000_000_000;
/// How an attribute begins among the levels of groups.
pub(crate) const ATTRIBUTE_LEVEL: &str = "attribute:";

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

impl Mode {
    pub(crate) fn read(node: Node<'_>) -> Result<Self> {
        node.choice(&[("intersection", Self::Intersection), ("union", Self::Union)])
    }
}

impl Fusion {
    pub(crate) fn read(node: Node<'_>) -> Result<Self> {
        node.choice(&[("weighted", Self::Weighted), ("rrf", Self::Rrf)])
    }
}

impl Snap {
    pub(crate) fn read(node: Node<'_>) -> Result<Self> {
        node.choice(&[("frame", Self::Frame), ("shot", Self::Shot), ("cue", Self::Cue)])
    }
}

/// What moments are ordered by.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum RankBy {
    /// The best score first.
    #[default]
    Score,
    /// By asset and start.
    Start,
    /// The other way round: the last first.
    Latest,
    /// The longest first.
    Duration,
    /// The shortest first.
    Shortest,
    /// By a number that the matched annotations carry, else the asset; without one last.
    Attribute {
        /// Its name.
        attribute: String,
        /// Smallest first?
        ascending: bool,
    },
}

impl RankBy {
    pub(crate) fn is_score(&self) -> bool {
        *self == Self::Score
    }
}

impl Serialize for RankBy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Score => serializer.serialize_str("score"),
            Self::Start => serializer.serialize_str("start"),
            Self::Latest => serializer.serialize_str("latest"),
            Self::Duration => serializer.serialize_str("duration"),
            Self::Shortest => serializer.serialize_str("shortest"),
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
    pub(crate) fn is_zero(&self) -> bool {
        self.before.is_zero() && self.after.is_zero()
    }
}

/// The orders that need no more than a name.
pub(crate) const RANKS: [&str; 5] = ["score", "start", "latest", "duration", "shortest"];

pub(crate) fn rank_by(node: Node<'_>) -> Result<RankBy> {
    if node.value.is_object() {
        let object = node.object(&["attribute", "order"])?;
        let attribute = object.read("attribute", name)?;
        return Ok(RankBy::Attribute {
            attribute: attribute.ok_or_else(|| object.error("`attribute` is missing").mend("name it"))?,
            ascending: object
                .read("order", |n| n.choice(&[("asc", true), ("desc", false)]))?
                .unwrap_or_default(),
        });
    }
    let choices = RANKS.map(|name| (name, name));
    Ok(match node.choice(&choices)? {
        "score" => RankBy::Score,
        "start" => RankBy::Start,
        "latest" => RankBy::Latest,
        "shortest" => RankBy::Shortest,
        _ => RankBy::Duration,
    })
}

pub(crate) fn fold(node: Node<'_>) -> Result<Fold> {
    let object = node.object(&["overlap"])?;
    match object.get("overlap") {
        None => Ok(Fold { overlap: FOLD_OVERLAP_DEFAULT }),
        Some(n) => match n.number_in(0.0, 1.0)? {
            overlap if overlap > 0.0 => Ok(Fold { overlap }),
            _ => Err(n.error("`overlap` is 0").mend("give more, at most 1")),
        },
    }
}

/// What part two moments share of what they cover together, to be called near-identical.
const FOLD_OVERLAP_DEFAULT: f64 = 0.8;

pub(crate) fn group_by(node: Node<'_>) -> Result<Vec<GroupBy>> {
    let nodes = if node.value.is_string() { vec![node.clone()] } else { node.list(LEVELS_MAX)? };
    nodes.iter().map(level).collect()
}

fn level(node: &Node<'_>) -> Result<GroupBy> {
    if let Json::String(text) = node.value
        && let Some(name) = text.strip_prefix(ATTRIBUTE_LEVEL)
        && !name.is_empty()
    {
        node.text(ATTRIBUTE_LEVEL.len() + ID_BYTES_MAX)?;
        return Ok(GroupBy::Attribute(name.to_owned()));
    }
    let levels = [
        GroupBy::Movie,
        GroupBy::Collection,
        GroupBy::Series,
        GroupBy::Season,
        GroupBy::Episode,
        GroupBy::Asset,
        GroupBy::Attribute("NAME".into()),
    ];
    let names: Vec<String> = levels.iter().map(ToString::to_string).collect();
    let choices: Vec<(&str, usize)> = names.iter().map(String::as_str).zip(0..).collect();
    let choice = node.choice(&choices)?;
    levels.get(choice).cloned().ok_or_else(|| node.error("no such level"))
}

pub(crate) fn top(node: Node<'_>) -> Result<Top> {
    if !node.value.is_array() {
        return Ok(Top::Moments(node.count_in(1, TOP_MAX)?));
    }
    let count = |n: &Node<'_>| if n.value.is_null() { Ok(None) } else { n.count_in(1, TOP_MAX).map(Some) };
    Ok(Top::Levels(node.list(LEVELS_MAX)?.iter().map(count).collect::<Result<_>>()?))
}

pub(crate) fn pad(node: Node<'_>) -> Result<Pad> {
    if !node.value.is_object() {
        let both = duration(node)?;
        return Ok(Pad { before: both, after: both });
    }
    let object = node.object(&["before", "after"])?;
    let read = |name: &str| Ok::<_, rushes_types::Error>(object.read(name, duration)?.unwrap_or_default());
    Ok(Pad { before: read("before")?, after: read("after")? })
}
