//! Tests that moments must pass.

use rushes_types::Result;
use rushes_types::limits::CLAUSES_MAX;
use serde::Serialize;

use crate::leaf::{bounds, duration, id, integer, text};
use crate::node::{Node, Object};
use crate::object::{FromObject, object};
use crate::plan::is_false;
use crate::plan_clause::{Bounds, PlanClause, ResolvedClause};
use crate::read_clause::clause;
use crate::time::Duration;

/// Longest duration that moments are tested for, in seconds.
pub(crate) const TESTED_SECONDS_MAX: f64 = 1.0e9;

/// A test of moments.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Predicate))]
#[serde(rename_all = "snake_case")]
pub enum PredicateOf<C> {
    /// The moment's length, in seconds.
    Duration(Bounds),
    /// What share of the moment a clause covers, 0 … 1.
    #[cfg_attr(feature = "openapi", schema(value_type = Coverage))]
    Coverage(CoverageOf<C>),
    /// Something is near the moment, or nothing is.
    #[cfg_attr(feature = "openapi", schema(value_type = Near))]
    Near(NearOf<C>),
    /// The moment is another than this one: in its asset they share no time.
    OtherThan(Stretch),
}

object! {
    /// A stretch of an asset, such as a moment that was shown.
    #[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    pub struct Stretch {
        /// The asset.
        pub asset_id: String = "asset_id" needed id; "give it",
        /// Its start, in nanoseconds.
        pub start_ns: i64 = "start_ns" needed integer; "give it",
        /// Its end, in nanoseconds; not before the start.
        pub end_ns: i64 = "end_ns" needed integer; "give it",
    }
}

impl Stretch {
    /// Reads a stretch.
    ///
    /// # Errors
    /// [`rushes_types::ErrorKind::Invalid`] with the JSON pointer of the field and the mend.
    pub fn read(json: &serde_json::Value) -> Result<Self> {
        stretch(&Node::root(json))
    }
}

fn stretch(node: &Node<'_>) -> Result<Stretch> {
    let stretch = Stretch::from_node(node.clone())?;
    // As ranges of time are, wherever they come from.
    match rushes_types::TimeRange::new(stretch.start_ns, stretch.end_ns) {
        Ok(_) => Ok(stretch),
        Err(error) => Err(node.error(error.to_string()).mend("give a start of at least 0 and a later end")),
    }
}

/// What share of the moment a clause covers.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Coverage, bound = ""))]
pub struct CoverageOf<C> {
    /// The clause.
    #[cfg_attr(feature = "openapi", schema(value_type = ClauseRef))]
    pub clause: ClauseRefOf<C>,
    /// Bounds of the share.
    #[serde(flatten)]
    pub share: Bounds,
}

/// Something is near the moment, or nothing is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Near, bound = ""))]
pub struct NearOf<C> {
    /// The clause.
    #[cfg_attr(feature = "openapi", schema(value_type = ClauseRef))]
    pub clause: ClauseRefOf<C>,
    /// At most this long before or after; what overlaps is near.
    pub within: Duration,
    /// Must nothing be near?
    #[serde(skip_serializing_if = "is_false")]
    pub negate: bool,
}

/// A clause of its own, or a JSON pointer to one of the plan's (`/all/0`).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = ClauseRef))]
#[serde(untagged)]
pub enum ClauseRefOf<C> {
    /// A JSON pointer into the plan.
    Pointer(String),
    /// A clause of its own.
    #[cfg_attr(feature = "openapi", schema(value_type = PlanClause))]
    Own(Box<C>),
}

/// A test of moments, as it is written.
pub type Predicate = PredicateOf<PlanClause>;
/// A test of moments, resolved.
pub type ResolvedPredicate = PredicateOf<ResolvedClause>;
/// What share of the moment a clause covers, as it is written.
pub type Coverage = CoverageOf<PlanClause>;
/// Something is near the moment, or nothing is, as it is written.
pub type Near = NearOf<PlanClause>;
/// A clause of its own, or a pointer to one, as it is written.
pub type ClauseRef = ClauseRefOf<PlanClause>;

/// One predicate, or a list of them; an object may hold one of each kind.
pub(crate) fn predicates(node: Node<'_>) -> Result<Vec<Predicate>> {
    let nodes = if node.value.is_array() { node.list(CLAUSES_MAX)? } else { vec![node] };
    let mut all = Vec::new();
    for node in nodes {
        let object = node.object(&["duration", "coverage", "near", "other_than"])?;
        all.extend(object.read("duration", seconds_bounds)?);
        all.extend(object.read("coverage", coverage)?);
        all.extend(object.read("near", near)?);
        all.extend(object.read("other_than", |node| stretch(&node).map(Predicate::OtherThan))?);
    }
    Ok(all)
}

fn seconds_bounds(node: Node<'_>) -> Result<Predicate> {
    Ok(Predicate::Duration(bounds(&node.object(&["gt", "gte", "lt", "lte"])?, 0.0, TESTED_SECONDS_MAX)?))
}

fn coverage(node: Node<'_>) -> Result<Predicate> {
    let object = node.object(&["clause", "gt", "gte", "lt", "lte"])?;
    Ok(Predicate::Coverage(Coverage { clause: clause_ref(&object)?, share: bounds(&object, 0.0, 1.0)? }))
}

fn near(node: Node<'_>) -> Result<Predicate> {
    let object = node.object(&["clause", "within", "negate"])?;
    let within = object.read("within", duration)?;
    Ok(Predicate::Near(Near {
        clause: clause_ref(&object)?,
        within: within.ok_or_else(|| object.error("`within` is missing").mend("give it in seconds"))?,
        negate: object.read("negate", |n| n.flag())?.unwrap_or_default(),
    }))
}

fn clause_ref(object: &Object<'_>) -> Result<ClauseRef> {
    let Some(node) = object.get("clause") else {
        return Err(object
            .error("`clause` is missing")
            .mend("give a clause, or a pointer to one such as \"/all/0\""));
    };
    if node.value.is_string() {
        return Ok(ClauseRef::Pointer(text(node)?));
    }
    Ok(ClauseRef::Own(Box::new(clause(node)?)))
}
