//! One clause of a plan as JSON.

use std::collections::BTreeMap;

use rushes_types::Metric;
use serde::{Serialize, Serializer};
use serde_json::Value as Json;

use crate::clause::Fuzziness;
use crate::plan::is_false;

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
pub enum AttributeAsk {
    /// Equal to one of these.
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
