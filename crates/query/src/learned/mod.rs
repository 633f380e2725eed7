//! What was learned moves scores a little: features of moments, the order that follows, and what a page says of it.
//!
//! Only the order changes. Which moments there are, their hand-set scores and their number are the same with and without.

mod features;
mod order;
mod shots;

use std::sync::Arc;

use rushes_learn::{Contribution, FEATURE_COUNT, Features, KeptBefore, Side};
use serde::Serialize;

pub(crate) use order::{Placement, Reranked};

/// A ranking model, ready for searches.
#[derive(Debug, Clone, PartialEq)]
pub struct Learned {
    /// The version it belongs to; 0 where there is none.
    pub version: u64,
    /// Its coefficients, by the numbers of features; all 0 where nothing was learned, or what was is not used.
    pub weights: [f64; FEATURE_COUNT],
    /// What was kept before.
    pub kept: Arc<KeptBefore>,
}

/// How a search is ranked.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranking {
    /// By what.
    pub learned: Arc<Learned>,
    /// The seed of the coins, where two orders are interleaved.
    pub seed: Option<u64>,
    /// Does each moment say its features, so that feedback can send them back?
    pub tells_features: bool,
}

impl Ranking {
    /// Is the answer what it would be without?
    pub(crate) fn is_idle(&self) -> bool {
        self.seed.is_none() && !self.tells_features && self.learned.weights == [0.0; FEATURE_COUNT]
    }

    /// What a cursor holds on to: pages of one answer are ranked alike.
    pub(crate) fn digest(&self) -> String {
        format!("{}/{:?}", self.learned.version, self.seed)
    }
}

/// How an answer was ranked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AnswerRanking {
    /// The version of the ranking model; 0 where none is used.
    pub version: u64,
    /// The seed of the coins, where two orders were interleaved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

/// What learning did to a moment's place.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MomentRanking {
    /// Added to the score for the order.
    pub shift: f64,
    /// What it is made of, the most important first, where an explanation was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<Because>,
    /// With two orders: the one that this moment was drawn from, `a` the hand-set order, `b` the learned one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub side: Option<&'static str>,
    /// Did a coin decide between this moment and its neighbour?
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub by_coin: bool,
    /// The chance of this rank over all coins; left out where it is 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub propensity: Option<f64>,
    /// Its features by name, where they were asked for: feedback sends them back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = std::collections::BTreeMap<String, f64>))]
    pub features: Option<Features>,
}

/// What one feature adds to a score.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Because {
    /// Its name.
    pub feature: &'static str,
    /// In words.
    pub says: &'static str,
    /// Its value in this moment, -1 … 1.
    pub value: f64,
    /// Its coefficient in the model.
    pub coefficient: f64,
    /// What it adds.
    pub adds: f64,
}

impl From<Contribution> for Because {
    fn from(c: Contribution) -> Self {
        Self { feature: c.feature, says: c.says, value: c.value, coefficient: c.coefficient, adds: c.adds }
    }
}

pub(crate) const fn side_name(side: Side) -> &'static str {
    match side {
        Side::A => "a",
        Side::B => "b",
    }
}
