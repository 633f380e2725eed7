//! The vector that a clause asks to be near to.

use std::ops::Deref;
use std::sync::Arc;

use rushes_types::Metric;
use rushes_types::limits::K_MAX;
use serde::{Serialize, Serializer};

use crate::leaf::{flag, id, integer, metric, text, vector};
use crate::object::object;
use crate::plan::is_false;
use crate::plan_clause::FillIn;

/// A vector to be near to, with what resolution fills in.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VectorAskOf<V: FillIn> {
    /// Which vector.
    #[serde(flatten)]
    pub source: VectorSource,
    /// Where and how it is looked for.
    #[serde(flatten)]
    pub options: VectorOptions,
    /// How near is near enough.
    #[serde(flatten)]
    pub threshold: Option<Threshold>,
    /// One vector for each space that is searched. Their matches together are the clause's.
    #[serde(skip_serializing_if = "FillIn::is_open")]
    pub vectors: V,
}

/// A vector to be near to, as it is written.
pub type VectorAsk = VectorAskOf<Option<Vec<SpaceVector>>>;

impl VectorAsk {
    /// Near to this, in the default space and manner.
    #[must_use]
    pub fn near(source: VectorSource) -> Self {
        Self { source, options: VectorOptions::default(), threshold: None, vectors: None }
    }
}

/// Where a vector to be near to comes from.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum VectorSource {
    /// A text that an encoder turns into a vector of each space.
    Text(String),
    /// The numbers themselves.
    Values(QueryVector),
    /// A picture that an encoder turns into a vector of each space.
    Image(String),
    /// The vector of an annotation, or of what an asset shows at a time.
    Like(Like),
}

/// How near is near enough.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Threshold {
    /// Least raw cosine.
    MinSimilarity(f64),
    /// Greatest L2 distance.
    MaxDistance(f64),
}

impl Threshold {
    /// The number.
    #[must_use]
    pub const fn value(self) -> f64 {
        match self {
            Self::MinSimilarity(value) | Self::MaxDistance(value) => value,
        }
    }
}

object! {
    /// Where and how a vector is looked for.
    #[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    pub struct VectorOptions {
        /// The space; by default the model's, else every current one.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub space: Option<String> = "space" optional id,
        /// What holds all of these words matches too, however far its vector, with the score of a `text` clause: what
        /// stands there word for word comes before what is only near.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub words: Option<String> = "words" optional text,
        /// The same of what says these words in a row, as a `phrase` clause, in any form.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub phrase: Option<String> = "phrase" optional text,
        /// The metric; by default the space's own.
        #[serde(skip_serializing_if = "Option::is_none", serialize_with = "write_metric")]
        #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
        pub metric: Option<Metric> = "metric" optional metric,
        /// Must the answer be the mathematically nearest?
        #[serde(skip_serializing_if = "is_false")]
        pub exact: bool = "exact" default flag,
        /// How many annotations, in each space; by default 200, or all where a threshold is given.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub k: Option<usize> = "k" optional |node| node.count_in(1, K_MAX),
    }
}

/// Numbers of a query vector, shared: a plan is copied on its way to an answer, its vectors are not.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct QueryVector(#[serde(serialize_with = "write_numbers")] Arc<[f32]>);

impl Deref for QueryVector {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.0
    }
}

impl From<Vec<f32>> for QueryVector {
    fn from(values: Vec<f32>) -> Self {
        Self(values.into())
    }
}

impl From<&[f32]> for QueryVector {
    fn from(values: &[f32]) -> Self {
        Self(values.into())
    }
}

object! {
    /// A query vector in a space.
    #[derive(Debug, Clone, PartialEq, Serialize)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    pub struct SpaceVector {
        /// The space.
        pub space: String = "space" needed id; "give it",
        /// The metric it is searched in.
        #[serde(serialize_with = "write_some_metric")]
        #[cfg_attr(feature = "openapi", schema(value_type = String))]
        pub metric: Metric = "metric" needed metric; "give it",
        /// The numbers.
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<f32>))]
        pub values: QueryVector = "values" needed vector; "give it",
    }
}

object! {
    /// An annotation, or what an asset shows at a time, as an example of what to find.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    pub struct Like {
        /// The asset.
        pub asset_id: String = "asset_id" needed id; "give it",
        /// The annotation; else start and end name a moment.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub annotation_id: Option<String> = "annotation_id" optional id,
        /// Start of the moment, in nanoseconds.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub start_ns: Option<i64> = "start_ns" optional integer,
        /// End of the moment, in nanoseconds.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub end_ns: Option<i64> = "end_ns" optional integer,
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

fn write_numbers<S: Serializer>(numbers: &Arc<[f32]>, serializer: S) -> Result<S::Ok, S::Error> {
    numbers.as_ref().serialize(serializer)
}
