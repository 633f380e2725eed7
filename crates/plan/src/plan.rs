//! The plan as JSON: what a person writes, what the parser of questions makes, and what every answer returns.
//!
//! A *resolved* plan is the same generic type, [`PlanOf`], whose clauses have labels, words and vectors, and whose runs
//! have asset and model. Written as JSON it is a plan again, whose resolved parts are used as they are. So an answer's
//! plan, sent back at the same read point, gives the same answer, whatever has happened to aliases, word counts and
//! encoders since.

use std::collections::BTreeMap;

use rushes_types::limits::{CLAUSES_MAX, PAGE_MAX, PLAN_LIST_MAX};
use rushes_types::{Error, Result};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value as Json;

use crate::leaf::{duration, flag, id, ids, list, positive_duration, share, weights};
use crate::moments::{
    Fold, Fusion, GroupBy, Mode, Pad, RankBy, Snap, Top, fold, group_by, pad, rank_by, top,
};
use crate::node::Node;
use crate::object::{FromObject, object};
use crate::plan_clause::{PlanClause, ResolvedClause};
#[cfg(feature = "openapi")]
use crate::predicate::Predicate;
use crate::predicate::{PredicateOf, predicates};
use crate::read_clause::clauses;
use crate::scope::{Scope, scope};
use crate::time::Duration;

/// Longest cursor, in bytes.
pub(crate) const CURSOR_BYTES_MAX: usize = 64 << 10;

object! {
    /// A structured query; its form is given by its clauses `C` and its pinned runs `R`.
    #[derive(Debug, Clone, PartialEq, Default, Serialize)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Plan, bound = "", description = "A structured query."))]
    pub struct PlanOf<C, R> read as Plan, {
        /// Clauses that must all be present.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<PlanClause>))]
        pub all: Vec<C> = "all" default clauses,
        /// Clauses of which at least one must be present.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<PlanClause>))]
        pub any: Vec<C> = "any" default clauses,
        /// Clauses that must not be present.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<PlanClause>))]
        pub none: Vec<C> = "none" default clauses,
        /// What must follow, in order, on the same asset.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<PlanStep>))]
        pub then: Vec<StepOf<C>> = "then" default list(CLAUSES_MAX, PlanStep::from_node),
        /// Where to look.
        #[serde(skip_serializing_if = "Scope::is_empty")]
        pub scope: Scope = "scope" default scope,
        /// What span a moment has.
        #[cfg_attr(feature = "openapi", schema(required = false))]
        pub mode: Mode = "mode" default Mode::read,
        /// Least confidence of every annotation that counts, 0 … 1; a clause can ask for more. Missing counts as 1.
        #[serde(skip_serializing_if = "is_zero")]
        pub min_confidence: f64 = "min_confidence" default share,
        /// Models (`name` or `name@version`) that must have looked where a moment is.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        pub require_analysed: Vec<String> = "require_analysed" default ids,
        /// Factors by annotation type; resolution moves them into the clauses' weights.
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        pub weights: BTreeMap<String, f64> = "weights" default weights,
        /// How the clauses' scores become one.
        #[cfg_attr(feature = "openapi", schema(required = false))]
        pub fusion: Fusion = "fusion" default Fusion::read,
        /// Moments at most this long apart become one.
        #[serde(skip_serializing_if = "Duration::is_zero")]
        pub merge_gap: Duration = "merge_gap" default duration,
        /// Longer moments are split at starts of shots.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub max_span: Option<Duration> = "max_span" optional positive_duration,
        /// Moments grow to whole frames, shots or cues.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub snap: Option<Snap> = "snap" optional Snap::read,
        /// Tests that moments must pass.
        #[serde(rename = "where", skip_serializing_if = "Vec::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<Predicate>))]
        pub predicates: Vec<PredicateOf<C>> = "where" default predicates,
        /// What moments are ordered by.
        #[serde(skip_serializing_if = "RankBy::is_score")]
        pub rank_by: RankBy = "rank_by" default rank_by,
        /// Near-identical moments become one with a count.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub fold: Option<Fold> = "fold" optional fold,
        /// Groups, the outermost first.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        pub group_by: Vec<GroupBy> = "group_by" default group_by,
        /// How many are kept in each group; see [`Top`].
        #[serde(skip_serializing_if = "Option::is_none")]
        pub top: Option<Top> = "top" optional top,
        /// Moments of a page.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub limit: Option<usize> = "limit" optional |node| node.count_in(0, PAGE_MAX),
        /// Where the page begins: `next_cursor` of the page before.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub cursor: Option<String> = "cursor" optional |node| node.text(CURSOR_BYTES_MAX),
        /// Is every moment to say how its score was made?
        #[serde(skip_serializing_if = "is_false")]
        pub explain: bool = "explain" default flag,
        /// Time added around each moment.
        #[serde(skip_serializing_if = "Pad::is_zero")]
        pub pad: Pad = "pad" default pad,
        /// Runs that stand instead of what is current on their asset and model.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<PinnedRun>))]
        pub runs: Vec<R> = "runs" default list(PLAN_LIST_MAX, run),
    }
}

/// A plan as it is written.
pub type Plan = PlanOf<PlanClause, PinnedRun>;
/// A plan with everything filled in: what equality between engines is promised for.
pub type ResolvedPlan = PlanOf<ResolvedClause, ResolvedRun>;

object! {
    /// What must follow.
    #[derive(Debug, Clone, PartialEq, Default, Serialize)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = PlanStep, bound = ""))]
    pub struct StepOf<C> read as PlanStep, {
        /// Clauses that must all be present.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<PlanClause>))]
        pub all: Vec<C> = "all" default clauses,
        /// Clauses of which at least one must be present.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<PlanClause>))]
        pub any: Vec<C> = "any" default clauses,
        /// Clauses that must not be present.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<PlanClause>))]
        pub none: Vec<C> = "none" default clauses,
        /// At most this long after the end of what it follows; by default any time later.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub within: Option<Duration> = "within" optional duration,
    }
}

/// What must follow, as it is written.
pub type PlanStep = StepOf<PlanClause>;

object! {
    /// A pinned run: its id, or once resolved also its asset and model.
    #[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    pub struct PinnedRun {
        /// The run.
        pub run: String = "run" needed id; "name it",
        /// Its asset.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub asset: Option<String> = "asset" optional id,
        /// The name of its model, without version.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub model: Option<String> = "model" optional id,
    }
}

/// A pinned run with its asset and model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResolvedRun {
    /// The run.
    pub run: String,
    /// Its asset.
    pub asset: String,
    /// The name of its model, without version.
    pub model: String,
}

/// A run's id, or a resolved pin.
fn run(node: Node<'_>) -> Result<PinnedRun> {
    if node.value.is_object() {
        return PinnedRun::from_node(node);
    }
    Ok(PinnedRun { run: id(node)?, asset: None, model: None })
}

impl Plan {
    /// Reads a plan.
    ///
    /// # Errors
    /// [`rushes_types::ErrorKind::Invalid`] with the JSON pointer of the field and the mend.
    pub fn read(json: &Json) -> Result<Self> {
        let plan = Self::read_beside_words(json)?;
        plan.check()?;
        Ok(plan)
    }

    /// Reads a plan that accompanies a question in words. The question will add clauses, so the plan needs none yet:
    /// call [`Plan::check`] afterwards.
    ///
    /// # Errors
    /// As [`Plan::read`].
    pub fn read_beside_words(json: &Json) -> Result<Self> {
        Self::from_node(Node::root(json))
    }

    /// Reads a plan from JSON text.
    ///
    /// # Errors
    /// As [`Plan::read`], and where the text is no JSON.
    pub fn parse(text: &str) -> Result<Self> {
        let json = serde_json::from_str(text)
            .map_err(|e| Error::invalid(format!("the plan is no JSON: {e}")).mend("mend it").because(e))?;
        Self::read(&json)
    }
}

impl<'de> Deserialize<'de> for Plan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
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
