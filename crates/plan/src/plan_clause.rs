//! One clause of a plan as JSON, as written and as resolved.
//!
//! The two forms are one generic type: what resolution fills in (labels, words, vectors) is an `Option` in the written
//! form, because an answer's plan may be sent back, and a plain value in the resolved form.
//!
//! **A new field of a clause is one edit**, in one of four declarations: [`ClauseCommon`] where every clause may have it,
//! [`TextAsk`], [`PhraseAsk`] or [`VectorOptions`] where only such a clause may. Reading, writing, the schema, the fields
//! that are known, and "`slop` goes with `phrase` only" follow from the declaration.

#![allow(
    clippy::needless_pass_by_value,
    reason = "all readers of a node have one signature, and lists are read by value"
)]

use std::collections::BTreeMap;

use rushes_types::limits::PLAN_LIST_MAX;
use serde::{Serialize, Serializer};
use serde_json::Value as Json;

use crate::clause::Fuzziness;
use crate::leaf::{attributes, flag, fuzziness, id, list, share, text, weight};
use crate::node::Node;
use crate::object::{FromObject, object};
use crate::plan::is_false;
use crate::vector_ask::{SpaceVector, VectorAskOf};

/// Most moves of words that are forgiven in a phrase.
pub(crate) const SLOP_MAX: usize = 50;

/// One criterion, generic over what it asks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClauseOf<A> {
    /// What every clause may say.
    #[serde(flatten)]
    pub common: ClauseCommon,
    /// What label, text or vector must be; `None`: any.
    #[serde(flatten)]
    pub ask: Option<A>,
}

impl<A> Default for ClauseOf<A> {
    fn default() -> Self {
        Self { common: ClauseCommon::default(), ask: None }
    }
}

impl<A> ClauseOf<A> {
    /// Every annotation of a type.
    #[must_use]
    pub fn of_type(kind: impl Into<String>) -> Self {
        Self { common: ClauseCommon { kind: Some(kind.into()), ..ClauseCommon::default() }, ask: None }
    }

    /// The clause with this ask added.
    #[must_use]
    pub fn asking(self, ask: A) -> Self {
        Self { ask: Some(ask), ..self }
    }

    /// The annotation type, where one is named.
    #[must_use]
    pub fn kind(&self) -> Option<&str> {
        self.common.kind.as_deref()
    }
}

/// A clause as it is written.
pub type PlanClause = ClauseOf<Ask>;
/// A clause with labels, words and vectors.
pub type ResolvedClause = ClauseOf<ResolvedAsk>;

object! {
    /// What every clause may say, whatever it asks.
    #[derive(Debug, Clone, PartialEq, Default, Serialize)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    pub struct ClauseCommon {
        /// The annotation type.
        #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
        pub kind: Option<String> = "type" optional id,
        /// The model, as `name` (any version) or `name@version`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub model: Option<String> = "model" optional id,
        /// Least confidence; the plan's own holds as well.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub min_confidence: Option<f64> = "min_confidence" optional share,
        /// Tests of free attributes of the annotation; all must hold.
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        pub attributes: BTreeMap<String, AttributeAsk> = "attributes" default attributes,
        /// Weight in the score; 1 by default.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub weight: Option<f64> = "weight" optional weight,
    }
}

/// What a clause asks, with what resolution fills in: labels `L`, words `W`, vectors `V`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum AskOf<L: FillIn, W: FillIn, V: FillIn> {
    /// A whole label, or an alias of one.
    Label {
        /// As it is written.
        label: String,
        /// The labels that it stands for, normalised.
        #[serde(skip_serializing_if = "FillIn::is_open")]
        labels: L,
    },
    /// Words of label or text.
    Text {
        /// As it is written.
        #[serde(flatten)]
        ask: TextAsk,
        /// The words with their weights.
        #[serde(skip_serializing_if = "FillIn::is_open")]
        words: W,
    },
    /// Words in a row.
    Phrase {
        /// As it is written.
        #[serde(flatten)]
        ask: PhraseAsk,
        /// The words with their weights.
        #[serde(skip_serializing_if = "FillIn::is_open")]
        words: W,
    },
    /// A vector to be near to.
    Vector {
        /// Which, and how near.
        vector: VectorAskOf<V>,
    },
}

/// What a clause asks, as it is written.
pub type Ask = AskOf<Option<Vec<String>>, Option<Vec<PlanWord>>, Option<Vec<SpaceVector>>>;
/// What a clause asks, resolved.
pub type ResolvedAsk = AskOf<Vec<String>, Vec<PlanWord>, Vec<SpaceVector>>;

/// What resolution fills in.
pub trait FillIn {
    /// Is it still to be filled in?
    fn is_open(&self) -> bool;
}

impl<T> FillIn for Option<T> {
    fn is_open(&self) -> bool {
        self.is_none()
    }
}

impl<T> FillIn for Vec<T> {
    fn is_open(&self) -> bool {
        false
    }
}

object! {
    /// Words of label or text.
    #[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    pub struct TextAsk {
        /// Words of label or text.
        #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
        pub text: String = "text" needed text; "write the words",
        /// Is the last word the beginning of one?
        #[serde(skip_serializing_if = "is_false")]
        pub prefix: bool = "prefix" default flag,
        /// How many typing mistakes are forgiven in each word: 0 (default), 1, 2 or "auto".
        #[serde(skip_serializing_if = "is_exact", serialize_with = "write_fuzziness")]
        pub fuzziness: Fuzziness = "fuzziness" default fuzziness,
        /// Do other forms of a word match? By default yes for `text`, no for `phrase`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub analysed: Option<bool> = "analysed" optional flag,
        /// Must every word of `text` be there (`and`, the default), or one (`or`)?
        #[serde(skip_serializing_if = "Operator::is_and")]
        pub operator: Operator = "operator" default Operator::read,
    }
}

object! {
    /// Words in a row.
    #[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    pub struct PhraseAsk {
        /// Words in a row.
        #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
        pub phrase: String = "phrase" needed text; "write the words",
        /// Is the last word the beginning of one?
        #[serde(skip_serializing_if = "is_false")]
        pub prefix: bool = "prefix" default flag,
        /// How many typing mistakes are forgiven in each word: 0 (default), 1, 2 or "auto".
        #[serde(skip_serializing_if = "is_exact", serialize_with = "write_fuzziness")]
        pub fuzziness: Fuzziness = "fuzziness" default fuzziness,
        /// Moves of words that are forgiven in a phrase.
        #[serde(skip_serializing_if = "is_zero_u32")]
        pub slop: u32 = "slop" default slop,
        /// Do other forms of a word match? By default yes for `text`, no for `phrase`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub analysed: Option<bool> = "analysed" optional flag,
    }
}

fn slop(node: Node<'_>) -> rushes_types::Result<u32> {
    Ok(u32::try_from(node.count_in(0, SLOP_MAX)?).unwrap_or(u32::MAX))
}

object! {
    /// A word with its weight.
    #[derive(Debug, Clone, PartialEq, Serialize)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    pub struct PlanWord {
        /// The word.
        pub text: String = "text" needed text; "give it",
        /// Its weight, above 0.
        pub weight: f64 = "weight" needed weight; "give it",
        /// Is it the beginning of a word?
        #[serde(skip_serializing_if = "is_false")]
        pub prefix: bool = "prefix" default flag,
    }
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

    fn read(node: Node<'_>) -> rushes_types::Result<Self> {
        node.choice(&[("and", Self::And), ("or", Self::Or)])
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

/// The labels and words that an answer's plan has, sent back.
pub(crate) fn labels(node: Node<'_>) -> rushes_types::Result<Vec<String>> {
    // A label may be nothing once it is normalised.
    let label = |node: Node<'_>| node.string().map(str::to_owned);
    at_least_one(&node)?;
    list(PLAN_LIST_MAX, label)(node)
}

/// See [`labels`].
pub(crate) fn words(node: Node<'_>) -> rushes_types::Result<Vec<PlanWord>> {
    at_least_one(&node)?;
    list(PLAN_LIST_MAX, PlanWord::from_node)(node)
}

fn at_least_one(node: &Node<'_>) -> rushes_types::Result<()> {
    match node.value.as_array() {
        Some(items) if items.is_empty() => Err(node.error("the list is empty").mend("leave it out")),
        _ => Ok(()),
    }
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
